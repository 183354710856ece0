package telemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/telemetrytest"
	"github.com/website-status-checker/wsc/workflows"
)

// startTracing starts tracing under the given variables of OpenTelemetry and no others.
func startTracing(t *testing.T, variables map[string]string) (*telemetry.Tracing, error) {
	t.Helper()
	all := map[string]string{
		"OTEL_SDK_DISABLED": "", "OTEL_TRACES_EXPORTER": "", "OTEL_EXPORTER_OTLP_ENDPOINT": "", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "", "OTEL_PROPAGATORS": "", "OTEL_SERVICE_NAME": "",
		"OTEL_TRACES_SAMPLER": "always_on", "OTEL_TRACES_SAMPLER_ARG": "", "OTEL_RESOURCE_ATTRIBUTES": "",
	}
	maps.Copy(all, variables)
	for name, value := range all {
		t.Setenv(name, value)
	}
	return telemetry.StartTracing(t.Context(), "wsc-test", "1.2.3", slog.New(slog.DiscardHandler))
}

func TestWithoutAnEndpointThereIsNoTracing(t *testing.T) {
	for name, variables := range map[string]map[string]string{
		"no variables":      {},
		"switched off":      {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
		"exporter is none":  {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
		"sampler by itself": {"OTEL_TRACES_SAMPLER": "wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			tracing, err := startTracing(t, variables)
			require.NoError(t, err)
			require.Nil(t, tracing)
			require.Nil(t, tracing.Provider())
			require.Nil(t, tracing.Propagator())
			require.Nil(t, tracing.Interceptor())
			require.NoError(t, tracing.Close())
		})
	}
}

func TestAWrongVariableIsNamed(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, tc := range []struct{ variable, value string }{
		{endpoint, "collector:4318"},
		{endpoint, "ftp://collector"},
		{endpoint, "http://"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://user:" + secret + "@%zz"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "thrift"},
		{"OTEL_TRACES_EXPORTER", "zipkin"},
		{"OTEL_PROPAGATORS", "b3"},
		{"OTEL_TRACES_SAMPLER", "sometimes"},
		{"OTEL_TRACES_SAMPLER_ARG", "1.5"},
		{"OTEL_TRACES_SAMPLER_ARG", "ten"},
	} {
		t.Run(tc.variable+" "+tc.value, func(t *testing.T) {
			variables := map[string]string{endpoint: "http://127.0.0.1:1"}
			if tc.variable == "OTEL_TRACES_SAMPLER_ARG" {
				variables["OTEL_TRACES_SAMPLER"] = "traceidratio"
			}
			variables[tc.variable] = tc.value
			_, err := startTracing(t, variables)
			require.ErrorContains(t, err, tc.variable)
			require.NotContains(t, err.Error(), secret)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestSpansArriveWithoutSecrets(t *testing.T) {
	collector := telemetrytest.StartCollector(t)
	tracing, err := startTracing(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.Endpoint, "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
	})
	require.NoError(t, err)
	ctx, parent := tracing.Provider().Tracer("test").Start(t.Context(), "parent")
	_, child := tracing.Provider().Tracer("test").Start(ctx, "child")
	failure := errors.New("dial postgres://wsc:" + secret + "@db/wsc: refused")
	child.RecordError(failure)
	child.SetStatus(codes.Error, failure.Error())
	child.End()
	parent.End()
	require.NoError(t, tracing.Close())

	spans := collector.Spans()
	require.Len(t, spans, 2)
	span := collector.Await("the child", func(s telemetrytest.Span) bool { return s.Name == "child" })
	require.Equal(t, []string{"parent", "child"}, collector.Ancestors(span))
	require.Equal(t, "wsc-test", span.Service)
	require.Equal(t, "ERROR", span.Status)
	require.Equal(t, "dial postgres://REDACTED@db/wsc: refused", span.StatusText)
	require.Contains(t, span.Raw, "dial postgres://REDACTED@db/wsc: refused")
	require.NotContains(t, span.Raw, secret)
}

func TestTheServiceCanBeNamed(t *testing.T) {
	collector := telemetrytest.StartCollector(t)
	tracing, err := startTracing(t, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.Endpoint, "OTEL_SERVICE_NAME": "status-eu", "OTEL_TRACES_SAMPLER": "parentbased_always_off",
	})
	require.NoError(t, err)
	_, span := tracing.Provider().Tracer("test").Start(t.Context(), "not sampled")
	span.End()
	sampled := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, Remote: true,
	}))
	_, span = tracing.Provider().Tracer("test").Start(sampled, "sampled by the caller")
	span.End()
	require.NoError(t, tracing.Close())
	spans := collector.Spans()
	require.Len(t, spans, 1)
	require.Equal(t, "sampled by the caller", spans[0].Name)
	require.Equal(t, "status-eu", spans[0].Service)
}

func TestADeadCollectorCostsNothing(t *testing.T) {
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections and never answers
	require.NoError(t, err)
	defer silent.Close()
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			tracing, err := startTracing(t, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + silent.Addr().String(), "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
			})
			require.NoError(t, err)
			began := time.Now()
			for range 10_000 {
				_, span := tracing.Provider().Tracer("test").Start(context.Background(), "lost")
				span.End()
			}
			making := time.Since(began)
			began = time.Now()
			require.NoError(t, tracing.Close())
			t.Logf("10,000 spans in %s, closed in %s", making, time.Since(began))
			require.Less(t, making, time.Second)
			require.Less(t, time.Since(began), 5*time.Second)
		})
	}
}

func TestAReplayMakesNoSpans(t *testing.T) {
	collector := telemetrytest.StartCollector(t)
	tracing, err := startTracing(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.Endpoint})
	require.NoError(t, err)
	traced, err := converter.GetDefaultDataConverter().ToPayload(map[string]string{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
	require.NoError(t, err)
	for _, file := range histories(t) {
		require.NoError(t, replay(t, workflows.JobWorkflow, file, quiet(), tracing.Interceptor()), file)
		data, err := os.Open(file)
		require.NoError(t, err)
		defer data.Close()
		history, err := client.HistoryFromJSON(data, client.HistoryJSONOptions{})
		require.NoError(t, err)
		history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().Header = &common.Header{Fields: map[string]*common.Payload{"_tracer-data": traced}}
		replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: []interceptor.WorkerInterceptor{tracing.Interceptor()}})
		require.NoError(t, err)
		replayer.RegisterWorkflowWithOptions(workflows.JobWorkflow, workflow.RegisterOptions{Name: workflows.JobWorkflowName})
		require.NoError(t, replayer.ReplayWorkflowHistory(log.NewStructuredLogger(quiet()), history))
	}
	require.NoError(t, tracing.Close())
	require.Empty(t, collector.Spans())
}
