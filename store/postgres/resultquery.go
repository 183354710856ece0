package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// eachPage is how many results EachResult holds in memory.
const eachPage = 1000

const selectResultsSQL = `SELECT ` + resultColumns + ` FROM url_check_results AS r `

// resultConditions are the conditions of the filter without its position.
func resultConditions(id [16]byte, filter *wsc.ResultFilter) *conditions {
	where := &conditions{}
	where.add(`r.job_id = %s`, id)
	addClassConditions(where, "r", filter)
	if filter.Host != "" {
		where.add(`r.host = %s`, storable.Host(filter.Host))
	}
	if filter.Query != "" {
		query := where.place(storable.Text(filter.Query))
		// The collation "C" of the column would ignore the case of ASCII letters only.
		where.parts = append(where.parts, fmt.Sprintf(
			`(strpos(lower(r.url COLLATE "default"), lower(%[1]s)) > 0 OR strpos(lower(r.title), lower(%[1]s)) > 0)`, query))
	}
	return where
}

// addClassConditions adds what the filter says of the columns of a class, in the table with the given name.
func addClassConditions(where *conditions, table string, filter *wsc.ResultFilter) {
	if len(filter.Statuses) > 0 {
		where.add(table+`.status = ANY(%s)`, texts(filter.Statuses))
	}
	if len(filter.ErrorKinds) > 0 {
		where.add(table+`.error_kind = ANY(%s)`, texts(filter.ErrorKinds))
	}
	if len(filter.HTTPStatuses) > 0 {
		where.add(table+`.http_status = ANY(%s)`, filter.HTTPStatuses)
	}
	if filter.Slow != nil {
		where.add(table+`.slow = %s`, *filter.Slow)
	}
}

// EachResult calls fn for every result under the filter (whose Limit is ignored) in its order, holding one page in
// memory and, in another order than ascending seqs, the seqs. No connection is held while fn runs. The result is only valid
// during the call. An error of fn ends it and is returned as it is.
func (s *Store) EachResult(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error {
	if err := s.requireJob(ctx, jobID); err != nil {
		return err
	}
	if filter.Sort != "" && filter.Sort != wsc.SortSeq || filter.Desc {
		return s.eachSorted(ctx, jobID, filter, fn)
	}
	after := int64(-1)
	if filter.After != nil {
		after = filter.After.Seq
	}
	for {
		page, err := s.window(ctx, jobID, &filter, after)
		if err != nil {
			return err
		}
		for i := range page {
			if err := fn(&page[i]); err != nil {
				return err
			}
		}
		next, more, err := s.seqAfter(ctx, resultsTable, jobID, after+eachPage)
		if err != nil || !more {
			return err
		}
		after = next - 1
	}
}

// window reads the results whose seqs are the eachPage ones behind after. Bounded on both sides, the query is fast
// whatever the planner believes about the size of the job; with LIMIT instead it may read and sort the rest of the job
// for every page.
func (s *Store) window(ctx context.Context, jobID string, filter *wsc.ResultFilter, after int64) ([]wsc.Result, error) {
	id, err := parseID(jobID)
	if err != nil {
		return nil, err
	}
	where := resultConditions(id, filter)
	where.add(`r.seq > %s`, after)
	where.add(`r.seq <= %s`, after+eachPage)
	return collect(ctx, s, "read results", selectResultsSQL+where.sql()+` ORDER BY r.seq`, where.arguments, scanResultOf(jobID))
}

// The tables with rows of a job by seq.
const (
	resultsTable  = "url_check_results"
	textsTable    = "result_texts"
	deferredTable = "deferred_checks"
)

// seqAfter returns the first seq behind after for which the table has a row of the job, if any.
func (s *Store) seqAfter(ctx context.Context, table, jobID string, after int64) (seq int64, found bool, err error) {
	query := `SELECT seq FROM ` + table + ` WHERE job_id = $1::uuid AND seq > $2 ORDER BY seq LIMIT 1`
	seqs, err := collect(ctx, s, "find the next row in "+table, query, []any{jobID, after}, pgx.RowTo[int64])
	if err != nil || len(seqs) == 0 {
		return 0, false, err
	}
	return seqs[0], true, nil
}

// eachSorted sorts once and then reads page by page: sorting anew for each page would take hours for a million results
// in an order without an index.
func (s *Store) eachSorted(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error {
	id, err := parseID(jobID)
	if err != nil {
		return err
	}
	order, err := orderOf(filter.Sort)
	if err != nil {
		return err
	}
	where := resultConditions(id, &filter)
	order.addPosition(where, &filter)
	query := `SELECT r.seq FROM url_check_results AS r ` + where.sql() + order.sql(&filter)
	seqs, err := collect(ctx, s, "sort results", query, where.arguments, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for len(seqs) > 0 {
		page := seqs[:min(eachPage, len(seqs))]
		seqs = seqs[len(page):]
		results, err := s.resultsInOrder(ctx, id, jobID, page)
		if err != nil {
			return err
		}
		for i := range results {
			if err := fn(&results[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// ResultsBySeq returns the results with the given seqs, in any order.
func (s *Store) ResultsBySeq(ctx context.Context, jobID string, seqs []int64) ([]wsc.Result, error) {
	if err := s.requireJob(ctx, jobID); err != nil {
		return nil, err
	}
	id, err := parseID(jobID)
	if err != nil {
		return nil, err
	}
	return s.resultsBySeq(ctx, id, jobID, seqs)
}

func (s *Store) resultsBySeq(ctx context.Context, id [16]byte, jobID string, seqs []int64) ([]wsc.Result, error) {
	return collect(ctx, s, "read results by seq", selectResultsSQL+`WHERE r.job_id = $1 AND r.seq = ANY($2)`, []any{id, seqs}, scanResultOf(jobID))
}

// scanResultOf reads a row of resultColumns as a result of the job.
func scanResultOf(jobID string) func(pgx.CollectableRow) (wsc.Result, error) {
	return func(row pgx.CollectableRow) (wsc.Result, error) {
		r := wsc.Result{JobID: jobID}
		var dns, connect, tls, ttfb, download, total *float64
		var version, subject, issuer, problem *string
		var notAfter *time.Time
		var daysLeft *int
		var redirects, failedAttempts, headers []byte
		err := row.Scan(&r.Seq, &r.Line, &r.URL, &r.NormalizedURL, &r.Host, &r.Status, &r.HTTPStatus, &r.ErrorKind,
			&r.ErrorMessage, &r.ResponseTimeMS,
			&dns, &connect, &tls, &ttfb, &download, &total, &r.FinalURL, &redirects,
			&version, &subject, &issuer, &notAfter, &daysLeft, &problem,
			&r.Protocol, &r.RemoteIP, &r.ContentType, &r.ContentLength, &r.Title, &r.Attempts, &r.CheckedAt,
			&r.Slow, &r.BodySHA256, &failedAttempts, &headers)
		if err != nil {
			return r, err
		}
		r.CheckedAt = r.CheckedAt.UTC()
		if total != nil {
			r.Timings = &wsc.Timings{DNS: *dns, Connect: *connect, TLS: *tls, TTFB: *ttfb, Download: *download, Total: *total}
		}
		if version != nil {
			r.TLS = &wsc.TLSInfo{Version: *version, Subject: *subject, Issuer: *issuer, DaysLeft: *daysLeft, Problem: *problem}
			if notAfter != nil {
				r.TLS.NotAfter = notAfter.UTC()
			}
		}
		if r.Redirects, err = storable.ReadRedirects(redirects); err != nil {
			return r, err
		}
		if r.FailedAttempts, err = storable.ReadFailedAttempts(failedAttempts); err != nil {
			return r, err
		}
		r.Headers, err = storable.ReadHeaders(headers)
		return r, err
	}
}
