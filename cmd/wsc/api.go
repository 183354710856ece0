package main

import (
	"context"
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
}

// Help is the text behind the list of flags.
func (apiCommand) Help() string {
	return `Temporal is reached as the standard TEMPORAL_* variables say (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, …). Run wsc migrate once before the first start, and at least one wsc worker beside it.`
}

// Run serves the API until a signal comes.
func (c *apiCommand) Run(ctx context.Context, p *process) error {
	logger := c.Logger(p.stderr)
	parts, closeParts, err := openParts(ctx, c.Database, c.Storage, c.Encryption, logger)
	if err != nil {
		return err
	}
	defer closeParts()
	parts.Listen, parts.Access, parts.Jobs, parts.Check = c.Listen, c.Access, c.Jobs, c.Check
	api, err := app.NewAPI(parts)
	if err != nil {
		return err
	}
	var listenConfig net.ListenConfig
	listener, err := listenConfig.Listen(ctx, "tcp", c.Listen.Listen)
	if err != nil {
		api.Close()
		return fmt.Errorf("can't listen on %s (--listen, WSC_LISTEN): %w", c.Listen.Listen, err)
	}
	logger.InfoContext(ctx, "the API is listening", slog.String("address", "http://"+listener.Addr().String()))
	return app.Serve(ctx, listener, api)
}
