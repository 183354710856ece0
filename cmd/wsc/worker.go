package main

import (
	"context"

	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
)

type workerCommand struct {
	config.Database   `embed:""`
	config.Storage    `embed:""`
	config.Jobs       `embed:""`
	config.Check      `embed:""`
	config.Encryption `embed:""`
	config.Log        `embed:""`
}

// Help is the text behind the list of flags.
func (workerCommand) Help() string {
	return `Temporal is reached as the standard TEMPORAL_* variables say (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, …). Any number of workers share the work; one that is stopped stores what it has and leaves the rest to the others. All workers and API servers need the same database and blob store.`
}

// Run works until a signal comes.
func (c *workerCommand) Run(ctx context.Context, p *process) error {
	logger := c.Logger(p.stderr)
	parts, closeParts, err := openParts(ctx, c.Database, c.Storage, c.Encryption, logger)
	if err != nil {
		return err
	}
	defer closeParts()
	failed := make(chan error, 1)
	parts.Jobs, parts.Check = c.Jobs, c.Check
	parts.OnFatalError = func(err error) {
		select {
		case failed <- err:
		default: // the worker stops already
		}
	}
	worker, err := app.StartWorker(parts) //nolint:contextcheck // it ends with Stop
	if err != nil {
		return err
	}
	logger.InfoContext(ctx, "the worker is running")
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	logger.Info("the worker is stopping: batches under way are stored")
	worker.Stop()
	return err
}
