package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	wsc "github.com/website-status-checker/wsc"
)

// SetJobExpiry moves the expiry of a job that has a final status and has not expired by now. Any other is refused with
// wsc.CodeConflict.
func (s *Store) SetJobExpiry(ctx context.Context, jobID string, expiresAt, now time.Time) error {
	return s.changeJobOrRefuse(ctx, "set the expiry of a job", jobID, `
UPDATE jobs SET expires_at = $2, updated_at = $3
WHERE id = $1 AND status IN ('completed', 'failed', 'cancelled') AND (expires_at IS NULL OR expires_at > $3)`, expiresAt, now)
}

// SetJobDeletion sets when the job is to be deleted, or takes that back if the time is nil. Once the time has come the
// job is refused with wsc.CodeConflict.
func (s *Store) SetJobDeletion(ctx context.Context, jobID string, deleteAt *time.Time, now time.Time) error {
	return s.changeJobOrRefuse(ctx, "set the deletion of a job", jobID, `
UPDATE jobs SET delete_at = $2, updated_at = $3
WHERE id = $1 AND (delete_at IS NULL OR delete_at > $3)`, deleteAt, now)
}

// JobsToDelete returns jobs whose deletion was due before the given time, the longest due first.
func (s *Store) JobsToDelete(ctx context.Context, dueBefore time.Time, limit int) ([]wsc.Job, error) {
	query := selectJobSQL + `WHERE delete_at < $1 ORDER BY delete_at, id LIMIT $2`
	return collect(ctx, s, "list jobs to delete", query, []any{dueBefore, limit}, scanJob)
}

// changeJobOrRefuse runs an UPDATE whose condition says which jobs may be changed; $1 is the id.
func (s *Store) changeJobOrRefuse(ctx context.Context, what, jobID, statement string, arguments ...any) error {
	id, err := parseID(jobID)
	if err != nil {
		return err
	}
	tag, err := s.pool.Exec(ctx, statement, append([]any{id}, arguments...)...)
	if err != nil {
		return failure(ctx, what, err)
	}
	if tag.RowsAffected() > 0 {
		return nil
	}
	if err := s.requireJob(ctx, jobID); err != nil {
		return err
	}
	return wsc.Errorf(wsc.CodeConflict, "The job's state does not allow this.")
}

// optionalID is nil for no id.
func optionalID(text string) (*uuid.UUID, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	id, err := uuid.Parse(text)
	return &id, err
}
