package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/activities"
)

// CleanupInput names the job to delete.
type CleanupInput struct{ JobID string }

// CleanupWorkflow deletes a job with everything that belongs to it. It is started with a delay, so that nothing
// is kept open until then.
func CleanupWorkflow(ctx workflow.Context, in CleanupInput) error {
	var do *activities.Activities // nil: only its methods are named
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: QueueFiles, StartToCloseTimeout: fileTimeout, HeartbeatTimeout: heartbeatTimeout,
		RetryPolicy: outlast(), Summary: "Delete the job, its files and results",
	})
	return workflow.ExecuteActivity(ctx, do.DeleteJob, activities.DeleteJobInput{JobID: in.JobID}).Get(ctx, nil)
}
