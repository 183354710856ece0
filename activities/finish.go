package activities

import (
	"context"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// FinishInput is the final status that a job shall have.
type FinishInput struct {
	JobID        string
	Status       wsc.JobStatus
	ErrorMessage string
}

// FinishOutput is how the job ended.
type FinishOutput struct {
	// Status is the job's final status: an earlier one if the job had one already.
	Status wsc.JobStatus
	Counts wsc.JobCounts
	// Retention is how long the job is kept from now on.
	Retention time.Duration
}

// Finish gives the job its final status and its expiry.
func (a *Activities) Finish(ctx context.Context, in FinishInput) (FinishOutput, error) {
	job, err := a.cfg.Store.Job(ctx, in.JobID)
	if err != nil {
		return FinishOutput{}, storeError(err)
	}
	retention := a.cfg.Defaults.Retention
	if opts, err := job.Options.Resolve(a.cfg.Defaults); err == nil { // else the job fails for its options: the default holds
		retention = opts.Retention
	}
	now := a.cfg.Now()
	finish := wsc.JobFinish{Status: in.Status, ErrorMessage: in.ErrorMessage, FinishedAt: now, ExpiresAt: now.Add(retention)}
	if err := a.cfg.Store.FinishJob(ctx, job.ID, finish); err != nil {
		return FinishOutput{}, storeError(err)
	}
	if err := a.cfg.Store.SetJobPhase(ctx, job.ID, wsc.PhaseExporting, job.Pass, nil); err != nil {
		return FinishOutput{}, storeError(err)
	}
	job, err = a.cfg.Store.Job(ctx, in.JobID)
	if err != nil {
		return FinishOutput{}, storeError(err)
	}
	return FinishOutput{Status: job.Status, Counts: job.JobCounts, Retention: max(job.ExpiresAt.Sub(now), 0)}, nil
}
