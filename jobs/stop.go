package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/blobfolder"
)

// deleteTimeout bounds the deletion of one job; a million results take a while.
const deleteTimeout = 5 * time.Minute

// Cancel asks a job to end early; its results so far stay. It returns the job as it then is: usually not yet
// cancelled, since the workflow finishes what it has begun.
//
// Errors: wsc.CodeNotFound, wsc.CodeJobFinished when the job has a final status, wsc.CodeTemporalUnavailable,
// wsc.CodeStorageUnavailable.
func (s *Service) Cancel(ctx context.Context, id string) (*wsc.Job, error) {
	job, err := s.store.Job(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("cancel job: %w", err)
	}
	if job.Status.Terminal() {
		return nil, finishedError(job)
	}
	ctx = context.WithoutCancel(ctx)
	engineCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err = s.workflows.Cancel(engineCtx, id)
	if err != nil && wsc.CodeOf(err) != wsc.CodeNotFound {
		return nil, temporalError("cancel workflow", err)
	}
	if err != nil {
		// Nothing runs that could finish the job: its workflow was never started, or was terminated by hand.
		if err := s.finish(ctx, job, wsc.JobCancelled, ""); err != nil {
			return nil, fmt.Errorf("cancel job: %w", err)
		}
	}
	rowCtx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	job, err = s.store.Job(rowCtx, id)
	if err != nil {
		return nil, fmt.Errorf("cancel job: %w", err)
	}
	return job, nil
}

// Delete stops a job and removes everything that belongs to it. The row goes last, so that a deletion that failed
// half-way can be repeated.
//
// Errors: wsc.CodeNotFound, wsc.CodeTemporalUnavailable, wsc.CodeStorageUnavailable.
func (s *Service) Delete(ctx context.Context, id string) error {
	if _, err := s.store.Job(ctx, id); err != nil {
		return fmt.Errorf("delete job: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deleteTimeout)
	defer cancel()
	engineCtx, cancelEngine := context.WithTimeout(ctx, startTimeout)
	defer cancelEngine()
	if err := s.workflows.Terminate(engineCtx, id, "deleted"); err != nil {
		return temporalError("terminate workflow", err)
	}
	if err := blobfolder.Delete(ctx, s.blobs, wsc.JobFolder(id)); err != nil {
		return blobError("delete blobs of job", err)
	}
	if err := s.store.DeleteJob(ctx, id); err != nil {
		return fmt.Errorf("delete job: %w", err)
	}
	return nil
}

// finish gives a job a final status in place of the workflow that it does not have.
func (s *Service) finish(ctx context.Context, job *wsc.Job, status wsc.JobStatus, message string) error {
	retention := s.defaults.Retention
	if opts, err := job.Options.Resolve(s.defaults); err == nil { // else the default holds
		retention = opts.Retention
	}
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	now := s.now()
	finish := wsc.JobFinish{Status: status, ErrorMessage: message, FinishedAt: now, ExpiresAt: now.Add(retention)}
	if err := s.store.FinishJob(ctx, job.ID, finish); err != nil {
		return err
	}
	if err := s.store.SetJobPhase(ctx, job.ID, wsc.PhaseDone, job.Pass, nil); err != nil {
		// The status is what counts; the phase is only shown.
		s.logger.WarnContext(ctx, "could not set the phase of a finished job", slog.String("job_id", job.ID), slog.Any("error", err))
	}
	return nil
}

func temporalError(action string, err error) *wsc.Error {
	return wsc.Errorf(wsc.CodeTemporalUnavailable, "The workflow engine does not answer; try again in a minute.").
		Because(fmt.Errorf("%s: %w", action, err))
}

func blobError(action string, err error) *wsc.Error {
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The file store does not answer; try again in a minute.").
		Because(fmt.Errorf("%s: %w", action, err))
}
