package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/activities"
)

// CleanupInput names the job to delete.
type CleanupInput struct{ JobID string }

const (
	// keepsJobs marks clean-ups that ask for the expiry of their job; those that began before delete it at once.
	keepsJobs = "expiry-can-move"
	// cleanupRounds bounds how often one run waits for an expiry that moved on; then it continues as a new one.
	cleanupRounds = 500
	// shortestWait is how long a job is left that is about to expire.
	shortestWait = time.Second
)

// CleanupWorkflow deletes a job with everything that belongs to it when it has expired. It is started with a delay, so that
// nothing is kept open until then; if the expiry was moved to a later time meanwhile, it waits for that.
func CleanupWorkflow(ctx workflow.Context, in CleanupInput) error {
	var do *activities.Activities // nil: only its methods are named
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: QueueFiles, StartToCloseTimeout: fileTimeout, HeartbeatTimeout: heartbeatTimeout,
		RetryPolicy: outlast(), Summary: "Delete the job, its files and results",
	})
	if workflow.GetVersion(ctx, keepsJobs, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return workflow.ExecuteActivity(ctx, do.DeleteJob, activities.DeleteJobInput{JobID: in.JobID}).Get(ctx, nil)
	}
	for range cleanupRounds {
		var out activities.DeleteExpiredOutput
		err := workflow.ExecuteActivity(ctx, do.DeleteExpired, activities.DeleteExpiredInput{JobID: in.JobID}).Get(ctx, &out)
		if err != nil || out.Wait == 0 {
			return err
		}
		if err := workflow.Sleep(ctx, max(out.Wait, shortestWait)); err != nil {
			return err
		}
	}
	return workflow.NewContinueAsNewError(ctx, CleanupWorkflowName, in)
}
