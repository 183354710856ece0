package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "s3cr3t-c4n4ry"

func newSentry(t *testing.T, dsn string) *telemetry.Sentry {
	t.Helper()
	s, err := telemetry.NewSentry(telemetry.SentryConfig{DSN: dsn, Environment: "test", Service: "wsc-test", Version: "1.2.3"})
	require.NoError(t, err)
	return s
}

// explode panics, under a name that the stack must show.
func explode() {
	panic(errors.New("broken: token=" + secret + " at https://user:" + secret + "@host/path?q=" + secret))
}

func TestAPanicIsReportedWithIDsAndWithoutSecrets(t *testing.T) {
	t.Setenv("WSC_TEST_VARIABLE", secret)
	sink := telemetrytest.StartSentry(t)
	s := newSentry(t, sink.DSN)
	func() {
		defer func() {
			s.ReportPanic(working(t), recover(), slog.String("at", "GET /api/v1/jobs/{id}"), slog.String("attempt", "3"),
				slog.String("header", "Authorization: Bearer "+secret))
		}()
		explode()
	}()
	s.Close()
	events := sink.Events()
	require.Len(t, events, 1)
	event := events[0]
	require.NotContains(t, event.Raw, secret)
	require.Equal(t, "panic: *errors.errorString", event.Exceptions[0].Type)
	require.Equal(t, "broken: token=REDACTED at https://REDACTED@host/path?REDACTED", event.Exceptions[0].Value)
	require.Equal(t, "GET /api/v1/jobs/{id}", event.Transaction)
	require.Equal(t, "error", event.Level)
	require.Equal(t, "test", event.Environment)
	require.Equal(t, "wsc@1.2.3", event.Release)
	require.Subset(t, event.Tags, map[string]string{
		"request_id": "request-1", "key_id": "key-1", "job_id": "job-1", "trace_id": "ab000000000000000000000000000001",
		"service": "wsc-test", "attempt": "3",
	})
	require.Equal(t, "ab000000000000000000000000000001", event.Contexts["trace"].(map[string]any)["trace_id"])
	frames := event.Exceptions[0].Stacktrace.Frames
	require.Condition(t, func() bool {
		for _, frame := range frames {
			if frame.Function == "explode" {
				return true
			}
		}
		return false
	}, "the stack shows where it happened: %v", frames)

	host, err := os.Hostname()
	require.NoError(t, err)
	require.NotContains(t, event.Raw, `"`+host+`"`)
	require.Empty(t, event.ServerName)
	require.NotContains(t, event.Contexts, "os")
}

func TestOnlyUnexpectedErrorsAreReported(t *testing.T) {
	internal := wsc.Errorf(wsc.CodeInternal, "Broken.").Because(errors.New("index out of range"))
	_, dialErr := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:1")
	require.Error(t, dialErr)
	tests := []struct {
		name     string
		err      error
		expected bool
	}{
		{"none", nil, true},
		{"any error", errors.New("unexpected"), false},
		{"a wrapped error", fmt.Errorf("read the plan: %w", errors.New("checksum is wrong")), false},
		{"an internal error", internal, false},
		{"what a client did wrong", wsc.Errorf(wsc.CodeInvalidOptions, "No."), true},
		{"not found, wrapped", fmt.Errorf("load: %w", wsc.Errorf(wsc.CodeNotFound, "No.")), true},
		{"the database is away", wsc.Errorf(wsc.CodeStorageUnavailable, "Away.").Because(errors.New("closed")), true},
		{"Temporal is away", wsc.Errorf(wsc.CodeTemporalUnavailable, "Away."), true},
		{"a network that is away", fmt.Errorf("read the blob: %w", &url.Error{Op: "Get", URL: "http://s3", Err: dialErr}), true},
		{"a cancelled context", fmt.Errorf("store: %w", context.Canceled), true},
		{"a deadline", context.DeadlineExceeded, true},
		{"an activity that gives up on purpose", temporal.NewApplicationError("The worker is stopping.", "WorkerStopping"), true},
		{"a cancelled workflow", temporal.NewCanceledError(), true},
		{"a workflow that goes on in another run", &workflow.ContinueAsNewError{}, true},
	}
	sink := telemetrytest.StartSentry(t)
	s := newSentry(t, sink.DSN)
	unexpected := 0
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.expected, telemetry.Expected(tc.err))
			s.Report(t.Context(), tc.err, slog.String("at", tc.name))
		})
		if !tc.expected {
			unexpected++
		}
	}
	s.Close()
	require.Len(t, sink.Events(), unexpected)
}

func TestAnErrorThatRepeatsIsReportedOnce(t *testing.T) {
	sink := telemetrytest.StartSentry(t)
	s := newSentry(t, sink.DSN)
	for n := range 1000 {
		s.Report(t.Context(), errors.New("again"), slog.String("at", "here"), slog.Int("attempt", n))
	}
	s.Report(t.Context(), errors.New("again"), slog.String("at", "there"))
	s.Close()
	require.Len(t, sink.Events(), 2)
}

func TestADeadSentryCostsNothing(t *testing.T) {
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections and never answers
	require.NoError(t, err)
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	defer silent.Close()
	for name, address := range map[string]string{"silent": silent.Addr().String(), "refused": closed.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			s := newSentry(t, "http://key@"+address+"/7")
			began := time.Now()
			for n := range 200 {
				s.Report(working(t), fmt.Errorf("error %d", n), slog.String("at", "here"))
			}
			reporting := time.Since(began)
			began = time.Now()
			s.Close()
			closing := time.Since(began)
			t.Logf("200 reports in %s, closed in %s", reporting, closing)
			require.Less(t, reporting, time.Second)
			require.Less(t, closing, 4*time.Second)
		})
	}
}

func TestWithoutADSNNothingIsReported(t *testing.T) {
	s, err := telemetry.NewSentry(telemetry.SentryConfig{})
	require.NoError(t, err)
	require.Nil(t, s)
	require.Nil(t, s.Interceptor())
	logger := slog.New(slog.DiscardHandler)
	require.Same(t, logger, s.TemporalLogger(logger))
	s.Report(t.Context(), errors.New("unexpected"))
	s.ReportPanic(t.Context(), "panic")
	s.Close()
}

func TestAWrongDSNIsNotRepeated(t *testing.T) {
	for _, dsn := range []string{"sentry", "ftp://" + secret + "@host/1", "https://host/1", "https://" + secret + "@host", "https://" + secret + "@host:port/1", "://" + secret} {
		_, err := telemetry.NewSentry(telemetry.SentryConfig{DSN: dsn})
		require.ErrorContains(t, err, "SENTRY_DSN (--sentry-dsn)", dsn)
		require.NotContains(t, err.Error(), secret)
		require.NotContains(t, err.Error(), "\n")
	}
}
