package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/telemetrytest"
	"github.com/website-status-checker/wsc/workflows"
)

// histories are those of real runs.
func histories(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../workflows/testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func replay(t *testing.T, job any, file string, logger *slog.Logger, interceptors ...interceptor.WorkerInterceptor) error {
	t.Helper()
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: interceptors})
	require.NoError(t, err)
	replayer.RegisterWorkflowWithOptions(job, workflow.RegisterOptions{Name: workflows.JobWorkflowName})
	return replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(logger), file)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// runWorkflow runs a workflow for the first time.
func runWorkflow(s *telemetry.Sentry, run func(workflow.Context) error) error {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(quiet()))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{s.Interceptor()}})
	env.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: "TestWorkflow"})
	env.ExecuteWorkflow("TestWorkflow")
	return env.GetWorkflowError()
}

func TestWhatBreaksInAWorkflowIsReported(t *testing.T) {
	sink := telemetrytest.StartSentry(t)
	s := newSentry(t, sink.DSN)
	require.Error(t, runWorkflow(s, func(workflow.Context) error { panic("in the workflow: password=" + secret) }))
	require.Error(t, runWorkflow(s, func(ctx workflow.Context) error {
		workflow.Go(ctx, func(workflow.Context) { panic("in a coroutine") })
		return workflow.Sleep(ctx, 1)
	}))
	require.Error(t, runWorkflow(s, func(workflow.Context) error { return errors.New("returned by the workflow") }))
	require.Error(t, runWorkflow(s, func(workflow.Context) error {
		return temporal.NewApplicationError("The list can't be read.", "BadList")
	}))
	s.Close()
	values := map[string]telemetrytest.Event{}
	for _, event := range sink.Events() {
		values[event.Exceptions[0].Value] = event
		require.Equal(t, "workflow TestWorkflow", event.Transaction)
		require.NotContains(t, event.Raw, secret)
		require.NotEmpty(t, event.Tags["run_id"])
	}
	require.Len(t, values, 3)
	require.Equal(t, "panic", values["in the workflow: password=REDACTED"].Exceptions[0].Type)
	require.Contains(t, values, "in a coroutine")
	require.Equal(t, "*errors.errorString", values["returned by the workflow"].Exceptions[0].Type)
}

func TestWhatBreaksInAReplayIsNotReported(t *testing.T) {
	panicking := func(ctx workflow.Context, _ workflows.JobInput) error {
		workflow.Go(ctx, func(workflow.Context) { panic("in a coroutine") })
		_ = workflow.Sleep(ctx, 1)
		panic("in the workflow")
	}
	sink := telemetrytest.StartSentry(t)
	s := newSentry(t, sink.DSN)
	for _, file := range histories(t) {
		require.Error(t, replay(t, panicking, file, s.TemporalLogger(quiet()), s.Interceptor()), file)
	}
	s.Close()
	require.Empty(t, sink.Events())
}

func TestCodeThatDoesNotFitAHistoryIsReported(t *testing.T) {
	changed := func(ctx workflow.Context, in workflows.JobInput) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 1})
		return workflow.ExecuteActivity(ctx, "Other", in.JobID).Get(ctx, nil)
	}
	sink := telemetrytest.StartSentry(t)
	s := newSentry(t, sink.DSN)
	var lines bytes.Buffer
	logger := telemetry.NewLogger(&lines, telemetry.LogText, slog.LevelWarn)
	require.Error(t, replay(t, changed, histories(t)[0], s.TemporalLogger(logger), s.Interceptor()))
	s.Close()
	require.Len(t, sink.Events(), 1)
	event := sink.Events()[0]
	require.Contains(t, event.Exceptions[0].Value, "[TMPRL1100]")
	require.Equal(t, "workflow task "+workflows.JobWorkflowName, event.Transaction)
	require.NotEmpty(t, event.Tags["workflow_id"])
	require.Contains(t, lines.String(), "TMPRL1100", "the log has it as well")
}

func TestWhatBreaksInAnActivityIsReported(t *testing.T) {
	sink := telemetrytest.StartSentry(t)
	s := newSentry(t, sink.DSN)
	run := func(fail func(context.Context) error) error {
		var suite testsuite.WorkflowTestSuite
		suite.SetLogger(log.NewStructuredLogger(quiet()))
		env := suite.NewTestActivityEnvironment()
		env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{s.Interceptor()}})
		env.RegisterActivityWithOptions(fail, activity.RegisterOptions{Name: "TestActivity"})
		_, err := env.ExecuteActivity("TestActivity")
		return err
	}
	require.Error(t, run(func(context.Context) error { panic("in the activity") }))
	require.Error(t, run(func(context.Context) error { return errors.New("a bug") }))
	require.Error(t, run(func(context.Context) error { return wsc.Errorf(wsc.CodeStorageUnavailable, "The database is away.") }))
	require.Error(t, run(func(context.Context) error {
		return temporal.NewApplicationError("The worker is stopping.", "WorkerStopping")
	}))
	require.NoError(t, run(func(context.Context) error { return nil }))
	s.Close()
	var values []string
	for _, event := range sink.Events() {
		values = append(values, event.Exceptions[0].Value)
		require.Equal(t, "activity TestActivity", event.Transaction)
		require.Equal(t, "1", event.Tags["attempt"])
	}
	require.ElementsMatch(t, []string{"in the activity", "a bug"}, values)
}
