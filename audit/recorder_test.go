package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/audit"
	"github.com/website-status-checker/wsc/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// queueLength is how many events wait to be stored at most.
const queueLength = 1000

// gated is a store that can be away, or hold up whoever writes to it.
type gated struct {
	*sqlite.Store
	away    atomic.Bool
	entered chan struct{} // if set, told of each write
	gate    chan struct{} // if set, writes wait until it is closed
}

func (g *gated) AppendEvents(ctx context.Context, events []wsc.SecurityEvent) error {
	if g.gate != nil {
		select {
		case g.entered <- struct{}{}:
		default:
		}
		<-g.gate
	}
	if g.away.Load() {
		return errors.New("the database is away")
	}
	return g.Store.AppendEvents(ctx, events)
}

// lockedLog is a log that is written and read at once.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// count is how many lines contain all of the texts.
func (l *lockedLog) count(texts ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		found := true
		for _, text := range texts {
			found = found && strings.Contains(line, text)
		}
		if found {
			n++
		}
	}
	return n
}

type bundle struct {
	*audit.Recorder
	t        *testing.T
	store    *gated
	log      *lockedLog
	now      atomic.Int64 // nanoseconds since start
	mu       sync.Mutex
	seen     map[wsc.SecurityEventKind]int
	unstored map[string]int
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newStore(t *testing.T) *sqlite.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wsc.db")
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func newBundle(t *testing.T, store *gated) *bundle {
	t.Helper()
	b := &bundle{t: t, store: store, log: &lockedLog{}, seen: map[wsc.SecurityEventKind]int{}, unstored: map[string]int{}}
	var err error
	b.Recorder, err = audit.New(audit.Config{
		Store: store, Logger: slog.New(slog.NewTextHandler(b.log, nil)),
		Now: func() time.Time { return start.Add(time.Duration(b.now.Load())) },
		Observe: func(event wsc.SecurityEvent) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.seen[event.Kind]++
		},
		Unstored: func(reason string, events int) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.unstored[reason] += events
		},
	})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// observed is how many events the observer was told of.
func (b *bundle) observed() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, times := range b.seen {
		n += times
	}
	return n
}

// stored are the events that are stored when everything that waits is, the oldest first.
func (b *bundle) stored() []wsc.SecurityEvent {
	b.t.Helper()
	b.Close()
	return storedIn(b.t, b.store.Store)
}

func storedIn(t *testing.T, store *sqlite.Store) []wsc.SecurityEvent {
	t.Helper()
	newest, err := store.Events(t.Context(), wsc.AuditFilter{Limit: 5000})
	require.NoError(t, err)
	oldest := make([]wsc.SecurityEvent, 0, len(newest))
	for i := range newest {
		oldest = append(oldest, newest[len(newest)-1-i])
	}
	return oldest
}

func TestEventsAreLoggedAndStoredInOrderWithAllTheySay(t *testing.T) {
	b := newBundle(t, &gated{Store: newStore(t)})
	const events = 250 // more than are written at once
	for i := range events {
		b.now.Store(int64(i) * int64(time.Millisecond))
		b.Record(t.Context(), wsc.SecurityEvent{
			Kind: wsc.EventKeyRevoked, KeyID: "admin", Address: "203.0.113.7", RequestID: fmt.Sprint("request-", i), Object: fmt.Sprint("key-", i), Detail: "why",
		})
	}
	stored := b.stored()
	require.Len(t, stored, events)
	ids := map[string]bool{}
	for i, event := range stored {
		ids[event.ID] = true
		require.Equal(t, wsc.SecurityEvent{
			ID: event.ID, At: start.Add(time.Duration(i) * time.Millisecond), Kind: wsc.EventKeyRevoked, KeyID: "admin", Address: "203.0.113.7",
			RequestID: fmt.Sprint("request-", i), Object: fmt.Sprint("key-", i), Detail: "why",
		}, event)
	}
	require.Len(t, ids, events)
	require.Equal(t, events, b.log.count("level=WARN", "stream=security", "event=key_revoked", "key_id=admin", "remote=203.0.113.7", "detail=why"))
	require.Equal(t, 1, b.log.count("event_id="+stored[7].ID, "object=key-7", "request_id=request-7"))
	require.Equal(t, map[wsc.SecurityEventKind]int{wsc.EventKeyRevoked: events}, b.seen)
	require.Empty(t, b.unstored)
}

func TestEqualEventsWithinAMinuteAreRecordedOnce(t *testing.T) {
	failed := wsc.SecurityEvent{Kind: wsc.EventAuthFailed, KeyID: "k", Address: "203.0.113.7", Detail: "unknown"}
	refused := wsc.SecurityEvent{Kind: wsc.EventSSRFBlocked, KeyID: "k", Object: "job", Detail: "blocked_port: 1"}
	changed := func(event wsc.SecurityEvent, change func(*wsc.SecurityEvent)) wsc.SecurityEvent {
		change(&event)
		return event
	}
	tests := []struct {
		name          string
		first, second wsc.SecurityEvent
		later         time.Duration
		stored        int
	}{
		{"the same", failed, failed, time.Second, 1},
		{"the same in another request", failed, changed(failed, func(e *wsc.SecurityEvent) { e.RequestID = "other" }), time.Second, 1},
		{"the same on another object, which a client can choose", failed, changed(failed, func(e *wsc.SecurityEvent) { e.Object = "other" }), time.Second, 1},
		{"the same just within the minute", failed, failed, time.Minute - time.Microsecond, 1},
		{"the same after a minute", failed, failed, time.Minute, 2},
		{"another address", failed, changed(failed, func(e *wsc.SecurityEvent) { e.Address = "203.0.113.8" }), 0, 2},
		{"another key", failed, changed(failed, func(e *wsc.SecurityEvent) { e.KeyID = "other" }), 0, 2},
		{"another reason", failed, changed(failed, func(e *wsc.SecurityEvent) { e.Detail = "revoked" }), 0, 2},
		{"another kind", failed, changed(failed, func(e *wsc.SecurityEvent) { e.Kind = wsc.EventAuthThrottled }), 0, 2},
		{"the same job", refused, refused, 0, 1},
		{"another job", refused, changed(refused, func(e *wsc.SecurityEvent) { e.Object = "other" }), 0, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBundle(t, &gated{Store: newStore(t)})
			b.Record(t.Context(), test.first)
			b.now.Store(int64(test.later))
			b.Record(t.Context(), test.second)
			require.Len(t, b.stored(), test.stored)
			require.Equal(t, test.stored, b.log.count("stream=security"))
			require.Equal(t, 2, b.observed(), "both are observed")
		})
	}
}

func TestWhatAdministratorsDoIsRecordedEachTime(t *testing.T) {
	for _, kind := range wsc.SecurityEventKinds() {
		t.Run(string(kind), func(t *testing.T) {
			b := newBundle(t, &gated{Store: newStore(t)})
			for range 3 {
				b.Record(t.Context(), wsc.SecurityEvent{Kind: kind, KeyID: "admin", Object: "key", Address: "203.0.113.7"})
			}
			want := 3
			if kind.Repeats() {
				want = 1
			}
			require.Len(t, b.stored(), want)
			require.Equal(t, map[wsc.SecurityEventKind]int{kind: 3}, b.seen)
		})
	}
}

func TestWhatAStoreThatIsAwayDoesNotTakeStandsInTheLog(t *testing.T) {
	b := newBundle(t, &gated{Store: newStore(t)})
	b.store.away.Store(true)
	for range 20 {
		b.Record(t.Context(), wsc.SecurityEvent{Kind: wsc.EventKeyCreated, Detail: "away"})
	}
	require.Eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.unstored[audit.UnstoredStoreFailed] == 20
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, 20, b.log.count("stream=security", "detail=away"), "nothing is lost from the log")
	require.Positive(t, b.log.count("level=ERROR", "could not store security events", "the database is away"))
	b.store.away.Store(false)
	b.Record(t.Context(), wsc.SecurityEvent{Kind: wsc.EventKeyCreated, Detail: "back"})
	stored := b.stored()
	require.Len(t, stored, 1)
	require.Equal(t, "back", stored[0].Detail)
}

func TestAFullQueueHoldsNobodyUp(t *testing.T) {
	store := &gated{Store: newStore(t), entered: make(chan struct{}, 1), gate: make(chan struct{})}
	b := newBundle(t, store)
	record := func(detail string) {
		b.now.Add(int64(time.Microsecond)) // events of one moment have no order
		b.Record(t.Context(), wsc.SecurityEvent{Kind: wsc.EventKeyCreated, Detail: detail})
	}
	record("first")
	<-store.entered // the writer has it and is held up; all others wait in the queue
	for range queueLength {
		record("waits")
	}
	require.Empty(t, b.unstored)
	for range 7 {
		record("too-many")
	}
	require.Equal(t, map[string]int{audit.UnstoredQueueFull: 7}, b.unstored)
	require.Equal(t, 7, b.log.count("stream=security", "detail=too-many"))
	require.Equal(t, 7, b.log.count("logged only"))
	close(store.gate)
	stored := b.stored()
	require.Len(t, stored, 1+queueLength)
	require.Equal(t, "first", stored[0].Detail)
	for _, event := range stored[1:] {
		require.Equal(t, "waits", event.Detail)
	}
}

func TestCloseStoresWhatWaits(t *testing.T) {
	store := &gated{Store: newStore(t), entered: make(chan struct{}, 1), gate: make(chan struct{})}
	b := newBundle(t, store)
	for range 300 {
		b.Record(t.Context(), wsc.SecurityEvent{Kind: wsc.EventKeyChanged})
	}
	<-store.entered
	closed := make(chan struct{})
	go func() { b.Close(); close(closed) }()
	select {
	case <-closed:
		require.Fail(t, "Close returned while events waited to be stored")
	default:
	}
	close(store.gate)
	<-closed
	require.Len(t, storedIn(t, store.Store), 300)
	b.Close() // again
}

func TestWhatComesAfterTheEndIsLogged(t *testing.T) {
	b := newBundle(t, &gated{Store: newStore(t)})
	b.Close()
	b.Record(t.Context(), wsc.SecurityEvent{Kind: wsc.EventKeyRotated, Detail: "late"})
	require.Empty(t, b.stored())
	require.Equal(t, 1, b.log.count("stream=security", "detail=late"))
	require.Equal(t, map[string]int{audit.UnstoredClosed: 1}, b.unstored)
}

func TestManyReportAtOnce(t *testing.T) {
	b := newBundle(t, &gated{Store: newStore(t)})
	var reporting sync.WaitGroup
	for i := range 8 {
		reporting.Go(func() {
			for range 50 {
				b.Record(t.Context(), wsc.SecurityEvent{Kind: wsc.EventJobDeleted, Object: fmt.Sprint(i)})
				b.Record(t.Context(), wsc.SecurityEvent{Kind: wsc.EventScopeDenied, KeyID: "k", Address: "203.0.113.7"})
			}
		})
	}
	reporting.Wait()
	require.Len(t, b.stored(), 8*50+1)
	require.Equal(t, map[wsc.SecurityEventKind]int{wsc.EventJobDeleted: 400, wsc.EventScopeDenied: 400}, b.seen)
}

func TestARecorderNeedsAStore(t *testing.T) {
	_, err := audit.New(audit.Config{})
	require.ErrorContains(t, err, "Store")
}
