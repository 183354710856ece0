package jobs

import (
	"context"
	"fmt"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// The bounds of how long a job is kept from the moment on in which that is decided.
const (
	minKeep = time.Minute
	maxKeep = 365 * 24 * time.Hour
)

// Change changes a job as the change says and returns it as it is then.
//
// Errors: wsc.CodeNotFound; wsc.CodeInvalidRequest for an expiry that is not between one minute and one year from now;
// wsc.CodeConflict when the job has not ended, so that its expiry is not known yet, or has expired; and
// wsc.CodeStorageUnavailable.
func (s *Service) Change(ctx context.Context, id string, change wsc.JobChange) (*wsc.Job, error) {
	job, err := s.store.Job(ctx, id)
	if err != nil || change.ExpiresAt == nil {
		return job, err
	}
	now := s.now()
	at := change.ExpiresAt.UTC().Truncate(time.Microsecond)
	if keep := change.ExpiresAt.Sub(now); keep < minKeep || keep > maxKeep {
		return nil, wsc.Errorf(wsc.CodeInvalidRequest, "expires_at must be between one minute and one year from now, %s.", now.UTC().Format(time.RFC3339)).
			At(wsc.Place{Field: "expires_at"})
	}
	if !job.Status.Terminal() {
		return nil, wsc.Errorf(wsc.CodeConflict, "The job is still %s. How long it is kept can be changed when it has ended.", job.Status)
	}
	err = s.store.SetJobExpiry(ctx, id, at, now)
	if wsc.CodeOf(err) == wsc.CodeConflict {
		return nil, wsc.Errorf(wsc.CodeConflict, "The job has expired and is being deleted.")
	}
	if err != nil {
		return nil, fmt.Errorf("change job: %w", err)
	}
	return s.store.Job(ctx, id)
}

// DeleteIn asks for a job to be deleted after a time and returns it. Until then it goes on and can be looked at, and
// Restore takes the deletion back; then Reconcile deletes it. Asking again moves the time.
//
// Errors: wsc.CodeNotFound, wsc.CodeConflict when the job is being deleted, wsc.CodeStorageUnavailable.
func (s *Service) DeleteIn(ctx context.Context, id string, undo time.Duration) (*wsc.Job, error) {
	at := s.now().Add(undo).UTC().Truncate(time.Microsecond)
	return s.setDeletion(ctx, id, &at)
}

// Restore takes back a deletion that was asked for and returns the job. It is no error if none was.
//
// Errors: wsc.CodeNotFound, wsc.CodeConflict when the job is being deleted, wsc.CodeStorageUnavailable.
func (s *Service) Restore(ctx context.Context, id string) (*wsc.Job, error) {
	job, err := s.store.Job(ctx, id)
	if err != nil || job.DeleteAt == nil {
		return job, err
	}
	return s.setDeletion(ctx, id, nil)
}

func (s *Service) setDeletion(ctx context.Context, id string, at *time.Time) (*wsc.Job, error) {
	err := s.store.SetJobDeletion(ctx, id, at, s.now())
	if wsc.CodeOf(err) == wsc.CodeConflict {
		return nil, wsc.Errorf(wsc.CodeConflict, "It is too late: the job is being deleted.")
	}
	if err != nil {
		return nil, fmt.Errorf("change the deletion of a job: %w", err)
	}
	return s.store.Job(ctx, id)
}
