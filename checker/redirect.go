package checker

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// isRedirect reports whether browsers follow an answer with this status to its Location.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirectTarget resolves the Location against the URL that sent it and normalises it like a URL of a list. Several
// values must be the same, or it would depend on the client where it lands.
func redirectTarget(from wsc.NormalizedURL, locations []string) (wsc.NormalizedURL, *failure) {
	locations = slices.Compact(slices.Clone(locations))
	if len(locations) > 1 {
		return wsc.NormalizedURL{}, failuref(wsc.KindRedirectInvalid, "The site redirects to several URLs at once, %s and %s.", quote(locations[0]), quote(locations[1]))
	}
	base, err := url.Parse(from.URL)
	if err != nil {
		return wsc.NormalizedURL{}, plain(wsc.KindRedirectInvalid)
	}
	location := strings.TrimSpace(strings.Join(locations, ""))
	if location == "" {
		return wsc.NormalizedURL{}, failuref(wsc.KindRedirectInvalid, "The site redirects, but does not say where to.")
	}
	reference, err := url.Parse(escapeLocation(straighten(location)))
	if err != nil {
		return wsc.NormalizedURL{}, failuref(wsc.KindRedirectInvalid, "The site redirects to %s, which is no URL.", quote(location))
	}
	if reference.Scheme != "" && reference.Scheme != "http" && reference.Scheme != "https" {
		return wsc.NormalizedURL{}, failuref(wsc.KindRedirectBlocked, "The site redirects to %s; only http and https are followed.", quote(location))
	}
	if reference.User != nil {
		return wsc.NormalizedURL{}, failuref(wsc.KindRedirectBlocked, "The site redirects to a URL with a user name or password, which is not followed.")
	}
	next, err := wsc.NormalizeURL(assemble(base.ResolveReference(reference)))
	if err != nil {
		var invalid *wsc.URLError
		if errors.As(err, &invalid) && invalid.Kind == wsc.KindBlockedScheme {
			return next, failuref(wsc.KindRedirectBlocked, "The site redirects to %s; only http and https are followed.", quote(location))
		}
		return next, failuref(wsc.KindRedirectInvalid, "The site redirects to %s, which is no URL that can be checked: %s", quote(location), err.Error())
	}
	return next, nil
}

// assemble writes a URL with its host unescaped, as NormalizeURL reads it.
func assemble(u *url.URL) string {
	text := u.Scheme + "://" + u.Host + u.EscapedPath()
	if u.RawQuery != "" || u.ForceQuery {
		text += "?" + u.RawQuery
	}
	return text
}

// straighten reads a Location as browsers do (WHATWG URL): before the query a backslash is a slash, and a host may
// follow more than two of them. Read in another way, the redirect would seem to lead elsewhere than people get to.
func straighten(location string) string {
	path, rest := location, ""
	if end := strings.IndexAny(location, "?#"); end >= 0 {
		path, rest = location[:end], location[end:]
	}
	path = strings.ReplaceAll(path, `\`, "/")
	if strings.HasPrefix(path, "//") {
		path = "//" + strings.TrimLeft(path, "/")
	}
	return path + rest
}

// tooManyRedirects says whether the redirects so far and the next one go round in a circle.
func tooManyRedirects(redirects []wsc.Redirect, next wsc.NormalizedURL) *failure {
	if slices.ContainsFunc(redirects, func(r wsc.Redirect) bool { return r.URL == next.URL }) {
		return failuref(wsc.KindTooManyRedirects, "The site redirects more than %d times, in a circle.", len(redirects))
	}
	return failuref(wsc.KindTooManyRedirects, "The site redirects more than %d times.", len(redirects))
}

// escapeLocation escapes what sites put into a Location although it can't stand in a URL, behind the host: a % that
// begins no escape, spaces, characters outside of ASCII.
func escapeLocation(location string) string {
	host := 0
	if _, rest, found := strings.Cut(location, "//"); found && strings.IndexAny(location, "/?#") == len(location)-len(rest)-2 {
		host = len(location) - len(rest)
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			host += end
		} else {
			host = len(location)
		}
	}
	return location[:host] + escapeInvalid(location[host:])
}

// escapeInvalid percent-encodes bytes that can't stand in a URL: all but printable ASCII, a backslash, and a % that begins no escape.
func escapeInvalid(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		valid := c > ' ' && c < 0x7f && c != '\\'
		if c == '%' {
			valid = i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2])
		}
		if valid {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// splitURL returns the authority of a normalised URL, and its path and query.
func splitURL(n wsc.NormalizedURL) (authority, target string) {
	start := len(n.Scheme) + len("://")
	path := strings.IndexByte(n.URL[start:], '/')
	return n.URL[start : start+path], n.URL[start+path:]
}

// keepsHeaders reports whether the headers of the job may go along with a redirect: only to the same host and port,
// or from the http to the https site of one host, never from https to http.
func keepsHeaders(from, to wsc.NormalizedURL) bool {
	if from.Host != to.Host || from.Scheme == "https" && to.Scheme == "http" {
		return false
	}
	return from.Port == to.Port || from.Port == 80 && to.Port == 443
}

// quote is a text of a site for a message.
func quote(text string) string { return fmt.Sprintf("%q", clip(text, 150)) }
