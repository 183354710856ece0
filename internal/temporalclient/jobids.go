package temporalclient

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/website-status-checker/wsc/internal/correlation"
	"github.com/website-status-checker/wsc/workflows"
)

// jobIDs lets the log lines of an activity carry the id of its job.
type jobIDs struct{ interceptor.InterceptorBase }

// InterceptActivity wraps an activity.
func (*jobIDs) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	wrapped := &activityOfJob{}
	wrapped.Next = next
	return wrapped
}

type activityOfJob struct {
	interceptor.ActivityInboundInterceptorBase
}

// ExecuteActivity runs the activity.
func (a *activityOfJob) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	jobID := workflows.JobOfWorkflow(activity.GetInfo(ctx).WorkflowExecution.ID)
	return a.Next.ExecuteActivity(correlation.WithJobID(ctx, jobID), in)
}
