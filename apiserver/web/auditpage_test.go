package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/apitest"
)

func TestTheAuditLogShowsEventsSafely(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	b := signedIn(t, server, apitest.AdminKey)
	long := strings.Repeat("x", 10_000)
	require.NoError(t, server.Store.AppendEvents(t.Context(), []wsc.SecurityEvent{
		{ID: wsc.NewID(), At: time.Now().Add(-time.Hour), Kind: wsc.EventKeyRotated, KeyID: wsc.AdminKeyID, Object: key.ID, Detail: hostile, Address: "203.0.113.7", RequestID: "REQUEST1"},
		{ID: wsc.NewID(), At: time.Now().Add(-2 * time.Hour), Kind: wsc.EventAuthFailed, Detail: long},
		{ID: wsc.NewID(), At: time.Now().Add(-3 * time.Hour), Kind: wsc.EventScopeDenied, KeyID: key.ID, Object: "javascript:alert(1)"},
	}))
	body := b.get("/audit").body
	for _, want := range []string{"Key got a new secret", "A key was not accepted", "203.0.113.7", "REQUEST1", `href="/keys/` + key.ID + `"`, "&lt;script&gt;", long} {
		require.Contains(t, body, want)
	}
	require.NotContains(t, body, "<script>alert")
	require.NotContains(t, body, `href="javascript`)

	body = b.get("/audit?kind=auth_failed").body
	require.Contains(t, body, long)
	require.NotContains(t, body, "203.0.113.7")
	body = b.get("/audit?key=" + key.ID).body
	require.Contains(t, body, "javascript:alert(1)")
	require.NotContains(t, body, "203.0.113.7")
	none := b.get("/audit?key=%3Cscript%3Ealert(1)")
	require.Contains(t, none.body, "No event fits.")
	require.NotContains(t, none.body, "<script>alert")
	long = url.QueryEscape(hostile + strings.Repeat("x", 100))
	require.Equal(t, 422, b.get("/audit?key="+long).status, "no key has so long an id")
}

func TestTheAuditLogIsPaged(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	events := make([]wsc.SecurityEvent, 70)
	for i := range events {
		events[i] = wsc.SecurityEvent{ID: wsc.NewID(), At: time.Now().Add(-time.Duration(i+1) * time.Hour), Kind: wsc.EventJobDeleted, Object: wsc.NewID()}
	}
	require.NoError(t, server.Store.AppendEvents(t.Context(), events))
	first := b.get("/audit?kind=job_deleted").body
	require.Contains(t, first, events[49].Object)
	require.NotContains(t, first, events[50].Object)
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(first)
	require.NotNil(t, next)
	second := b.get(html.UnescapeString(next[1])).body
	require.Contains(t, second, events[69].Object)
	require.NotContains(t, second, events[49].Object)
	require.Contains(t, second, `href="/audit?kind=job_deleted">First page`)
	require.NotContains(t, first, "First page")
	wrong := b.get("/audit?kind=job_deleted&cursor=nonsense")
	require.Equal(t, http.StatusSeeOther, wrong.status)
	require.Equal(t, "/audit?kind=job_deleted", wrong.header.Get("Location"))
}
