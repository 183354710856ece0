package checker

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// FuzzAnswer checks that whatever a host answers, there is one result that can be stored and shown, in time, and that
// no redirect leads to what the guard refuses.
func FuzzAnswer(f *testing.F) {
	for _, answer := range []string{
		"", "HTTP/1.1 200 OK\r\n\r\n<title>a</title>", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: /next?a=%zz#b\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 103 Early\r\nLink: <a>\r\n\r\nHTTP/1.0 200\r\nContent-Type: text/html; charset=utf-16\r\n\r\n<\x00t\x00i\x00",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", "SSH-2.0-x\r\n", "HTTP/1.1 101 Up\r\n\r\n\x00",
		"HTTP/1.1 429 Slow\r\nRetry-After: 99999999999999\r\nX: a\x1b[2J\r\nContent-Length: 0\r\n\r\n", "HTTP/2 200\r\n\r\n", "\x16\x03\x01\x00\x05",
	} {
		f.Add([]byte(answer))
	}
	quoted := regexp.MustCompile(`"(\\.|[^"\\])*"`) // what a site sends may look like anything
	f.Fuzz(func(t *testing.T, answer []byte) {
		c, err := New(Config{Resolver: echoing{&stubNames{names: map[string][][]netip.Addr{}}}})
		require.NoError(t, err)
		defer c.Close()
		c.verified.dialer.connect = func(_ context.Context, target netip.AddrPort) (net.Conn, error) {
			require.NoError(t, c.guard.CheckAddrPort(target))
			near, far := net.Pipe()
			go func() {
				defer func() { _ = far.Close() }() // the check sees it either way
				requests := bufio.NewReader(far)
				for {
					if _, err := http.ReadRequest(requests); err != nil {
						return
					}
					if _, err := far.Write(answer); err != nil {
						return
					}
				}
			}()
			return near, nil
		}
		opts := siteOptions()
		opts.Timeout = 50 * time.Millisecond
		began := time.Now()
		r := c.Check(t.Context(), targetOf("http://host.example.com/"), opts)
		require.Less(t, time.Since(began), opts.Timeout+time.Second)
		require.Contains(t, wsc.Statuses(), r.Status)
		require.Equal(t, r.Status == wsc.StatusError, r.ErrorKind.Valid(), r.ErrorKind)
		require.NotEqual(t, wsc.KindInternalError, r.ErrorKind)
		require.LessOrEqual(t, len(r.Redirects), opts.MaxRedirects)
		if r.Status == wsc.StatusError {
			requireForPeople(t, quoted.ReplaceAllString(r.ErrorMessage, "what it sent"))
		} else {
			require.True(t, r.HTTPStatus >= 200 && r.HTTPStatus <= 599, r.HTTPStatus)
		}
		for _, text := range []string{r.ErrorMessage, r.Title, r.ContentType, r.FinalURL, r.Protocol} {
			require.True(t, utf8.ValidString(text), "%q", text)
			require.NotContains(t, text, "\x00")
		}
	})
}
