package checker

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

// siteTimeout is the overall limit of a check in these tests, long enough for a busy machine. Sites that never come to
// an end are given shortTimeout, of which they use all.
const (
	siteTimeout  = 10 * time.Second
	shortTimeout = time.Second
)

func checkerFor(t testing.TB, farm *testsite.Farm, change func(*Config)) *Checker {
	t.Helper()
	cfg := Config{
		UserAgent: "wsc/test", AllowNets: farm.AllowNets(), AllowPorts: []uint16{farm.Port()},
		Resolver: farm.Resolver(), RootCAs: farm.CA(),
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func siteOptions() wsc.CheckOptions {
	return wsc.CheckOptions{Timeout: siteTimeout, FollowRedirects: true, MaxRedirects: 10, CaptureTitle: true}
}

func targetOf(url string) wsc.Target {
	target := wsc.Target{Seq: 7, Line: 8, URL: url}
	if n, err := wsc.NormalizeURL(url); err == nil {
		target.NormalizedURL, target.Host = n.URL, n.Host
	}
	return target
}

// expectation is what a check of a hostile site must end with.
type expectation struct {
	status wsc.Status
	code   int
	kinds  []wsc.ErrorKind
	title  string
	// plays overrides the one check of the site's URL; it asserts for itself.
	plays func(t *testing.T, farm *testsite.Farm)
	// also looks at the result of the one check.
	also func(t *testing.T, r wsc.Result)
}

func up() expectation { return expectation{status: wsc.StatusActive, code: 200} }

func upTitled(title string) expectation {
	return expectation{status: wsc.StatusActive, code: 200, title: title}
}

func down(code int) expectation { return expectation{status: wsc.StatusInactive, code: code} }

func fails(kinds ...wsc.ErrorKind) expectation {
	return expectation{status: wsc.StatusError, kinds: kinds}
}

func (e expectation) keeps(code int) expectation { e.code = code; return e }

func (e expectation) and(also func(t *testing.T, r wsc.Result)) expectation { e.also = also; return e }

func plays(fn func(t *testing.T, farm *testsite.Farm)) expectation { return expectation{plays: fn} }

func says(part string) func(*testing.T, wsc.Result) {
	return func(t *testing.T, r wsc.Result) { require.Contains(t, r.ErrorMessage, part) }
}

func lands(path string) func(*testing.T, wsc.Result) {
	return func(t *testing.T, r wsc.Result) {
		require.True(t, strings.HasSuffix(r.FinalURL, path), r.FinalURL)
	}
}

func expectations() map[string]expectation {
	const protocol, body = wsc.KindProtocolError, wsc.KindBodyError
	all := map[string]expectation{
		"ok_200": up().and(func(t *testing.T, r wsc.Result) {
			require.Equal(t, "http/1.1", r.Protocol)
			require.EqualValues(t, 2, *r.ContentLength)
			require.True(t, strings.HasPrefix(r.RemoteIP, "127.77."))
		}),
		"http_1_0_close": up().and(func(t *testing.T, r wsc.Result) {
			require.Equal(t, "http/1.0", r.Protocol)
			require.Nil(t, r.ContentLength)
		}),
		"h2_200":    up().and(func(t *testing.T, r wsc.Result) { require.Equal(t, "h2", r.Protocol); require.NotNil(t, r.TLS) }),
		"https_1_1": up(), "obs_fold": up(), "lf_only": up(), "no_reason": up(), "early_hints": up(),
		"status_204": {status: wsc.StatusActive, code: 204}, "status_304": down(304), "status_429": down(429).and(func(t *testing.T, r wsc.Result) {
			require.Equal(t, 7*time.Second, r.RetryAfter)
			require.True(t, r.Transient())
		}),
		"status_404": down(404).and(func(t *testing.T, r wsc.Result) {
			require.Equal(t, "Not here", r.Title)
			require.False(t, r.Transient())
		}),
		"status_503_flap":    plays(playFlap),
		"status_000":         fails(protocol).and(says("000")),
		"status_099":         fails(protocol),
		"status_negative":    fails(protocol),
		"status_600":         fails(protocol).and(says("600")),
		"status_999":         fails(protocol).and(says("999")),
		"status_101":         fails(protocol),
		"flood_1xx":          fails(wsc.KindHeadersTooLarge, protocol),
		"ssh_banner":         fails(protocol).and(says(`"SSH-2.0-OpenSSH_9.6\x1b[31m"`)),
		"smtp_banner":        fails(protocol).and(says("mail")),
		"http_0_9":           fails(protocol),
		"binary_noise":       fails(protocol),
		"http_on_https_port": fails(wsc.KindTLSError).and(says("plain HTTP")),
		"header_injection_log": up().and(func(t *testing.T, r wsc.Result) {
			require.Equal(t, "text/plain%0d%0aforged?[2J", r.ContentType)
		}),
		"cl_two_different": fails(protocol), "cl_two_equal": up(), "cl_negative": fails(protocol), "cl_overflow": fails(protocol),
		"te_unknown": fails(protocol), "header_no_colon": fails(protocol), "header_space_before_colon": up(),
		"giant_header": fails(wsc.KindHeadersTooLarge), "slow_headers": fails(wsc.KindTimeout), "silence": fails(wsc.KindTimeout),
		"infinite_headers":   fails(wsc.KindHeadersTooLarge).and(func(t *testing.T, r wsc.Result) { require.Less(t, r.ResponseTimeMS, 3000.0) }),
		"refused":            fails(wsc.KindConnectRefused),
		"blackhole":          plays(playBlackhole),
		"reset_after_accept": fails(wsc.KindConnectionReset), "reset_in_headers": fails(wsc.KindConnectionReset),
		"header_nul": fails(protocol), "header_controls_tls": up().and(func(t *testing.T, r wsc.Result) { require.NotNil(t, r.TLS) }),
		"eof_after_accept": fails(wsc.KindConnectionClosed), "eof_before_request": fails(wsc.KindConnectionClosed), "eof_in_headers": fails(wsc.KindConnectionClosed),
		"altsvc_h3": plays(playAltSvc),
		"head_405":  up(), "head_hangs": up(), "server_identifies_checker": up(),
		"echo_headers": upTitled("[][][][wsc/test][]"),
		"tarpit_host":  plays(playTarpit),

		"content_length_10tb": up().and(func(t *testing.T, r wsc.Result) { require.EqualValues(t, 10995116277760, *r.ContentLength) }),
		"gzip_ok":             upTitled("packed"), "gzip_bomb": up(), "gzip_empty": up(), "br_zstd_unasked": up(),
		"gzip_corrupt": fails(body).keeps(200), "gzip_not_gzip": fails(body).keeps(200), "gzip_truncated": fails(body).keeps(200),
		"truncated_body": fails(body).keeps(200), "chunk_bad_size": fails(body).keeps(200), "chunk_truncated": fails(body).keeps(200),
		"chunk_overflow": fails(body).keeps(200), "reset_in_body": fails(body).keeps(200),
		"chunk_ok": up(), "chunk_trailers": up(), "endless_body": up(),
		"extra_body": plays(playExtraBody),
		"chunk_1byte_flood": plays(func(t *testing.T, farm *testsite.Farm) {
			opts := siteOptions()
			opts.Timeout = shortTimeout
			r := checkerFor(t, farm, nil).Check(t.Context(), targetOf(farm.URL("chunk_1byte_flood")), opts)
			require.Equal(t, 200, r.HTTPStatus)
			require.Contains(t, []wsc.ErrorKind{"", body, wsc.KindTimeout}, r.ErrorKind)
		}),
		"slow_drip_body": fails(wsc.KindTimeout).keeps(200), "stalled_body": fails(wsc.KindTimeout).keeps(200),
		"content_type_lies": up().and(func(t *testing.T, r wsc.Result) { require.Len(t, r.ContentType, 255); require.Empty(t, r.Title) }),
		"title_non_utf8":    upTitled("Привет"), "title_shift_jis": upTitled("日本"), "title_broken_utf8": upTitled("a\ufffd\ufffdb\ufffd"),
		"title_nul": upTitled("ab"), "title_formula": upTitled("=cmd|' /C calc'!A0"), "title_entities": upTitled("Fish & Chips – <b>"),
		"title_huge":   up().and(func(t *testing.T, r wsc.Result) { require.LessOrEqual(t, utf8.RuneCountInString(r.Title), 300) }),
		"title_in_svg": upTitled("page"),
		"refresh_meta": upTitled("stay").and(func(t *testing.T, r wsc.Result) { require.Empty(t, r.Redirects) }),

		"redirect_chain_9":     up().and(func(t *testing.T, r wsc.Result) { lands("/9")(t, r); require.Len(t, r.Redirects, 9) }),
		"redirect_chain_10":    up().and(lands("/10")),
		"redirect_chain_11":    fails(wsc.KindTooManyRedirects).keeps(302),
		"redirect_self":        fails(wsc.KindTooManyRedirects).keeps(301),
		"cookie_required_loop": fails(wsc.KindTooManyRedirects).keeps(302),
		"redirect_private":     fails(wsc.KindRedirectBlocked).keeps(302),
		"redirect_loopback":    plays(playRedirectToLoopback),
		"redirect_port":        fails(wsc.KindRedirectBlocked).keeps(302),
		"redirect_gopher":      fails(wsc.KindRedirectBlocked).keeps(302), "redirect_javascript": fails(wsc.KindRedirectBlocked).keeps(302),
		"redirect_userinfo":       fails(wsc.KindRedirectBlocked).keeps(302),
		"redirect_empty_location": fails(wsc.KindRedirectInvalid).keeps(302), "redirect_no_location": fails(wsc.KindRedirectInvalid).keeps(302),
		"redirect_garbage":  fails(wsc.KindRedirectInvalid).keeps(302),
		"redirect_fragment": up().and(lands("/landed")), "redirect_relative": up().and(lands("/landed?a=1")),
		"redirect_spaces": up().and(lands("/land%20ed/100%25/%C3%BC")), "redirect_scheme_relative": up(),
		"redirect_huge_location": fails(wsc.KindHeadersTooLarge), "redirect_long_location": fails(wsc.KindRedirectInvalid).keeps(302).and(func(t *testing.T, r wsc.Result) {
			require.Less(t, len(r.ErrorMessage), 1000)
		}),
		"redirect_307_post": up().and(lands("/landed")), "redirect_308": up().and(lands("/landed")), "redirect_303": up().and(lands("/landed")),
		"redirect_300":        down(300),
		"redirect_to_refused": fails(wsc.KindConnectRefused).and(func(t *testing.T, r wsc.Result) { require.Len(t, r.Redirects, 1) }),
		"redirect_to_echo":    upTitled("[][][][wsc/test][]"), "redirect_to_https": up(), "redirect_to_http": up().and(func(t *testing.T, r wsc.Result) { require.Nil(t, r.TLS) }),
		"redirect_slow_body": up().and(func(t *testing.T, r wsc.Result) { require.Less(t, r.ResponseTimeMS, 5000.0) }),

		"tls_1_2": up().and(func(t *testing.T, r wsc.Result) { require.Equal(t, "TLS 1.2", r.TLS.Version) }),
		"tls_expired": fails(wsc.KindTLSExpired).and(func(t *testing.T, r wsc.Result) {
			require.Negative(t, r.TLS.DaysLeft)
			require.Equal(t, r.ErrorMessage, r.TLS.Problem)
			require.Equal(t, "Website Status Checker tests Test Site Authority", r.TLS.Issuer)
		}),
		"tls_not_yet_valid": fails(wsc.KindTLSNotYetValid), "tls_wrong_host": fails(wsc.KindTLSHostname).and(says("elsewhere.test")),
		"tls_sni_missing": fails(wsc.KindTLSHostname), "tls_no_names": fails(wsc.KindTLSHostname),
		"tls_untrusted_root": fails(wsc.KindTLSUntrusted), "tls_self_signed": fails(wsc.KindTLSUntrusted).and(says("self-signed")),
		"tls_incomplete_chain": fails(wsc.KindTLSUntrusted).and(says("intermediate")),
		"tls_eku":              fails(wsc.KindTLSError).and(says("not meant for web servers")),
		"tls_1000_sans":        up(), "tls_10000_sans": {plays: func(t *testing.T, farm *testsite.Farm) {
			r := checkSite(t, farm, "tls_10000_sans")
			require.Contains(t, []wsc.ErrorKind{"", wsc.KindTLSHandshake, wsc.KindTLSError}, r.ErrorKind)
		}},
		"tls_rsa8192": up(), "tls_hsts": plays(playHSTS),
		"tls11": fails(wsc.KindTLSHandshake), "tls_rc4_3des_null": fails(wsc.KindTLSHandshake), "tls_client_certificate": fails(wsc.KindTLSHandshake).and(says("client certificate")), "tls_client_certificate_optional": up(),
		"tls_alert_unrecognized_name": fails(wsc.KindTLSHandshake).and(says("unrecognized name")), "tls_alert_internal": fails(wsc.KindTLSHandshake),
		"tls_garbage": fails(wsc.KindTLSError), "tls_eof": fails(wsc.KindConnectionClosed), "tls_stalled": fails(wsc.KindTimeout),
		"https_on_http_port": down(400),

		"h2_rst_stream": fails(protocol), "h2_goaway": fails(protocol, wsc.KindConnectionClosed), "h2_settings_flood": fails(wsc.KindTimeout, protocol),
		"h2_zero_window": up(), "h2_giant_header": fails(wsc.KindHeadersTooLarge, protocol), "h2_rst_in_body": fails(body).keeps(200),
		"h2_eof": fails(wsc.KindConnectionClosed, wsc.KindConnectionReset), "h2_bad_frame": fails(protocol), "h2_no_status": fails(protocol),

		"ipv6_only":            fails(wsc.KindNetworkUnreachable).and(says("IPv6")),
		"dual_stack_v6_broken": up().and(func(t *testing.T, r wsc.Result) { require.Less(t, r.ResponseTimeMS, 3000.0) }),
		"nxdomain":             fails(wsc.KindDNSNXDomain), "dns_cname_loop": fails(wsc.KindDNSError), "dns_cname": up(),
		"dns_servfail": fails(wsc.KindDNSError), "dns_silent": fails(wsc.KindDNSError), "dns_no_address": fails(wsc.KindDNSNXDomain),
		"dns_rebind": plays(playRebind),
		"idn_unicode": up().and(func(t *testing.T, r wsc.Result) {
			require.Contains(t, r.URL, "bücher")
			require.Contains(t, r.NormalizedURL, "xn--bcher-kva.example")
		}),
		"idn_homograph": up().and(func(t *testing.T, r wsc.Result) { require.Contains(t, r.NormalizedURL, "xn--pple-43d.com") }),
		"trailing_dot":  up(),
		"label_64":      fails(wsc.KindInvalidURL), "double_dot": fails(wsc.KindInvalidURL), "port_65536": fails(wsc.KindInvalidURL),
		"ipv6_zone": fails(wsc.KindBlockedAddress, wsc.KindInvalidURL), "unix_scheme": fails(wsc.KindBlockedScheme),
		"url_space_tab": up().and(lands("/a%20b")),
	}
	for _, more := range []map[string]expectation{
		framingExpectations(), contentExpectations(), redirectTargetExpectations(), certificateExpectations(),
		http2EndExpectations(), nameExpectations(),
	} {
		maps.Copy(all, more)
	}
	return all
}

func checkSite(t *testing.T, farm *testsite.Farm, name string) wsc.Result {
	t.Helper()
	return checkerFor(t, farm, nil).Check(t.Context(), targetOf(farm.URL(name)), siteOptions())
}

func TestHostileSites(t *testing.T) {
	farm := testsite.Start(t)
	expected := expectations()
	sites := farm.Sites()
	inCatalogue := map[string]bool{}
	// Checks mostly wait, so the sites are checked side by side.
	for _, row := range catalogue(t, "hostile_sites.tsv") {
		name := row[0]
		if inCatalogue[name] {
			continue
		}
		inCatalogue[name] = true
		t.Run("catalogue/"+name, func(t *testing.T) {
			t.Parallel()
			want, known := expected[name]
			if !known || !slices.Contains(sites, name) {
				t.Skipf("no test site plays %q: %s", name, strings.Join(row[1:], "; "))
			}
			verifySite(t, farm, name, want)
		})
	}
	for _, name := range sites {
		if inCatalogue[name] {
			continue
		}
		t.Run("more/"+name, func(t *testing.T) {
			t.Parallel()
			want, known := expected[name]
			require.True(t, known, "no expectation for this site")
			verifySite(t, farm, name, want)
		})
	}
}

func verifySite(t *testing.T, farm *testsite.Farm, name string, want expectation) {
	t.Helper()
	if want.plays != nil {
		want.plays(t, farm)
		return
	}
	url := farm.URL(name)
	opts := siteOptions()
	if slices.Contains(want.kinds, wsc.KindTimeout) || name == "dns_silent" || name == "dns_wrong_id" {
		opts.Timeout = shortTimeout
	}
	r := checkerFor(t, farm, nil).Check(t.Context(), targetOf(url), opts)
	require.Equal(t, want.status, r.Status, "%s %s", r.ErrorKind, r.ErrorMessage)
	if want.kinds == nil {
		require.Empty(t, r.ErrorKind, r.ErrorMessage)
		require.Empty(t, r.ErrorMessage)
		require.NotEmpty(t, r.FinalURL)
	} else {
		require.Contains(t, want.kinds, r.ErrorKind, r.ErrorMessage)
		requireForPeople(t, r.ErrorMessage)
	}
	require.Equal(t, want.code, r.HTTPStatus)
	if want.title != "" {
		require.Equal(t, want.title, r.Title)
	}
	if want.also != nil {
		want.also(t, r)
	}
	require.Equal(t, url, r.URL)
	require.EqualValues(t, 7, r.Seq)
	require.EqualValues(t, 8, r.Line)
	require.Equal(t, 1, r.Attempts)
	require.False(t, r.CheckedAt.IsZero())
	require.LessOrEqual(t, r.ResponseTimeMS, ms(opts.Timeout+2*time.Second))
}

// requireForPeople checks that a message is a sentence without the innards of the network libraries.
func requireForPeople(t testing.TB, message string) {
	t.Helper()
	require.NotEmpty(t, message)
	require.Contains(t, []string{".", "?"}, message[len(message)-1:], message)
	for _, internal := range []string{"dial tcp", "read tcp", "lookup ", "net/http", "http2:", "tls:", "x509:", "context ", "->", "goroutine", "i/o timeout"} {
		require.NotContains(t, message, internal)
	}
	for _, r := range message {
		require.GreaterOrEqual(t, r, ' ', "control character in %q", message)
	}
}

func playFlap(t *testing.T, farm *testsite.Farm) {
	c := checkerFor(t, farm, nil)
	for i, want := range []int{503, 503, 200} {
		r := c.Check(t.Context(), targetOf(farm.URL("status_503_flap")), siteOptions())
		require.Equal(t, want, r.HTTPStatus)
		require.Equal(t, i < 2, r.Transient(), "the first two are worth another attempt")
	}
}

func playAltSvc(t *testing.T, farm *testsite.Farm) {
	c := checkerFor(t, farm, nil)
	for range 2 {
		r := c.Check(t.Context(), targetOf(farm.URL("altsvc_h3")), siteOptions())
		require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
		require.Equal(t, "h2", r.Protocol)
	}
}

func playHSTS(t *testing.T, farm *testsite.Farm) {
	c := checkerFor(t, farm, nil)
	r := c.Check(t.Context(), targetOf(farm.NameURL("tls_hsts")), siteOptions())
	require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
	plain := strings.Replace(farm.NameURL("tls_hsts"), "https:", "http:", 1)
	r = c.Check(t.Context(), targetOf(plain), siteOptions())
	require.Equal(t, 400, r.HTTPStatus, "the http URL is requested over plain HTTP")
	require.Nil(t, r.TLS)
}

func playExtraBody(t *testing.T, farm *testsite.Farm) {
	c := checkerFor(t, farm, nil)
	for range 2 {
		r := c.Check(t.Context(), targetOf(farm.URL("extra_body")), siteOptions())
		require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
		require.Equal(t, 200, r.HTTPStatus)
	}
	require.Equal(t, 2, farm.Conns("extra_body"), "the connection with left-over bytes must not be used again")
}

func playRedirectToLoopback(t *testing.T, farm *testsite.Farm) {
	r := checkSite(t, farm, "redirect_loopback")
	require.Equal(t, wsc.KindRedirectBlocked, r.ErrorKind)
	require.Equal(t, 302, r.HTTPStatus)
	require.Zero(t, farm.Trapped())
}

func playRebind(t *testing.T, farm *testsite.Farm) {
	c := checkerFor(t, farm, nil)
	r := c.Check(t.Context(), targetOf(farm.URL("dns_rebind")), siteOptions())
	require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
	r = c.Check(t.Context(), targetOf(farm.URL("dns_rebind")), siteOptions())
	require.Equal(t, wsc.KindBlockedAddress, r.ErrorKind)
	require.NotContains(t, r.ErrorMessage, "127.0.0.1")
	require.Zero(t, farm.Trapped())
}

// playTarpit checks a host that answers too late many times at once; other hosts must not notice.
func playTarpit(t *testing.T, farm *testsite.Farm) {
	c := checkerFor(t, farm, nil)
	opts := siteOptions()
	opts.Timeout = 400 * time.Millisecond
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for range 200 {
		waiting.Go(func() {
			r := c.Check(t.Context(), targetOf(farm.URL("tarpit_host")), opts)
			if r.ErrorKind != wsc.KindTimeout && r.ErrorKind != wsc.KindConnectTimeout {
				t.Errorf("tarpit: %s %s", r.ErrorKind, r.ErrorMessage)
			}
			if r.ResponseTimeMS > 3000 {
				t.Errorf("the check took %g ms", r.ResponseTimeMS)
			}
		})
	}
	r := c.Check(t.Context(), targetOf(farm.URL("ok_200")), siteOptions())
	require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
}

func playBlackhole(t *testing.T, farm *testsite.Farm) {
	c := checkerFor(t, farm, func(cfg *Config) { cfg.ConnectTimeout = 500 * time.Millisecond })
	r := c.Check(t.Context(), targetOf(farm.URL("blackhole")), siteOptions())
	require.Equal(t, wsc.KindConnectTimeout, r.ErrorKind, r.ErrorMessage)
	require.GreaterOrEqual(t, r.ResponseTimeMS, 490.0, "at the connect timeout")
	require.Less(t, r.ResponseTimeMS, 4000.0, "at the connect timeout")

	// The overall limit cuts a connection off as well, and means the same.
	opts := siteOptions()
	opts.Timeout = 300 * time.Millisecond
	r = checkerFor(t, farm, nil).Check(t.Context(), targetOf(farm.URL("blackhole")), opts)
	require.Equal(t, wsc.KindConnectTimeout, r.ErrorKind, r.ErrorMessage)
}

func TestMixedAddressesOfOneNameAreRefused(t *testing.T) {
	farm := testsite.Start(t)
	good := netip.MustParseAddrPort(strings.TrimSuffix(strings.TrimPrefix(farm.URL("ok_200"), "http://"), "/")).Addr()
	farm.SetName("mixed.test", []netip.Addr{good, netip.MustParseAddr("fd00::1")})
	farm.SetName("twins.test", []netip.Addr{good, good.Next()})
	c := checkerFor(t, farm, nil)
	url := func(host string) string {
		return "http://" + net.JoinHostPort(host, strconv.Itoa(int(farm.Port()))) + "/"
	}
	r := c.Check(t.Context(), targetOf(url("mixed.test")), siteOptions())
	require.Equal(t, wsc.KindBlockedAddress, r.ErrorKind)
	r = c.Check(t.Context(), targetOf(url("twins.test")), siteOptions())
	require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
}

func TestCancelledCheckSaysNothingAboutTheSite(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, nil)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	r := c.Check(ctx, targetOf(farm.URL("silence")), siteOptions())
	require.Equal(t, wsc.StatusError, r.Status)
	require.Equal(t, wsc.KindInternalError, r.ErrorKind)
	require.Error(t, ctx.Err())
	require.Less(t, r.ResponseTimeMS, 5000.0)
}
