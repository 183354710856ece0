package main

import (
	"context"
	"log/slog"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/temporalclient"
	"github.com/website-status-checker/wsc/store/postgres"
)

// openParts connects to the database, the blob store, the keys for secrets and Temporal, for the service of that name.
// close ends the connections.
func openParts(
	ctx context.Context, service string, database config.Database, storage config.Storage, encryption config.Encryption,
	sentry config.Sentry, logger *slog.Logger,
) (parts app.Parts, closeParts func(), err error) {
	var closers []func()
	closeOpened := func() {
		for _, closePart := range slices.Backward(closers) {
			closePart()
		}
	}
	defer func() {
		if err != nil {
			closeOpened()
		}
	}()
	metrics, err := app.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		return parts, nil, err
	}
	url, err := database.URL()
	if err != nil {
		return parts, nil, usagef("%s", err)
	}
	observed, err := app.StartTelemetry(ctx, service, sentry, logger)
	if err != nil {
		return parts, nil, usagef("%s", err)
	}
	closers = append(closers, func() { //nolint:contextcheck // it has a limit of its own
		if err := observed.Close(); err != nil {
			logger.Warn("could not end the traces", slog.Any("error", err))
		}
	})
	store, err := postgres.Open(ctx, url, postgres.WithTracing(observed.Tracing.Provider()))
	if err != nil {
		return parts, nil, err
	}
	closers = append(closers, store.Close)
	if err := metrics.WatchStore(store); err != nil {
		return parts, nil, err
	}
	security, err := app.StartSecurity(store, metrics, logger) //nolint:contextcheck // it ends with Close
	if err != nil {
		return parts, nil, err
	}
	closers = append(closers, security.Close)
	blobs, err := app.OpenBlobs(ctx, storage)
	if err != nil {
		return parts, nil, err
	}
	blobs = metrics.CountBlobs(blobs)
	closers = append(closers, func() {
		if err := blobs.Close(); err != nil {
			logger.Warn("could not close the blob store", slog.Any("error", err))
		}
	})
	secrets, err := app.OpenSecrets(ctx, encryption)
	if err != nil {
		return parts, nil, err
	}
	if secrets != nil {
		closers = append(closers, func() {
			if err := secrets.Close(); err != nil {
				logger.Warn("could not close the connections to the keys for secrets", slog.Any("error", err))
			}
		})
	}
	codec, err := encryption.PayloadCodec()
	if err != nil {
		return parts, nil, usagef("%s", err)
	}
	temporal, err := temporalclient.Dial(ctx, observed.Sentry.TemporalLogger(logger), observed.Interceptors(),
		temporalclient.WithEncryption(codec), temporalclient.WithMetrics(metrics.Temporal))
	if err != nil {
		return parts, nil, err
	}
	closers = append(closers, temporal.Close)
	if err := temporal.EnsureSearchAttributes(ctx); err != nil {
		return parts, nil, err
	}
	return app.Parts{
		Store: store, Temporal: temporal, Blobs: blobs, Secrets: secrets, Logger: logger, Telemetry: observed, Storage: storage, Metrics: metrics, Security: security,
	}, closeOpened, nil
}
