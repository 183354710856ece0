package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const deferSQL = `
INSERT INTO deferred_checks AS d (job_id, seq, line, url, normalized_url, host, attempt, not_before, last_kind, last_message,
                                  failed_attempts)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
WHERE NOT EXISTS (SELECT 1 FROM url_check_results WHERE job_id = ?1 AND seq = ?2)
ON CONFLICT (job_id, seq) DO UPDATE
SET attempt = excluded.attempt, not_before = excluded.not_before,
    last_kind = CASE WHEN d.attempt < excluded.attempt THEN excluded.last_kind ELSE d.last_kind END,
    last_message = CASE WHEN d.attempt < excluded.attempt THEN excluded.last_message ELSE d.last_message END,
    failed_attempts = CASE WHEN d.attempt < excluded.attempt THEN excluded.failed_attempts ELSE d.failed_attempts END
WHERE (d.attempt, d.not_before) < (excluded.attempt, excluded.not_before)`

// Defer records targets that wait for another attempt. A row with more attempts, and a target that has a result, is left
// as it is, so that a repeated batch changes nothing. With as many attempts as before, only a later time is taken over:
// the attempt was put off.
func (s *Store) Defer(ctx context.Context, jobID string, deferred []wsc.Deferred) error {
	deferred = storable.UniqueDeferred(deferred)
	return s.write(ctx, "defer targets", func(tx *sql.Tx) (err error) {
		if err := requireJob(ctx, tx, jobID); err != nil {
			return err
		}
		insert, err := tx.PrepareContext(ctx, deferSQL)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, insert.Close()) }()
		for i := range deferred {
			d := &deferred[i]
			failed, err := storable.FailedAttempts(d.Failed)
			if err != nil {
				return err
			}
			_, err = insert.ExecContext(ctx, jobID, d.Seq, d.Line, d.URL, d.NormalizedURL, d.Host, d.Attempt,
				stamp(d.NotBefore), string(d.LastKind), d.LastMessage, text(failed))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// DeferredAttempts returns the attempts made, by seq, for those of the given seqs that are deferred.
func (s *Store) DeferredAttempts(ctx context.Context, jobID string, seqs []int64) (map[int64]wsc.AttemptsMade, error) {
	if err := requireJob(ctx, s.readers, jobID); err != nil {
		return nil, err
	}
	attempts := make(map[int64]wsc.AttemptsMade)
	query := `SELECT seq, attempt, failed_attempts FROM deferred_checks WHERE job_id = ? AND ` + seqIn
	_, err := collect(ctx, s.readers, "read attempts", query, []any{jobID, jsonArray(seqs)}, func(r row) (struct{}, error) {
		var seq int64
		var made wsc.AttemptsMade
		var failed []byte
		if err := r.Scan(&seq, &made.Count, &failed); err != nil {
			return struct{}{}, err
		}
		var err error
		made.Failed, err = storable.ReadFailedAttempts(failed)
		attempts[seq] = made
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	return attempts, nil
}

// DeferredSummary returns how many targets of the job are deferred and when the earliest is due (zero if none).
func (s *Store) DeferredSummary(ctx context.Context, jobID string) (count int64, earliest time.Time, err error) {
	if err := requireJob(ctx, s.readers, jobID); err != nil {
		return 0, time.Time{}, err
	}
	var first *int64
	err = s.readers.QueryRowContext(ctx, `SELECT count(*), min(not_before) FROM deferred_checks WHERE job_id = ?`, jobID).Scan(&count, &first)
	if err != nil {
		return 0, time.Time{}, failure(ctx, "count deferred targets", err)
	}
	if first != nil {
		earliest = fromStamp(*first)
	}
	return count, earliest, nil
}

const selectDeferredSQL = `
SELECT seq, line, url, normalized_url, host, attempt, not_before, last_kind, last_message
FROM deferred_checks
WHERE job_id = ? AND not_before <= ? AND seq > ?
ORDER BY seq LIMIT ?`

// EachDeferred calls fn for every deferred target of the job due by the given time, ordered by seq. It leaves Failed
// out, which DeferredAttempts tells. An error of fn ends it and is returned as it is.
func (s *Store) EachDeferred(ctx context.Context, jobID string, dueBy time.Time, fn func(*wsc.Deferred) error) error {
	if err := requireJob(ctx, s.readers, jobID); err != nil {
		return err
	}
	after := int64(-1)
	for {
		page, err := collect(ctx, s.readers, "read deferred targets", selectDeferredSQL, []any{jobID, stamp(dueBy), after, eachPage}, scanDeferred)
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

func scanDeferred(r row) (wsc.Deferred, error) {
	var d wsc.Deferred
	var notBefore int64
	err := r.Scan(&d.Seq, &d.Line, &d.URL, &d.NormalizedURL, &d.Host, &d.Attempt, &notBefore, &d.LastKind, &d.LastMessage)
	d.NotBefore = fromStamp(notBefore)
	return d, err
}
