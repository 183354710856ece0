package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/activities"
)

const (
	// heartbeatTimeout is how long a dead worker goes unnoticed. Activities report every two seconds.
	heartbeatTimeout = 10 * time.Second
	// lightTimeout bounds activities that make a few database calls.
	lightTimeout = time.Minute
	// fileTimeout and batchTimeout only catch what heartbeats can't: an activity that lives and never ends.
	fileTimeout  = 6 * time.Hour
	batchTimeout = 24 * time.Hour
	// exportAttempts bounds the export: results can be downloaded without it.
	exportAttempts = 10
)

// The priorities of a job's activities; lower numbers are taken first.
const (
	priorityInteractive = 1
	priorityUpload      = 3
	priorityScheduled   = 5
	// interactiveTargets is the largest list that counts as interactive.
	interactiveTargets = 100
)

// outlast retries without end: while the database or the blob store is away a job waits, it does not fail.
func outlast() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second,
		NonRetryableErrorTypes: []string{activities.ErrJobGone, activities.ErrBadList},
	}
}

// light is for activities that make a few database calls.
func (w *jobRun) light(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: QueueJobs, StartToCloseTimeout: lightTimeout, RetryPolicy: outlast(), Summary: summary, Priority: w.priority(),
	})
}

// file is for activities that read or write a whole list.
func (w *jobRun) file(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: QueueFiles, StartToCloseTimeout: fileTimeout, HeartbeatTimeout: heartbeatTimeout,
		WaitForCancellation: true, RetryPolicy: outlast(), Summary: summary, Priority: w.priority(),
	})
}

// export is for the export, which may fail in the end.
func (w *jobRun) export(ctx workflow.Context) workflow.Context {
	retries := outlast()
	retries.MaximumAttempts = exportAttempts
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: QueueFiles, StartToCloseTimeout: fileTimeout, HeartbeatTimeout: heartbeatTimeout,
		RetryPolicy: retries, Summary: "Write CSV, JSON and Excel", Priority: w.priority(),
	})
}

// batch is for network checks.
func (w *jobRun) batch(ctx workflow.Context, summary string) workflow.Context {
	queue, priority := QueueChecks, w.priority()
	if priority.PriorityKey == priorityInteractive {
		queue = QueueSmallChecks
	}
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: queue, StartToCloseTimeout: batchTimeout, HeartbeatTimeout: heartbeatTimeout,
		WaitForCancellation: true, RetryPolicy: outlast(), Summary: summary, Priority: priority,
	})
}

// priority lets small lists overtake big ones, and owners share the workers fairly.
func (w *jobRun) priority() temporal.Priority {
	key := priorityUpload
	switch {
	case w.in.Scheduled:
		key = priorityScheduled
	case w.state.Plan.Targets > 0 && w.state.Plan.Targets <= interactiveTargets:
		key = priorityInteractive
	}
	return temporal.Priority{PriorityKey: key, FairnessKey: w.in.Owner}
}
