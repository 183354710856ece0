package activities

import (
	"context"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/blobfolder"
)

// ScheduleCleanupInput says when a job is to be deleted.
type ScheduleCleanupInput struct {
	JobID string
	Delay time.Duration
}

// ScheduleCleanup starts the workflow that deletes the job after the delay.
func (a *Activities) ScheduleCleanup(ctx context.Context, in ScheduleCleanupInput) error {
	return a.cfg.Cleanup.ScheduleCleanup(ctx, in.JobID, in.Delay)
}

// DeleteJobInput names the job to delete.
type DeleteJobInput struct{ JobID string }

// DeleteJob deletes everything of a job, whatever its expiry: its upload, plans and exports, its results and the job
// itself.
func (a *Activities) DeleteJob(ctx context.Context, in DeleteJobInput) error {
	defer heartbeat(ctx, func() any { return nil })()
	return a.deleteJob(ctx, in.JobID)
}

func (a *Activities) deleteJob(ctx context.Context, jobID string) error {
	if err := blobfolder.Delete(ctx, a.cfg.Blobs, wsc.JobFolder(jobID)); err != nil {
		return err
	}
	return a.cfg.Store.DeleteJob(ctx, jobID)
}

// DeleteExpiredInput names the job to delete when it has expired.
type DeleteExpiredInput struct{ JobID string }

// DeleteExpiredOutput says whether the job is gone.
type DeleteExpiredOutput struct {
	// Wait is how long the job is still to be kept, because its expiry was moved; 0 if it was deleted.
	Wait time.Duration
}

// DeleteExpired deletes everything of a job that has expired, also what an earlier attempt left of it, and leaves one
// whose expiry is still to come as it is.
func (a *Activities) DeleteExpired(ctx context.Context, in DeleteExpiredInput) (DeleteExpiredOutput, error) {
	defer heartbeat(ctx, func() any { return nil })()
	job, err := a.cfg.Store.Job(ctx, in.JobID)
	if err != nil && wsc.CodeOf(err) != wsc.CodeNotFound {
		return DeleteExpiredOutput{}, err
	}
	if err == nil && job.ExpiresAt != nil {
		if wait := job.ExpiresAt.Sub(a.cfg.Now()); wait > 0 {
			return DeleteExpiredOutput{Wait: wait}, nil
		}
	}
	return DeleteExpiredOutput{}, a.deleteJob(ctx, in.JobID)
}
