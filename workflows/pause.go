package workflows

import (
	"go.temporal.io/sdk/workflow"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
)

// PauseRequest is what the signal "pause" carries. A request for what is so already changes nothing.
type PauseRequest struct {
	// Paused is whether the job is to be paused; otherwise it is to go on.
	Paused bool
}

// obeyRequests pauses and resumes the job as it is asked to, one request after another. A pause breaks off the batches
// under way: what they have is stored, the rest of them is checked after the pause.
func (w *jobRun) obeyRequests(ctx workflow.Context) {
	for {
		var request PauseRequest
		w.requests.Receive(ctx, &request)
		if w.concluding || request.Paused == w.state.Paused {
			continue
		}
		w.state.Paused, w.changing = request.Paused, true
		if request.Paused && w.interrupt != nil {
			w.interrupt()
		}
		if err := w.showPause(ctx); err != nil {
			workflow.GetLogger(ctx).Warn("The job's row does not show whether the job is paused.", "paused", request.Paused, "error", err)
		}
		w.changing = false
	}
}

// showPause shows in the Temporal UI and in the job's row whether the job is paused.
func (w *jobRun) showPause(ctx workflow.Context) error {
	if err := w.enter(ctx, wsc.JobProcessing, w.phase); err != nil {
		return err
	}
	summary := "Go on"
	if w.state.Paused {
		summary = "Pause"
	}
	return workflow.ExecuteActivity(w.light(ctx, summary), w.do.SetPaused,
		activities.PauseInput{JobID: w.in.JobID, Paused: w.state.Paused}).Get(ctx, nil)
}

// paused is whether the job waits to be resumed.
func (w *jobRun) paused() bool { return w.state.Paused && !w.concluding }

// awaitResume returns when the job is not paused. When the history grows long meanwhile, it returns the error that
// continues the workflow as new, still paused.
func (w *jobRun) awaitResume(ctx workflow.Context) error {
	renew := func() bool { return workflow.GetInfo(ctx).GetContinueAsNewSuggested() }
	goesOn := func() bool { return !w.state.Paused && !w.changing }
	if err := workflow.Await(ctx, func() bool { return goesOn() || renew() }); err != nil {
		return err
	}
	if goesOn() {
		return nil
	}
	return w.continueAsNew(ctx)
}

// continueAsNew returns the error that continues the workflow as new, once every request to pause or resume that came is
// carried out: the next run would not know of it.
func (w *jobRun) continueAsNew(ctx workflow.Context) error {
	err := workflow.Await(ctx, func() bool { return !w.changing && w.requests.Len() == 0 })
	if err != nil {
		return err
	}
	in := w.in
	in.State = &w.state
	return workflow.NewContinueAsNewError(ctx, JobWorkflow, in)
}
