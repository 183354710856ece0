package activities

import "context"

// PauseInput says whether a job is paused.
type PauseInput struct {
	JobID  string
	Paused bool
}

// SetPaused shows in the job's status whether it is paused. A job with a final status keeps it.
func (a *Activities) SetPaused(ctx context.Context, in PauseInput) error {
	if in.Paused {
		return storeError(a.cfg.Store.PauseJob(ctx, in.JobID))
	}
	return storeError(a.cfg.Store.ResumeJob(ctx, in.JobID))
}
