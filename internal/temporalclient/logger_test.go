package temporalclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

func TestOnlyWhatNeedsSomebodyIsLogged(t *testing.T) {
	for _, test := range []struct {
		name  string
		write func(log.Logger)
		shown bool
	}{
		{"information", func(l log.Logger) { l.Info("Started Worker") }, false},
		{"a warning", func(l log.Logger) { l.Warn("Failed to poll.", "Error", errors.New("refused")) }, true},
		{"an activity's error", func(l log.Logger) { l.Error("Activity error.", "Error", errors.New("the database is away")) }, true},
		{"an error that is a text", func(l log.Logger) { l.Error("Activity error.", "Error", "context canceled") }, true},
		{"a cancelled activity", func(l log.Logger) {
			l.Error("Activity error.", "Attempt", 1, "Error", fmt.Errorf("batch: %w", context.Canceled))
		}, false},
		{"a heartbeat that tells of a cancellation", func(l log.Logger) { l.Warn("Heartbeat", "Error", temporal.NewCanceledError()) }, false},
		{"one with tags", func(l log.Logger) { log.With(l, "Namespace", "n").Error("Activity error.", "Error", context.Canceled) }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for level, shown := range map[slog.Level]bool{slog.LevelInfo: test.shown, slog.LevelDebug: true} {
				var out bytes.Buffer
				handler := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level})
				test.write(log.NewStructuredLogger(slog.New(quiet{handler})))
				require.Equal(t, shown, out.Len() > 0, "at level %s: %s", level, &out)
			}
		})
	}
}
