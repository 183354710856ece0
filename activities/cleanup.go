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

// DeleteJob deletes everything of a job: its upload, plans and exports, its results and the job itself.
func (a *Activities) DeleteJob(ctx context.Context, in DeleteJobInput) error {
	defer heartbeat(ctx, func() any { return nil })()
	if err := blobfolder.Delete(ctx, a.cfg.Blobs, wsc.JobFolder(in.JobID)); err != nil {
		return err
	}
	return a.cfg.Store.DeleteJob(ctx, in.JobID)
}
