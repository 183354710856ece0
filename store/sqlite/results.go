package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// resultColumns are the columns that a result is written to and read from, after job_id.
const resultColumns = `seq, line, url, normalized_url, host, status, http_status, error_kind, error_message, response_time,
dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, final_url, redirects,
tls_version, tls_subject, tls_issuer, tls_not_after, tls_days_left, tls_problem,
protocol, remote_ip, content_type, content_length, title, attempts, checked_at,
slow, body_sha256, failed_attempts, headers`

func insertResultSQL() string {
	return `INSERT INTO url_check_results (job_id, ` + resultColumns + `) VALUES (?` +
		strings.Repeat(`, ?`, strings.Count(resultColumns, ",")+1) + `) ON CONFLICT DO NOTHING`
}

const undeferSQL = `DELETE FROM deferred_checks WHERE job_id = ? AND ` + seqIn

const countResultsSQL = `
UPDATE jobs
SET processed_urls = processed_urls + ?2, active_count = active_count + ?3, inactive_count = inactive_count + ?4,
    error_count = error_count + ?5, invalid_count = invalid_count + ?6, updated_at = ?7
WHERE id = ?1`

// InsertResults stores results of one job and adds exactly those that were new to the job's counters, in one
// transaction; it also drops the deferred checks of their seqs. A result whose seq already has one is left out.
// It returns how many were new.
func (s *Store) InsertResults(ctx context.Context, jobID string, results []wsc.Result) (int, error) {
	if len(results) == 0 {
		return 0, requireJob(ctx, s.readers, jobID)
	}
	var added wsc.JobCounts
	err := s.write(ctx, "insert results", func(tx *sql.Tx) error {
		added = wsc.JobCounts{}
		if err := requireJob(ctx, tx, jobID); err != nil {
			return err
		}
		if err := insertNew(ctx, tx, jobID, results, &added); err != nil {
			return err
		}
		seqs := make([]int64, len(results))
		for i := range results {
			seqs[i] = results[i].Seq
		}
		_, err := tx.ExecContext(ctx, undeferSQL, jobID, jsonArray(seqs))
		if err != nil || added.ProcessedURLs == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, countResultsSQL, jobID, added.ProcessedURLs, added.ActiveCount, added.InactiveCount,
			added.ErrorCount, added.InvalidCount, stamp(time.Now()))
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(added.ProcessedURLs), nil
}

// insertNew inserts the results that are new and counts them.
func insertNew(ctx context.Context, tx *sql.Tx, jobID string, results []wsc.Result, added *wsc.JobCounts) (err error) {
	insert, err := tx.PrepareContext(ctx, insertResultSQL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for i := range results {
		arguments, err := resultArguments(jobID, &results[i])
		if err != nil {
			return err
		}
		outcome, err := insert.ExecContext(ctx, arguments...)
		if err != nil {
			return err
		}
		rows, err := outcome.RowsAffected()
		if err != nil {
			return err
		}
		if rows > 0 {
			count(added, &results[i])
		}
	}
	return nil
}

func count(added *wsc.JobCounts, result *wsc.Result) {
	added.ProcessedURLs++
	switch result.Status {
	case wsc.StatusActive:
		added.ActiveCount++
	case wsc.StatusInactive:
		added.InactiveCount++
	case wsc.StatusError:
		added.ErrorCount++
	}
	if storable.Invalid(result) {
		added.InvalidCount++
	}
}

// resultArguments are the parameters of insertResultSQL.
func resultArguments(jobID string, r *wsc.Result) ([]any, error) {
	redirects, err := storable.Redirects(r.Redirects)
	if err != nil {
		return nil, fmt.Errorf("insert result %d: %w", r.Seq, err)
	}
	failedAttempts, err := storable.FailedAttempts(r.FailedAttempts)
	if err != nil {
		return nil, fmt.Errorf("insert result %d: %w", r.Seq, err)
	}
	headers, err := storable.Headers(r.Headers)
	if err != nil {
		return nil, fmt.Errorf("insert result %d: %w", r.Seq, err)
	}
	arguments := make([]any, 0, 36)
	arguments = append(arguments, jobID, r.Seq, r.Line, storable.Text(r.URL), storable.Text(r.NormalizedURL), storable.Host(r.Host),
		storable.Text(string(r.Status)), r.HTTPStatus, storable.Text(string(r.ErrorKind)), storable.Text(r.ErrorMessage), r.ResponseTimeMS)
	if t := r.Timings; t != nil {
		arguments = append(arguments, t.DNS, t.Connect, t.TLS, t.TTFB, t.Download, t.Total)
	} else {
		arguments = append(arguments, nil, nil, nil, nil, nil, nil)
	}
	arguments = append(arguments, storable.Text(r.FinalURL), text(redirects))
	if t := r.TLS; t != nil {
		arguments = append(arguments, storable.Text(t.Version), storable.Text(t.Subject), storable.Text(t.Issuer),
			optionalStamp(&t.NotAfter), t.DaysLeft, storable.Text(t.Problem))
	} else {
		arguments = append(arguments, nil, nil, nil, nil, nil, nil)
	}
	var contentLength any
	if r.ContentLength != nil {
		contentLength = *r.ContentLength
	}
	return append(arguments, storable.Text(r.Protocol), storable.Text(r.RemoteIP), storable.Text(r.ContentType), contentLength,
		storable.Text(r.Title), r.Attempts, stamp(r.CheckedAt), r.Slow, storable.Text(r.BodySHA256), text(failedAttempts), text(headers)), nil
}

// DoneSeqs returns those of the given seqs that already have a result, in any order.
func (s *Store) DoneSeqs(ctx context.Context, jobID string, seqs []int64) ([]int64, error) {
	if err := requireJob(ctx, s.readers, jobID); err != nil {
		return nil, err
	}
	query := `SELECT seq FROM url_check_results WHERE job_id = ? AND ` + seqIn
	return collect(ctx, s.readers, "find the targets that are done", query, []any{jobID, jsonArray(seqs)}, scanSeq)
}
