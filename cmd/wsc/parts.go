package main

import (
	"context"
	"log/slog"
	"slices"

	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/temporalclient"
	"github.com/website-status-checker/wsc/store/postgres"
)

// openParts connects to the database, the blob store, the keys for secrets and Temporal. close ends the connections.
func openParts(
	ctx context.Context, database config.Database, storage config.Storage, encryption config.Encryption, logger *slog.Logger,
) (parts app.Parts, closeParts func(), err error) {
	var closers []func()
	closeParts = func() {
		for _, closePart := range slices.Backward(closers) {
			closePart()
		}
	}
	defer func() {
		if err != nil {
			closeParts()
		}
	}()
	url, err := database.URL()
	if err != nil {
		return parts, nil, usagef("%s", err)
	}
	store, err := postgres.Open(ctx, url)
	if err != nil {
		return parts, nil, err
	}
	closers = append(closers, store.Close)
	blobs, err := app.OpenBlobs(ctx, storage)
	if err != nil {
		return parts, nil, err
	}
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
	temporal, err := temporalclient.Dial(ctx, logger, temporalclient.WithEncryption(codec))
	if err != nil {
		return parts, nil, err
	}
	closers = append(closers, temporal.Close)
	if err := temporal.EnsureSearchAttributes(ctx); err != nil {
		return parts, nil, err
	}
	return app.Parts{Store: store, Temporal: temporal, Blobs: blobs, Secrets: secrets, Logger: logger, Storage: storage}, closeParts, nil
}
