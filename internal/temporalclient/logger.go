package temporalclient

import (
	"context"
	"errors"
	"log/slog"

	"go.temporal.io/sdk/temporal"
)

// quiet passes warnings and errors on and drops the rest: what the SDK reports in normal work is of no interest to
// people who run the product, unless they asked for debug lines. Neither is that an activity was cancelled, which the SDK
// reports as an error: somebody paused or cancelled the job.
type quiet struct{ slog.Handler }

// Enabled reports whether lines of the level are written.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	if level < slog.LevelWarn && !q.Handler.Enabled(ctx, slog.LevelDebug) {
		return false
	}
	return q.Handler.Enabled(ctx, level)
}

// Handle writes the line unless it tells of a cancellation only.
func (q quiet) Handle(ctx context.Context, line slog.Record) error {
	cancelled := false
	line.Attrs(func(attr slog.Attr) bool {
		err, _ := attr.Value.Any().(error)
		cancelled = errors.Is(err, context.Canceled) || temporal.IsCanceledError(err)
		return !cancelled
	})
	if cancelled && !q.Handler.Enabled(ctx, slog.LevelDebug) {
		return nil
	}
	return q.Handler.Handle(ctx, line)
}

// WithAttrs keeps the level.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup keeps the level.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
