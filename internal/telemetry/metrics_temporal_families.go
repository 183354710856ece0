package telemetry

import (
	"slices"
	"strings"
)

// temporalKind is what the SDK calls counter, gauge and timer.
type temporalKind int

const (
	temporalCounter temporalKind = iota
	temporalGauge
	temporalTimer
)

// taskQueueLabel is the label whose values are bounded to the product's own queues.
const taskQueueLabel = "task_queue"

// temporalFamily is a metric of the Temporal SDK.
type temporalFamily struct {
	name    string // the SDK's
	kind    temporalKind
	labels  []string
	buckets []float64 // of timers, in seconds
	help    string
}

// exposed is the name in Prometheus, whose units stand in names.
func (f temporalFamily) exposed() string {
	switch f.kind {
	case temporalCounter:
		return strings.TrimSuffix(f.name, "_total") + "_total"
	case temporalTimer:
		return f.name + "_seconds"
	default:
		return f.name
	}
}

// temporalFamilies lists every metric that the Temporal SDK has. A test compares the list with the SDK's own.
func temporalFamilies() []temporalFamily {
	var (
		workflow = []string{"workflow_type"}
		activity = []string{"activity_type", taskQueueLabel}
		queue    = []string{taskQueueLabel}
		failed   = func(labels []string) []string { return append(slices.Clip(labels), "failure_reason") }
		nexus    = []string{"nexus_service", "nexus_operation"}

		brief   = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
		lasting = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600}
		days    = []float64{.1, .5, 1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600}
	)
	families := []temporalFamily{
		{"temporal_workflow_completed", temporalCounter, workflow, nil, "Workflows that completed."},
		{"temporal_workflow_canceled", temporalCounter, workflow, nil, "Workflows that ended cancelled."},
		{"temporal_workflow_failed", temporalCounter, workflow, nil, "Workflows that failed."},
		{"temporal_workflow_continue_as_new", temporalCounter, workflow, nil, "Workflows that continued as new, with a fresh history."},
		{"temporal_workflow_endtoend_latency", temporalTimer, workflow, days, "Time from the start of a workflow run to its end."},

		{"temporal_workflow_task_replay_latency", temporalTimer, workflow, brief, "Time to replay a workflow's history."},
		{"temporal_workflow_task_queue_poll_empty", temporalCounter, queue, nil, "Polls for workflow tasks that brought none."},
		{"temporal_workflow_task_queue_poll_succeed", temporalCounter, queue, nil, "Polls for workflow tasks that brought one."},
		{"temporal_workflow_task_schedule_to_start_latency", temporalTimer, queue, lasting, "Time that workflow tasks waited in their queue for a worker."},
		{"temporal_workflow_task_execution_latency", temporalTimer, workflow, brief, "Time that workflow tasks took."},
		{"temporal_workflow_task_execution_failed", temporalCounter, failed(workflow), nil, "Workflow tasks that failed; NonDeterminismError means that new code does not fit an old history."},
		{"temporal_workflow_task_no_completion", temporalCounter, workflow, nil, "Workflow tasks without a completion; the SDK has the name and does not count them."},

		{"temporal_activity_poll_no_task", temporalCounter, queue, nil, "Polls for activities that brought none."},
		{"temporal_activity_schedule_to_start_latency", temporalTimer, activity, lasting, "Time that activities waited in their queue for a worker: the queue latency."},
		{"temporal_activity_execution_failed", temporalCounter, failed(activity), nil, "Activities that returned an error; most are tried again."},
		{"temporal_unregistered_activity_invocation", temporalCounter, activity, nil, "Activities that this worker does not know, as after a roll-back."},
		{"temporal_activity_execution_latency", temporalTimer, activity, lasting, "Time that activities took."},
		{"temporal_activity_succeed_endtoend_latency", temporalTimer, activity, lasting, "Time from the first schedule of an activity to its success, further attempts included."},
		{"temporal_activity_task_error", temporalCounter, activity, nil, "Activities that could not be handled at all."},

		{"temporal_local_activity_total", temporalCounter, activity, nil, "Local activities. The product has none."},
		{"temporal_local_activity_canceled", temporalCounter, activity, nil, "Deprecated by the SDK: see temporal_local_activity_execution_cancelled_total."},
		{"temporal_local_activity_execution_cancelled", temporalCounter, activity, nil, "Local activities that ended cancelled."},
		{"temporal_local_activity_failed", temporalCounter, activity, nil, "Deprecated by the SDK: see temporal_local_activity_execution_failed_total."},
		{"temporal_local_activity_execution_failed", temporalCounter, failed(activity), nil, "Local activities that returned an error."},
		{"temporal_local_activity_error", temporalCounter, activity, nil, "Local activities that could not be handled at all."},
		{"temporal_local_activity_execution_latency", temporalTimer, activity, lasting, "Time that local activities took."},
		{"temporal_local_activity_succeed_endtoend_latency", temporalTimer, activity, lasting, "Time from the schedule of a local activity to its success."},

		{"temporal_corrupted_signals", temporalCounter, workflow, nil, "Signals to workflows that could not be read."},

		{"temporal_worker_start", temporalCounter, []string{"worker_type", taskQueueLabel}, nil, "Workers that were started."},
		{"temporal_worker_task_slots_available", temporalGauge, []string{"worker_type", taskQueueLabel}, nil, "Tasks that the worker could take on besides those it has. At 0 for long it has all that it can do."},
		{"temporal_worker_task_slots_used", temporalGauge, []string{"worker_type", taskQueueLabel}, nil, "Tasks that the worker has."},
		{"temporal_poller_start", temporalCounter, []string{"worker_type", taskQueueLabel}, nil, "Pollers that were started."},
		{"temporal_num_pollers", temporalGauge, []string{"poller_type", taskQueueLabel}, nil, "Polls that are open."},

		{"temporal_sticky_cache_hit", temporalCounter, nil, nil, "Workflow tasks whose workflow was still in memory."},
		{"temporal_sticky_cache_miss", temporalCounter, nil, nil, "Workflow tasks whose workflow had to be replayed from its history."},
		{"temporal_sticky_cache_total_forced_eviction", temporalCounter, nil, nil, "Workflows that left the memory to make room."},
		{"temporal_sticky_cache_size", temporalGauge, nil, nil, "Workflows in memory."},
		{"temporal_workflow_active_thread_count", temporalGauge, nil, nil, "Workflow coroutines; the SDK has the name and does not set it."},

		{"temporal_nexus_poll_no_task", temporalCounter, queue, nil, "Polls for Nexus tasks that brought none. The product has no Nexus operations."},
		{"temporal_nexus_task_schedule_to_start_latency", temporalTimer, queue, lasting, "Time that Nexus tasks waited in their queue."},
		{"temporal_nexus_task_execution_failed", temporalCounter, failed(nexus), nil, "Nexus tasks that failed."},
		{"temporal_nexus_task_execution_latency", temporalTimer, nexus, lasting, "Time that Nexus tasks took."},
		{"temporal_nexus_task_endtoend_latency", temporalTimer, nexus, lasting, "Time from the schedule of a Nexus task to its end."},
	}
	return append(families, requestFamilies()...)
}

// requestFamilies are the metrics of requests to the server: short ones and long polls, as the program makes them and,
// with _attempt, each try of them on the wire.
func requestFamilies() []temporalFamily {
	var families []temporalFamily
	operation := []string{"operation"}
	for _, each := range []struct {
		name, what string
		buckets    []float64
	}{
		{"temporal_request", "Requests", []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}},
		{"temporal_long_request", "Long polls", []float64{.01, .1, .5, 1, 5, 10, 30, 60, 75, 120}},
	} {
		for _, suffix := range []string{"", "_attempt"} {
			what := each.what + " to the Temporal server"
			if suffix != "" {
				what = "Tries of " + strings.ToLower(each.what) + " to the Temporal server"
			}
			families = append(families,
				temporalFamily{each.name + suffix, temporalCounter, operation, nil, what + "."},
				temporalFamily{each.name + "_failure" + suffix, temporalCounter, []string{"operation", "status_code"}, nil, what + " that failed."},
				temporalFamily{each.name + "_latency" + suffix, temporalTimer, operation, each.buckets, what + ": time until the answer."},
				temporalFamily{each.name + "_resource_exhausted" + suffix, temporalCounter, []string{"operation", "cause"}, nil, what + " that were refused by a limit."},
			)
		}
	}
	return families
}
