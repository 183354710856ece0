package apiserver_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
)

// held is what a process holds open. The connections to the database are left out: there are as many as were ever needed at
// once, up to a limit.
type held struct{ goroutines, files int }

func holds(t *testing.T) held {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	open := held{goroutines: runtime.NumGoroutine()}
	for _, entry := range entries {
		target, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil && !strings.Contains(target, "/wsc.db") { // an error is the folder that was just read
			open.files++
		}
	}
	return open
}

// TestNothingIsLeftBehind makes many requests of all kinds and breaks off many uploads and streams. Afterwards as many
// goroutines and files are open as before, and nothing is stored.
func TestNothingIsLeftBehind(t *testing.T) {
	const requests, uploads, streams, workers = 10_000, 500, 500, 16
	b := newBundle(t, func(s *setup) {
		s.api.Limits = apiserver.Limits{PollInterval: 20 * time.Millisecond, PublicRequests: 1_000_000, FailedLogins: 1_000_000}
	})
	b.server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = workers
	job := b.submit(t, "l.txt", "example.com\n")
	b.begin(t, job.ID, 100)
	advance(t, b, job.ID, 0, 50)
	key := b.newKey(t, "first")
	base := "/api/v1/jobs/" + job.ID
	mixed := []struct {
		method, path, body, secret string
		status                     int
	}{
		{http.MethodGet, base, "", adminKey, 200}, {http.MethodGet, "/api/v1/jobs", "", key.Secret, 200}, {http.MethodGet, base + "/results?limit=10", "", adminKey, 200},
		{http.MethodHead, base, "", adminKey, 200}, {http.MethodGet, base + "/export", "", adminKey, 200}, {http.MethodGet, base + "/export?format=json&layout=original", "", adminKey, 200},
		{http.MethodGet, base, "", key.Secret, 404}, {http.MethodGet, "/nothing", "", "", 404}, {http.MethodPut, base, "x", adminKey, 405}, {http.MethodGet, base, "", "", 401},
		{http.MethodGet, base, "", "wsc_wrong", 401}, {http.MethodPost, "/api/v1/checks", `{"url":"https://example.com/"}`, key.Secret, 200},
		{http.MethodPost, "/api/v1/checks", `{"url":`, key.Secret, 400}, {http.MethodPost, "/api/v1/jobs", `{"urls":[]}`, key.Secret, 422}, {http.MethodGet, "/healthz", "", "", 200},
		{http.MethodGet, base + "/stats", "", adminKey, 200}, {http.MethodGet, "/api/v1/jobs?limit=0", "", adminKey, 422}, {http.MethodGet, "/docs", "", "", 200},
	}
	ask := func(i int) {
		r := mixed[i%len(mixed)]
		a := b.as(t, r.secret, r.method, r.path, strings.NewReader(r.body), "Content-Type", "application/json")
		require.Equal(t, r.status, a.status, "%s %s: %s", r.method, r.path, a.body)
	}
	settle := func() { b.server.Client().CloseIdleConnections(); runtime.GC() }
	inParallel(len(mixed)*workers, workers, ask) // what is opened once and kept
	settle()
	stored := len(files(t, b.blobDir))
	var before held
	require.Eventually(t, func() bool { // connections that were closed are noticed a little later
		last := before
		before = holds(t)
		return before == last
	}, 10*time.Second, 50*time.Millisecond)

	began := time.Now()
	inParallel(requests, workers, ask)
	inParallel(uploads, workers, func(i int) {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(conn, uploadHead("multipart/form-data; boundary=x", 1<<20)+
			fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l%d.txt\"\r\n\r\n", i)+strings.Repeat("example.com\n", i*5))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})
	inParallel(streams, workers, func(i int) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		s := b.stream(ctx, t, job.ID)
		if i%2 == 0 {
			s.next(t)
		}
		leave()
		s.close()
	})
	t.Logf("%d requests, %d uploads and %d streams in %s", requests, uploads, streams, time.Since(began).Round(time.Millisecond))

	var after held
	require.Eventually(t, func() bool {
		settle()
		after = holds(t)
		return after.goroutines <= before.goroutines && after.files <= before.files
	}, 20*time.Second, 50*time.Millisecond, "before %+v, after %+v", before, &after)
	t.Logf("before %+v, after %+v", before, after)
	found, err := b.store.Jobs(t.Context(), wsc.JobFilter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, found, 1, "rows of jobs")
	require.Len(t, files(t, b.blobDir), stored, "blobs")
	require.Empty(t, files(t, b.spool), "spooled files")
	require.Contains(t, string(b.get(t, "/metrics").body), "\nwsc_http_event_streams 0\n")
}
