package checker

import (
	"bufio"
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// FuzzRequest checks that whatever URL and headers a job may have, exactly one request is written, for that URL and with
// those headers, and that the same would be asked for over HTTP/2.
func FuzzRequest(f *testing.F) {
	for _, url := range []string{
		"http://a.test", "http://a.test:8080/x?y#z", "https://[2606:4700::1]:8443/", "http://a.test./%zz/ü?ü", "//a.test//b//c",
		"a.test/x\r\nHost: b", "http://a.test/?a b HTTP/1.1", "http://a.test/\\..\\x", "HTTP://A.TEST/%0d%0aX:%20y",
	} {
		f.Add(url, "X-A", "b", "agent/1")
		f.Add(url, "user-agent", "", "")
	}
	f.Add("http://a.test", "Host", "b.test", "a\r\nb")
	f.Add("http://a.test", "X\r\nY", "b\r\n\r\nGET / HTTP/1.1", "")
	f.Add("http://a.test", "transfer-encoding", "chunked", "\x7f")
	f.Add("http://a.test", "Accept", " \t", "\u2028")
	c, err := New(Config{})
	require.NoError(f, err)
	defer c.Close()
	f.Fuzz(func(t *testing.T, text, name, value, agent string) {
		n, err := wsc.NormalizeURL(text)
		if err != nil {
			return
		}
		opts, err := wsc.Options{Headers: map[string]string{name: value}, UserAgent: agent}.Resolve(wsc.Defaults{})
		if err != nil {
			return
		}
		a := &attempt{checker: c, opts: opts}
		written := c.http1.buffers.request(a, newHop(n, http.MethodGet, true))
		rest := bytes.NewReader(*written)
		buffered := bufio.NewReader(rest)
		request, err := http.ReadRequest(buffered)
		require.NoError(t, err, "%q", *written)
		require.Zero(t, buffered.Buffered()+rest.Len(), "%q", *written)
		require.Zero(t, request.ContentLength)

		authority, target := splitURL(n)
		require.Equal(t, target, request.RequestURI)
		require.Equal(t, authority, request.Host)
		require.Equal(t, []string{strings.Trim(value, " \t")}, request.Header[textproto.CanonicalMIMEHeaderKey(name)])

		parsed, err := url.Parse(n.URL)
		require.NoError(t, err)
		require.Equal(t, target, parsed.RequestURI())
		require.Equal(t, authority, parsed.Host)
	})
}
