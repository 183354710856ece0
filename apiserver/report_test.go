package apiserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/telemetrytest"
)

func TestWhatIsTheServersFaultIsReported(t *testing.T) {
	const secret = "s3cr3t-c4n4ry"
	const traceID = "0af7651916cd43dd8448eb211c80319c"
	job := "/api/v1/jobs/" + unknownID
	type event struct{ value, at string }
	tests := []struct {
		name   string
		fail   func() error
		path   string
		status int
		want   []event
	}{
		{"a panic", func() error { panic("index out of range; password=" + secret) }, job, 500,
			[]event{{"index out of range; password=REDACTED", "GET /api/v1/jobs/{id}"}}},
		{"a panic with an error", func() error { panic(errors.New("nil map")) }, job + "/stats", 500,
			[]event{{"nil map", "GET /api/v1/jobs/{id}/stats"}}},
		{"an error that nobody expected", func() error { return fmt.Errorf("decode https://u:%s@h/?q=%s: EOF", secret, secret) }, job + "/results", 500,
			[]event{{"decode https://REDACTED@h/?REDACTED EOF", "GET /api/v1/jobs/{id}/results"}}},
		{"an internal error", func() error { return wsc.Errorf(wsc.CodeInternal, "Broken.") }, job, 500, []event{{"Broken.", "GET /api/v1/jobs/{id}"}}},
		{"the database is away", func() error { return wsc.Errorf(wsc.CodeStorageUnavailable, "Away.") }, job, 503, nil},
		{"it took too long", func() error { return context.DeadlineExceeded }, job, 503, nil},
		{"no such job", func() error { return wsc.Errorf(wsc.CodeNotFound, "No.") }, job, 404, nil},
		{"a wrong parameter", func() error { return nil }, job + "/results?limit=" + secret, 422, nil},
		{"no such address", func() error { return nil }, "/" + secret, 404, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			sink := telemetrytest.StartSentry(t)
			sentry, err := telemetry.NewSentry(telemetry.SentryConfig{DSN: sink.DSN, Service: "wsc-api"})
			require.NoError(t, err)
			b := newBundle(t, func(s *setup) {
				s.api.Store = brokenStore{s.api.Store, tc.fail}
				s.api.Reporter = sentry
				s.api.Tracers, s.api.Propagator = sdktrace.NewTracerProvider(), propagation.TraceContext{}
			})
			a := b.do(t, http.MethodGet, tc.path, nil, "X-Request-Id", "request-1", "Traceparent", "00-"+traceID+"-b7ad6b7169203331-01",
				"Cookie", "session="+secret)
			require.Equal(t, tc.status, a.status)
			sentry.Close()

			var got []event
			for _, report := range sink.Events() {
				got = append(got, event{report.Exceptions[0].Value, report.Transaction})
				require.Equal(t, "request-1", report.Tags["request_id"])
				require.Equal(t, traceID, report.Tags["trace_id"])
				require.Equal(t, unknownID, report.Tags["job_id"])
				require.Equal(t, wsc.AdminKeyID, report.Tags["key_id"])
				require.NotContains(t, report.Raw, adminKey)
				require.NotContains(t, report.Raw, secret)
			}
			require.Equal(t, tc.want, got)
			if tc.status >= 500 {
				require.Contains(t, b.log.String(), "trace_id="+traceID)
				require.Contains(t, b.log.String(), "request_id=request-1")
				require.Contains(t, b.log.String(), "key_id="+wsc.AdminKeyID)
			}
		})
	}
}

func TestADownloadThatBreaksOffIsReported(t *testing.T) {
	sink := telemetrytest.StartSentry(t)
	sentry, err := telemetry.NewSentry(telemetry.SentryConfig{DSN: sink.DSN, Service: "wsc-api"})
	require.NoError(t, err)
	b := newBundle(t, func(s *setup) {
		s.api.Store = brokenExport{failingExport{s.api.Store, 20_000}}
		s.api.Reporter = sentry
	})
	id := b.submit(t, "list.txt", "example.com\n").ID
	response, err := b.server.Client().Do(b.request(t, http.MethodGet, "/api/v1/jobs/"+id+"/export?format=csv", nil))
	require.NoError(t, err)
	_, err = readAll(response)
	require.Error(t, err)
	require.NoError(t, response.Body.Close())
	report := sink.Await("the rows are mixed up")
	require.True(t, strings.HasPrefix(report.Transaction, "GET /api/v1/jobs/{id}/export"), report.Transaction)
	sentry.Close()
	require.Len(t, sink.Events(), 1)
}

// brokenExport breaks off for a reason that nobody expected.
type brokenExport struct{ failingExport }

func (f brokenExport) EachResult(ctx context.Context, id string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error {
	if err := f.failingExport.EachResult(ctx, id, filter, fn); wsc.CodeOf(err) != wsc.CodeStorageUnavailable {
		return err
	}
	return errors.New("the rows are mixed up")
}
