package jobs

import (
	"context"
	"fmt"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// effectTimeout is how long Pause and Resume wait for the job's row to show their effect. Without a worker it does not.
	effectTimeout = 2 * time.Second
	// effectInterval is how often they look.
	effectInterval = 50 * time.Millisecond
)

// Pause asks a job to begin no further checks until Resume. It returns the job as it then is: paused, or as before while
// no worker carries the request out, which is kept until one does. Pausing a paused job is no error.
//
// Errors: wsc.CodeNotFound, wsc.CodeJobFinished when the job has a final status, wsc.CodeConflict when it has none and no
// workflow either, wsc.CodeTemporalUnavailable, wsc.CodeStorageUnavailable.
func (s *Service) Pause(ctx context.Context, id string) (*wsc.Job, error) {
	job, err := s.ask(ctx, id, s.workflows.Pause)
	if err != nil {
		return nil, fmt.Errorf("pause job: %w", err)
	}
	job, err = s.awaitEffect(ctx, job, func(status wsc.JobStatus) bool { return status == wsc.JobPaused })
	if err != nil {
		return nil, fmt.Errorf("pause job: %w", err)
	}
	if job.Status.Terminal() {
		return nil, finishedError(job) // it was faster
	}
	return job, nil
}

// Resume lets a paused job go on. It returns the job as it then is, see Pause. Resuming a job that runs is no error.
//
// Errors: those of Pause.
func (s *Service) Resume(ctx context.Context, id string) (*wsc.Job, error) {
	job, err := s.ask(ctx, id, s.workflows.Resume)
	if err == nil {
		job, err = s.awaitEffect(ctx, job, func(status wsc.JobStatus) bool { return status != wsc.JobPaused })
	}
	if err != nil {
		return nil, fmt.Errorf("resume job: %w", err)
	}
	return job, nil
}

func finishedError(job *wsc.Job) error {
	return wsc.Errorf(wsc.CodeJobFinished, "The job is already %s.", job.Status)
}

// ask sends a request to the workflow of a job. A pending job whose workflow was not started yet gets it now.
func (s *Service) ask(ctx context.Context, id string, send func(context.Context, string) error) (*wsc.Job, error) {
	job, err := s.store.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	if job.Status.Terminal() {
		return nil, finishedError(job)
	}
	engineCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	err = send(engineCtx, id)
	if wsc.CodeOf(err) == wsc.CodeNotFound && job.Status == wsc.JobPending {
		if err = s.workflows.Start(engineCtx, job); err == nil {
			err = send(engineCtx, id)
		}
	}
	switch {
	case err == nil:
		return job, nil
	case wsc.CodeOf(err) == wsc.CodeNotFound:
		return nil, s.noWorkflow(ctx, id)
	}
	return nil, temporalError("signal workflow", err)
}

// noWorkflow says why a job has no workflow that could be asked.
func (s *Service) noWorkflow(ctx context.Context, id string) error {
	job, err := s.store.Job(ctx, id)
	if err != nil {
		return err
	}
	if job.Status.Terminal() {
		return finishedError(job)
	}
	return wsc.Errorf(wsc.CodeConflict, "The job's workflow was ended from outside. Cancel the job and submit its list again.")
}

// awaitEffect waits a while for a request to show in the job's status, or for the job's end, and returns the job as it is
// then.
func (s *Service) awaitEffect(ctx context.Context, job *wsc.Job, shows func(wsc.JobStatus) bool) (*wsc.Job, error) {
	deadline := time.NewTimer(effectTimeout)
	defer deadline.Stop()
	ticker := time.NewTicker(effectInterval)
	defer ticker.Stop()
	for !shows(job.Status) && !job.Status.Terminal() {
		select {
		case <-deadline.C:
			return job, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
		var err error
		if job, err = s.store.Job(ctx, job.ID); err != nil {
			return nil, err
		}
	}
	return job, nil
}
