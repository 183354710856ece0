package testsite

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// redirects answers / with a redirect to what target returns, and every other path with 200.
func redirects(code int, target func(f *Farm) string) func(*Farm) http.Handler {
	return func(f *Farm) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				return
			}
			// Set by hand: http.Redirect would tidy the Location up.
			w.Header()["Location"] = []string{target(f)}
			w.WriteHeader(code)
		})
	}
}

func to(location string) func(*Farm) string { return func(*Farm) string { return location } }

// toSite leads to another site, whose URL replaces {site}.
func toSite(name, location string) func(*Farm) string {
	return func(f *Farm) string { return strings.ReplaceAll(location, "{site}", f.URL(name)) }
}

// chain redirects from /, /1, /2, … so that the given number of redirects comes before the end.
func chain(length int) func(*Farm) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		hop, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")) // "/" is hop 0
		if hop >= length {
			_, _ = fmt.Fprint(w, "the end")
			return
		}
		http.Redirect(w, r, "/"+strconv.Itoa(hop+1), http.StatusFound)
	})
}

// redirectSites answer with a redirect.
func redirectSites() []site {
	return []site{
		{name: "redirect_chain_9", handler: chain(9)},
		{name: "redirect_chain_10", handler: chain(10)},
		{name: "redirect_chain_11", handler: chain(11)},
		{name: "redirect_self", handler: redirects(301, to("/"))},
		{name: "cookie_required_loop", handler: handle(func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("seen"); err != nil {
				http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
				http.Redirect(w, r, "/", http.StatusFound)
			}
		})},
		{name: "redirect_private", handler: redirects(302, to("http://169.254.169.254/"))},
		{name: "redirect_loopback", handler: redirects(302, func(f *Farm) string { return fmt.Sprintf("http://127.0.0.1:%d/", f.port) })},
		{name: "redirect_port", handler: redirects(302, to("http://127.77.0.1:6379/"))},
		{name: "redirect_gopher", handler: redirects(302, to("gopher://127.0.0.1:6379/_x"))},
		{name: "redirect_javascript", handler: redirects(302, to("javascript:alert(1)"))},
		{name: "redirect_userinfo", handler: redirects(302, to("http://user:secret@127.77.0.1/"))},
		{name: "redirect_empty_location", handler: redirects(302, to(""))},
		{name: "redirect_no_location", conn: says("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")},
		{name: "redirect_garbage", handler: redirects(302, to("http://[::broken/"))},
		{name: "redirect_fragment", handler: redirects(302, to("/landed#frag"))},
		{name: "redirect_relative", handler: redirects(302, to("landed?a=1"))},
		{name: "redirect_spaces", handler: redirects(302, to("/land ed/100%/\xc3\xbc"))},
		{name: "redirect_scheme_relative", handler: redirects(302, func(f *Farm) string { return strings.TrimPrefix(f.URL("ok_200"), "http:") })},
		{name: "redirect_huge_location", handler: redirects(302, to("/"+strings.Repeat("a", 1<<20)))},
		{name: "redirect_long_location", handler: redirects(302, to("/"+strings.Repeat("a", 10<<10)))},
		{name: "redirect_307_post", handler: redirects(307, to("/landed"))},
		{name: "redirect_308", handler: redirects(308, to("/landed"))},
		{name: "redirect_303", handler: redirects(303, to("/landed"))},
		{name: "redirect_300", handler: redirects(300, to("/landed"))},
		{name: "redirect_to_refused", handler: redirects(302, toSite("refused", "{site}"))},
		{name: "redirect_to_echo", handler: redirects(302, toSite("echo_headers", "{site}"))},
		{name: "redirect_to_https", handler: redirects(301, toSite("h2_200", "{site}"))},
		{name: "redirect_to_http", handler: redirects(301, toSite("ok_200", "{site}")), tls: goodTLS},
		{name: "redirect_slow_body", conn: slowRedirect},
	}
}

// slowRedirect redirects with a body that does not end; what it redirects to answers at once.
func slowRedirect(f *Farm, c net.Conn) {
	target := f.URL("ok_200")
	drips("HTTP/1.1 302 Found\r\nLocation: "+target+"\r\nContent-Length: 1000\r\n\r\n", "x", 50*time.Millisecond)(f, c)
}
