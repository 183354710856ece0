package checker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

func framingExpectations() map[string]expectation {
	const protocol, body = wsc.KindProtocolError, wsc.KindBodyError
	malformed := fails(protocol).and(says("malformed header line"))
	length := fails(protocol).and(says("Content-Length"))
	chunks := fails(body).keeps(200).and(says("chunks"))
	return map[string]expectation{
		"cl_te_both": up(), // the chunks count (RFC 9112, 6.3)
		"cl_list":    length, "cl_plus": length,
		"te_chunked_twice": fails(protocol).and(says("Transfer-Encoding")),
		"bare_cr":          malformed, "header_name_invalid": malformed, "header_name_spaces": up(), "header_latin1": up(),
		"many_headers": fails(wsc.KindHeadersTooLarge), "cookie_bomb": fails(wsc.KindHeadersTooLarge), "reason_long": up(), "reason_binary": up(),
		"http_1_2": up(), "http_3_0": up().and(func(t *testing.T, r wsc.Result) { require.Equal(t, "http/1.1", r.Protocol) }),
		"lowercase_http":      fails(protocol).and(says(`begins with "http/1.1"`)),
		"icy":                 fails(protocol).and(says(`begins with "ICY"`)),
		"leading_empty_lines": fails(protocol).and(says("begins with an empty line")),
		"status_line_only":    fails(wsc.KindConnectionClosed), "only_1xx": fails(wsc.KindConnectionClosed),
		"empty_reply_after_200_line": up(), "100_continue": up(),
		"slow_status_line": fails(wsc.KindTimeout),
		"204_with_body":    plays(playsLeftover("204_with_body", wsc.MethodGet, 204)),
		"304_with_body":    plays(playsLeftover("304_with_body", wsc.MethodGet, 304)),
		"head_with_body":   plays(playsLeftover("head_with_body", wsc.MethodHead, 200)),
		"keepalive_then_close": plays(func(t *testing.T, farm *testsite.Farm) {
			c := checkerFor(t, farm, nil)
			for range 3 {
				r := c.Check(t.Context(), targetOf(farm.URL("keepalive_then_close")), siteOptions())
				require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
			}
		}),
		"chunk_huge_extension": chunks, "chunk_negative": chunks, "chunk_too_long": chunks,
		"chunk_missing_final": fails(body).keeps(200).and(says("before its end")),
		"trailer_huge":        fails(body).keeps(200), "trailer_endless": fails(body).keeps(200),
	}
}

// playsLeftover checks a site twice that sends a body where none may be; the next answer must not begin with it.
func playsLeftover(name string, method wsc.CheckMethod, status int) func(t *testing.T, farm *testsite.Farm) {
	return func(t *testing.T, farm *testsite.Farm) {
		c := checkerFor(t, farm, nil)
		opts := siteOptions()
		opts.Method = method
		for range 2 {
			r := c.Check(t.Context(), targetOf(farm.URL(name)), opts)
			require.Empty(t, r.ErrorKind, r.ErrorMessage)
			require.Equal(t, status, r.HTTPStatus)
		}
		require.Equal(t, 2, farm.Conns(name), "the connection with left-over bytes must not be used again")
	}
}

func contentExpectations() map[string]expectation {
	untitled := up().and(func(t *testing.T, r wsc.Result) { require.Empty(t, r.Title) })
	return map[string]expectation{
		"title_utf16": upTitled("wide Ж"), "title_utf16_big_endian": upTitled("wide Ж"), "title_bom": upTitled("Ж"),
		"title_in_script": upTitled("page"), "title_two": upTitled("first"), "title_unknown_charset": upTitled("plain Ж"),
		"title_empty": untitled, "title_white_space": untitled, "title_none_1mb": untitled,
		"title_rtl_override": upTitled("safegpj.exe"), "title_unclosed": upTitled("never closed"), "title_upper_case": upTitled("Loud"),
		"content_type_missing": upTitled("untyped").and(func(t *testing.T, r wsc.Result) { require.Empty(t, r.ContentType) }),
		"content_type_60kb":    upTitled("page").and(func(t *testing.T, r wsc.Result) { require.Len(t, r.ContentType, 255) }),
		"content_type_two":     upTitled("page"),
		// A body in an encoding that was not asked for is opaque.
		"content_encoding_double": untitled, "content_encoding_deflate": untitled,
		"content_encoding_x_gzip": upTitled("packed"), "content_encoding_identity": upTitled("page"),
		"gzip_trailing_garbage": upTitled("packed"), "gzip_two_members": upTitled("packed"),
	}
}

func redirectTargetExpectations() map[string]expectation {
	blocked := fails(wsc.KindRedirectBlocked).keeps(302).and(func(t *testing.T, r wsc.Result) { require.Empty(t, r.Redirects) })
	notAnAddress := fails(wsc.KindRedirectInvalid).keeps(302).and(says("not a valid IPv4 address"))
	unfollowed := func(t *testing.T, r wsc.Result) { require.Empty(t, r.Redirects) }
	followed := func(t *testing.T, r wsc.Result) { require.Len(t, r.Redirects, 1) }
	return map[string]expectation{
		"redirect_loop_two": fails(wsc.KindTooManyRedirects).keeps(302).and(says("circle")),
		"redirect_file":     blocked, "redirect_data": blocked, "redirect_ftp": blocked,
		"redirect_upper_case_scheme": up().and(followed),
		"redirect_unicode_host":      up().and(func(t *testing.T, r wsc.Result) { require.Contains(t, r.FinalURL, "xn--bcher-kva.example") }),
		"redirect_backslash":         blocked, "redirect_slash_backslash": blocked, "redirect_three_slashes": blocked,
		"redirect_backslash_path": up().and(lands(`/landed/here?a=%5C`)),
		"redirect_decimal_ip":     notAnAddress, "redirect_octal_ip": notAnAddress, "redirect_short_ip": notAnAddress,
		"redirect_mapped_ip": blocked, "redirect_fullwidth_ip": blocked, "redirect_unspecified_ip": blocked,
		"redirect_two_locations":       fails(wsc.KindRedirectInvalid).keeps(302).and(says("several URLs")),
		"redirect_two_equal_locations": up().and(followed),
		"redirect_201_with_location":   expectation{status: wsc.StatusActive, code: 201}.and(unfollowed),
		"redirect_304_with_location":   down(304).and(unfollowed),
		"redirect_305":                 down(305).and(unfollowed),
	}
}

func certificateExpectations() map[string]expectation {
	handshake := fails(wsc.KindTLSHandshake)
	return map[string]expectation{
		"tls_intermediate": up(), "tls_too_many_certs": up(), "tls_rsa1024": up(), "tls_wildcard": up(),
		"tls_expired_chain": fails(wsc.KindTLSExpired).and(func(t *testing.T, r wsc.Result) {
			require.Contains(t, r.ErrorMessage, `the issuer "Intermediate Authority" expired on `)
			require.Equal(t, r.ErrorMessage, r.TLS.Problem)
			require.Positive(t, r.TLS.DaysLeft, "of the site's own certificate")
		}),
		"tls_not_yet_valid_chain": fails(wsc.KindTLSNotYetValid).and(says(`the issuer "Intermediate Authority" is not valid before `)),
		"tls_not_a_ca":            fails(wsc.KindTLSUntrusted).and(says("must not issue")),
		"tls_name_constraints":    fails(wsc.KindTLSUntrusted).and(says("not allowed to do so for this name")),
		"tls_sha1":                fails(wsc.KindTLSUntrusted).and(says("SHA1, which is no longer safe")),
		"tls_rsa512":              handshake.and(says("too short")),
		"tls_empty_subject": up().and(func(t *testing.T, r wsc.Result) {
			require.Equal(t, "tls-empty-subject.site.test", r.TLS.Subject)
		}),
		"tls_valid_for_a_minute": up().and(func(t *testing.T, r wsc.Result) { require.Zero(t, r.TLS.DaysLeft) }),
		"tls_wildcard_too_deep":  fails(wsc.KindTLSHostname).and(says("*.wild.site.test")),
		"tls_wildcard_bare":      fails(wsc.KindTLSHostname).and(says("*.wild.site.test")),
		"tls_close_notify":       fails(wsc.KindConnectionClosed), "tls_eof_in_handshake": fails(wsc.KindConnectionClosed),
		"tls_reset_after_handshake": fails(wsc.KindConnectionReset),
		"tls_eof_in_body":           fails(wsc.KindBodyError).keeps(200),
		"tls_half_handshake":        fails(wsc.KindTimeout).and(says("TLS handshake")),
		"tls_alpn_refused":          handshake.and(says("no application protocol")), "tls_alert_protocol_version": handshake.and(says("protocol version")),
		"tls_alert_handshake_failure": handshake, "tls_alert_close_notify": fails(wsc.KindConnectionClosed),
		"tls_ssh_banner": fails(wsc.KindTLSError).and(says("does not speak TLS")),
	}
}

func http2EndExpectations() map[string]expectation {
	const protocol = wsc.KindProtocolError
	busy := func(code string) expectation {
		return fails(wsc.KindConnectionReset).and(func(t *testing.T, r wsc.Result) {
			require.Contains(t, r.ErrorMessage, code)
			require.True(t, r.Transient())
		})
	}
	overHTTP1 := func(name string) expectation {
		return plays(func(t *testing.T, farm *testsite.Farm) {
			c := checkerFor(t, farm, nil)
			for range 3 {
				r := c.Check(t.Context(), targetOf(farm.URL(name)), siteOptions())
				require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
				require.Equal(t, "http/1.1", r.Protocol)
			}
			require.Equal(t, 2, farm.Conns(name), "the connection over HTTP/1.1 must be kept")
		})
	}
	return map[string]expectation{
		"h2_refused_stream": busy("REFUSED_STREAM"), "h2_enhance_your_calm": busy("ENHANCE_YOUR_CALM"),
		"h2_goaway_no_error":     fails(wsc.KindConnectionClosed).and(says("shut the connection down")),
		"h2_goaway_after_answer": up(), "h2_trailers": up(), "h2_huge_settings": up(),
		"h2_push_promise": fails(protocol), "h2_ping_flood": fails(wsc.KindTimeout, protocol),
		"h2_continuation_flood": fails(protocol, wsc.KindHeadersTooLarge), "h2_1xx_flood": fails(protocol, wsc.KindHeadersTooLarge),
		"h2_many_headers": fails(protocol, wsc.KindHeadersTooLarge),
		// What is said of it depends on whether the answer comes before the request was sent.
		"h2_speaks_http1":    fails(protocol),
		"h2_never_settings":  fails(wsc.KindTimeout),
		"h2_http11_required": overHTTP1("h2_http11_required"), "h2_http11_required_goaway": overHTTP1("h2_http11_required_goaway"),
	}
}

func nameExpectations() map[string]expectation {
	return map[string]expectation{
		"dns_refused": fails(wsc.KindDNSError), "dns_not_implemented": fails(wsc.KindDNSError),
		"dns_wrong_id": fails(wsc.KindDNSError).and(says("did not answer")),
		"dns_wildcard": up(), "dns_one_dead_one_alive": up(),
		"dns_many_addresses": up().and(func(t *testing.T, r wsc.Result) {
			require.Less(t, r.ResponseTimeMS, ms(defaultConnectTimeout+time.Second), "a dead address must leave time for the others")
		}),
		"dns_one_private": fails(wsc.KindBlockedAddress), "dns_loopback": fails(wsc.KindBlockedAddress), "dns_unspecified": fails(wsc.KindBlockedAddress),
	}
}
