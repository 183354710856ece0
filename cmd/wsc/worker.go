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
	config.Sentry     `embed:""`

	config.Operations `embed:""`
	config.Profiling  `embed:""`
}

// Help is the text behind the list of flags.
func (workerCommand) Help() string {
	return `Temporal is reached as the standard TEMPORAL_* variables say (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, …). Traces are exported as the standard OTEL_* variables say, if OTEL_EXPORTER_OTLP_ENDPOINT is set. Any number of workers share the work; one that is stopped stores what it has and leaves the rest to the others. All workers and API servers need the same database and blob store.`
}

// Run works until a signal comes.
func (c *workerCommand) Run(ctx context.Context, p *process) error {
	logger := c.Logger(p.stderr)
	parts, closeParts, err := openParts(ctx, "wsc-worker", c.Database, c.Storage, c.Encryption, c.Sentry, logger)
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
	stopWatch, err := app.StartWatch(ctx, app.Watch{Operations: c.Operations.Address(), Profiling: c.ProfilingAddress()}, parts)
	if err != nil {
		return err
	}
	defer stopWatch()
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
