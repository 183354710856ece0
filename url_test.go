package wsc_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestNormalizeURL(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"host alone", "example.com", "https://example.com/"},
		{"host and path alone", "example.com/a?b=c", "https://example.com/a?b=c"},
		{"host and port alone", "example.com:8443/x", "https://example.com:8443/x"},
		{"host and default port alone", "example.com:443", "https://example.com/"},
		{"empty port", "http://example.com:/x", "http://example.com/x"},
		{"host and empty port alone", "example.com:", "https://example.com/"},
		{"host, empty port and path alone", "example.com:/x", "https://example.com/x"},
		{"localhost alone", "localhost", "https://localhost/"},
		{"single label with port alone", "intranet:8080", "https://intranet:8080/"},
		{"single label with scheme", "http://intranet/", "http://intranet/"},
		{"upper case", "HTTP://EXAMPLE.Com/Path?Q", "http://example.com/Path?Q"},
		{"default port of http", "http://example.com:80/", "http://example.com/"},
		{"default port of https", "https://example.com:443/", "https://example.com/"},
		{"other scheme's port", "https://example.com:80/", "https://example.com:80/"},
		{"leading zeros in the port", "http://example.com:0080/", "http://example.com/"},
		{"fragment", "https://example.com/a#b?c", "https://example.com/a"},
		{"fragment behind the host", "https://example.com#@evil.com/", "https://example.com/"},
		{"query without path", "https://example.com?a#b", "https://example.com/?a"},
		{"query without path or scheme", "example.com?url=http://a.b/", "https://example.com/?url=http://a.b/"},
		{"trailing dot", "http://example.com./", "http://example.com/"},
		{"underscore", "http://a_b.example.com/", "http://a_b.example.com/"},
		{"path byte for byte", "https://example.com/a/../b//c;d=e,f/%7e%2F'()*!$&+:@~", "https://example.com/a/../b//c;d=e,f/%7e%2F'()*!$&+:@~"},
		{"query byte for byte", "https://example.com/?a=|{}^`%2f&b[]=c??d/..", "https://example.com/?a=|{}^`%2f&b[]=c??d/.."},
		{"characters that net/url would encode anew", `https://example.com/a"b<c>d^e` + "`f{g|h}%2Fi", "https://example.com/a%22b%3Cc%3Ed%5Ee%60f%7Bg%7Ch%7D%2Fi"},
		{"space and percent", "https://example.com/a b%?c d%zz%41", "https://example.com/a%20b%25?c%20d%25zz%41"},
		{"international host and path", "https://Müller.DE/ä?ö", "https://xn--mller-kva.de/%C3%A4?%C3%B6"},
		{"sharp s is kept", "http://straße.de", "http://xn--strae-oqa.de/"},
		{"ideographic full stop", "http://例え。jp/", "http://xn--r8jz45g.jp/"},
		{"full-width letters", "http://ｅｘａｍｐｌｅ.com/", "http://example.com/"},
		{"emoji", "http://🔐.example.com/", "http://xn--jv8h.example.com/"},
		{"punycode", "http://XN--MLLER-KVA.de/", "http://xn--mller-kva.de/"},
		{"white space and marks around it", "\ufeff \u00a0\texample.com\u200b\r\n", "https://example.com/"},
		{"IPv4", "8.8.8.8", "https://8.8.8.8/"},
		{"IPv6", "http://[2001:DB8:0:0::1]:8080/x", "http://[2001:db8::1]:8080/x"},
		{"IPv6 alone", "[2001:db8::1]", "https://[2001:db8::1]/"},
		{"IPv4 in IPv6", "http://[::ffff:1.2.3.4]/", "http://[::ffff:1.2.3.4]/"},
		{"numbers in front of the domain", "http://1.2.3.4.example.com/", "http://1.2.3.4.example.com/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := wsc.NormalizeURL(test.text)
			require.NoError(t, err)
			require.Equal(t, test.want, got.URL)
		})
	}
}

func TestNormalizeURLTellsTheParts(t *testing.T) {
	got, err := wsc.NormalizeURL("HTTP://[2001:db8::A]:8080/x")
	require.NoError(t, err)
	require.Equal(t, wsc.NormalizedURL{URL: "http://[2001:db8::a]:8080/x", Scheme: "http", Host: "2001:db8::a", Port: 8080}, got)
	got, err = wsc.NormalizeURL("Example.com")
	require.NoError(t, err)
	require.Equal(t, wsc.NormalizedURL{URL: "https://example.com/", Scheme: "https", Host: "example.com", Port: 443}, got)
}

func TestNormalizeURLRefuses(t *testing.T) {
	for _, test := range []struct {
		name, text string
		kind       wsc.ErrorKind
		reason     string
	}{
		{"nothing", " \t\n", wsc.KindInvalidURL, "is empty"},
		{"words", "not a url", wsc.KindInvalidURL, "not a web address"},
		{"one word", "acme", wsc.KindInvalidURL, "not a web address"},
		{"number", "12345", wsc.KindInvalidURL, "IPv4"},
		{"date", "2024-01-02", wsc.KindInvalidURL, "not a web address"},
		{"time", "12:30", wsc.KindInvalidURL, "IPv4"},
		{"e-mail address", "me@example.com", wsc.KindInvalidURL, "e-mail"},
		{"mailto", "mailto:me@example.com", wsc.KindBlockedScheme, "mailto"},
		{"user information", "https://u:p@example.com/", wsc.KindInvalidURL, "user name"},
		{"other scheme", "ftp://example.com/", wsc.KindBlockedScheme, `"ftp"`},
		{"script", "javascript:alert(1)", wsc.KindBlockedScheme, "javascript"},
		{"one slash", "http:/example.com", wsc.KindInvalidURL, "two slashes"},
		{"three slashes", "http:///example.com", wsc.KindInvalidURL, "no host"},
		{"no scheme but slashes", "//example.com", wsc.KindInvalidURL, "no host"},
		{"only a path", "/index.html", wsc.KindInvalidURL, "no host"},
		{"backslash", `http://example.com\@evil.com`, wsc.KindInvalidURL, "backslash"},
		{"control character", "http://example.com/\x01", wsc.KindInvalidURL, "U+0001"},
		{"line end", "http://example.com/\nx", wsc.KindInvalidURL, "U+000A"},
		{"C1 control character", "http://example.com/\u0085x", wsc.KindInvalidURL, "U+0085"},
		{"text direction", "http://example.com/\u202egnp.exe", wsc.KindInvalidURL, "U+202E"},
		{"lost character", "http://example.com/caf\ufffd", wsc.KindInvalidURL, "lost"},
		{"not UTF-8", "http://example.com/\xff", wsc.KindInvalidURL, "UTF-8"},
		{"two ports", "http://example.com:80:90/", wsc.KindInvalidURL, "more than one port"},
		{"port 0", "http://example.com:0/", wsc.KindInvalidURL, "port"},
		{"port too high", "http://example.com:65536/", wsc.KindInvalidURL, "port"},
		{"signed port", "http://example.com:+80/", wsc.KindInvalidURL, "port"},
		{"full-width port", "http://example.com:８０/", wsc.KindInvalidURL, "port"},
		{"short IPv4", "http://127.1/", wsc.KindInvalidURL, "IPv4"},
		{"one number", "http://2130706433/", wsc.KindInvalidURL, "IPv4"},
		{"hexadecimal IPv4", "http://0x7f.0.0.0x1/", wsc.KindInvalidURL, "IPv4"},
		{"octal IPv4", "http://0177.0.0.1/", wsc.KindInvalidURL, "IPv4"},
		{"IPv4 with a dot behind", "http://0x7f.1./", wsc.KindInvalidURL, "IPv4"},
		{"number as last label", "http://example.4/", wsc.KindInvalidURL, "IPv4"},
		{"IPv6 without brackets", "http://2001:db8::1/", wsc.KindInvalidURL, "brackets"},
		{"IPv6 zone", "http://[fe80::1%25eth0]/", wsc.KindInvalidURL, "zone"},
		{"empty brackets", "http://[]/", wsc.KindInvalidURL, "IPv6"},
		{"open bracket", "http://[::1/", wsc.KindInvalidURL, "closing bracket"},
		{"text behind the bracket", "http://[::1]x/", wsc.KindInvalidURL, "closing bracket"},
		{"escape in the host", "http://ex%61mple.com/", wsc.KindInvalidURL, "'%'"},
		{"empty label", "http://a..com/", wsc.KindInvalidURL, "1 to 63"},
		{"long label", "http://" + strings.Repeat("a", 64) + ".com/", wsc.KindInvalidURL, "1 to 63"},
		{"long host", "http://" + strings.Repeat("abcdefghi.", 26) + "com/", wsc.KindInvalidURL, "253"},
		{"broken punycode", "http://xn--/", wsc.KindInvalidURL, "not a valid host name"},
		{"slash by mapping", "http://example.com／evil/", wsc.KindInvalidURL, "character '/'"},
		{"long URL", "https://example.com/" + strings.Repeat("a", wsc.MaxURLBytes), wsc.KindInvalidURL, "2068 bytes"},
		{"long after encoding", "https://example.com/" + strings.Repeat("é", 900), wsc.KindInvalidURL, "5420 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := wsc.NormalizeURL(test.text)
			var problem *wsc.URLError
			require.ErrorAs(t, err, &problem)
			require.Equal(t, test.kind, problem.Kind)
			require.Contains(t, problem.Reason, test.reason)
		})
	}
}

func TestNormalizeURLLimit(t *testing.T) {
	longest := "https://example.com/" + strings.Repeat("a", wsc.MaxURLBytes-20)
	got, err := wsc.NormalizeURL(longest)
	require.NoError(t, err)
	require.Equal(t, longest, got.URL)
	_, err = wsc.NormalizeURL(longest + "a")
	require.Error(t, err)
}

// What the guard must refuse is either refused by NormalizeURL or comes out in a form that leaves no doubt about the
// address or the name that the guard will then see; what must be allowed is read with the right host.
func TestNormalizeURLOnSSRFCases(t *testing.T) {
	for _, path := range catalogues("ssrf_cases.tsv") {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range bytes.Lines(content) {
			fields := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
			if len(fields) < 2 || strings.HasPrefix(fields[0], "#") {
				continue
			}
			payload, verdict := fields[0], fields[1]
			t.Run(payload, func(t *testing.T) {
				// Of rows about name resolution and redirects, the URL that is asked for first; the checker plays the rest.
				if _, url, isDNS := strings.Cut(payload, " "); isDNS && strings.HasPrefix(payload, "dns:") {
					payload = url
				}
				if chain, isRedirect := strings.CutPrefix(payload, "redirect:"); isRedirect {
					payload, _, _ = strings.Cut(chain, " -> ")
				}
				payload = strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(payload)
				got, err := wsc.NormalizeURL(payload)
				if verdict == "allow" {
					require.NoError(t, err)
				}
				if err != nil {
					require.ErrorAs(t, err, new(*wsc.URLError))
					return
				}
				requireUnambiguous(t, got)
			})
		}
	}
}

// requireUnambiguous checks that a host is an address in its only form, or a name that no resolver takes for one.
func requireUnambiguous(t *testing.T, url wsc.NormalizedURL) {
	t.Helper()
	if address, err := netip.ParseAddr(url.Host); err == nil {
		require.Equal(t, address.String(), url.Host)
		return
	}
	require.Regexp(t, `^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`, url.Host)
	require.NotRegexp(t, `(^|\.)([0-9]+|0x[0-9a-f]*)$`, url.Host)
}

// catalogues returns the paths of a catalogue of cases.
func catalogues(name string) []string {
	paths := []string{filepath.Join("testdata", name)}
	if folder := os.Getenv("WSC_EXTRA_CASES"); folder != "" {
		extra := filepath.Join(folder, name)
		if _, err := os.Stat(extra); err == nil {
			paths = append(paths, extra)
		}
	}
	return paths
}

func BenchmarkNormalizeURL(b *testing.B) {
	for _, bench := range []struct{ name, text string }{
		{"ASCII", "https://www.example.com/path/to/page?query=1"},
		{"bare", "example.com"},
		{"international", "https://müller.de/ä"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wsc.NormalizeURL(bench.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
