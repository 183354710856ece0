package wsc_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// A list is read into the same normal forms as by NormalizeURL, whatever stands around a URL, and every other text gets a
// reason.
func FuzzReadURL(f *testing.F) {
	for _, seed := range []string{
		"", `"example.com",`, "<https://a.com/>", "[x](https://a.com/)", "//a.com", "http:/a.com", "https//a", "HTP://a", `C:\x`, `\\a\b`, "a@b.c",
		"mailto:x", "+49 30", "1.2.3", "=HYPERLINK(\"https://a.com\")", "https://a https://b", "http://http://a", "a.com # b", "\u2067a.com\u2069",
		"[](", "“a”", "Website: HTTPS://a.com", "K://http://\u212a", "tel:", "http:///", "\xff\"", "((<<",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := wsc.ReadURL(text)
		if err != nil {
			var problem *wsc.URLError
			require.ErrorAs(t, err, &problem)
			require.NotEmpty(t, problem.Reason)
			require.True(t, problem.Kind == wsc.KindInvalidURL || problem.Kind == wsc.KindBlockedScheme)
			return
		}
		requireUnambiguous(t, got)
		strict, err := wsc.NormalizeURL(got.URL)
		require.NoError(t, err)
		require.Equal(t, got, strict)
	})
}

// A normalised URL is its own normal form, fits the limit, and is read by net/url as having the same host, port, path
// and query: nothing is requested that was not checked.
func FuzzNormalizeURL(f *testing.F) {
	for _, seed := range []string{
		"", "example.com", "HTTP://Example.COM:80/a?b#c", "https://[2001:db8::1]:8443/", "http://müller.de/ä ö%",
		"http://a/\"<>^`{|}%2F", "http://ok.test\\@127.0.0.1/", "http://127.1", "0x7f.1", "ftp://a", "a.com:", "//a", "http://a:80:80",
		"http://xn--a.com", "http://faß.de./", "http://a。b", "[::1]", "http://[::ffff:1.2.3.4%25x]", "a.com?x#y", "http://a/?'|\"", "\xff", "\ufeffa.com\u200b",
		"http://℀.com", "http://ａ.com", "http://a.b.c.d.0x", "http://-a-.com/", "http://a/" + strings.Repeat("é", 700),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := wsc.NormalizeURL(text)
		if err != nil {
			var problem *wsc.URLError
			require.ErrorAs(t, err, &problem)
			require.NotEmpty(t, problem.Reason)
			require.True(t, problem.Kind == wsc.KindInvalidURL || problem.Kind == wsc.KindBlockedScheme)
			return
		}
		require.LessOrEqual(t, len(first.URL), wsc.MaxURLBytes)
		again, err := wsc.NormalizeURL(first.URL)
		require.NoError(t, err)
		require.Equal(t, first, again)
		requireUnambiguous(t, first)

		parsed, err := url.Parse(first.URL)
		require.NoError(t, err)
		require.Equal(t, first.Scheme, parsed.Scheme)
		require.Equal(t, first.Host, parsed.Hostname())
		require.Nil(t, parsed.User)
		require.Empty(t, parsed.Fragment)
		if port := parsed.Port(); port != "" {
			require.Equal(t, strconv.Itoa(first.Port), port)
		}
		require.Equal(t, first.URL, parsed.Scheme+"://"+parsed.Host+parsed.RequestURI())
		_, err = http.NewRequestWithContext(t.Context(), http.MethodGet, first.URL, nil)
		require.NoError(t, err)
	})
}
