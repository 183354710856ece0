package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	wsc "github.com/website-status-checker/wsc"
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
	blobs := a.cfg.Blobs.List(&blob.ListOptions{Prefix: wsc.JobFolder(in.JobID)})
	for {
		object, err := blobs.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("list blobs of job: %w", err)
		}
		if err := a.cfg.Blobs.Delete(ctx, object.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fmt.Errorf("delete blob of job: %w", err)
		}
	}
	return a.cfg.Store.DeleteJob(ctx, in.JobID)
}
