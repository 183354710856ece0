package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
)

type apiCommand struct {
	config.Listen     `embed:""`
	config.Access     `embed:""`
	config.Database   `embed:""`
	config.Storage    `embed:""`
	config.Jobs       `embed:""`
	config.Check      `embed:""`
	config.Encryption `embed:""`
	config.Log        `embed:""`
	config.Sentry     `embed:""`

	config.APIOperations `embed:""`
	config.Profiling     `embed:""`
}

// Help is the text behind the list of flags.
func (apiCommand) Help() string {
	return `Temporal is reached as the standard TEMPORAL_* variables say (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, …). Traces are exported as the standard OTEL_* variables say, if OTEL_EXPORTER_OTLP_ENDPOINT is set. Run wsc migrate once before the first start, and at least one wsc worker beside it.`
}

// Run serves the API until a signal comes.
func (c *apiCommand) Run(ctx context.Context, p *process) error {
	logger := c.Logger(p.stderr)
	parts, closeParts, err := openParts(ctx, "wsc-api", c.Database, c.Storage, c.Encryption, c.Sentry, logger)
	if err != nil {
		return err
	}
	defer closeParts()
	parts.Listen, parts.Access, parts.Jobs, parts.Check = c.Listen, c.Access, c.Jobs, c.Check
	parts.TemporalUIURL = c.TemporalUI()
	watch := app.Watch{Operations: c.APIOperations.Address(), Profiling: c.ProfilingAddress()}
	parts.HideMetrics = watch.Operations != ""
	api, err := app.NewAPI(parts) //nolint:contextcheck // it ends with Close
	if err != nil {
		return err
	}
	var listenConfig net.ListenConfig
	listener, err := listenConfig.Listen(ctx, "tcp", c.Listen.Listen)
	if err != nil {
		api.Close() //nolint:contextcheck // the context may have ended
		return fmt.Errorf("can't listen on %s (--listen, WSC_LISTEN): %w", c.Listen.Listen, err)
	}
	stopWatch, err := app.StartWatch(ctx, watch, parts)
	if err != nil {
		api.Close() //nolint:contextcheck // the context may have ended
		return errors.Join(err, listener.Close())
	}
	defer stopWatch()
	logger.InfoContext(ctx, "the API is listening", slog.String("address", "http://"+listener.Addr().String()))
	return app.Serve(ctx, listener, api)
}
