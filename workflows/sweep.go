package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
)

// window is how many batches of a job are under way at once: enough to keep several workers busy,
// few enough to leave room for other jobs.
const window = 16

// sweep checks all batches of the pass, lane by lane within the window. When the history grows long, it lets the
// batches under way finish and returns the error that continues the workflow as new.
func (w *jobRun) sweep(ctx workflow.Context) error {
	if err := w.enter(ctx, wsc.JobProcessing, wsc.PhaseChecking); err != nil {
		return err
	}
	batches, cancelBatches := workflow.WithCancel(ctx)
	defer cancelBatches()
	selector := workflow.NewSelector(ctx)
	running := 0
	var failure error
	for {
		renew := workflow.GetInfo(ctx).GetContinueAsNewSuggested()
		for failure == nil && !renew && running < window {
			lane, more := w.takeLane()
			if !more {
				break
			}
			running++
			selector.AddFuture(w.startBatch(batches, lane.Next), func(future workflow.Future) {
				running--
				if err := w.finishBatch(ctx, lane, future); err != nil && failure == nil {
					failure = err
					cancelBatches()
				}
			})
		}
		if running == 0 {
			break
		}
		selector.Select(ctx)
	}
	if failure != nil {
		return failure
	}
	if w.passDone() {
		return nil
	}
	in := w.in
	in.State = &w.state
	return workflow.NewContinueAsNewError(ctx, JobWorkflow, in)
}

// takeLane returns a lane with batches left: one that was begun, else the next one.
func (w *jobRun) takeLane() (LaneCursor, bool) {
	if last := len(w.state.OpenLanes) - 1; last >= 0 {
		lane := w.state.OpenLanes[last]
		w.state.OpenLanes = w.state.OpenLanes[:last]
		return lane, true
	}
	first, batches := w.state.Plan.Lane(w.state.NextLane)
	if batches == 0 {
		return LaneCursor{}, false
	}
	w.state.NextLane++
	return LaneCursor{Next: first, End: first + batches}, true
}

func (w *jobRun) passDone() bool {
	return w.state.BatchesDone == w.state.Plan.Batches
}

func (w *jobRun) startBatch(ctx workflow.Context, batch int) workflow.Future {
	summary := fmt.Sprintf("Batch %d of %d, pass %d", batch+1, w.state.Plan.Batches, w.state.Pass)
	return workflow.ExecuteActivity(w.batch(ctx, summary), w.do.CheckBatch,
		activities.BatchInput{JobID: w.in.JobID, Pass: w.state.Pass, Batch: batch})
}

// finishBatch counts a batch's outcomes and opens its lane for the next one.
func (w *jobRun) finishBatch(ctx workflow.Context, lane LaneCursor, future workflow.Future) error {
	var out activities.BatchOutput
	if err := future.Get(ctx, &out); err != nil {
		return err
	}
	w.state.BatchesDone++
	w.state.Final += out.Final
	w.state.Waiting += out.Deferred
	if lane.Next++; lane.Next < lane.End {
		w.state.OpenLanes = append(w.state.OpenLanes, lane)
	}
	w.describe(ctx)
	return nil
}
