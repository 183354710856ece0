// Package worker builds the Temporal workers of a process: one for each task queue.
package worker

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/workflows"
)

const (
	// maxFiles is how many lists a process reads or writes at once; each takes a core.
	maxFiles = 4
	// maxBatches is how many batches a process has under way at once. The limiter of the checker bounds the requests.
	maxBatches = 32
	// maxSmallBatches is how many batches of small lists it has under way besides, so that they need not wait until one of
	// the others is finished.
	maxSmallBatches = 16
	// maxHeartbeatThrottle is how often heartbeats are sent at the least, and so how fast a cancellation arrives.
	maxHeartbeatThrottle = 2 * time.Second
)

// Config is what the workers stand on.
type Config struct {
	Client     client.Client
	Activities *activities.Activities
	// StopTimeout is how long Stop waits for checks under way before it breaks them off.
	StopTimeout time.Duration
	// OnFatalError is called when a worker can't go on, for example because its namespace was deleted.
	OnFatalError func(error)
}

// Worker polls the task queues until it is stopped. Workflows come first in the list, network checks last.
type Worker struct{ workers []worker.Worker }

// New builds the workers without starting them.
func New(cfg Config) *Worker {
	options := func(activitySlots int) worker.Options {
		return worker.Options{
			MaxConcurrentActivityExecutionSize: activitySlots,
			WorkerStopTimeout:                  cfg.StopTimeout,
			MaxHeartbeatThrottleInterval:       maxHeartbeatThrottle,
			DefaultHeartbeatThrottleInterval:   maxHeartbeatThrottle,
			OnFatalError:                       cfg.OnFatalError,
		}
	}
	jobs := worker.New(cfg.Client, workflows.QueueJobs, options(0))
	RegisterWorkflows(jobs)
	files := worker.New(cfg.Client, workflows.QueueFiles, options(maxFiles))
	checks := worker.New(cfg.Client, workflows.QueueChecks, options(maxBatches))
	smallChecks := worker.New(cfg.Client, workflows.QueueSmallChecks, options(maxSmallBatches))
	w := &Worker{workers: []worker.Worker{jobs, files, checks, smallChecks}}
	for _, each := range w.workers {
		each.RegisterActivity(cfg.Activities)
	}
	return w
}

// RegisterWorkflows registers the workflows under their names.
func RegisterWorkflows(registry worker.WorkflowRegistry) {
	registry.RegisterWorkflowWithOptions(workflows.JobWorkflow, workflow.RegisterOptions{Name: workflows.JobWorkflowName})
	registry.RegisterWorkflowWithOptions(workflows.CleanupWorkflow, workflow.RegisterOptions{Name: workflows.CleanupWorkflowName})
}

// Start begins polling.
func (w *Worker) Start() error {
	for n, each := range w.workers {
		if err := each.Start(); err != nil {
			for _, started := range w.workers[:n] {
				started.Stop()
			}
			return fmt.Errorf("start Temporal worker: %w", err)
		}
	}
	return nil
}

// Stop stops polling, lets batches store what they have, and returns when no activity runs any more. Workflows are
// served until the activities have ended: what these report last would otherwise reach nobody, and be waited for until
// a timeout.
func (w *Worker) Stop() {
	for _, each := range slices.Backward(w.workers) {
		each.Stop()
	}
}
