package app

import (
	"context"
	"log/slog"

	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/temporalclient"
	"github.com/website-status-checker/wsc/internal/version"
)

// Telemetry is what a process tells the outside about itself: traces, and reports of errors. Both are off, and cost
// nothing, unless the settings say where to send them. The zero value is off.
type Telemetry struct {
	Tracing *telemetry.Tracing
	Sentry  *telemetry.Sentry
}

// StartTelemetry sets up what the settings and the standard OTEL_* variables ask for. The service is the name of the
// process in traces and reports. Close it when all else has stopped.
func StartTelemetry(ctx context.Context, service string, settings config.Sentry, logger *slog.Logger) (Telemetry, error) {
	dsn, err := settings.DSN()
	if err != nil {
		return Telemetry{}, err
	}
	sentry, err := telemetry.NewSentry(telemetry.SentryConfig{
		DSN: dsn, Environment: settings.SentryEnvironment, Service: service, Version: version.String(),
	})
	if err != nil {
		return Telemetry{}, err
	}
	tracing, err := telemetry.StartTracing(ctx, service, version.String(), logger)
	if err != nil {
		sentry.Close()
		return Telemetry{}, err
	}
	return Telemetry{Tracing: tracing, Sentry: sentry}, nil
}

// Interceptors make a connection to Temporal trace and report.
func (t Telemetry) Interceptors() temporalclient.Option {
	return temporalclient.WithInterceptors(t.Tracing.Interceptor(), t.Sentry.Interceptor())
}

// Close sends what is left, for a few seconds at most.
func (t Telemetry) Close() error {
	t.Sentry.Close()
	return t.Tracing.Close()
}
