package apiserver

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"

	wsc "github.com/website-status-checker/wsc"
)

// addressLimit bounds what one client address does in a window of time, on this server.
type addressLimit struct {
	limiter  *httprate.RateLimiter
	requests int
	window   time.Duration
}

func newAddressLimit(requests int, window time.Duration) *addressLimit {
	return &addressLimit{
		// Headers about this limit would be taken for those of the key's quota.
		limiter:  httprate.NewRateLimiter(requests, window, httprate.WithResponseHeaders(httprate.ResponseHeaders{})),
		requests: requests, window: window,
	}
}

// take counts one, and reports whether it is within the limit.
func (l *addressLimit) take(r *http.Request) bool {
	return !l.limiter.OnLimit(nil, r, clientOf(r)) // no writer, since no headers are set
}

// exceeded reports whether the next one would not be within the limit.
func (l *addressLimit) exceeded(r *http.Request) bool {
	_, rate, err := l.limiter.Status(clientOf(r))
	return err == nil && int(rate+0.5)+1 > l.requests
}

// clientOf names the client by its address. Of an IPv6 address the first 64 bits count, which is what one client has.
func clientOf(r *http.Request) string {
	address := middleware.GetClientIPAddr(r.Context())
	if address.Is6() && !address.Is4In6() {
		if network, err := address.WithZone("").Prefix(64); err == nil {
			address = network.Addr()
		}
	}
	return address.String() // "invalid IP" for what no proxy could tell: such clients share a limit
}

// clientAddress finds out the address of the client: the peer's, or behind configured proxies the one that they tell.
func clientAddress(proxies []netip.Prefix) func(http.Handler) http.Handler {
	if len(proxies) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	texts := make([]string, len(proxies))
	for i, proxy := range proxies {
		texts[i] = proxy.String()
	}
	return middleware.ClientIPFromXFF(texts...)
}

// limitPublic bounds requests for what needs no key.
func (s *Server) limitPublic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.publicRequests.take(r) {
			s.writeProblem(w, r, tooManyRequests(s.publicRequests.window))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func tooManyRequests(window time.Duration) *wsc.Error {
	return wsc.Errorf(wsc.CodeRateLimited, "Too many requests without an API key came from this address. Wait a minute before the next one.").RetryIn(window)
}
