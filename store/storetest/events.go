package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testEvents(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	kinds := wsc.SecurityEventKinds()
	var newest []wsc.SecurityEvent
	for i := range 12 {
		event := wsc.SecurityEvent{
			ID: newID(t), At: someTime().Add(time.Duration(i/3) * time.Second), Kind: kinds[i%2], KeyID: fmt.Sprint("key", i%4),
			Address: "203.0.113.7", RequestID: "request", Object: "object", Detail: "why",
		}
		newest = append([]wsc.SecurityEvent{event}, newest...)
	}
	require.NoError(t, store.AppendEvents(t.Context(), newest[:5]))
	require.NoError(t, store.AppendEvents(t.Context(), newest), "what is stored already is left out")
	require.NoError(t, store.AppendEvents(t.Context(), nil))

	all := func(filter wsc.AuditFilter) []wsc.SecurityEvent {
		var found []wsc.SecurityEvent
		filter.Limit = 5
		for {
			page, err := store.Events(t.Context(), filter)
			require.NoError(t, err)
			if len(page) == 0 {
				return found
			}
			found = append(found, page...)
			last := page[len(page)-1]
			filter.After = &wsc.AuditCursor{At: last.At, ID: last.ID}
		}
	}
	matching := func(fits func(wsc.SecurityEvent) bool) (want []wsc.SecurityEvent) {
		for _, event := range newest {
			if fits(event) {
				want = append(want, event)
			}
		}
		return want
	}
	require.Equal(t, newest, all(wsc.AuditFilter{}))
	require.Equal(t, matching(func(e wsc.SecurityEvent) bool { return e.Kind == kinds[1] }), all(wsc.AuditFilter{Kinds: kinds[1:2]}))
	require.Equal(t, newest, all(wsc.AuditFilter{Kinds: kinds[:2]}))
	require.Equal(t, matching(func(e wsc.SecurityEvent) bool { return e.KeyID == "key3" }), all(wsc.AuditFilter{KeyID: "key3"}))
	require.Empty(t, all(wsc.AuditFilter{KeyID: "nobody"}))

	_, err := store.Events(t.Context(), wsc.AuditFilter{Limit: 1, After: &wsc.AuditCursor{ID: "'; --"}})
	requireCode(t, wsc.CodeInvalidCursor, err)

	require.NoError(t, store.DeleteEvents(t.Context(), someTime().Add(2*time.Second)))
	require.Equal(t, newest[:6], all(wsc.AuditFilter{}))
}
