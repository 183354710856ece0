package apiserver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5/middleware"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/correlation"
	"github.com/website-status-checker/wsc/keys"
)

const (
	keyHeader    = "X-API-Key"
	bearerPrefix = "Bearer "
	// hourSeconds is the window of a key's quota, as the RateLimit-Policy header tells it.
	hourSeconds = 3600
)

// scopeAny is for operations that every key may call.
const scopeAny wsc.Scope = "any"

type callerKey struct{}

// caller is whom an authenticated request comes from.
type caller struct {
	key *wsc.Key
	// secret is what the caller sent, or session the token of the browser that is signed in.
	secret  string
	session string
	address netip.Addr
}

// callerOf is the caller of an operation that needs a key.
func callerOf(ctx context.Context) *caller {
	c, ok := ctx.Value(callerKey{}).(*caller)
	if !ok {
		panic("apiserver: an operation without a scope asks who calls it")
	}
	return c
}

// owns reports whether the caller may see what belongs to an owner.
func (c *caller) owns(owner string) bool { return c.key.ID == owner || c.key.Can(wsc.ScopeAdmin) }

// owner limits lists to what the caller may see; "" is everything.
func (c *caller) owner() string {
	if c.key.Can(wsc.ScopeAdmin) {
		return ""
	}
	return c.key.ID
}

// authenticated lets only requests pass that have a key with the scope, and counts them against the key's quota. It stands
// before the reading of the body.
func (s *Server) authenticated(scope wsc.Scope) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		c, err := s.admit(w, r, scope)
		if err != nil {
			s.writeProblem(w, r, err)
			return
		}
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// admit identifies the caller, counts the request and checks the scope. It sets the headers about the quota.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, scope wsc.Scope) (*caller, error) {
	c, entered := r.Context().Value(callerKey{}).(*caller) // a page of the GUI asks, which was counted when it was called
	if !entered {
		var err error
		if c, err = s.identify(r); err != nil {
			return nil, err
		}
		correlation.SetKeyID(r.Context(), c.key.ID)
		if err := s.count(w, r, c.key); err != nil {
			return nil, err
		}
	}
	if scope != scopeAny && !c.key.Can(scope) {
		s.security.Record(r.Context(), event(r, wsc.EventScopeDenied, c.key.ID))
		return nil, wsc.Errorf(wsc.CodeInsufficientScope, "This API key lacks the scope %s, which this operation needs.", scope)
	}
	return c, nil
}

// count takes a request from the quota of the key, and tells the client how much is left.
func (s *Server) count(w http.ResponseWriter, r *http.Request, key *wsc.Key) error {
	quota, allowed, err := s.keys.Take(r.Context(), key)
	if err != nil {
		return err
	}
	if quota != nil {
		header := w.Header()
		header.Set("RateLimit-Policy", `"hour";q=`+strconv.FormatInt(quota.Limit, 10)+`;w=`+strconv.Itoa(hourSeconds))
		header.Set("RateLimit", `"hour";r=`+strconv.FormatInt(quota.Remaining, 10)+`;t=`+strconv.FormatInt(quota.ResetSeconds, 10))
	}
	if !allowed {
		s.security.Record(r.Context(), event(r, wsc.EventRateLimited, key.ID))
		return wsc.Errorf(wsc.CodeRateLimited, "This API key has used up its %d requests of this hour. They are renewed in %d seconds.", quota.Limit, quota.ResetSeconds).
			RetryIn(time.Duration(quota.ResetSeconds) * time.Second)
	}
	return nil
}

// identify finds out whom a request comes from.
func (s *Server) identify(r *http.Request) (*caller, error) {
	secret, err := secretOf(r)
	if err != nil {
		return nil, err
	}
	address := middleware.GetClientIPAddr(r.Context())
	key, err := s.keys.Authenticate(r.Context(), secret, address, s.failedLogins.exceeded(r))
	if err == nil {
		return &caller{key: key, secret: secret, address: address}, nil
	}
	return nil, s.rejected(r, err)
}

// rejected counts and records that a request did not come from a caller who is known, and returns what the client is told.
func (s *Server) rejected(r *http.Request, err error) error {
	rejected, ok := errors.AsType[*keys.RejectedError](err)
	if !ok {
		return err
	}
	if rejected.Rejection == keys.RejectedMissing {
		if s.publicRequests.take(r) {
			return err
		}
		return tooManyRequests(s.publicRequests.window)
	}
	if !s.failedLogins.take(r) || rejected.Rejection == keys.RejectedThrottled {
		s.security.Record(r.Context(), event(r, wsc.EventAuthThrottled, rejected.KeyID))
		return wsc.Errorf(wsc.CodeRateLimited, "Too many wrong API keys came from this address. Wait a minute before the next try.").RetryIn(s.failedLogins.window)
	}
	failed := event(r, wsc.EventAuthFailed, rejected.KeyID)
	failed.Detail = string(rejected.Rejection)
	s.security.Record(r.Context(), failed)
	return err
}

// secretOf takes the key of a request from its headers.
func secretOf(r *http.Request) (string, error) {
	given := r.Header.Values(keyHeader)
	for _, value := range r.Header.Values("Authorization") {
		if len(value) > len(bearerPrefix) && strings.EqualFold(value[:len(bearerPrefix)], bearerPrefix) {
			given = append(given, value[len(bearerPrefix):])
		}
	}
	switch len(given) {
	case 0:
		if strings.Contains(r.URL.RawQuery, "wsc_") {
			return "", wsc.Errorf(wsc.CodeUnauthorized, "API keys are taken from the headers X-API-Key or Authorization, never from the URL. A key in a URL ends up in logs: rotate it.")
		}
		return "", nil
	case 1:
		return strings.TrimSpace(given[0]), nil
	default:
		return "", wsc.Errorf(wsc.CodeUnauthorized, "The request has more than one API key; send one.")
	}
}

// stillValid reports whether the caller's key may still be used. A database that does not answer is no reason to end what
// has begun.
func (s *Server) stillValid(ctx context.Context, c *caller) bool {
	var err error
	if c.session != "" {
		_, err = s.keys.Session(ctx, c.session, c.address)
	} else {
		_, err = s.keys.Authenticate(ctx, c.secret, c.address, false)
	}
	if _, rejected := errors.AsType[*keys.RejectedError](err); rejected {
		return false
	}
	if err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "could not verify the key of an open stream", slog.String("key_id", c.key.ID), slog.Any("error", err))
	}
	return true
}

// event is a security event of a request.
func event(r *http.Request, kind wsc.SecurityEventKind, keyID string) wsc.SecurityEvent {
	return wsc.SecurityEvent{Kind: kind, KeyID: keyID, Address: middleware.GetClientIP(r.Context()), RequestID: correlation.RequestID(r.Context())}
}

// publicly bounds operations that need no key, by client address.
func (s *Server) publicly(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	if !s.publicRequests.take(r) {
		s.writeProblem(w, r, tooManyRequests(s.publicRequests.window))
		return
	}
	next(ctx)
}

// securitySchemes describes the two ways to send a key.
func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		"apiKey": {Type: "apiKey", In: "header", Name: keyHeader, Description: "An API key in a header of its own."},
		"bearer": {Type: "http", Scheme: "bearer", Description: "An API key as a bearer token."},
	}
}
