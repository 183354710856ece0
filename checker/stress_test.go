package checker

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// whimsical answers each request with a page whose title is the request's path, and breaks off, stalls, or says too
// much now and then. It reports whether the connection goes on.
func whimsical(c net.Conn, path string) bool {
	page := "<title>" + path + "</title>"
	plain := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
	send := func(text string) bool {
		_, err := io.WriteString(c, text)
		return err == nil
	}
	switch rand.IntN(12) {
	case 0:
		return false
	case 1:
		return send(plain[:rand.IntN(len(plain))]) && false
	case 2:
		return send(plain) && false
	case 3:
		return send(plain + "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n<title>stray</title>\r\n")
	case 4:
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		return false
	case 5:
		return send("HTTP/1.1 103 Early\r\n\r\n" + plain)
	case 6:
		_, err := c.Read(make([]byte, 1)) // until the check has waited long enough
		return err == nil
	case 7:
		return send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX: y\r\n\r\n", len(page), page))
	}
	return send(plain)
}

// countOpen counts the connections of a serve function that are open.
func countOpen(open *atomic.Int64, serve func(net.Conn, *bufio.Reader)) func(int, net.Conn, *bufio.Reader) {
	return func(_ int, c net.Conn, requests *bufio.Reader) {
		open.Add(1)
		defer open.Add(-1)
		serve(c, requests)
	}
}

// Many checks at once of hosts that fail in every way, with little time, broken off now and then: each answer belongs
// to its own check, and no connection is left open.
func TestManyChecksOfUnreliableHostsDoNotMixUp(t *testing.T) {
	var open atomic.Int64
	serve := countOpen(&open, func(c net.Conn, requests *bufio.Reader) {
		for {
			request, err := http.ReadRequest(requests)
			if err != nil || !whimsical(c, request.URL.Path) {
				return
			}
		}
	})
	plain, _ := rawHost(t, serve)
	secure, _, secured := tlsHost(t, "http/1.1", serve)
	shared := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch rand.IntN(8) {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			<-r.Context().Done()
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>"+r.URL.Path+"</title>")
	}))
	shared.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // checks that leave are the rule here
	shared.EnableHTTP2 = true
	shared.StartTLS()
	defer shared.Close()
	urls := []string{plain, secure, shared.URL + "/"}
	ports := make([]uint16, len(urls))
	for i, url := range urls {
		n, err := wsc.NormalizeURL(url)
		require.NoError(t, err)
		ports[i] = uint16(n.Port)
	}
	// All of httptest's servers have one certificate.
	c, err := New(Config{
		AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: ports, RootCAs: secured.roots, MaxIdleConns: 8,
	})
	require.NoError(t, err)

	var active, number atomic.Int64
	var workers sync.WaitGroup
	for range 24 {
		workers.Go(func() {
			for range 30 {
				path := fmt.Sprintf("p%d", number.Add(1))
				opts := siteOptions()
				opts.Timeout = time.Duration(1+rand.IntN(60)) * time.Millisecond
				if rand.IntN(4) > 0 {
					opts.Timeout = 200 * time.Millisecond
				}
				ctx, cancel := context.WithCancel(t.Context())
				if rand.IntN(5) == 0 {
					time.AfterFunc(time.Duration(rand.IntN(5_000))*time.Microsecond, cancel)
				}
				began := time.Now()
				r := c.Check(ctx, targetOf(urls[rand.IntN(len(urls))]+path), opts)
				if time.Since(began) > opts.Timeout+time.Second {
					t.Errorf("a check took %v", time.Since(began))
				}
				if r.Status == wsc.StatusActive {
					active.Add(1)
					if r.Title != "/"+path {
						t.Errorf("/%s was answered with %q", path, r.Title)
					}
				}
				cancel()
			}
		})
	}
	workers.Wait()
	require.Greater(t, active.Load(), number.Load()/4, "most answers are in order")
	c.Close()
	require.Eventually(t, func() bool { return open.Load() == 0 }, 5*time.Second, time.Millisecond, "%d are left", open.Load())
	require.Zero(t, c.http1.pool.len())
	require.Empty(t, c.verified.pool.conns)
}
