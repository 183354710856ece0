package apiserver

import (
	"net/http"
	"net/netip"
)

// apiPolicy is the content security policy of answers that are no pages.
const apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// setHeaders sets the headers that every answer has. No cache may keep an answer, or give it to another key.
func (s *Server) setHeaders(header http.Header, r *http.Request) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", apiPolicy)
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "private, no-store")
	header.Set("Vary", "Authorization, "+keyHeader)
	if s.cameByHTTPS(r) {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// cameByHTTPS reports whether the client used https, as far as this server or a configured proxy can tell.
func (s *Server) cameByHTTPS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if len(s.proxies) == 0 || r.Header.Get("X-Forwarded-Proto") != "https" {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, proxy := range s.proxies {
		if proxy.Contains(peer.Addr().Unmap()) {
			return true
		}
	}
	return false
}
