package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const insertJobSQL = `
INSERT INTO jobs (id, owner, filename, status, phase, options, list, upload_path, export_paths, schedule_id,
                  idempotency_key, request_hash, created_at, updated_at, expires_at, claimed_urls, retry_of)
VALUES ($1, $2, $3, 'pending', 'validating', $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14)`

// lockOwnerSQL makes those who create jobs of one owner take turns.
const lockOwnerSQL = `SELECT pg_advisory_xact_lock(hashtextextended('jobs of ' || $1, 0))`

const jobUseSQL = `
SELECT count(*) FILTER (WHERE status IN ('pending', 'processing', 'paused')), coalesce(sum(claimed_urls), 0)::bigint, min(expires_at)
FROM jobs WHERE owner = $1`

const releaseKeySQL = `
UPDATE jobs SET idempotency_key = ''
WHERE owner = $1 AND idempotency_key = $2 AND idempotency_key <> '' AND created_at <= $3`

// CreateJob inserts a pending job. Counters, phase and times of the work are those of a job that did not begin.
// A second job with the same id, or with the same owner and non-empty idempotency key, is refused with
// wsc.CodeConflict; a job that is older by wsc.IdempotencyWindow loses its key to the new one instead. A job that does not
// fit the quota of its owner is refused with wsc.CodeQuotaExceeded; those of one owner take turns, so that none slips
// through.
func (s *Store) CreateJob(ctx context.Context, job *wsc.Job, quota wsc.JobQuota) error {
	return s.createJob(ctx, job, quota, "")
}

// CreateJobFromUpload is CreateJob for a list that waits as an upload of the job's owner; the upload's row goes in the
// same transaction. If there is no such upload when the job is created, the error has wsc.CodeNotFound and there is no job.
func (s *Store) CreateJobFromUpload(ctx context.Context, job *wsc.Job, quota wsc.JobQuota, uploadID string) error {
	if _, err := parseID(uploadID); err != nil {
		return wsc.UploadNotFound()
	}
	return s.createJob(ctx, job, quota, uploadID)
}

// createJob inserts a job and uses up an upload, if its id is not "".
func (s *Store) createJob(ctx context.Context, job *wsc.Job, quota wsc.JobQuota, uploadID string) error {
	id, err := parseID(job.ID)
	if err != nil {
		return fmt.Errorf("create job: %q is not a UUID", job.ID)
	}
	retryOf, err := optionalID(job.RetryOf)
	if err != nil {
		return fmt.Errorf("create job: %q, which it repeats, is not a UUID", job.RetryOf)
	}
	parts, err := storable.EncodeJob(job)
	if err != nil {
		return fmt.Errorf("create job: %w", err)
	}
	owner, key := storable.Text(job.Owner), storable.Text(job.IdempotencyKey)
	insert := []any{
		id, owner, storable.Text(job.Filename),
		parts.Options, parts.List, storable.Text(job.UploadPath), parts.ExportPaths, storable.Text(job.ScheduleID),
		key, storable.Text(job.RequestHash), job.CreatedAt, job.ExpiresAt, job.ClaimedURLs, retryOf,
	}
	if key == "" && quota == (wsc.JobQuota{}) && uploadID == "" {
		_, err = s.pool.Exec(ctx, insertJobSQL, insert...)
		return failure(ctx, "create job", err)
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if key != "" {
			if _, err := tx.Exec(ctx, releaseKeySQL, owner, key, job.CreatedAt.Add(-wsc.IdempotencyWindow)); err != nil {
				return err
			}
		}
		if err := checkQuota(ctx, tx, owner, job, quota); err != nil {
			return err
		}
		// The job comes first, so that of two submissions with the same key the later one meets the earlier one's job.
		if _, err := tx.Exec(ctx, insertJobSQL, insert...); err != nil {
			return err
		}
		return useUpload(ctx, tx, uploadID, owner, job.CreatedAt)
	})
	return failure(ctx, "create job", err)
}

// checkQuota refuses a job that does not fit. Until the end of the transaction nobody else creates one for its owner.
func checkQuota(ctx context.Context, tx pgx.Tx, owner string, job *wsc.Job, quota wsc.JobQuota) error {
	if quota == (wsc.JobQuota{}) {
		return nil
	}
	if _, err := tx.Exec(ctx, lockOwnerSQL, owner); err != nil {
		return err
	}
	var use wsc.JobUse
	var expiry *time.Time
	if err := tx.QueryRow(ctx, jobUseSQL, owner).Scan(&use.ActiveJobs, &use.StoredURLs, &expiry); err != nil {
		return err
	}
	if expiry != nil {
		use.NextExpiry = *expiry
	}
	return quota.Allow(use, job.ClaimedURLs, job.CreatedAt)
}

const selectJobSQL = `
SELECT id::text, owner, filename, status, phase, pass, next_retry_at,
       total_urls, processed_urls, active_count, inactive_count, error_count, invalid_count, duplicate_count, blank_count,
       options, list, upload_path, export_paths, schedule_id, idempotency_key, request_hash, claimed_urls, error_message,
       created_at, updated_at, started_at, finished_at, expires_at, coalesce(retry_of::text, ''), delete_at
FROM jobs `

func scanJob(row pgx.CollectableRow) (wsc.Job, error) {
	var job wsc.Job
	var parts storable.JobJSON
	err := row.Scan(&job.ID, &job.Owner, &job.Filename, &job.Status, &job.Phase, &job.Pass, &job.NextRetryAt,
		&job.TotalURLs, &job.ProcessedURLs, &job.ActiveCount, &job.InactiveCount, &job.ErrorCount, &job.InvalidCount,
		&job.DuplicateCount, &job.BlankCount,
		&parts.Options, &parts.List, &job.UploadPath, &parts.ExportPaths, &job.ScheduleID, &job.IdempotencyKey,
		&job.RequestHash, &job.ClaimedURLs, &job.ErrorMessage,
		&job.CreatedAt, &job.UpdatedAt, &job.StartedAt, &job.FinishedAt, &job.ExpiresAt,
		&job.RetryOf, &job.DeleteAt)
	if err != nil {
		return job, err
	}
	job.CreatedAt, job.UpdatedAt = job.CreatedAt.UTC(), job.UpdatedAt.UTC()
	for _, t := range []*time.Time{job.NextRetryAt, job.StartedAt, job.FinishedAt, job.ExpiresAt, job.DeleteAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	err = parts.Decode(&job)
	return job, err
}

func (s *Store) oneJob(ctx context.Context, what, where string, arguments ...any) (*wsc.Job, error) {
	rows, err := s.pool.Query(ctx, selectJobSQL+where, arguments...)
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	job, err := pgx.CollectExactlyOneRow(rows, scanJob)
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	return &job, nil
}

// Job returns a job.
func (s *Store) Job(ctx context.Context, jobID string) (*wsc.Job, error) {
	id, err := parseID(jobID)
	if err != nil {
		return nil, err
	}
	return s.oneJob(ctx, "read job", `WHERE id = $1`, id)
}

// JobsByID returns those of the jobs that exist, each once and in any order.
func (s *Store) JobsByID(ctx context.Context, jobIDs []string) ([]wsc.Job, error) {
	ids := make([][16]byte, 0, len(jobIDs))
	for _, jobID := range jobIDs {
		if id, err := parseID(jobID); err == nil { // what is not an id names no job
			ids = append(ids, id)
		}
	}
	return collect(ctx, s, "read jobs", selectJobSQL+`WHERE id = ANY($1)`, []any{ids}, scanJob)
}

// JobByIdempotencyKey returns the job that was created with the key, or wsc.CodeNotFound.
func (s *Store) JobByIdempotencyKey(ctx context.Context, owner, key string) (*wsc.Job, error) {
	return s.oneJob(ctx, "read job by idempotency key", `WHERE owner = $1 AND idempotency_key = $2 AND idempotency_key <> ''`,
		storable.Text(owner), storable.Text(key))
}

// PendingJobs returns jobs that are still pending and were created before the given time, oldest first.
func (s *Store) PendingJobs(ctx context.Context, createdBefore time.Time, limit int) ([]wsc.Job, error) {
	query := selectJobSQL + `WHERE status = 'pending' AND created_at < $1 ORDER BY created_at, id LIMIT $2`
	return collect(ctx, s, "list pending jobs", query, []any{createdBefore, limit}, scanJob)
}

// ExpiredJobs returns jobs with a final status whose expiry is before the given time, the longest expired first.
func (s *Store) ExpiredJobs(ctx context.Context, expiredBefore time.Time, limit int) ([]wsc.Job, error) {
	query := selectJobSQL + `WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2`
	return collect(ctx, s, "list expired jobs", query, []any{expiredBefore, limit}, scanJob)
}

// CountJobs returns how many jobs have each status; statuses that no job has are left out.
func (s *Store) CountJobs(ctx context.Context) (map[wsc.JobStatus]int64, error) {
	const what = "count jobs"
	rows, err := s.pool.Query(ctx, `SELECT status, count(*) FROM jobs GROUP BY status`)
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	counts := map[wsc.JobStatus]int64{}
	var status wsc.JobStatus
	var count int64
	_, err = pgx.ForEachRow(rows, []any{&status, &count}, func() error {
		counts[status] = count
		return nil
	})
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	return counts, nil
}

// changeJob runs an UPDATE whose condition may leave a job as it is; $1 is the id.
func (s *Store) changeJob(ctx context.Context, what, jobID, statement string, arguments ...any) error {
	id, err := parseID(jobID)
	if err != nil {
		return err
	}
	tag, err := s.pool.Exec(ctx, statement, append([]any{id}, arguments...)...)
	if err != nil {
		return failure(ctx, what, err)
	}
	if tag.RowsAffected() == 0 {
		return s.requireJob(ctx, jobID)
	}
	return nil
}

// StartJob turns a pending job into a processing one and sets started_at, unless that is set. A job that was paused before
// it began stays paused. A job with a final status stays as it is.
func (s *Store) StartJob(ctx context.Context, jobID string, now time.Time) error {
	return s.changeJob(ctx, "start job", jobID, `
UPDATE jobs SET status = CASE status WHEN 'pending' THEN 'processing' ELSE status END, started_at = $2, updated_at = $2
WHERE id = $1 AND started_at IS NULL AND status IN ('pending', 'processing', 'paused')`, now)
}

// PauseJob makes a pending or processing job paused. Any other status stays.
func (s *Store) PauseJob(ctx context.Context, jobID string) error {
	return s.changeJob(ctx, "pause job", jobID, `
UPDATE jobs SET status = 'paused', updated_at = now() WHERE id = $1 AND status IN ('pending', 'processing')`)
}

// ResumeJob makes a paused job processing. Any other status stays.
func (s *Store) ResumeJob(ctx context.Context, jobID string) error {
	return s.changeJob(ctx, "resume job", jobID, `
UPDATE jobs SET status = 'processing', updated_at = now() WHERE id = $1 AND status = 'paused'`)
}

// SetJobPhase sets phase, pass and next retry time. A job with a final status keeps its status; its phase can still
// become exporting or done.
func (s *Store) SetJobPhase(ctx context.Context, jobID string, phase wsc.JobPhase, pass int, nextRetryAt *time.Time) error {
	return s.changeJob(ctx, "set the phase of a job", jobID, `
UPDATE jobs SET phase = $2, pass = $3, next_retry_at = $4, updated_at = now()
WHERE id = $1 AND (status NOT IN ('completed', 'failed', 'cancelled') OR $2 IN ('exporting', 'done'))`, phase, pass, nextRetryAt)
}

// SetJobTotals records what the parsed list says. Repeating it changes nothing.
func (s *Store) SetJobTotals(ctx context.Context, jobID string, totals wsc.JobTotals) error {
	list, err := storable.List(totals.List)
	if err != nil {
		return fmt.Errorf("set the totals of a job: %w", err)
	}
	return s.changeJob(ctx, "set the totals of a job", jobID, `
UPDATE jobs SET total_urls = $2, duplicate_count = $3, blank_count = $4, list = $5, updated_at = now()
WHERE id = $1 AND (total_urls, duplicate_count, blank_count, list::text) IS DISTINCT FROM ($2, $3, $4, $5::json::text)`,
		totals.TotalURLs, totals.DuplicateCount, totals.BlankCount, list)
}

// FinishJob sets a final status. A job that already has one keeps it, and its times.
func (s *Store) FinishJob(ctx context.Context, jobID string, finish wsc.JobFinish) error {
	if !finish.Status.Terminal() {
		return fmt.Errorf("finish job: %q is not a final status", finish.Status)
	}
	return s.changeJob(ctx, "finish job", jobID, `
UPDATE jobs SET status = $2, error_message = $3, finished_at = $4, expires_at = $5, next_retry_at = NULL, updated_at = $4
WHERE id = $1 AND status NOT IN ('completed', 'failed', 'cancelled')`,
		finish.Status, storable.Text(finish.ErrorMessage), finish.FinishedAt, optionalTime(finish.ExpiresAt))
}

// SetJobExports records where the exports of the job are, by format.
func (s *Store) SetJobExports(ctx context.Context, jobID string, paths map[string]string) error {
	encoded, err := storable.ExportPaths(paths)
	if err != nil {
		return fmt.Errorf("set the exports of a job: %w", err)
	}
	return s.changeJob(ctx, "set the exports of a job", jobID,
		`UPDATE jobs SET export_paths = $2, updated_at = now() WHERE id = $1`, encoded)
}

// deleteStep is the stretch of seqs that one transaction of a deletion removes.
const deleteStep = 5_000

// DeleteJob removes the job with everything that belongs to it. The job goes first, so that nobody sees it half
// empty and nothing is added to it; its rows follow in steps that are short transactions. When it is broken off,
// repeat it: a job that does not exist is no error.
func (s *Store) DeleteJob(ctx context.Context, jobID string) error {
	id, err := parseID(jobID)
	if err != nil {
		return nil //nolint:nilerr // what is not an id names no job, and to delete no job succeeds
	}
	if _, err := s.pool.Exec(ctx, `DELETE FROM jobs WHERE id = $1`, id); err != nil {
		return failure(ctx, "delete job", err)
	}
	for _, table := range []string{deferredTable, textsTable, resultsTable} {
		if err := s.deleteRows(ctx, table, jobID); err != nil {
			return err
		}
	}
	return nil
}

// deleteRows removes the job's rows from the table, from the lowest seq to the highest.
func (s *Store) deleteRows(ctx context.Context, table, jobID string) error {
	last := int64(-1)
	for {
		first, found, err := s.seqAfter(ctx, table, jobID, last)
		if err != nil || !found {
			return err
		}
		last = first + deleteStep - 1
		statement := `DELETE FROM ` + table + ` WHERE job_id = $1::uuid AND seq BETWEEN $2 AND $3`
		if _, err := s.pool.Exec(ctx, statement, jobID, first, last); err != nil {
			return failure(ctx, "delete from "+table, err)
		}
	}
}
