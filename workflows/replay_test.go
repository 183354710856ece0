package workflows_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/workflows"
)

// histories are those of real runs of deployed versions; see docs/development.md for how they are recorded.
func histories(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "histories", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func replay(job any, file string) error { return replayAs(workflows.JobWorkflowName, job, file) }

func replayAs(name string, code any, file string) error {
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflowWithOptions(code, workflow.RegisterOptions{Name: name})
	return replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file)
}

func TestJobsThatRunNowGoOnUnderThisVersion(t *testing.T) {
	for _, file := range histories(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			require.NoError(t, replay(workflows.JobWorkflow, file))
		})
	}
}

func TestReplayFailsForAWorkflowThatDoesSomethingElse(t *testing.T) {
	changed := func(ctx workflow.Context, in workflows.JobInput) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 1})
		return workflow.ExecuteActivity(ctx, "Finish", activities.FinishInput{JobID: in.JobID}).Get(ctx, nil)
	}
	for _, file := range histories(t) {
		require.Error(t, replay(changed, file), file)
	}
}

// A clean-up that began before expiries could move goes on as it began.
func TestCleanupsThatRunNowGoOnUnderThisVersion(t *testing.T) {
	file := filepath.Join("testdata", "cleanups", "deleted-at-its-time.json")
	require.NoError(t, replayAs(workflows.CleanupWorkflowName, workflows.CleanupWorkflow, file))
	unguarded := func(ctx workflow.Context, in workflows.CleanupInput) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 1})
		return workflow.ExecuteActivity(ctx, "DeleteExpired", activities.DeleteExpiredInput{JobID: in.JobID}).Get(ctx, nil)
	}
	require.Error(t, replayAs(workflows.CleanupWorkflowName, unguarded, file))
}
