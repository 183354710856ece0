package apiserver_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// openFiles counts the file descriptors of the process; 0 where the system does not tell.
func openFiles(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// abortUpload sends the first bytes of a request and goes away, politely or with a reset.
func abortUpload(address string, request []byte, reset bool) error {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).Dial("tcp", address)
	if err != nil {
		return err
	}
	if tcp, isTCP := conn.(*net.TCPConn); isTCP && reset {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	_, _ = conn.Write(request) // a server that has seen enough may close first
	return conn.Close()
}

// Uploads whose clients go away at any point leave no rows, blobs, files, goroutines or connections behind.
func TestAbortedUploadsLeaveNothing(t *testing.T) {
	const aborts, seed = 200, 7
	b := newBundle(t)
	form, contentType := form(t,
		part{name: "options", content: `{"timeout_ms": 2000}`},
		part{name: "file", filename: "l.csv", content: "url,name\n" + strings.Repeat("https://www.example.com/,Example\n", 20_000)})
	urls := []byte(`{"urls":["a.example"` + strings.Repeat(`,"https://www.example.com/"`, 10_000) + `]}`)
	requests := [][]byte{
		append([]byte(uploadHead(contentType, form.Len())), form.Bytes()...),
		append([]byte(uploadHead("application/json", len(urls))), urls...),
		fmt.Appendf(nil, "POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+adminKey+"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(urls), urls),
	}
	require.Equal(t, http.StatusOK, b.get(t, "/api/v1/jobs").status) // opens what stays open
	b.server.Client().CloseIdleConnections()
	goroutines, files := runtime.NumGoroutine(), openFiles(t)

	random := rand.New(rand.NewPCG(seed, seed))
	clients := make(chan struct{}, 16)
	failed := make(chan error, aborts)
	for i := range aborts {
		request := requests[i%len(requests)]
		head := bytes.Index(request, []byte("\r\n\r\n")) + 4
		cut := head + random.IntN(len(request)-head-8)
		reset := random.IntN(2) == 0
		clients <- struct{}{}
		go func() {
			failed <- abortUpload(b.server.Listener.Addr().String(), request[:cut], reset)
			<-clients
		}()
	}
	for range aborts {
		require.NoError(t, <-failed)
	}

	ended := func() int { return strings.Count(b.log.String(), "method=POST path=/api/v1/jobs ") }
	deadline, tick := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for ended() < aborts || runtime.NumGoroutine() > goroutines || openFiles(t) > files {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d of %d requests ended; %d goroutines (before %d), %d files (before %d)", ended(), aborts, runtime.NumGoroutine(), goroutines, openFiles(t), files)
		}
	}
	t.Logf("after %d aborted uploads: %d goroutines (before %d), %d files (before %d)", aborts, runtime.NumGoroutine(), goroutines, openFiles(t), files)
	b.requireNothingLeft(t)
	require.Equal(t, http.StatusAccepted, b.postJSON(t, "/api/v1/jobs", `{"urls":["a.example"]}`).status)
}
