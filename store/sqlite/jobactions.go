package sqlite

import (
	"context"
	"database/sql"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// SetJobExpiry moves the expiry of a job that has a final status and has not expired by now. Any other is refused with
// wsc.CodeConflict.
func (s *Store) SetJobExpiry(ctx context.Context, jobID string, expiresAt, now time.Time) error {
	return s.changeJobOrRefuse(ctx, "set the expiry of a job", jobID, `
UPDATE jobs SET expires_at = ?2, updated_at = ?3
WHERE id = ?1 AND status IN ('completed', 'failed', 'cancelled') AND (expires_at IS NULL OR expires_at > ?3)`, stamp(expiresAt), stamp(now))
}

// SetJobDeletion sets when the job is to be deleted, or takes that back if the time is nil. Once the time has come the
// job is refused with wsc.CodeConflict.
func (s *Store) SetJobDeletion(ctx context.Context, jobID string, deleteAt *time.Time, now time.Time) error {
	return s.changeJobOrRefuse(ctx, "set the deletion of a job", jobID, `
UPDATE jobs SET delete_at = ?2, updated_at = ?3
WHERE id = ?1 AND (delete_at IS NULL OR delete_at > ?3)`, optionalStamp(deleteAt), stamp(now))
}

// JobsToDelete returns jobs whose deletion was due before the given time, the longest due first.
func (s *Store) JobsToDelete(ctx context.Context, dueBefore time.Time, limit int) ([]wsc.Job, error) {
	query := selectJobSQL + `WHERE delete_at < ? ORDER BY delete_at, id LIMIT ?`
	return collect(ctx, s.readers, "list jobs to delete", query, []any{stamp(dueBefore), limit}, scanJob)
}

// changeJobOrRefuse runs an UPDATE whose condition says which jobs may be changed; ?1 is the id.
func (s *Store) changeJobOrRefuse(ctx context.Context, what, jobID, statement string, arguments ...any) error {
	return s.write(ctx, what, func(tx *sql.Tx) error {
		if err := requireJob(ctx, tx, jobID); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, statement, append([]any{jobID}, arguments...)...)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		if err == nil && changed == 0 {
			return wsc.Errorf(wsc.CodeConflict, "The job's state does not allow this.")
		}
		return err
	})
}
