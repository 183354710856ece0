package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/sqlite"
)

func TestStatementsAreTracedWithinATraceWithoutTheirArguments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wsc.db")
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	spans := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	store, err := sqlite.Open(t.Context(), path, sqlite.WithTracing(tracers))
	require.NoError(t, err)
	defer store.Close()
	job := &wsc.Job{ID: uuid.Must(uuid.NewV7()).String(), Filename: "s3cr3t.txt", Owner: "local", Status: wsc.JobPending, Phase: wsc.PhaseValidating, CreatedAt: time.Now().UTC(), UpdatedAt: time.Now().UTC()}
	require.NoError(t, store.CreateJob(t.Context(), job, wsc.JobQuota{}))
	require.Empty(t, spans.Ended(), "outside of a trace")

	ctx, parent := tracers.Tracer("test").Start(t.Context(), "parent")
	results := make([]wsc.Result, 100)
	for i := range results {
		results[i] = wsc.Result{Seq: int64(i), URL: "https://s3cr3t.example/", Status: wsc.StatusActive, CheckedAt: time.Now().UTC()}
	}
	stored, err := store.InsertResults(ctx, job.ID, results)
	require.NoError(t, err)
	require.Equal(t, len(results), stored)
	parent.End()

	statements := ""
	for _, span := range spans.Ended() {
		for _, attribute := range span.Attributes() {
			require.NotContains(t, attribute.Value.String(), "s3cr3t")
			require.NotContains(t, attribute.Value.String(), job.ID)
			statements += string(attribute.Key) + "=" + attribute.Value.String() + "\n"
		}
		require.Equal(t, parent.SpanContext().TraceID(), span.SpanContext().TraceID())
	}
	require.Contains(t, statements, "db.query.text=INSERT INTO url_check_results")
	require.Less(t, len(spans.Ended()), 12, "not one for each row")
}
