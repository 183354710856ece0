package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/telemetrytest"
)

func named(spans []telemetrytest.Span, name string) []telemetrytest.Span {
	return slices.DeleteFunc(slices.Clone(spans), func(span telemetrytest.Span) bool { return span.Name != name })
}

// requireOneTrace checks that the spans of a job hang together, from the request that uploaded it to the statement that
// stored its results, and that the spans of API and worker name their services.
func requireOneTrace(t *testing.T, collector *telemetrytest.Collector, jobID, api, worker string) (trace string) {
	t.Helper()
	spans := collector.Spans()
	uploads := named(spans, "POST /api/v1/jobs")
	require.Len(t, uploads, 1)
	require.Equal(t, api, uploads[0].Service)
	trace = uploads[0].TraceID
	run := []string{"POST /api/v1/jobs", "StartWorkflow:JobWorkflow", "RunWorkflow:JobWorkflow"}
	runs := named(spans, run[2])
	require.Len(t, runs, 1)
	require.Equal(t, run, collector.Ancestors(runs[0]))
	require.Equal(t, "job/"+jobID, runs[0].Attributes["temporalWorkflowID"])
	require.Equal(t, "UNSET", runs[0].Status)
	for _, activity := range []string{"Prepare", "CheckBatch", "Finish", "Export", "ScheduleCleanup"} {
		activities := named(spans, "RunActivity:"+activity)
		require.Len(t, activities, 1, activity)
		require.Equal(t, worker, activities[0].Service)
		require.Equal(t, append(slices.Clone(run), "StartActivity:"+activity, "RunActivity:"+activity), collector.Ancestors(activities[0]))
	}
	stored, inTrace := 0, 0
	for _, span := range spans {
		require.NotContains(t, span.Raw, "127.1.0.1", "no URL of the list is in a span")
		if span.TraceID != trace {
			continue
		}
		inTrace++
		if strings.Contains(span.Attributes["db.query.text"], "INSERT INTO url_check_results") {
			require.Contains(t, collector.Ancestors(span), "RunActivity:CheckBatch")
			stored++
		}
	}
	require.Positive(t, stored)
	t.Logf("%d spans arrived, %d of them in the trace of the job", len(spans), inTrace)
	return trace
}

func TestAJobIsOneTraceFromItsUploadToItsSQL(t *testing.T) {
	collector := telemetrytest.StartCollector(t)
	s := newSites(t, 2, 0)
	p := newProduct(t, s, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.Endpoint, "WSC_LOG_FORMAT": "json"}).start()
	job := submit(t, p, "list.txt", s.list("/ok", 20), wsc.Options{})
	watch(t, p, job.ID)
	p.awaitDone(job.ID)
	require.NoError(t, p.terminate())
	trace := requireOneTrace(t, collector, job.ID, "wsc-standalone", "wsc-standalone")
	require.Contains(t, p.output.String(), `"trace_id":"`+trace+`"`)
	require.Contains(t, p.output.String(), `"job_id":"`+job.ID+`"`)
}

func TestAJobIsOneTraceAcrossProcesses(t *testing.T) {
	collector := telemetrytest.StartCollector(t)
	s := newSites(t, 2, 0)
	c := newCluster(t, s, 1, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.Endpoint})
	job := submit(t, c.product, "list.txt", s.list("/ok", 20), wsc.Options{})
	watch(t, c.product, job.ID)
	c.awaitDone(job.ID)
	require.NoError(t, c.terminate())
	require.NoError(t, c.workers[0].terminate())
	requireOneTrace(t, collector, job.ID, "wsc-api", "wsc-worker")
}

func TestAWorkflowThatMovesToAnotherProcessIsStillOneSpan(t *testing.T) {
	const lines = 600
	collector := telemetrytest.StartCollector(t)
	s := newSites(t, 10, 50*time.Millisecond)
	p := newProduct(t, s, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.Endpoint, "WSC_CHECK_CONCURRENCY": "10"}).start()
	job := submit(t, p, "list.txt", s.list("/slow", lines), wsc.Options{})
	p.awaitResults(job.ID, lines/4)
	require.NoError(t, p.terminate())
	require.Empty(t, named(collector.Spans(), "RunWorkflow:JobWorkflow"), "it is not over")
	p.start()
	watch(t, p, job.ID)
	p.awaitDone(job.ID)
	require.NoError(t, p.terminate())

	uploads := named(collector.Spans(), "POST /api/v1/jobs")
	require.Len(t, uploads, 1)
	runs := named(collector.Spans(), "RunWorkflow:JobWorkflow")
	require.Len(t, runs, 1)
	require.Equal(t, uploads[0].TraceID, runs[0].TraceID)
	require.Len(t, named(collector.Spans(), "StartActivity:Prepare"), 1, "what is replayed makes no spans")
	batches := named(collector.Spans(), "RunActivity:CheckBatch")
	require.Greater(t, len(batches), 1)
	for _, batch := range batches {
		require.Contains(t, collector.Ancestors(batch), "RunWorkflow:JobWorkflow")
	}
}

func TestAnActivityThatBreaksIsReported(t *testing.T) {
	const lines = 3000
	collector, sink := telemetrytest.StartCollector(t), telemetrytest.StartSentry(t)
	s := newSites(t, 10, 50*time.Millisecond)
	p := newProduct(t, s, map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.Endpoint, "SENTRY_DSN": sink.DSN, "SENTRY_ENVIRONMENT": "test", "WSC_CHECK_CONCURRENCY": "10",
	}).start()
	job := submit(t, p, "list.txt", s.list("/slow", lines), wsc.Options{})
	p.awaitResults(job.ID, 50)
	_, err := p.client.Job(t.Context(), "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f")
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err), "an error that is none of the product's")

	plan := filepath.Join(p.dir, "blobs", filepath.FromSlash(wsc.JobFolder(job.ID)), "plan-0")
	info, err := os.Stat(plan)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(plan, make([]byte, info.Size()), 0o600), "what is left of the plan is broken")
	report := sink.Await("activity CheckBatch")
	require.Equal(t, "test", report.Environment)
	require.Equal(t, job.ID, report.Tags["job_id"])
	require.Equal(t, "wsc-standalone", report.Tags["service"])
	upload := collector.Await("the upload", func(span telemetrytest.Span) bool { return span.Name == "POST /api/v1/jobs" })
	require.Equal(t, upload.TraceID, report.Tags["trace_id"])
	require.NoError(t, p.terminate())
	for _, event := range sink.Events() {
		require.Equal(t, "activity CheckBatch", event.Transaction, "%s", event.Raw)
		require.NotContains(t, event.Raw, s.hosts[0])
	}
	t.Logf("%d reports: %s: %s", len(sink.Events()), report.Exceptions[0].Type, report.Exceptions[0].Value)
}

func TestAWrongSettingOfTelemetryIsOneClearLine(t *testing.T) {
	for variable, value := range map[string]string{
		"SENTRY_DSN": "https://s3cr3t.example", "SENTRY_DSN_FILE": "missing", "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317", "OTEL_TRACES_SAMPLER": "some",
	} {
		env := map[string]string{variable: value, "WSC_DATABASE_URL": "postgres://127.0.0.1:1/none", "WSC_DATA_DIR": t.TempDir()}
		if variable == "OTEL_TRACES_SAMPLER" {
			env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
		}
		for _, command := range [][]string{{built.standalone}, {built.wsc, "api"}, {built.wsc, "worker"}} {
			p := start(t, env, command[0], command[1:]...)
			<-p.exited
			require.Error(t, p.err)
			text := strings.TrimSpace(p.output.String())
			require.NotContains(t, text, "\n", "one line")
			require.Contains(t, text, variable)
			require.NotContains(t, text, "WSC_", "no other variable is blamed")
			require.NotContains(t, text, "s3cr3t")
		}
	}
}
