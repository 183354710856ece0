package apiserver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	wsc "github.com/website-status-checker/wsc"
)

// Reporter is told of errors of the server itself, for the people who run it. It must not wait for anything. It takes the
// ids of a request from the context. The attribute "at" is the operation that failed.
type Reporter interface {
	Report(ctx context.Context, err error, attrs ...slog.Attr)
	ReportPanic(ctx context.Context, recovered any, attrs ...slog.Attr)
}

// noReporter tells nobody.
type noReporter struct{}

// Report does nothing.
func (noReporter) Report(context.Context, error, ...slog.Attr) {}

// ReportPanic does nothing.
func (noReporter) ReportPanic(context.Context, any, ...slog.Attr) {}

// panicError is a panic that became an answer. It was reported when it was caught.
type panicError struct{ recovered any }

// Error says what the panic said.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.recovered) }

// report reports an error that nobody expected. A database or Temporal that is away has a code of its own and shows in
// /readyz.
func (s *Server) report(ctx context.Context, err error) {
	if _, panicked := err.(*panicError); !panicked && wsc.CodeOf(err) == wsc.CodeInternal { //nolint:errorlint // never wrapped
		s.reporter.Report(ctx, err, placeOf(ctx))
	}
}

// placeOf names the operation that a context belongs to.
func placeOf(ctx context.Context) slog.Attr {
	routeContext := chi.RouteContext(ctx)
	if routeContext == nil {
		return slog.String("at", "API")
	}
	return slog.String("at", routeContext.RouteMethod+" "+routePattern(routeContext))
}

// routeOf is the pattern of the route that answers a request, "none" if none does.
func routeOf(r *http.Request) string { return routePattern(chi.RouteContext(r.Context())) }

func routePattern(routeContext *chi.Context) string {
	if routeContext == nil || routeContext.RoutePattern() == "" {
		return "none"
	}
	return routeContext.RoutePattern()
}
