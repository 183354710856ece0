package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// reconcileAfter is the age at which a pending job is taken for one whose start failed.
	reconcileAfter = 10 * time.Second
	// restartAfter is how long a start that succeeded is not repeated for a job that is still pending:
	// it waits for a worker.
	restartAfter = 10 * time.Minute
	// giveUpAfter is the age at which a job that can't be started fails.
	giveUpAfter = 24 * time.Hour
	// deleteAfter is how long after its expiry a job is left to its own clean-up workflow.
	deleteAfter = 10 * time.Minute
	// deleteLimit is the most jobs deleted in one pass.
	deleteLimit = 20
	// expiredUploadsLimit is the most uploads deleted in one pass.
	expiredUploadsLimit = 100
	// idleHosts is how long a host's place in time is kept after its last request. By then it is no longer slowed down.
	idleHosts = time.Hour
	// forgetInterval is how often hosts are looked for that nobody asks any more.
	forgetInterval = 15 * time.Minute
	// reconcileLimit is the most jobs looked at in one pass.
	reconcileLimit = 10_000
)

// reconciler remembers which pending jobs were started lately.
type reconciler struct {
	mu      sync.Mutex
	started map[string]time.Time
	// forgot is when idle hosts were forgotten last.
	forgot time.Time
	// swept is when orphaned blobs were looked for last.
	swept                time.Time
	jobsSweep, waitSweep sweep
}

// Reconcile starts the workflows of jobs that are still pending although they were accepted more than 10 seconds ago,
// fails those that could not be started within 24 hours, and deletes jobs that are still there long after their expiry.
// It deletes uploads that were not submitted in time. Now and then it also forgets the hosts that nobody asks any more, and
// deletes files of jobs and uploads that do not exist.
// It may run in several processes at once.
// The error joins what went wrong; every job was tried.
func (s *Service) Reconcile(ctx context.Context) error {
	s.reconciler.mu.Lock()
	defer s.reconciler.mu.Unlock()
	now := s.now()
	pending, err := s.store.PendingJobs(ctx, now.Add(-reconcileAfter), reconcileLimit)
	if err != nil {
		return fmt.Errorf("reconcile: list pending jobs: %w", err)
	}
	started := make(map[string]time.Time, len(pending))
	var errs []error
	for i := range pending {
		job := &pending[i]
		last, known := s.reconciler.started[job.ID]
		if !known || now.Sub(last) >= restartAfter {
			if err := s.startPending(ctx, job, now); err != nil {
				errs = append(errs, fmt.Errorf("job %s: %w", job.ID, err))
				if ctx.Err() != nil {
					break
				}
				continue
			}
			last = now
		}
		started[job.ID] = last
	}
	s.reconciler.started = started
	errs = append(errs, s.deleteExpired(ctx, now), s.deleteExpiredUploads(ctx, now))
	if now.Sub(s.reconciler.forgot) >= forgetInterval {
		s.reconciler.forgot = now
		errs = append(errs, s.store.ForgetIdleHosts(ctx, idleHosts))
	}
	if now.Sub(s.reconciler.swept) >= sweepInterval {
		s.reconciler.swept = now
		errs = append(errs, s.sweepOrphans(ctx, now))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	return nil
}

// deleteExpired deletes jobs whose clean-up workflow did not: because they ended without a workflow, or it was terminated.
func (s *Service) deleteExpired(ctx context.Context, now time.Time) error {
	expired, err := s.store.ExpiredJobs(ctx, now.Add(-deleteAfter), deleteLimit)
	if err != nil {
		return fmt.Errorf("list expired jobs: %w", err)
	}
	var errs []error
	for i := range expired {
		if err := s.Delete(ctx, expired[i].ID); err != nil && wsc.CodeOf(err) != wsc.CodeNotFound {
			errs = append(errs, fmt.Errorf("delete expired job %s: %w", expired[i].ID, err))
			continue
		}
		s.logger.InfoContext(ctx, "deleted an expired job that had no clean-up", slog.String("job_id", expired[i].ID))
	}
	return errors.Join(errs...)
}

func (s *Service) startPending(ctx context.Context, job *wsc.Job, now time.Time) error {
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err := s.workflows.Start(startCtx, job)
	if err == nil {
		s.logger.InfoContext(ctx, "started the workflow of a pending job", slog.String("job_id", job.ID), slog.Duration("age", now.Sub(job.CreatedAt)))
		return nil
	}
	if now.Sub(job.CreatedAt) < giveUpAfter {
		return err
	}
	const message = "The job could not be started within 24 hours. Upload the list again."
	return errors.Join(err, s.finish(ctx, job, wsc.JobFailed, message))
}

// Run reconciles at once and then at every interval until the context ends. Failures are logged; the next pass
// tries again.
func (s *Service) Run(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := s.Reconcile(ctx); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "not every job could be reconciled", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
