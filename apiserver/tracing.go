package apiserver

import (
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/website-status-checker/wsc/internal/correlation"
)

// tracing makes the spans of requests. Its zero value makes none.
type tracing struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
}

func newTracing(cfg Config) tracing {
	if cfg.Tracers == nil {
		return tracing{}
	}
	if cfg.Propagator == nil {
		cfg.Propagator = propagation.NewCompositeTextMapPropagator() // of nothing
	}
	return tracing{
		tracer:     cfg.Tracers.Tracer("github.com/website-status-checker/wsc/apiserver", trace.WithInstrumentationVersion(cfg.Version)),
		propagator: cfg.Propagator,
	}
}

// startSpan begins the span of a request, which ends with the route that answered and the status of the answer. Its names
// are those of OpenTelemetry's semantic conventions. Paths and queries are left out: anything can stand in them.
func (s *Server) startSpan(r *http.Request) (traced *http.Request, end func(route string, status int)) {
	if s.tracing.tracer == nil || isProbe(r.URL.Path) {
		return r, func(string, int) {}
	}
	method := knownMethod(r.Method)
	ctx := s.tracing.propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := s.tracing.tracer.Start(ctx, method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes( //nolint:spancheck // the returned function ends it
		attribute.String("http.request.method", method),
		attribute.String("request_id", correlation.RequestID(ctx)),
	))
	return r.WithContext(ctx), func(route string, status int) { //nolint:spancheck // see above
		span.SetName(method + " " + route)
		span.SetAttributes(attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
		if id := correlation.KeyID(ctx); id != "" {
			span.SetAttributes(attribute.String("key_id", id))
		}
		if status >= http.StatusInternalServerError {
			span.SetAttributes(attribute.String("error.type", strconv.Itoa(status)))
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// isProbe reports whether a route is asked by machines every few seconds, which is of no interest.
func isProbe(route string) bool {
	return route == "/healthz" || route == "/readyz" || route == "/metrics"
}

// knownMethod bounds the names of spans: anything can stand in the place of a method.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "_OTHER"
}
