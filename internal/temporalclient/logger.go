package temporalclient

import (
	"context"
	"log/slog"
)

// quiet passes warnings and errors on and drops the rest: what the SDK reports in normal work is of no interest to
// people who run the product, unless they asked for debug lines.
type quiet struct{ slog.Handler }

// Enabled reports whether lines of the level are written.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	if level < slog.LevelWarn && !q.Handler.Enabled(ctx, slog.LevelDebug) {
		return false
	}
	return q.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the level.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup keeps the level.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
