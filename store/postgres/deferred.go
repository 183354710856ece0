package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const deferSQL = `
INSERT INTO deferred_checks AS d (job_id, seq, line, url, normalized_url, host, attempt, not_before, last_kind, last_message,
                                  failed_attempts)
SELECT $1::uuid, r.*
FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::timestamptz[], $9::text[], $10::text[],
            $11::json[])
     AS r (seq)
WHERE EXISTS (SELECT FROM jobs WHERE id = $1)
  AND NOT EXISTS (SELECT FROM url_check_results AS done WHERE done.job_id = $1 AND done.seq = r.seq)
ON CONFLICT (job_id, seq) DO UPDATE
SET attempt = excluded.attempt, not_before = excluded.not_before,
    last_kind = CASE WHEN d.attempt < excluded.attempt THEN excluded.last_kind ELSE d.last_kind END,
    last_message = CASE WHEN d.attempt < excluded.attempt THEN excluded.last_message ELSE d.last_message END,
    failed_attempts = CASE WHEN d.attempt < excluded.attempt THEN excluded.failed_attempts ELSE d.failed_attempts END
WHERE (d.attempt, d.not_before) < (excluded.attempt, excluded.not_before)
RETURNING true`

// Defer records targets that wait for another attempt. A row with more attempts, and a target that has a result, is left
// as it is, so that a repeated batch changes nothing. With as many attempts as before, only a later time is taken over:
// the attempt was put off.
func (s *Store) Defer(ctx context.Context, jobID string, deferred []wsc.Deferred) error {
	deferred = storable.UniqueDeferred(deferred)
	n := len(deferred)
	if n == 0 {
		return s.requireJob(ctx, jobID)
	}
	seq, line, attempt := make([]int64, n), make([]int64, n), make([]int32, n)
	url, normalizedURL, host := make([]string, n), make([]string, n), make([]string, n)
	notBefore, kind, message := make([]time.Time, n), make([]string, n), make([]string, n)
	failedAttempts := make([][]byte, n)
	for i := range deferred {
		d := &deferred[i]
		seq[i], line[i], attempt[i] = d.Seq, d.Line, int32(d.Attempt)
		url[i], normalizedURL[i], host[i] = d.URL, d.NormalizedURL, d.Host
		notBefore[i], kind[i], message[i] = d.NotBefore, string(d.LastKind), d.LastMessage
		var err error
		if failedAttempts[i], err = storable.FailedAttempts(d.Failed); err != nil {
			return fmt.Errorf("defer target %d: %w", d.Seq, err)
		}
	}
	arguments := []any{seq, line, url, normalizedURL, host, attempt, notBefore, kind, message, failedAttempts}
	return s.withLockedJob(ctx, "defer targets", jobID, `WITH kept AS (`+deferSQL+`) SELECT count(*) FROM kept`, arguments,
		func(row pgx.Row) error {
			var kept int64
			return row.Scan(&kept)
		})
}

// DeferredAttempts returns the attempts made, by seq, for those of the given seqs that are deferred.
func (s *Store) DeferredAttempts(ctx context.Context, jobID string, seqs []int64) (map[int64]wsc.AttemptsMade, error) {
	if err := s.requireJob(ctx, jobID); err != nil {
		return nil, err
	}
	attempts := make(map[int64]wsc.AttemptsMade)
	rows, err := s.pool.Query(ctx, `SELECT seq, attempt, failed_attempts FROM deferred_checks WHERE job_id = $1::uuid AND seq = ANY($2)`, jobID, seqs)
	if err != nil {
		return nil, failure(ctx, "read attempts", err)
	}
	var seq int64
	var made wsc.AttemptsMade
	var failed []byte
	_, err = pgx.ForEachRow(rows, []any{&seq, &made.Count, &failed}, func() (err error) {
		made.Failed, err = storable.ReadFailedAttempts(failed)
		attempts[seq] = made
		return err
	})
	return attempts, failure(ctx, "read attempts", err)
}

// DeferredSummary returns how many targets of the job are deferred and when the earliest is due (zero if none).
func (s *Store) DeferredSummary(ctx context.Context, jobID string) (count int64, earliest time.Time, err error) {
	if err := s.requireJob(ctx, jobID); err != nil {
		return 0, time.Time{}, err
	}
	var first *time.Time
	err = s.pool.QueryRow(ctx, `SELECT count(*), min(not_before) FROM deferred_checks WHERE job_id = $1::uuid`, jobID).Scan(&count, &first)
	if err != nil {
		return 0, time.Time{}, failure(ctx, "count deferred targets", err)
	}
	if first != nil {
		earliest = first.UTC()
	}
	return count, earliest, nil
}

const selectDeferredSQL = `
SELECT seq, line, url, normalized_url, host, attempt, not_before, last_kind, last_message
FROM deferred_checks
WHERE job_id = $1::uuid AND not_before <= $2 AND seq > $3
ORDER BY seq LIMIT $4`

// EachDeferred calls fn for every deferred target of the job due by the given time, ordered by seq. It leaves Failed
// out, which DeferredAttempts tells. An error of fn ends it and is returned as it is.
func (s *Store) EachDeferred(ctx context.Context, jobID string, dueBy time.Time, fn func(*wsc.Deferred) error) error {
	if err := s.requireJob(ctx, jobID); err != nil {
		return err
	}
	scan := func(row pgx.CollectableRow) (d wsc.Deferred, err error) {
		err = row.Scan(&d.Seq, &d.Line, &d.URL, &d.NormalizedURL, &d.Host, &d.Attempt, &d.NotBefore, &d.LastKind, &d.LastMessage)
		d.NotBefore = d.NotBefore.UTC()
		return d, err
	}
	after := int64(-1)
	for {
		page, err := collect(ctx, s, "read deferred targets", selectDeferredSQL, []any{jobID, dueBy, after, eachPage}, scan)
		if err != nil {
			return err
		}
		for i := range page {
			if err := fn(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < eachPage {
			return nil
		}
		after = page[len(page)-1].Seq
	}
}
