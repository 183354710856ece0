package temporalserver

import (
	"context"
	"log/slog"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// NewLogger passes the server's warnings and errors on to a logger, marked component=temporal. What the server
// reports in normal work (debug and info) is dropped; warnings, mostly about its own start, become debug lines.
func NewLogger(logger *slog.Logger) log.Logger {
	return serverLogger{logger.With(slog.String("component", "temporal"))}
}

type serverLogger struct{ logger *slog.Logger }

func (l serverLogger) Debug(string, ...tag.Tag) {}
func (l serverLogger) Info(string, ...tag.Tag)  {}

func (l serverLogger) Warn(message string, tags ...tag.Tag) {
	l.write(slog.LevelDebug, message, tags)
}

func (l serverLogger) Error(message string, tags ...tag.Tag) {
	l.write(slog.LevelWarn, message, tags)
}

func (l serverLogger) DPanic(message string, tags ...tag.Tag) {
	l.write(slog.LevelError, message, tags)
}

func (l serverLogger) Panic(message string, tags ...tag.Tag) {
	l.write(slog.LevelError, message, tags)
	panic(message)
}

func (l serverLogger) Fatal(message string, tags ...tag.Tag) {
	l.write(slog.LevelError, message, tags)
	panic(message)
}

func (l serverLogger) write(level slog.Level, message string, tags []tag.Tag) {
	attributes := make([]slog.Attr, len(tags))
	for i, t := range tags {
		attributes[i] = slog.Any(t.Key(), t.Value())
	}
	l.logger.LogAttrs(context.Background(), level, message, attributes...) //nolint:sloglint // the server's own message
}
