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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
)

func pageSize(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	for _, path := range []string{"/api/v1/jobs", "/api/v1/jobs/" + job.ID + "/results", "/api/v1/keys", "/api/v1/security-events"} {
		for _, limit := range []string{"0", "-1", "1001", "1000000000", "99999999999999999999", "abc", "1.5", "0x10", "%00", "NaN"} {
			a := b.get(t, path+"?limit="+limit)
			require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s limit=%s", path, limit)
			require.Equal(t, wsc.CodeInvalidRequest, a.problem(t).Code)
			require.Less(t, len(a.body), 1000)
		}
		for _, limit := range []string{"1", "1000"} {
			require.Equal(t, http.StatusOK, b.get(t, path+"?limit="+limit).status, "%s limit=%s", path, limit)
		}
	}
}

// repeated is a long body of one text that counts what was taken of it.
type repeated struct {
	text  string
	taken atomic.Int64
	limit int64
}

func (e *repeated) Read(data []byte) (int, error) {
	if e.taken.Load() >= e.limit {
		return 0, io.EOF
	}
	n := 0
	for n+len(e.text) <= len(data) {
		n += copy(data[n:], e.text)
	}
	e.taken.Add(int64(n))
	return n, nil
}

func bodyLimits(t *testing.T) {
	b := newBundle(t)
	const gigabyte = 1 << 30
	t.Run("a declared size is refused before the body", func(t *testing.T) {
		for _, path := range []string{"/api/v1/jobs", "/api/v1/uploads", "/api/v1/checks", "/api/v1/keys"} {
			a := raw(t, b, func(conn net.Conn) {
				_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, adminKey, gigabyte)
				require.NoError(t, err)
			})
			require.Equal(t, http.StatusRequestEntityTooLarge, a.status, path)
			require.Equal(t, wsc.CodeUploadTooLarge, a.problem(t).Code)
		}
	})
	t.Run("an undeclared one while it is read", func(t *testing.T) {
		for path, beginning := range map[string]string{"/api/v1/jobs": `{"urls":["a.example"`, "/api/v1/checks": `{"url":"`, "/api/v1/keys": `{"name":"`} {
			body := &repeated{text: `,"https://example.com/"`, limit: gigabyte}
			request := b.request(t, http.MethodPost, path, io.MultiReader(strings.NewReader(beginning), body))
			request.Header.Set("Content-Type", "application/json")
			response, err := b.server.Client().Do(request)
			if err == nil {
				require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode, path)
				require.NoError(t, response.Body.Close())
			}
			require.Less(t, body.taken.Load(), int64(32<<20), "%s: it was read to the limit and no further", path)
		}
	})
	t.Run("deep JSON", func(t *testing.T) {
		deep := strings.Repeat("[", 200_000)
		for path, body := range map[string]string{
			"/api/v1/jobs": `{"urls":` + deep, "/api/v1/checks": `{"url":` + deep, "/api/v1/keys": `{"name":` + deep,
			"/api/v1/jobs?": `{"urls":["a.example"],"options":` + strings.Repeat(`{"headers":`, 9_000) + `1` + strings.Repeat("}", 9_000) + `}`,
		} {
			a := b.postJSON(t, path, body)
			require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge}, a.status, path)
			require.Less(t, len(a.body), 2000)
			a.problem(t)
		}
	})
	t.Run("many filters", func(t *testing.T) {
		job := b.submit(t, "l.txt", "example.com\n")
		a := b.get(t, "/api/v1/jobs/"+job.ID+"/results?status="+strings.Repeat("active,", 7_000)+"active")
		require.Equal(t, http.StatusOK, a.status)
		request := "GET /api/v1/jobs?status=" + strings.Repeat("failed,", 1_000_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"
		a = raw(t, b, func(conn net.Conn) { _, _ = io.WriteString(conn, request) }) // it stops reading
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, a.status)
	})
}

// slowlorisHeaders opens many connections that never finish the header of a request.
func slowlorisHeaders(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.Limits.ReadHeader = 500 * time.Millisecond })
	const clients = 1000
	conns := make([]net.Conn, 0, clients)
	defer func() {
		for _, conn := range conns {
			_ = conn.Close()
		}
	}()
	for range clients {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
		require.NoError(t, err)
		conns = append(conns, conn)
		_, err = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nX-Slow: ")
		require.NoError(t, err)
	}
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	deadline := time.Now().Add(10 * time.Second)
	for open := clients; open > 0; {
		require.True(t, time.Now().Before(deadline), "%d connections are still open", open)
		<-pace.C
		require.Equal(t, http.StatusOK, b.get(t, "/healthz").status, "others are served meanwhile")
		open = 0
		for _, conn := range conns {
			if _, err := conn.Write([]byte("x")); err == nil {
				open++
			}
		}
	}
}

// slowRead downloads an export without reading it.
func slowRead(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.Limits.WriteStall, s.api.Limits.Exports = 500*time.Millisecond, 1 })
	job := b.submit(t, "l.txt", "example.com\n")
	b.begin(t, job.ID, 6000)
	const rows = 6000
	results := make([]wsc.Result, rows)
	for i := range results {
		results[i] = wsc.Result{Seq: int64(i), URL: "https://example.com/" + strings.Repeat("x", 2000), Status: wsc.StatusActive, HTTPStatus: 200, Title: strings.Repeat("y", 2000), CheckedAt: time.Now()}
	}
	b.results(t, job.ID, results...)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = fmt.Fprintf(conn, "GET /api/v1/jobs/%s/export?format=ndjson HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\n\r\n", job.ID, adminKey)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "client left a download") }, 20*time.Second, 20*time.Millisecond)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	read, err := io.Copy(io.Discard, conn)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Less(t, read, int64(rows*4000), "the connection ended before the file")
	// Its place is free again.
	require.Equal(t, http.StatusOK, b.get(t, "/api/v1/jobs/"+job.ID+"/export?format=csv").status)
}

// exportingStore knows how many exports run at once, and holds the first ones up until others wait.
type exportingStore struct {
	apiserver.Store
	running, most atomic.Int64
	gate          chan struct{}
}

func (e *exportingStore) EachResult(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error {
	running := e.running.Add(1)
	defer e.running.Add(-1)
	for most := e.most.Load(); running > most && !e.most.CompareAndSwap(most, running); {
		most = e.most.Load()
	}
	select {
	case <-e.gate:
	case <-ctx.Done():
	}
	return e.Store.EachResult(ctx, jobID, filter, fn)
}

func exportBomb(t *testing.T) {
	store := &exportingStore{gate: make(chan struct{})}
	b := newBundle(t, func(s *setup) {
		store.Store = s.api.Store
		s.api.Store = store
		s.api.Limits.Exports, s.api.Limits.ExportsWaiting, s.api.Limits.SlotWait = 4, 6, 20*time.Second
	})
	job := b.submit(t, "l.txt", "example.com\n")
	b.begin(t, job.ID, 100)
	advance(t, b, job.ID, 0, 100)
	address := "/api/v1/jobs/" + job.ID + "/export?format=xlsx"

	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const clients = 1000
	var served, refused atomic.Int64
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			a := b.get(t, address)
			switch a.status {
			case http.StatusOK:
				served.Add(1)
			case http.StatusTooManyRequests:
				require.Equal(t, "5", a.header.Get("Retry-After"))
				require.Equal(t, wsc.CodeRateLimited, a.problem(t).Code)
				refused.Add(1)
			default:
				require.Fail(t, "unexpected answer", "%d %s", a.status, a.body)
			}
		})
	}
	require.Eventually(t, func() bool { return refused.Load() == clients-8 }, 30*time.Second, 10*time.Millisecond, "two run, six wait, the others are told at once")
	require.EqualValues(t, 2, store.running.Load())
	var during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&during)
	require.Less(t, int64(during.HeapAlloc)-int64(before.HeapAlloc), int64(100<<20), "bytes of heap")

	// Another key is not held up by them.
	other := b.newKey(t, "other")
	theirs := b.submitAs(t, other.Secret, "theirs")
	finished := make(chan answer, 1)
	wait.Go(func() {
		finished <- b.as(t, other.Secret, http.MethodGet, "/api/v1/jobs/"+theirs.ID+"/export?format=csv", nil)
	})
	require.Eventually(t, func() bool { return store.running.Load() == 3 }, 10*time.Second, 5*time.Millisecond)
	close(store.gate)
	wait.Wait()
	require.Equal(t, http.StatusOK, (<-finished).status)
	require.EqualValues(t, 8, served.Load())
	require.LessOrEqual(t, store.most.Load(), int64(4))
	require.Equal(t, http.StatusOK, b.get(t, address).status)
}
