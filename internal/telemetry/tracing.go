package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"
)

const (
	// exportTimeout bounds the export of what is left when a process stops.
	exportTimeout = 3 * time.Second
	// exportErrorInterval keeps apart the log lines about a collector that takes nothing.
	exportErrorInterval = time.Minute
)

// Tracing makes spans and exports them. A nil Tracing is one that is off: its methods return nil, which stands for no
// tracing at all wherever it is passed on.
type Tracing struct {
	provider    *sdktrace.TracerProvider
	exporter    sdktrace.SpanExporter
	interceptor interceptor.Interceptor
	propagator  propagation.TextMapPropagator
}

// StartTracing exports traces by OTLP as the standard variables of OpenTelemetry say (OTEL_EXPORTER_OTLP_ENDPOINT,
// OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, …). Without an endpoint it returns nil: tracing is off. The service is the name
// of the process in the traces unless the variables give another. A collector that does not answer is no error; it is
// logged, and spans are dropped.
func StartTracing(ctx context.Context, service, version string, logger *slog.Logger) (*Tracing, error) {
	settings, err := readTracing(os.Getenv)
	if err != nil || !settings.on {
		return nil, err
	}
	// The SDK knows no other place for the errors of its exporters, which it otherwise prints.
	otel.SetErrorHandler(newExportErrors(logger))
	exporter, err := newExporter(ctx, settings.protocol)
	if err != nil {
		return nil, fmt.Errorf("set up the export of traces (%s): %w", envEndpoint, err)
	}
	described, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, errors.Join(fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err), exporter.Shutdown(ctx))
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(scrubbing{exporter, newScrubber()}),
		sdktrace.WithResource(described), sdktrace.WithIDGenerator(spanIDs{}))
	tracing := &Tracing{provider: provider, exporter: exporter, propagator: propagation.NewCompositeTextMapPropagator()}
	if settings.continueTraces {
		tracing.propagator = propagation.TraceContext{}
	}
	if tracing.interceptor, err = newTemporalTracing(provider); err != nil {
		return nil, errors.Join(err, tracing.Close()) //nolint:contextcheck // it has a limit of its own
	}
	return tracing, nil
}

func newExporter(ctx context.Context, protocol string) (sdktrace.SpanExporter, error) {
	if protocol == protocolGRPC {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

// Provider makes the tracers of the process.
func (t *Tracing) Provider() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.provider
}

// Propagator reads from requests which trace they belong to. It reads nothing if OTEL_PROPAGATORS is none.
func (t *Tracing) Propagator() propagation.TextMapPropagator {
	if t == nil {
		return nil
	}
	return t.propagator
}

// Interceptor traces the calls of a Temporal client, and the workflows and activities of workers that are made from it.
func (t *Tracing) Interceptor() interceptor.Interceptor {
	if t == nil {
		return nil
	}
	return t.interceptor
}

// Close exports the spans that are left, for a few seconds at most. What the collector does not take then is lost,
// which is no error.
func (t *Tracing) Close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), exportTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		otel.Handle(err)
	}
	// The provider gives up waiting when the time is over, and leaves the exporter at its retries.
	return ignoreDeadline(t.exporter.Shutdown(ctx))
}

func ignoreDeadline(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// exportErrors logs what goes wrong with the export, a line a minute at most.
type exportErrors struct {
	logger *slog.Logger
	scrub  *scrubber
	last   atomic.Int64 // Unix time of the last line in nanoseconds
}

func newExportErrors(logger *slog.Logger) *exportErrors {
	return &exportErrors{logger: logger, scrub: newScrubber()}
}

// Handle logs an error.
func (e *exportErrors) Handle(err error) {
	last, now := e.last.Load(), time.Now().UnixNano()
	if now-last < int64(exportErrorInterval) || !e.last.CompareAndSwap(last, now) {
		return
	}
	e.logger.Warn("traces are not exported", slog.String("error", e.scrub.text(err.Error())))
}
