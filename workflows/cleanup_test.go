package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/workflows"
)

// cleaner keeps a job for each of the times that are left, and then deletes it.
type cleaner struct {
	waits   []time.Duration
	asked   []time.Time
	now     func() time.Time
	deleted []string
}

func (c *cleaner) DeleteExpired(_ context.Context, in activities.DeleteExpiredInput) (activities.DeleteExpiredOutput, error) {
	c.asked = append(c.asked, c.now())
	if len(c.waits) > 0 {
		wait := c.waits[0]
		c.waits = c.waits[1:]
		return activities.DeleteExpiredOutput{Wait: wait}, nil
	}
	c.deleted = append(c.deleted, in.JobID)
	return activities.DeleteExpiredOutput{}, nil
}

func (c *cleaner) DeleteJob(_ context.Context, in activities.DeleteJobInput) error {
	c.deleted = append(c.deleted, in.JobID)
	return nil
}

// cleanUp runs the workflow for a job that is kept for each of the times, one after another.
func cleanUp(t *testing.T, waits ...time.Duration) (*cleaner, *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	cleaner := &cleaner{waits: waits, now: env.Now}
	env.RegisterActivity(cleaner)
	env.RegisterWorkflowWithOptions(workflows.CleanupWorkflow, workflow.RegisterOptions{Name: workflows.CleanupWorkflowName})
	env.ExecuteWorkflow(workflows.CleanupWorkflow, workflows.CleanupInput{JobID: jobID})
	require.True(t, env.IsWorkflowCompleted())
	return cleaner, env
}

func TestCleanupDeletesTheJob(t *testing.T) {
	cleaner, env := cleanUp(t)
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{jobID}, cleaner.deleted)
	require.Len(t, cleaner.asked, 1)
}

func TestCleanupWaitsForAnExpiryThatWasMoved(t *testing.T) {
	cleaner, env := cleanUp(t, 720*time.Hour, 48*time.Hour, time.Millisecond)
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{jobID}, cleaner.deleted)
	require.Len(t, cleaner.asked, 4)
	for n, want := range []time.Duration{720 * time.Hour, 48 * time.Hour, time.Second} {
		require.InDelta(t, want.Seconds(), cleaner.asked[n+1].Sub(cleaner.asked[n]).Seconds(), 1)
	}
}

func TestCleanupContinuesAsNewWhenItsHistoryGrows(t *testing.T) {
	waits := make([]time.Duration, 1000)
	for n := range waits {
		waits[n] = time.Hour
	}
	cleaner, env := cleanUp(t, waits...)
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &again)
	require.Equal(t, workflows.CleanupWorkflowName, again.WorkflowType.Name)
	require.Empty(t, cleaner.deleted)
}
