package testsite

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// toTrap leads to the farm's port on 127.0.0.1, written in some way, whose %d is the port.
func toTrap(format string) func(*Farm) string {
	return func(f *Farm) string { return fmt.Sprintf(format, f.port) }
}

// redirectTargetSites redirect to where clients must not go, or in words that clients read differently.
func redirectTargetSites() []site {
	return []site{
		{name: "redirect_loop_two", handler: handle(func(w http.ResponseWriter, r *http.Request) {
			other := map[string]string{"/": "/b", "/b": "/"}[r.URL.Path]
			http.Redirect(w, r, other, http.StatusFound)
		})},
		{name: "redirect_file", handler: redirects(302, to("file:///etc/passwd"))},
		{name: "redirect_data", handler: redirects(302, to("data:text/html,<title>data</title>"))},
		{name: "redirect_ftp", handler: redirects(302, to("ftp://127.77.0.1/"))},
		{name: "redirect_upper_case_scheme", handler: redirects(302, func(f *Farm) string { return "HTTP" + strings.TrimPrefix(f.URL("ok_200"), "http") })},
		{name: "redirect_unicode_host", handler: redirects(302, toTrap("http://bücher.example:%d/"))},
		{name: "redirect_backslash", handler: redirects(302, toTrap(`\\127.0.0.1:%d\`))},
		{name: "redirect_slash_backslash", handler: redirects(302, toTrap(`/\127.0.0.1:%d/`))},
		{name: "redirect_three_slashes", handler: redirects(302, toTrap(`///127.0.0.1:%d/`))},
		{name: "redirect_backslash_path", handler: redirects(302, to(`\landed\here?a=\`))},
		{name: "redirect_decimal_ip", handler: redirects(302, toTrap("http://2130706433:%d/"))},
		{name: "redirect_octal_ip", handler: redirects(302, toTrap("http://0177.0.0.1:%d/"))},
		{name: "redirect_short_ip", handler: redirects(302, toTrap("http://127.1:%d/"))},
		{name: "redirect_mapped_ip", handler: redirects(302, toTrap("http://[::ffff:127.0.0.1]:%d/"))},
		{name: "redirect_fullwidth_ip", handler: redirects(302, toTrap("http://１２７.０.０.１:%d/"))},
		{name: "redirect_unspecified_ip", handler: redirects(302, toTrap("http://0.0.0.0:%d/"))},
		{name: "redirect_two_locations", conn: says("HTTP/1.1 302 Found\r\nLocation: /landed\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")},
		{name: "redirect_two_equal_locations", conn: redirectTwice},
		{name: "redirect_201_with_location", handler: redirects(201, to("/landed"))},
		{name: "redirect_304_with_location", handler: redirects(304, to("/landed"))},
		{name: "redirect_305", handler: redirects(305, to("http://127.77.0.1:3128/"))},
	}
}

// redirectTwice says twice where it redirects to.
func redirectTwice(f *Farm, c net.Conn) {
	location := "Location: " + f.URL("ok_200") + "\r\n"
	says("HTTP/1.1 302 Found\r\n"+location+location+"Content-Length: 0\r\n\r\n")(f, c)
}
