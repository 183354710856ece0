package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// Option changes how a Store is opened.
type Option func(*options)

type options struct{ tracers trace.TracerProvider }

// WithTracing makes a span of every statement that is run within a traced context. Spans have the statements without
// their arguments. Nil is no tracing.
func WithTracing(tracers trace.TracerProvider) Option {
	return func(o *options) { o.tracers = tracers }
}

// openDB opens a database on a connector, traced if the options say so.
func (o options) openDB(c connector) *sql.DB {
	if o.tracers == nil {
		return sql.OpenDB(c)
	}
	return otelsql.OpenDB(c,
		otelsql.WithTracerProvider(o.tracers), otelsql.WithMeterProvider(noop.NewMeterProvider()),
		otelsql.WithAttributes(attribute.String("db.system.name", "sqlite")),
		otelsql.WithAttributesGetter(func(_ context.Context, _ otelsql.Method, query string, _ []driver.NamedValue) []attribute.KeyValue {
			if query == "" {
				return nil
			}
			return []attribute.KeyValue{attribute.String("db.query.text", query)}
		}),
		otelsql.WithSpanOptions(otelsql.SpanOptions{
			OmitConnResetSession: true, OmitConnectorConnect: true, OmitRows: true, DisableErrSkip: true,
			DisableQuery: true, // its attribute has an old name
			SpanFilter: func(ctx context.Context, method otelsql.Method, _ string, _ []driver.NamedValue) bool {
				// Prepared statements run once a row; the spans around them, from prepare to commit, say enough.
				return method != otelsql.MethodStmtExec && trace.SpanContextFromContext(ctx).IsValid()
			},
		}))
}
