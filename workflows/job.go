package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
)

// JobInput starts a job, or continues one in a new run.
type JobInput struct {
	JobID    string
	Owner    string
	Filename string
	// Scheduled jobs give way to those that people wait for.
	Scheduled bool
	// State is set when the workflow continues as new.
	State *JobState
}

// JobState is what a job carries from one run of its workflow to the next: a few numbers.
type JobState struct {
	Plan wsc.PlanShape
	Pass int
	// NextLane is the first lane of the pass that was not begun.
	NextLane int
	// Paused jobs wait to be resumed.
	Paused bool
	// OpenLanes are lanes that were begun and have batches left.
	OpenLanes []LaneCursor
	// BatchesDone counts the finished batches of the pass.
	BatchesDone int
	// Final counts targets with a result, Waiting those that are deferred to a later pass.
	Final   int64
	Waiting int64
	// Invalid counts lines without a checkable URL; URLs is the number of results that the job will have.
	Invalid int64
	URLs    int64
}

// LaneCursor is the rest of a lane: its next batch and the first batch behind it.
type LaneCursor struct{ Next, End int }

// JobWorkflow runs one job: prepare the list, check it in passes until nothing is left to retry, finish, export, and
// schedule the clean-up. A cancelled job keeps its partial results and their export.
func JobWorkflow(ctx workflow.Context, in JobInput) error {
	w, err := newJobRun(ctx, in)
	if err != nil {
		return err
	}
	return w.run(ctx)
}

// jobRun is one run of the workflow.
type jobRun struct {
	in         JobInput
	state      JobState
	phase      wsc.JobPhase
	attributes attributes
	do         *activities.Activities // nil: only its methods are named

	requests workflow.ReceiveChannel // of PauseRequest
	// changing is whether a request to pause or resume is being carried out.
	changing bool
	// interrupt ends the batches under way; nil while none was begun.
	interrupt workflow.CancelFunc
	// concluding jobs have nothing left that could be paused.
	concluding bool
}

func newJobRun(ctx workflow.Context, in JobInput) (*jobRun, error) {
	w := &jobRun{in: in, phase: wsc.PhaseValidating, attributes: newAttributes(), requests: workflow.GetSignalChannel(ctx, SignalPause)}
	if in.State != nil {
		w.state = *in.State
	}
	return w, workflow.SetQueryHandler(ctx, QueryProgress, w.progress)
}

func (w *jobRun) run(ctx workflow.Context) error {
	workflow.GoNamed(ctx, "pause", w.obeyRequests)
	err := w.check(ctx)
	if workflow.IsContinueAsNewError(err) || isJobGone(err) {
		return ignoreJobGone(err)
	}
	if err := w.conclude(ctx, err); err != nil {
		return ignoreJobGone(err)
	}
	return err
}

// check brings every target to a result, however many passes it takes.
func (w *jobRun) check(ctx workflow.Context) error {
	if w.in.State == nil {
		if err := w.prepare(ctx); err != nil {
			return err
		}
	}
	for {
		if err := w.sweep(ctx); err != nil {
			return err
		}
		if w.state.Waiting == 0 {
			return nil
		}
		if err := w.awaitRetry(ctx); err != nil {
			return err
		}
	}
}

func (w *jobRun) prepare(ctx workflow.Context) error {
	if err := w.enter(ctx, wsc.JobProcessing, wsc.PhaseParsing); err != nil {
		return err
	}
	var out activities.PrepareOutput
	err := workflow.ExecuteActivity(w.file(ctx, "Read the list and plan the checks"), w.do.Prepare,
		activities.PrepareInput{JobID: w.in.JobID}).Get(ctx, &out)
	if err != nil {
		return err
	}
	w.state.Plan, w.state.Invalid, w.state.URLs = out.Plan, out.Invalid, out.Plan.Targets+out.Invalid
	return nil
}

// minRetryWait keeps passes apart when the clocks of two machines differ.
const minRetryWait = time.Second

// awaitRetry waits for the earliest deferred target and plans the next pass.
func (w *jobRun) awaitRetry(ctx workflow.Context) error {
	if err := w.enter(ctx, wsc.JobProcessing, wsc.PhaseWaitingToRetry); err != nil {
		return err
	}
	next := activities.RetryInput{JobID: w.in.JobID, Pass: w.state.Pass + 1}
	var wait activities.WaitOutput
	err := workflow.ExecuteActivity(w.light(ctx, "When is the next attempt due?"), w.do.NextRetry, next).Get(ctx, &wait)
	if err != nil {
		return err
	}
	if wait.Deferred == 0 {
		w.state.Waiting = 0
		return nil
	}
	delay := max(wait.Earliest.Sub(workflow.Now(ctx)), minRetryWait)
	timer := workflow.NewTimerWithOptions(ctx, delay, workflow.TimerOptions{Summary: fmt.Sprintf("Wait for pass %d", next.Pass)})
	if err := timer.Get(ctx, nil); err != nil {
		return err
	}
	if err := w.awaitResume(ctx); err != nil {
		return err
	}
	var plan wsc.PlanShape
	err = workflow.ExecuteActivity(w.file(ctx, fmt.Sprintf("Plan pass %d", next.Pass)), w.do.PlanRetry, next).Get(ctx, &plan)
	if err != nil {
		return err
	}
	w.state.Waiting = wait.Deferred - plan.Targets
	w.state.Plan, w.state.Pass = plan, next.Pass
	w.state.NextLane, w.state.OpenLanes, w.state.BatchesDone = 0, nil, 0
	return nil
}

// conclude gives the job its final status, also when it was cancelled or failed, and takes care of what follows.
func (w *jobRun) conclude(ctx workflow.Context, cause error) error {
	w.concluding = true
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	finish := activities.FinishInput{JobID: w.in.JobID, Status: wsc.JobCompleted}
	switch {
	case temporal.IsCanceledError(cause):
		finish.Status = wsc.JobCancelled
	case cause != nil:
		finish.Status, finish.ErrorMessage = wsc.JobFailed, failureMessage(cause)
	}
	var out activities.FinishOutput
	err := workflow.ExecuteActivity(w.light(ctx, "Set the final status"), w.do.Finish, finish).Get(ctx, &out)
	if err != nil {
		return err
	}
	if err := w.enter(ctx, out.Status, wsc.PhaseExporting); err != nil {
		return err
	}
	err = workflow.ExecuteActivity(w.export(ctx), w.do.Export, activities.ExportInput{JobID: w.in.JobID}).Get(ctx, nil)
	if isJobGone(err) {
		return err
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("The export was given up; downloads are made from the results instead.", "error", err)
	}
	err = workflow.ExecuteActivity(w.light(ctx, "Schedule the clean-up"), w.do.ScheduleCleanup,
		activities.ScheduleCleanupInput{JobID: w.in.JobID, Delay: out.Retention}).Get(ctx, nil)
	if err != nil {
		return err
	}
	return w.enter(ctx, out.Status, wsc.PhaseDone)
}

// failureMessage is the sentence that people see when a job fails.
func failureMessage(err error) string {
	var application *temporal.ApplicationError
	if errors.As(err, &application) && application.Type() == activities.ErrBadList {
		return application.Message()
	}
	return "The job failed because of an internal error; the server's log has the details."
}

func isJobGone(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && application.Type() == activities.ErrJobGone
}

// ignoreJobGone ends the workflow quietly when its job was deleted.
func ignoreJobGone(err error) error {
	if isJobGone(err) {
		return nil
	}
	return err
}
