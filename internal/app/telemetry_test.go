package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/pgtest"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/telemetrytest"
	"github.com/website-status-checker/wsc/internal/temporalclient"
	"github.com/website-status-checker/wsc/store/postgres"
)

// startAPI serves the API on a real PostgreSQL database. Temporal is not there, and not needed for what only reads.
func startAPI(t *testing.T, observed app.Telemetry, logger *slog.Logger) *httptest.Server {
	t.Helper()
	store, err := postgres.Open(t.Context(), pgtest.NewDatabase(t), postgres.WithTracing(observed.Tracing.Provider()))
	require.NoError(t, err)
	t.Cleanup(store.Close)
	storage := config.Storage{DataDir: t.TempDir()}
	blobs, err := app.OpenBlobs(t.Context(), storage)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, blobs.Close()) })
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	metrics, err := app.NewMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	security, err := app.StartSecurity(store, metrics, logger)
	require.NoError(t, err)
	t.Cleanup(security.Close)
	api, err := app.NewAPI(app.Parts{
		Store: store, Temporal: &temporalclient.Connection{Client: temporal, Namespace: "default"}, Metrics: metrics, Security: security, Blobs: blobs, Logger: logger, Telemetry: observed, Storage: storage,
		Listen: config.Listen{Listen: "127.0.0.1:0"}, Access: config.Access{AdminKey: adminKey, AuditRetention: time.Hour}, Check: config.Check{CheckConcurrency: 1},
		Jobs: config.Jobs{Retention: time.Hour, MaxUploadBytes: 1 << 20, MaxURLs: 1000},
	})
	require.NoError(t, err)
	t.Cleanup(api.Close)
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.HTTPServer()
	server.Start()
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, server *httptest.Server, path string, header http.Header) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
	require.NoError(t, err)
	maps.Copy(request.Header, header)
	request.Header.Set("Authorization", "Bearer "+adminKey)
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(data)
}

const (
	secret   = "s3cr3t-c4n4ry"
	adminKey = secret + "-admin-key-0123456789-0123456789"
	traceID  = "0af7651916cd43dd8448eb211c80319c"
	sender   = "00-" + traceID + "-b7ad6b7169203331-01"
)

func TestARequestIsTracedDownToItsSQL(t *testing.T) {
	collector := telemetrytest.StartCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Endpoint)
	var log bytes.Buffer
	logger := telemetry.NewLogger(&log, telemetry.LogJSON, slog.LevelInfo)
	observed, err := app.StartTelemetry(t.Context(), "wsc-api", config.Sentry{}, logger)
	require.NoError(t, err)
	server := startAPI(t, observed, logger)

	for _, path := range []string{"/healthz", "/metrics"} {
		status, _ := get(t, server, path, nil)
		require.Equal(t, http.StatusOK, status)
	}
	status, body := get(t, server, "/api/v1/jobs/01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f/results?q="+secret, http.Header{
		"Traceparent": {sender}, "X-Request-Id": {"request-1"}, "Cookie": {secret}, "Baggage": {"b=" + secret},
	})
	require.Equal(t, http.StatusNotFound, status, body)
	server.Close() // the line about a request is written behind its answer
	require.NoError(t, observed.Close())

	spans := collector.Spans()
	request := collector.Await("the request", func(s telemetrytest.Span) bool { return strings.HasPrefix(s.Name, "GET") })
	require.Equal(t, "GET /api/v1/jobs/{id}/results", request.Name)
	require.Equal(t, "wsc-api", request.Service)
	require.Equal(t, traceID, request.TraceID, "the sender's trace goes on")
	require.Subset(t, request.Attributes, map[string]string{
		"http.request.method": "GET", "http.route": "/api/v1/jobs/{id}/results", "http.response.status_code": "404", "request_id": "request-1", "key_id": wsc.AdminKeyID,
	})
	statements := 0
	for _, span := range spans {
		require.Equal(t, traceID, span.TraceID, "nothing else is traced: %s", span.Name)
		require.NotContains(t, span.Raw, secret)
		require.NotContains(t, span.Raw, "01980f5e", "no argument of a statement is")
		if span.Attributes["db.query.text"] != "" {
			statements++
			names := collector.Ancestors(span)
			require.Equal(t, request.Name, names[0])
			t.Log(names)
			require.Contains(t, span.Attributes["db.query.text"], "$1")
		}
	}
	require.Positive(t, statements)

	var line map[string]any
	for text := range strings.SplitSeq(strings.TrimSpace(log.String()), "\n") {
		line = map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(text), &line))
		if line["request_id"] == "request-1" {
			break
		}
	}
	require.Equal(t, "request", line["msg"])
	require.Equal(t, traceID, line["trace_id"], "the log and the trace are found together")
	t.Logf("%d spans, %d of them statements", len(spans), statements)
}

func TestStrangersDoNotDecideAboutTracesIfPropagationIsOff(t *testing.T) {
	collector := telemetrytest.StartCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Endpoint)
	t.Setenv("OTEL_PROPAGATORS", "none")
	observed, err := app.StartTelemetry(t.Context(), "wsc-api", config.Sentry{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	server := startAPI(t, observed, slog.New(slog.DiscardHandler))
	status, _ := get(t, server, "/api/v1/jobs", http.Header{"Traceparent": {sender}})
	require.Equal(t, http.StatusOK, status)
	server.Close()
	require.NoError(t, observed.Close())
	require.NotEmpty(t, collector.Spans())
	for _, span := range collector.Spans() {
		require.NotEqual(t, traceID, span.TraceID)
	}
}

func TestNothingIsToldUnlessAskedFor(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	observed, err := app.StartTelemetry(t.Context(), "wsc-api", config.Sentry{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Equal(t, app.Telemetry{}, observed)
	require.NoError(t, observed.Close())
}

func TestAWrongSettingOfTelemetryIsNamed(t *testing.T) {
	_, err := app.StartTelemetry(t.Context(), "wsc-api", config.Sentry{SentryDSN: "https://" + secret}, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "SENTRY_DSN (--sentry-dsn)")
	require.NotContains(t, err.Error(), secret)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317")
	_, err = app.StartTelemetry(t.Context(), "wsc-api", config.Sentry{}, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_ENDPOINT")
}
