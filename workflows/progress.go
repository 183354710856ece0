package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	wsc "github.com/website-status-checker/wsc"
)

// Progress answers the query "progress".
type Progress struct {
	Phase wsc.JobPhase
	// Paused jobs begin nothing until they are resumed.
	Paused bool
	Pass   int
	// Batches and BatchesDone are those of this pass.
	Batches     int
	BatchesDone int
	// Final counts targets with a result, Waiting those deferred to a later pass, Invalid lines without a checkable URL.
	Final   int64
	Waiting int64
	Invalid int64
}

func (w *jobRun) progress() (Progress, error) {
	return Progress{
		Phase: w.phase, Paused: w.paused(), Pass: w.state.Pass, Batches: w.state.Plan.Batches, BatchesDone: w.state.BatchesDone,
		Final: w.state.Final, Waiting: w.state.Waiting, Invalid: w.state.Invalid,
	}, nil
}

// enter shows a new status and phase in the Temporal UI. A job that is processing and paused is paused there.
func (w *jobRun) enter(ctx workflow.Context, status wsc.JobStatus, phase wsc.JobPhase) error {
	w.phase = phase
	if status == wsc.JobProcessing && w.state.Paused {
		status = wsc.JobPaused
	}
	w.describe(ctx)
	return workflow.UpsertTypedSearchAttributes(ctx,
		w.attributes.status.ValueSet(string(status)),
		w.attributes.phase.ValueSet(string(phase)),
		w.attributes.urls.ValueSet(w.state.URLs),
	)
}

// describe keeps the details that the Temporal UI shows for the running workflow up to date.
func (w *jobRun) describe(ctx workflow.Context) {
	doing := string(w.phase)
	if w.paused() {
		doing += ", paused"
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s**: %s\n\nPass %d, %d of %d batches done. %d URLs have a result, %d wait for another attempt, %d lines were invalid.",
		w.in.Filename, doing, w.state.Pass, w.state.BatchesDone, w.state.Plan.Batches, w.state.Final, w.state.Waiting, w.state.Invalid))
}
