package checker

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// rawHost serves raw connections on the loopback: serve is called for each with the number of the connection, from 1.
func rawHost(t *testing.T, serve func(number int, c net.Conn, requests *bufio.Reader)) (url string, conns *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	conns = &atomic.Int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			number := int(conns.Add(1))
			go func() {
				defer func() { _ = c.Close() }() // the check sees it either way
				serve(number, c, bufio.NewReader(c))
			}()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		<-done
	})
	return "http://" + listener.Addr().String() + "/", conns
}

func localChecker(t *testing.T, url string) *Checker {
	t.Helper()
	n, err := wsc.NormalizeURL(url)
	require.NoError(t, err)
	c, err := New(Config{AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{uint16(n.Port)}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// readRequest reads one request and reports whether there was one.
func readRequest(requests *bufio.Reader) bool {
	_, err := http.ReadRequest(requests)
	return err == nil
}

const emptyOK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

func checkTimes(t *testing.T, c *Checker, url string, times int) []wsc.Result {
	t.Helper()
	results := make([]wsc.Result, times)
	for i := range results {
		results[i] = c.Check(t.Context(), targetOf(url), siteOptions())
	}
	return results
}

func TestConnectionsAreReused(t *testing.T) {
	url, conns := rawHost(t, func(_ int, c net.Conn, requests *bufio.Reader) {
		for readRequest(requests) {
			_, _ = io.WriteString(c, emptyOK)
		}
	})
	for i, r := range checkTimes(t, localChecker(t, url), url, 5) {
		require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
		require.Equal(t, i > 0, r.Timings.Connect == 0, "check %d", i)
		require.Equal(t, "127.0.0.1", r.RemoteIP)
	}
	require.EqualValues(t, 1, conns.Load())
}

func TestConnectionsThatTheHostClosedAreReplaced(t *testing.T) {
	for name, after := range map[string]time.Duration{"before the next request": 0, "upon the next request": time.Second} {
		t.Run(name, func(t *testing.T) {
			url, conns := rawHost(t, func(_ int, c net.Conn, requests *bufio.Reader) {
				if !readRequest(requests) {
					return
				}
				_, _ = io.WriteString(c, emptyOK)
				if after > 0 {
					readRequest(requests) // and no answer
				}
			})
			for _, r := range checkTimes(t, localChecker(t, url), url, 4) {
				require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
			}
			require.EqualValues(t, 4, conns.Load())
		})
	}
}

func TestAFreshConnectionThatBreaksIsNotTriedAgain(t *testing.T) {
	url, conns := rawHost(t, func(_ int, _ net.Conn, requests *bufio.Reader) { readRequest(requests) })
	r := localChecker(t, url).Check(t.Context(), targetOf(url), siteOptions())
	require.Equal(t, wsc.KindConnectionClosed, r.ErrorKind, r.ErrorMessage)
	require.EqualValues(t, 1, conns.Load())
}

func TestDataThatNobodyAskedForIsNoAnswer(t *testing.T) {
	for name, answer := range map[string]string{
		"at once": emptyOK + "HTTP/1.1 404 Smuggled\r\nContent-Length: 0\r\n\r\n",
		"later":   emptyOK,
	} {
		t.Run(name, func(t *testing.T) {
			sent := make(chan struct{}, 10)
			url, conns := rawHost(t, func(_ int, c net.Conn, requests *bufio.Reader) {
				for readRequest(requests) {
					_, _ = io.WriteString(c, answer)
					if name == "later" {
						time.AfterFunc(20*time.Millisecond, func() {
							_, _ = io.WriteString(c, "HTTP/1.1 404 Smuggled\r\nContent-Length: 0\r\n\r\n")
							sent <- struct{}{}
						})
					}
				}
			})
			c := localChecker(t, url)
			for range 3 {
				r := c.Check(t.Context(), targetOf(url), siteOptions())
				require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
				if name == "later" {
					<-sent
				}
			}
			require.EqualValues(t, 3, conns.Load())
		})
	}
}

func TestAnAnswerBeforeTheRequestWasReadCounts(t *testing.T) {
	url, _ := rawHost(t, func(_ int, c net.Conn, requests *bufio.Reader) {
		_, _ = io.WriteString(c, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		readRequest(requests)
	})
	r := localChecker(t, url).Check(t.Context(), targetOf(url), siteOptions())
	require.Equal(t, 503, r.HTTPStatus, r.ErrorMessage)
}

func TestABrokenOffCheckLeavesNoConnection(t *testing.T) {
	asked, left := make(chan struct{}), make(chan error, 1)
	url, _ := rawHost(t, func(_ int, _ net.Conn, requests *bufio.Reader) {
		readRequest(requests)
		close(asked)
		_, err := requests.ReadByte()
		left <- err
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	r := localChecker(t, url).Check(ctx, targetOf(url), siteOptions())
	require.Equal(t, wsc.KindInternalError, r.ErrorKind)
	require.Error(t, <-left)
}

func TestPoolKeepsTheNewestAndForgetsTheOld(t *testing.T) {
	p := newConnPool(3, time.Minute)
	conn := func(host string) *http1Conn { return &http1Conn{key: connKey{host: host}} }
	a1, a2, b, d := conn("a"), conn("a"), conn("b"), conn("d")
	require.Empty(t, p.put(a1))
	require.Empty(t, p.put(b))
	require.Empty(t, p.put(a2))
	require.Equal(t, []*http1Conn{a1}, p.put(d), "no room: the oldest goes")
	require.Nil(t, p.take(connKey{host: "none"}))
	require.Same(t, a2, p.take(a2.key))
	require.Nil(t, p.take(a2.key))
	require.Empty(t, p.put(a1))
	require.Equal(t, []*http1Conn{b}, p.put(a2))
	require.Equal(t, 3, p.len())
	require.Same(t, a2, p.take(a1.key), "the one used last comes first")

	require.Empty(t, p.expired(time.Now()))
	require.Equal(t, []*http1Conn{d, a1}, p.expired(time.Now().Add(2*time.Minute)))
	require.Zero(t, p.len())
	require.Empty(t, p.put(b))
	require.Equal(t, []*http1Conn{b}, p.close())
	require.Equal(t, []*http1Conn{a1}, p.put(a1), "a closed pool takes nothing")
	require.Empty(t, p.idle)
}

// After 101 a connection speaks something else, even if no byte of it has come yet.
func TestAConnectionThatSwitchedProtocolsIsNotUsedAgain(t *testing.T) {
	url, conns := rawHost(t, func(_ int, c net.Conn, requests *bufio.Reader) {
		for readRequest(requests) {
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		}
	})
	for _, r := range checkTimes(t, localChecker(t, url), url, 3) {
		require.Equal(t, wsc.KindProtocolError, r.ErrorKind, r.ErrorMessage)
	}
	require.EqualValues(t, 3, conns.Load())
}

func TestDataThatNobodyAskedForIsNoAnswerOverTLS(t *testing.T) {
	const smuggled = "HTTP/1.1 404 Smuggled\r\nContent-Length: 0\r\n\r\n"
	fills := strings.Repeat("x", readBufferBytes-len(emptyOK)-3) // the reader's buffer ends where the answer does
	for name, writes := range map[string][]string{
		"in a record of its own": {emptyOK, smuggled},
		"behind a full buffer":   {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + fills[:len(fills)-2] + "\r\n\r\n" + smuggled},
	} {
		t.Run(name, func(t *testing.T) {
			sent := make(chan struct{}, 10)
			url, conns, c := tlsHost(t, "http/1.1", func(_ int, c net.Conn, requests *bufio.Reader) {
				for readRequest(requests) {
					for _, text := range writes {
						_, _ = io.WriteString(c, text)
					}
					sent <- struct{}{}
				}
			})
			for range 3 {
				r := c.Check(t.Context(), targetOf(url), siteOptions())
				require.Equal(t, wsc.StatusActive, r.Status, "%d %s", r.HTTPStatus, r.ErrorMessage)
				<-sent
			}
			require.EqualValues(t, 3, conns.Load())
		})
	}
}

func TestTLSConnectionsAreReused(t *testing.T) {
	url, conns, c := tlsHost(t, "http/1.1", func(_ int, c net.Conn, requests *bufio.Reader) {
		for readRequest(requests) {
			_, _ = io.WriteString(c, emptyOK)
		}
	})
	for i, r := range checkTimes(t, c, url, 5) {
		require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
		require.Equal(t, i > 0, r.Timings.TLS == 0, "check %d", i)
	}
	require.EqualValues(t, 1, conns.Load())
}

func TestAVersionThatAConnectionCannotHaveIsNotReported(t *testing.T) {
	url, conns := rawHost(t, func(_ int, c net.Conn, requests *bufio.Reader) {
		for readRequest(requests) {
			_, _ = io.WriteString(c, "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	for _, r := range checkTimes(t, localChecker(t, url), url, 2) {
		require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
		require.Equal(t, "http/1.1", r.Protocol)
	}
	require.EqualValues(t, 2, conns.Load())
}
