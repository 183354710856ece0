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

// sweep checks all batches of the pass, lane by lane within the window. While the job is paused, no batch is begun. When
// the history grows long, it lets the batches under way finish and returns the error that continues the workflow as new.
func (w *jobRun) sweep(ctx workflow.Context) error {
	if err := w.enter(ctx, wsc.JobProcessing, wsc.PhaseChecking); err != nil {
		return err
	}
	u := &underWay{selector: workflow.NewSelector(ctx)}
	u.batches, w.interrupt = workflow.WithCancel(ctx)
	defer func() { w.interrupt() }()
	for {
		renew := workflow.GetInfo(ctx).GetContinueAsNewSuggested()
		if u.failure == nil && !renew && !w.state.Paused {
			w.fillWindow(ctx, u)
		}
		switch {
		case u.running > 0:
			u.selector.Select(ctx)
		case u.failure != nil:
			return u.failure
		case w.state.Paused:
			if err := w.awaitResume(ctx); err != nil {
				return err
			}
		case w.passDone():
			return nil
		default:
			return w.continueAsNew(ctx)
		}
	}
}

// underWay is what a sweep has begun and not finished.
type underWay struct {
	selector workflow.Selector
	running  int
	// batches is the context of those that are begun now; a pause ends it.
	batches workflow.Context
	// failure ends the sweep once nothing is running any more.
	failure error
}

// fillWindow begins batches until the window is full or no lane is left.
func (w *jobRun) fillWindow(ctx workflow.Context, u *underWay) {
	if u.batches.Err() != nil && ctx.Err() == nil {
		u.batches, w.interrupt = workflow.WithCancel(ctx)
	}
	for u.running < window {
		lane, more := w.takeLane()
		if !more {
			return
		}
		u.running++
		batches := u.batches
		u.selector.AddFuture(w.startBatch(batches, lane.Next), func(future workflow.Future) {
			u.running--
			err := w.finishBatch(ctx, lane, future)
			switch {
			case err == nil || u.failure != nil:
			case batches.Err() != nil && ctx.Err() == nil:
				// A pause broke it off, whatever it says of that: what it has not stored is checked after the pause.
				w.state.OpenLanes = append(w.state.OpenLanes, lane)
			default:
				u.failure = err
				w.interrupt()
			}
		})
	}
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
