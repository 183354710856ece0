package apiserver

import (
	"fmt"
	"net/http"
	"slices"
)

// preflightSeconds is how long a browser may remember what a preflight allowed.
const preflightSeconds = "600"

const (
	// corsMethods and corsHeaders are what a page of a configured origin may send.
	corsMethods = "GET, HEAD, POST, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-API-Key, X-Request-ID"
	// corsExposed are the headers of answers that such a page may read, besides those that every page may.
	corsExposed = "Content-Disposition, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
)

// trustOrigins lets pages of the origins call the API; all others stay refused.
func (s *Server) trustOrigins(origins []string) error {
	s.protection = http.NewCrossOriginProtection()
	for _, origin := range origins {
		if err := s.protection.AddTrustedOrigin(origin); err != nil {
			return fmt.Errorf("apiserver: CORSOrigins: %w", err)
		}
	}
	s.origins = slices.Clone(origins)
	return nil
}

// cors tells browsers which other sites' pages may read answers: those of the configured origins, compared character by
// character. Keys travel in headers that a page sets itself, so that credentials of the browser are never asked for.
func (s *Server) cors(next http.Handler) http.Handler {
	if len(s.origins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if !slices.Contains(s.origins, origin) {
			next.ServeHTTP(w, r)
			return
		}
		header.Set("Access-Control-Allow-Origin", origin)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			header.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
			header.Set("Access-Control-Allow-Methods", corsMethods)
			header.Set("Access-Control-Allow-Headers", corsHeaders)
			header.Set("Access-Control-Max-Age", preflightSeconds)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		header.Set("Access-Control-Expose-Headers", corsExposed)
		next.ServeHTTP(w, r)
	})
}
