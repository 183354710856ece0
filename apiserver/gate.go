package apiserver

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/correlation"
	"github.com/website-status-checker/wsc/keys"
)

// gate tells the GUI who sits at a browser. Wrong keys count as they do at the API.
type gate struct{ s *Server }

type insideKey struct{}

// inside marks the context of calls that the server makes itself, for a request that went through its middleware before.
func inside(ctx context.Context) context.Context {
	// Without a context of its own the router would take the call for a part of the browser's request.
	return context.WithValue(context.WithValue(ctx, chi.RouteCtxKey, (*chi.Context)(nil)), insideKey{}, true)
}

// outermost leaves a middleware out for calls that the server makes itself.
func outermost(middleware func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		wrapped := middleware(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Context().Value(insideKey{}) != nil {
				next.ServeHTTP(w, r)
				return
			}
			wrapped.ServeHTTP(w, r)
		})
	}
}

// SignIn starts a session with a key.
func (g gate) SignIn(r *http.Request, secret string) (token string, err error) {
	token, key, err := g.s.keys.SignIn(r.Context(), secret, middleware.GetClientIPAddr(r.Context()), g.s.failedLogins.exceeded(r))
	return g.begin(r, token, key, err)
}

// SignInByLink starts a session with the token of a link.
func (g gate) SignInByLink(r *http.Request, link string) (token string, err error) {
	token, key, err := g.s.keys.SignInByLink(r.Context(), link, middleware.GetClientIPAddr(r.Context()))
	return g.begin(r, token, key, err)
}

func (g gate) begin(r *http.Request, token string, key *wsc.Key, err error) (string, error) {
	if err != nil {
		return "", g.s.rejected(r, err)
	}
	g.s.security.Record(r.Context(), event(r, wsc.EventSignedIn, key.ID))
	return token, nil
}

// Enter returns the request with the caller of the session, and counts it against the quota of the key.
func (g gate) Enter(w http.ResponseWriter, r *http.Request, token string) (*http.Request, *wsc.Key, error) {
	address := middleware.GetClientIPAddr(r.Context())
	key, err := g.s.keys.Session(r.Context(), token, address)
	if err != nil {
		if rejected, ok := errors.AsType[*keys.RejectedError](err); ok && rejected.Rejection == keys.RejectedUnknown {
			// A made-up token costs a query, like a wrong key.
			return nil, nil, g.s.rejected(r, err)
		}
		return nil, nil, err
	}
	correlation.SetKeyID(r.Context(), key.ID)
	if err := g.s.count(w, r, key); err != nil {
		return nil, nil, err
	}
	c := &caller{key: key, session: token, address: address}
	return r.WithContext(inside(context.WithValue(r.Context(), callerKey{}, c))), key, nil
}

// SignOut ends a session.
func (g gate) SignOut(r *http.Request, token string) error {
	return g.s.keys.SignOut(r.Context(), token)
}

// SignOutEverywhere ends all sessions of a key.
func (g gate) SignOutEverywhere(r *http.Request, key *wsc.Key) error {
	g.s.security.Record(r.Context(), event(r, wsc.EventSignedOutEverywhere, key.ID))
	return g.s.keys.SignOutEverywhere(r.Context(), key.ID)
}

// Encrypted reports whether the browser came by https.
func (g gate) Encrypted(r *http.Request) bool { return g.s.cameByHTTPS(r) }

// Problem is the error boundary.
func (g gate) Problem(r *http.Request, err error) wsc.Problem {
	return g.s.fail(r.Context(), err).Problem
}
