package postgres

import (
	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// WithTracing makes a span of every statement that is run within a traced context. Spans have the statements without
// their arguments. Nil is no tracing.
func WithTracing(tracers trace.TracerProvider) Option {
	return func(config *pgxpool.Config) {
		if tracers == nil {
			return
		}
		config.ConnConfig.Tracer = otelpgx.NewTracer(
			otelpgx.WithTracerProvider(tracers), otelpgx.WithMeterProvider(noop.NewMeterProvider()),
			otelpgx.WithDisableAcquireTracer(), otelpgx.WithQuerySpanNamePrefix(), otelpgx.WithDisableConnectionDetailsInAttributes(),
		)
	}
}
