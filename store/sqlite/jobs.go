package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const insertJobSQL = `
INSERT INTO jobs (id, owner, filename, status, phase, options, list, upload_path, export_paths, schedule_id,
                  idempotency_key, request_hash, created_at, updated_at, expires_at, claimed_urls, retry_of)
VALUES (?1, ?2, ?3, 'pending', 'validating', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14)`

const jobUseSQL = `
SELECT count(*) FILTER (WHERE status IN ('pending', 'processing', 'paused')), coalesce(sum(claimed_urls), 0), min(expires_at)
FROM jobs WHERE owner = ?`

const releaseKeySQL = `
UPDATE jobs SET idempotency_key = ''
WHERE owner = ? AND idempotency_key = ? AND idempotency_key <> '' AND created_at <= ?`

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
	if uploadID == "" {
		return wsc.UploadNotFound()
	}
	return s.createJob(ctx, job, quota, uploadID)
}

// createJob inserts a job and uses up an upload, if its id is not "".
func (s *Store) createJob(ctx context.Context, job *wsc.Job, quota wsc.JobQuota, uploadID string) error {
	if id, err := uuid.Parse(job.ID); err != nil || id.String() != job.ID {
		return fmt.Errorf("create job: %q is not a UUID", job.ID)
	}
	if id, err := uuid.Parse(job.RetryOf); job.RetryOf != "" && (err != nil || id.String() != job.RetryOf) {
		return fmt.Errorf("create job: %q, which it repeats, is not a UUID", job.RetryOf)
	}
	parts, err := storable.EncodeJob(job)
	if err != nil {
		return fmt.Errorf("create job: %w", err)
	}
	owner, key := storable.Text(job.Owner), storable.Text(job.IdempotencyKey)
	return s.write(ctx, "create job", func(tx *sql.Tx) error {
		if key != "" {
			if _, err := tx.ExecContext(ctx, releaseKeySQL, owner, key, stamp(job.CreatedAt.Add(-wsc.IdempotencyWindow))); err != nil {
				return err
			}
		}
		if err := checkQuota(ctx, tx, owner, job, quota); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, insertJobSQL, job.ID, owner, storable.Text(job.Filename),
			text(parts.Options), text(parts.List), storable.Text(job.UploadPath), text(parts.ExportPaths), storable.Text(job.ScheduleID),
			key, storable.Text(job.RequestHash), stamp(job.CreatedAt), optionalStamp(job.ExpiresAt), job.ClaimedURLs, job.RetryOf)
		if err != nil {
			return err
		}
		return useUpload(ctx, tx, uploadID, owner, job.CreatedAt)
	})
}

// checkQuota refuses a job that does not fit. There is one writer, so nobody else creates one meanwhile.
func checkQuota(ctx context.Context, tx *sql.Tx, owner string, job *wsc.Job, quota wsc.JobQuota) error {
	if quota == (wsc.JobQuota{}) {
		return nil
	}
	var use wsc.JobUse
	var expiry *int64
	if err := tx.QueryRowContext(ctx, jobUseSQL, owner).Scan(&use.ActiveJobs, &use.StoredURLs, &expiry); err != nil {
		return err
	}
	if expiry != nil {
		use.NextExpiry = fromStamp(*expiry)
	}
	return quota.Allow(use, job.ClaimedURLs, job.CreatedAt)
}

const selectJobSQL = `
SELECT id, owner, filename, status, phase, pass, next_retry_at,
       total_urls, processed_urls, active_count, inactive_count, error_count, invalid_count, duplicate_count, blank_count,
       options, list, upload_path, export_paths, schedule_id, idempotency_key, request_hash, claimed_urls, error_message,
       created_at, updated_at, started_at, finished_at, expires_at, retry_of, delete_at
FROM jobs `

func scanJob(r row) (wsc.Job, error) {
	var job wsc.Job
	var parts storable.JobJSON
	var created, updated int64
	var nextRetry, started, finished, expires, deletion *int64
	err := r.Scan(&job.ID, &job.Owner, &job.Filename, &job.Status, &job.Phase, &job.Pass, &nextRetry,
		&job.TotalURLs, &job.ProcessedURLs, &job.ActiveCount, &job.InactiveCount, &job.ErrorCount, &job.InvalidCount,
		&job.DuplicateCount, &job.BlankCount,
		&parts.Options, &parts.List, &job.UploadPath, &parts.ExportPaths, &job.ScheduleID, &job.IdempotencyKey,
		&job.RequestHash, &job.ClaimedURLs, &job.ErrorMessage,
		&created, &updated, &started, &finished, &expires, &job.RetryOf, &deletion)
	if err != nil {
		return job, err
	}
	job.CreatedAt, job.UpdatedAt = fromStamp(created), fromStamp(updated)
	job.NextRetryAt, job.StartedAt = fromOptionalStamp(nextRetry), fromOptionalStamp(started)
	job.FinishedAt, job.ExpiresAt, job.DeleteAt = fromOptionalStamp(finished), fromOptionalStamp(expires), fromOptionalStamp(deletion)
	err = parts.Decode(&job)
	return job, err
}

func (s *Store) oneJob(ctx context.Context, what, where string, arguments ...any) (*wsc.Job, error) {
	job, err := scanJob(s.readers.QueryRowContext(ctx, selectJobSQL+where, arguments...))
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	return &job, nil
}

// Job returns a job.
func (s *Store) Job(ctx context.Context, jobID string) (*wsc.Job, error) {
	return s.oneJob(ctx, "read job", `WHERE id = ?`, jobID)
}

// JobsByID returns those of the jobs that exist, each once and in any order.
func (s *Store) JobsByID(ctx context.Context, jobIDs []string) ([]wsc.Job, error) {
	ids, err := json.Marshal(jobIDs)
	if err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	query := selectJobSQL + `WHERE id IN (SELECT value FROM json_each(?))`
	return collect(ctx, s.readers, "read jobs", query, []any{string(ids)}, scanJob)
}

// JobByIdempotencyKey returns the job that was created with the key, or wsc.CodeNotFound.
func (s *Store) JobByIdempotencyKey(ctx context.Context, owner, key string) (*wsc.Job, error) {
	return s.oneJob(ctx, "read job by idempotency key", `WHERE owner = ? AND idempotency_key = ? AND idempotency_key <> ''`,
		storable.Text(owner), storable.Text(key))
}

// PendingJobs returns jobs that are still pending and were created before the given time, oldest first.
func (s *Store) PendingJobs(ctx context.Context, createdBefore time.Time, limit int) ([]wsc.Job, error) {
	query := selectJobSQL + `WHERE status = 'pending' AND created_at < ? ORDER BY created_at, id LIMIT ?`
	return collect(ctx, s.readers, "list pending jobs", query, []any{stamp(createdBefore), limit}, scanJob)
}

// ExpiredJobs returns jobs with a final status whose expiry is before the given time, the longest expired first.
func (s *Store) ExpiredJobs(ctx context.Context, expiredBefore time.Time, limit int) ([]wsc.Job, error) {
	query := selectJobSQL + `WHERE expires_at < ? ORDER BY expires_at, id LIMIT ?`
	return collect(ctx, s.readers, "list expired jobs", query, []any{stamp(expiredBefore), limit}, scanJob)
}

// CountJobs returns how many jobs have each status; statuses that no job has are left out.
func (s *Store) CountJobs(ctx context.Context) (map[wsc.JobStatus]int64, error) {
	type statusCount struct {
		status wsc.JobStatus
		count  int64
	}
	found, err := collect(ctx, s.readers, "count jobs", `SELECT status, count(*) FROM jobs GROUP BY status`, nil, func(r row) (c statusCount, err error) {
		err = r.Scan(&c.status, &c.count)
		return c, err
	})
	if err != nil {
		return nil, err
	}
	counts := map[wsc.JobStatus]int64{}
	for _, c := range found {
		counts[c.status] = c.count
	}
	return counts, nil
}

// changeJob runs an UPDATE whose condition may leave a job as it is; ?1 is the id.
func (s *Store) changeJob(ctx context.Context, what, jobID, statement string, arguments ...any) error {
	return s.write(ctx, what, func(tx *sql.Tx) error {
		if err := requireJob(ctx, tx, jobID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, statement, append([]any{jobID}, arguments...)...)
		return err
	})
}

// StartJob turns a pending job into a processing one and sets started_at, unless that is set. A job that was paused before
// it began stays paused. A job with a final status stays as it is.
func (s *Store) StartJob(ctx context.Context, jobID string, now time.Time) error {
	return s.changeJob(ctx, "start job", jobID, `
UPDATE jobs SET status = CASE status WHEN 'pending' THEN 'processing' ELSE status END, started_at = ?2, updated_at = ?2
WHERE id = ?1 AND started_at IS NULL AND status IN ('pending', 'processing', 'paused')`, stamp(now))
}

// PauseJob makes a pending or processing job paused. Any other status stays.
func (s *Store) PauseJob(ctx context.Context, jobID string) error {
	return s.changeJob(ctx, "pause job", jobID, `
UPDATE jobs SET status = 'paused', updated_at = ?2 WHERE id = ?1 AND status IN ('pending', 'processing')`, stamp(time.Now()))
}

// ResumeJob makes a paused job processing. Any other status stays.
func (s *Store) ResumeJob(ctx context.Context, jobID string) error {
	return s.changeJob(ctx, "resume job", jobID, `
UPDATE jobs SET status = 'processing', updated_at = ?2 WHERE id = ?1 AND status = 'paused'`, stamp(time.Now()))
}

// SetJobPhase sets phase, pass and next retry time. A job with a final status keeps its status; its phase can still
// become exporting or done.
func (s *Store) SetJobPhase(ctx context.Context, jobID string, phase wsc.JobPhase, pass int, nextRetryAt *time.Time) error {
	return s.changeJob(ctx, "set the phase of a job", jobID, `
UPDATE jobs SET phase = ?2, pass = ?3, next_retry_at = ?4, updated_at = ?5
WHERE id = ?1 AND (status NOT IN ('completed', 'failed', 'cancelled') OR ?2 IN ('exporting', 'done'))`,
		string(phase), pass, optionalStamp(nextRetryAt), stamp(time.Now()))
}

// SetJobTotals records what the parsed list says. Repeating it changes nothing.
func (s *Store) SetJobTotals(ctx context.Context, jobID string, totals wsc.JobTotals) error {
	list, err := storable.List(totals.List)
	if err != nil {
		return fmt.Errorf("set the totals of a job: %w", err)
	}
	return s.changeJob(ctx, "set the totals of a job", jobID, `
UPDATE jobs SET total_urls = ?2, duplicate_count = ?3, blank_count = ?4, list = ?5, updated_at = ?6
WHERE id = ?1 AND (total_urls, duplicate_count, blank_count, list) IS NOT (?2, ?3, ?4, ?5)`,
		totals.TotalURLs, totals.DuplicateCount, totals.BlankCount, text(list), stamp(time.Now()))
}

// FinishJob sets a final status. A job that already has one keeps it, and its times.
func (s *Store) FinishJob(ctx context.Context, jobID string, finish wsc.JobFinish) error {
	if !finish.Status.Terminal() {
		return fmt.Errorf("finish job: %q is not a final status", finish.Status)
	}
	return s.changeJob(ctx, "finish job", jobID, `
UPDATE jobs SET status = ?2, error_message = ?3, finished_at = ?4, expires_at = ?5, next_retry_at = NULL, updated_at = ?4
WHERE id = ?1 AND status NOT IN ('completed', 'failed', 'cancelled')`,
		string(finish.Status), storable.Text(finish.ErrorMessage), stamp(finish.FinishedAt), optionalStamp(&finish.ExpiresAt))
}

// SetJobExports records where the exports of the job are, by format.
func (s *Store) SetJobExports(ctx context.Context, jobID string, paths map[string]string) error {
	encoded, err := storable.ExportPaths(paths)
	if err != nil {
		return fmt.Errorf("set the exports of a job: %w", err)
	}
	return s.changeJob(ctx, "set the exports of a job", jobID,
		`UPDATE jobs SET export_paths = ?2, updated_at = ?3 WHERE id = ?1`, text(encoded), stamp(time.Now()))
}

// deleteStep is how many rows one transaction of a deletion removes.
const deleteStep = 2_000

// DeleteJob removes the job with everything that belongs to it. The job goes first, so that nobody sees it half
// empty and nothing is added to it; its rows follow in steps that are short transactions. When it is broken off,
// repeat it: a job that does not exist is no error.
func (s *Store) DeleteJob(ctx context.Context, jobID string) error {
	if _, err := s.writer.ExecContext(ctx, `DELETE FROM jobs WHERE id = ?`, jobID); err != nil {
		return failure(ctx, "delete job", err)
	}
	for _, table := range []string{"deferred_checks", "url_check_results"} {
		statement := `DELETE FROM ` + table + ` WHERE job_id = ?1 AND seq <=
			(SELECT max(seq) FROM (SELECT seq FROM ` + table + ` WHERE job_id = ?1 ORDER BY seq LIMIT ?2))`
		for {
			deleted, err := s.deleteSome(ctx, statement, jobID)
			if err != nil {
				return failure(ctx, "delete from "+table, err)
			}
			if deleted < deleteStep {
				break
			}
		}
	}
	return nil
}

func (s *Store) deleteSome(ctx context.Context, statement, jobID string) (int64, error) {
	result, err := s.writer.ExecContext(ctx, statement, jobID, deleteStep)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
