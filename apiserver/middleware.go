package apiserver

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/correlation"
)

// requestIDHeader carries the request's id in both directions.
const requestIDHeader = "X-Request-ID"

// acceptedRequestID takes a client's request id if it is harmless in a log, and else makes one.
func acceptedRequestID(offered string) string {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	if offered != "" && len(offered) <= 64 && strings.Trim(offered, allowed) == "" {
		return offered
	}
	return rand.Text()
}

// response records what was answered. It sets a write deadline with the header, so that a client which does not read
// can't hold the connection; streams extend it as they go.
type response struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
	status  int
	bytes   int64
}

// WriteHeader notes the final status.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
		w.extend()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes the size.
func (w *response) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(data)
	w.bytes += int64(n)
	return n, err
}

// answered is the status that the client got.
func (w *response) answered() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// Unwrap gives http.ResponseController the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) extend() {
	// Writers that know no deadlines (tests' recorders) need none.
	_ = w.control.SetWriteDeadline(time.Now().Add(w.stall))
}

// observe gives every request an id, logs and counts it, and turns a panic into an answer.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := acceptedRequestID(r.Header.Get(requestIDHeader))
		r, endSpan := s.startSpan(r.WithContext(correlation.WithRequest(r.Context(), id)))
		out := &response{ResponseWriter: w, control: http.NewResponseController(w), stall: s.limits.WriteStall}
		out.Header().Set(requestIDHeader, id)
		// A deadline that an earlier request on this connection left must not hit this one.
		_ = out.control.SetWriteDeadline(time.Time{})
		s.metrics.inFlight.Inc()
		defer func() {
			recovered := recover()
			s.metrics.inFlight.Dec()
			abort := recovered != nil && !s.answerPanic(out, r, recovered)
			s.record(out, r, time.Since(began))
			endSpan(routeOf(r), out.answered())
			if abort {
				panic(http.ErrAbortHandler) // the only way to tell the client that the answer is not complete
			}
			if r.ContentLength != 0 {
				// What was not read of the body is discarded by net/http; not for ever.
				_ = out.control.SetReadDeadline(time.Now().Add(5 * time.Second))
			}
		}()
		next.ServeHTTP(out, r)
	})
}

// answerPanic reports whether the client could be told of the failure.
func (s *Server) answerPanic(w *response, r *http.Request, recovered any) bool {
	if err, isError := recovered.(error); isError && (errors.Is(err, http.ErrAbortHandler) || r.Context().Err() != nil) {
		return false
	}
	s.logger.ErrorContext(r.Context(), "panic", slog.Any("panic", recovered), slog.String("stack", string(debug.Stack())))
	s.reporter.ReportPanic(r.Context(), recovered, placeOf(r.Context()))
	if w.status != 0 {
		return false
	}
	s.writeProblem(w, r, &panicError{recovered})
	return true
}

// record logs and counts a finished request.
func (s *Server) record(w *response, r *http.Request, took time.Duration) {
	route, status := routeOf(r), w.answered()
	s.metrics.observe(r.Method, route, status, took)
	level := slog.LevelInfo
	if isProbe(route) {
		level = slog.LevelDebug
	}
	s.logger.LogAttrs(r.Context(), level, "request",
		slog.String("method", clip(r.Method)), slog.String("path", loggedPath(r.URL.Path)), slog.String("route", route),
		slog.Int("status", status), slog.Int64("bytes", w.bytes), slog.Duration("took", took), slog.String("remote", clientOf(r)))
}

// loggedPath is a path as it stands in the log: clipped, and without the secret of a key that somebody took for a part of it.
func loggedPath(path string) string {
	if at := strings.Index(path, "wsc_"); at >= 0 {
		path = path[:at] + wsc.KeyPrefix(path[at:]) + "…"
	}
	return clip(path)
}

// secure sets the headers that every answer has and refuses what a browser sends on behalf of another site.
func (s *Server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.setHeaders(w.Header(), r)
		if !s.hostAllowed(r.Host) {
			s.writeProblem(w, r, wsc.Errorf(wsc.CodeForbidden, "This server does not answer for that host name."))
			return
		}
		if err := s.protection.Check(r); err != nil {
			s.writeProblem(w, r, wsc.Errorf(wsc.CodeForbidden, "Requests that change something are not taken from other sites' pages.").Because(err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) hostAllowed(host string) bool {
	if len(s.hosts) == 0 {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return s.hosts[strings.ToLower(strings.Trim(host, "[]"))]
}

// methodNotAllowed answers 405 with the methods that the address does have.
func (s *Server) methodNotAllowed(router *chi.Mux) http.HandlerFunc {
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete}
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range methods {
			if router.Match(chi.NewRouteContext(), method, r.URL.Path) {
				allowed = append(allowed, method)
				if method == http.MethodGet {
					allowed = append(allowed, http.MethodHead)
				}
			}
		}
		if len(allowed) == 0 { // a method that the router does not know, for an address that it does not know either
			s.notFound(w, r)
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.writeProblem(w, r, wsc.Errorf(wsc.CodeMethodNotAllowed, "This address takes only %s.", strings.Join(allowed, ", ")))
	}
}
