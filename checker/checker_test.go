package checker

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

func TestNewRefusesWrongSettings(t *testing.T) {
	_, err := New(Config{UserAgent: "a\r\nb"})
	require.ErrorContains(t, err, "control characters")
	_, err = New(Config{ConnectTimeout: -1})
	require.ErrorContains(t, err, "negative")
	c, err := New(Config{})
	require.NoError(t, err)
	require.Regexp(t, `^wsc/\S+ \(\+https://github\.com/website-status-checker/wsc\)$`, c.userAgent)
	c.Close()
}

func TestZeroOptionsMeanDefaults(t *testing.T) {
	farm := testsite.Start(t)
	r := checkerFor(t, farm, nil).Check(t.Context(), targetOf(farm.URL("ok_200")), wsc.CheckOptions{})
	require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
}

func TestHeadersOfTheJob(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, nil)
	opts := siteOptions()
	opts.UserAgent = "mine/1"
	opts.Headers = map[string]string{"Authorization": "Bearer secret", "cookie": "a=b", "x-custom": "c"}

	r := c.Check(t.Context(), targetOf(farm.URL("echo_headers")), opts)
	require.Equal(t, "[Bearer secret][a=b][c][mine/1][]", r.Title)

	r = c.Check(t.Context(), targetOf(farm.URL("redirect_to_echo")), opts)
	require.Equal(t, "[][][][mine/1][]", r.Title, "another host must not get the job's headers")
}

func TestKeepsHeaders(t *testing.T) {
	for _, test := range []struct {
		from, to string
		want     bool
	}{
		{"https://a.test/", "https://a.test/x", true},
		{"http://a.test/", "https://a.test/", true},
		{"http://a.test:8080/", "http://a.test:8080/x", true},
		{"https://a.test/", "http://a.test/", false},
		{"https://a.test/", "https://www.a.test/", false},
		{"https://a.test/", "https://a.test:8443/", false},
		{"http://a.test:8080/", "https://a.test/", false},
	} {
		from, err := wsc.NormalizeURL(test.from)
		require.NoError(t, err)
		to, err := wsc.NormalizeURL(test.to)
		require.NoError(t, err)
		require.Equal(t, test.want, keepsHeaders(from, to), "%s -> %s", test.from, test.to)
	}
}

func TestMethods(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, nil)
	for _, test := range []struct {
		site   string
		method wsc.CheckMethod
		status wsc.Status
		code   int
	}{
		{"head_405", wsc.MethodHead, wsc.StatusInactive, 405},
		{"head_405", wsc.MethodHeadThenGet, wsc.StatusActive, 200},
		{"head_hangs", wsc.MethodHead, wsc.StatusError, 0},
		{"head_hangs", wsc.MethodHeadThenGet, wsc.StatusActive, 200},
		{"ok_200", wsc.MethodHeadThenGet, wsc.StatusActive, 200},
		{"redirect_chain_9", wsc.MethodHead, wsc.StatusActive, 200},
		{"status_404", wsc.MethodHeadThenGet, wsc.StatusInactive, 404},
		{"refused", wsc.MethodHeadThenGet, wsc.StatusError, 0},
	} {
		opts := siteOptions()
		opts.Method = test.method
		if test.site == "head_hangs" {
			opts.Timeout = 2 * shortTimeout
		}
		r := c.Check(t.Context(), targetOf(farm.URL(test.site)), opts)
		require.Equal(t, test.status, r.Status, "%s %s: %s", test.method, test.site, r.ErrorMessage)
		require.Equal(t, test.code, r.HTTPStatus, "%s %s", test.method, test.site)
	}
}

func TestAcceptStatus(t *testing.T) {
	farm := testsite.Start(t)
	opts := siteOptions()
	opts.AcceptStatus = wsc.StatusSet{{Low: 404, High: 404}}
	c := checkerFor(t, farm, nil)
	require.Equal(t, wsc.StatusActive, c.Check(t.Context(), targetOf(farm.URL("status_404")), opts).Status)
	require.Equal(t, wsc.StatusInactive, c.Check(t.Context(), targetOf(farm.URL("ok_200")), opts).Status)
}

func TestRedirectsAreRecordedAndCounted(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, nil)
	opts := siteOptions()

	r := c.Check(t.Context(), targetOf(farm.URL("redirect_chain_9")), opts)
	require.Len(t, r.Redirects, 9)
	require.Equal(t, farm.URL("redirect_chain_9"), r.Redirects[0].URL)
	for _, hop := range r.Redirects {
		require.Equal(t, 302, hop.HTTPStatus)
		require.Positive(t, hop.TimeMS)
	}
	require.Equal(t, 1, farm.Conns("redirect_chain_9"), "hops to one host share a connection")

	opts.MaxRedirects = 8
	r = c.Check(t.Context(), targetOf(farm.URL("redirect_chain_9")), opts)
	require.Equal(t, wsc.KindTooManyRedirects, r.ErrorKind)
	require.Len(t, r.Redirects, 8)

	opts.FollowRedirects = false
	r = c.Check(t.Context(), targetOf(farm.URL("redirect_chain_9")), opts)
	require.Equal(t, wsc.StatusInactive, r.Status)
	require.Equal(t, 302, r.HTTPStatus)
	require.Empty(t, r.Redirects)
}

func TestTimingsAddUp(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, nil)
	first := c.Check(t.Context(), targetOf(farm.NameURL("https_1_1")), siteOptions())
	require.Equal(t, wsc.StatusActive, first.Status, first.ErrorMessage)
	timings := first.Timings
	require.Positive(t, timings.DNS)
	require.Positive(t, timings.Connect)
	require.Positive(t, timings.TLS)
	require.LessOrEqual(t, timings.DNS+timings.Connect+timings.TLS+timings.TTFB+timings.Download, timings.Total+0.01)
	require.LessOrEqual(t, timings.Total, first.ResponseTimeMS+0.01)

	again := c.Check(t.Context(), targetOf(farm.NameURL("https_1_1")), siteOptions())
	require.Zero(t, again.Timings.DNS+again.Timings.Connect+again.Timings.TLS, "the connection was there already")
	require.Equal(t, first.RemoteIP, again.RemoteIP)
	require.Equal(t, first.TLS, again.TLS, "the certificate is known on a reused connection as well")
}

func TestInsecureTLSNamesTheProblem(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, nil)
	opts := siteOptions()
	opts.InsecureTLS = true
	for site, problem := range map[string]string{
		"h2_200": "", "tls_expired": "expired on", "tls_wrong_host": "elsewhere.test", "tls_self_signed": "self-signed",
		"tls_untrusted_root": "trusted authority", "tls_eku": "not meant for web servers", "tls_not_yet_valid": "not valid before",
	} {
		r := c.Check(t.Context(), targetOf(farm.URL(site)), opts)
		require.Equal(t, wsc.StatusActive, r.Status, "%s: %s", site, r.ErrorMessage)
		if problem == "" {
			require.Empty(t, r.TLS.Problem, site)
		} else {
			require.Contains(t, r.TLS.Problem, problem, site)
			requireForPeople(t, r.TLS.Problem)
		}
	}
	require.Equal(t, wsc.KindTLSExpired, c.Check(t.Context(), targetOf(farm.URL("tls_expired")), siteOptions()).ErrorKind,
		"a connection accepted for one job must not serve another that verifies")
}

func TestPathAndQueryArriveAsWritten(t *testing.T) {
	hosts := testsite.StartHosts(t, testsite.HostsConfig{})
	c, err := New(Config{AllowNets: hosts.AllowNets(), AllowPorts: []uint16{hosts.Port()}})
	require.NoError(t, err)
	defer c.Close()
	for path, sent := range map[string]string{
		"/a%2Fb|c/%7e":     "/a%2Fb%7Cc/%7e",
		"//double//":       "//double//",
		"/?q=a%20b+c&&=":   "/?q=a%20b+c&&=",
		"/a;b,c/'x'":       "/a;b,c/'x'",
		"/status/204?x=%":  "/status/204?x=%25",
		"/with space/ü?ü#": "/with%20space/%C3%BC?%C3%BC",
	} {
		n, err := wsc.NormalizeURL(hosts.URL(0, path))
		require.NoError(t, err)
		_, target := splitURL(n)
		require.Equal(t, sent, target, path)
		r := c.Check(t.Context(), targetOf(n.URL), siteOptions())
		require.Equal(t, wsc.StatusActive, r.Status, "%s: %s", path, r.ErrorMessage)
	}
}

func TestAPanicBecomesAResult(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, func(cfg *Config) { cfg.Resolver = panicking{} })
	r := c.Check(t.Context(), targetOf(farm.NameURL("ok_200")), siteOptions())
	require.Equal(t, wsc.KindInternalError, r.ErrorKind)
	requireForPeople(t, r.ErrorMessage)
	c.http1.pool = nil
	r = c.Check(t.Context(), targetOf(farm.URL("ok_200")), siteOptions())
	require.Equal(t, wsc.KindInternalError, r.ErrorKind)
	require.Equal(t, farm.URL("ok_200"), r.URL)
	c.http1.pool = newConnPool(1, time.Second)
}

func TestInvalidTargetsGetAResult(t *testing.T) {
	c, err := New(Config{})
	require.NoError(t, err)
	defer c.Close()
	for _, url := range []string{"", "not a url", "http://", "http://[::", "\x00", "ftp://a.test/", strings.Repeat("a", 5000), "a@b.test"} {
		r := c.Check(t.Context(), wsc.Target{URL: url}, wsc.CheckOptions{})
		require.Equal(t, wsc.StatusError, r.Status, "%q", url)
		require.Contains(t, []wsc.ErrorKind{wsc.KindInvalidURL, wsc.KindBlockedScheme}, r.ErrorKind, "%q", url)
		requireForPeople(t, r.ErrorMessage)
	}
}

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-7": 0, "1.5": 0, "soon": 0,
		"100000":                         wsc.MaxRetryAfter,
		"99999999999999999999999":        wsc.MaxRetryAfter,
		"Fri, 01 May 2026 12:00:30 GMT":  30 * time.Second,
		"Fri, 01 May 2026 11:00:30 GMT":  0,
		"Fri, 01 May 2099 12:00:30 GMT":  wsc.MaxRetryAfter,
		"Friday, 01-May-26 12:00:30 GMT": 30 * time.Second,
	} {
		require.Equal(t, want, parseRetryAfter(value, now), "%q", value)
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, value := range []string{"", "7", "-1", "99999999999999999999", "Fri, 01 May 2026 12:00:30 GMT", "\x00"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		delay := parseRetryAfter(value, time.Unix(1_700_000_000, 0))
		require.GreaterOrEqual(t, delay, time.Duration(0))
		require.LessOrEqual(t, delay, wsc.MaxRetryAfter)
	})
}
