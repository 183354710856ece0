package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// eachPage is how many results EachResult holds in memory.
const eachPage = 1000

const selectResultsSQL = `SELECT ` + resultColumns + ` FROM url_check_results `

// sortColumn is the column that an order is about.
func sortColumn(sort wsc.ResultSort) (string, error) {
	switch sort {
	case "", wsc.SortSeq:
		return "seq", nil
	case wsc.SortURL, wsc.SortHost, wsc.SortStatus, wsc.SortHTTPStatus, wsc.SortResponseTime:
		return string(sort), nil
	default:
		return "", wsc.Errorf(wsc.CodeInvalidRequest, "Results can't be sorted by %q.", sort).At(wsc.Place{Field: "sort"})
	}
}

// cursorValue is the cursor's value of the sort column.
func cursorValue(cursor *wsc.ResultCursor, sort wsc.ResultSort) any {
	switch sort {
	case wsc.SortResponseTime:
		return cursor.Number
	case wsc.SortHTTPStatus:
		return int64(cursor.Number)
	default:
		return storable.Text(cursor.Text)
	}
}

// resultConditions are the conditions of the filter without its position.
func resultConditions(id [16]byte, filter *wsc.ResultFilter) *conditions {
	where := &conditions{}
	where.add(`job_id = %s`, id)
	if len(filter.Statuses) > 0 {
		where.add(`status = ANY(%s)`, texts(filter.Statuses))
	}
	if len(filter.ErrorKinds) > 0 {
		where.add(`error_kind = ANY(%s)`, texts(filter.ErrorKinds))
		// Said once more for the planner: the index on error kinds leaves results without one out.
		where.add(`error_kind <> ''`)
	}
	if len(filter.HTTPStatuses) > 0 {
		where.add(`http_status = ANY(%s)`, filter.HTTPStatuses)
	}
	if filter.Slow != nil {
		where.add(`slow = %s`, *filter.Slow)
	}
	if filter.Host != "" {
		where.add(`host = %s`, storable.Host(filter.Host))
	}
	if filter.Query != "" {
		query := where.place(storable.Text(filter.Query))
		// The collation "C" of the column would ignore the case of ASCII letters only.
		where.parts = append(where.parts, fmt.Sprintf(
			`(strpos(lower(url COLLATE "default"), lower(%[1]s)) > 0 OR strpos(lower(title), lower(%[1]s)) > 0)`, query))
	}
	return where
}

// order returns the ORDER BY clause of the filter and adds its position to the conditions.
func order(where *conditions, filter *wsc.ResultFilter) (string, error) {
	column, err := sortColumn(filter.Sort)
	if err != nil {
		return "", err
	}
	direction, compare := " ASC", ">"
	if filter.Desc {
		direction, compare = " DESC", "<"
	}
	if column == "seq" {
		if filter.After != nil {
			where.add(`seq `+compare+` %s`, filter.After.Seq)
		}
		return ` ORDER BY seq` + direction, nil
	}
	if filter.After != nil {
		where.add(`(`+column+`, seq) `+compare+` (%s, %s)`, cursorValue(filter.After, filter.Sort), filter.After.Seq)
	}
	return ` ORDER BY ` + column + direction + `, seq` + direction, nil
}

// Results returns a page of results under the filter. It does not report an unknown job.
func (s *Store) Results(ctx context.Context, jobID string, filter wsc.ResultFilter) ([]wsc.Result, error) {
	id, err := parseID(jobID)
	if err != nil {
		return []wsc.Result{}, nil //nolint:nilerr // what is not an id has no results, like an unknown job
	}
	where := resultConditions(id, &filter)
	orderBy, err := order(where, &filter)
	if err != nil {
		return nil, err
	}
	query := selectResultsSQL + where.sql() + orderBy + ` LIMIT ` + strconv.Itoa(max(filter.Limit, 1))
	scan := scanResultOf(jobID)
	if !indexed(&filter) {
		return collect(ctx, s, "read results", query, where.arguments, scan)
	}
	// The planner can't know how large this one job is. If it takes it for a small one, it reads and sorts all of it for
	// every page, where the index would give the page in order.
	batch := &pgx.Batch{}
	batch.Queue(`SELECT set_config('enable_sort', 'off', true)`)
	batch.Queue(query, where.arguments...)
	sent := s.pool.SendBatch(ctx, batch)
	page, err := readPage(sent, scan)
	if closeErr := sent.Close(); err == nil {
		err = closeErr
	}
	return page, failure(ctx, "read results", err)
}

// indexed reports whether an index gives the results in the filter's order. With error kinds given, the index on these
// is the better one, and what it finds is few.
func indexed(filter *wsc.ResultFilter) bool {
	switch filter.Sort {
	case "", wsc.SortSeq, wsc.SortResponseTime:
		return len(filter.ErrorKinds) == 0
	default:
		return false
	}
}

// readPage reads the second answer of a batch.
func readPage[T any](sent pgx.BatchResults, scan func(pgx.CollectableRow) (T, error)) ([]T, error) {
	if _, err := sent.Exec(); err != nil {
		return nil, err
	}
	rows, err := sent.Query()
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
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
	where.add(`seq > %s`, after)
	where.add(`seq <= %s`, after+eachPage)
	return collect(ctx, s, "read results", selectResultsSQL+where.sql()+` ORDER BY seq`, where.arguments, scanResultOf(jobID))
}

// The tables with rows of a job by seq.
const (
	resultsTable  = "url_check_results"
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
	where := resultConditions(id, &filter)
	orderBy, err := order(where, &filter)
	if err != nil {
		return err
	}
	seqs, err := collect(ctx, s, "sort results", `SELECT seq FROM url_check_results `+where.sql()+orderBy, where.arguments, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for len(seqs) > 0 {
		page := seqs[:min(eachPage, len(seqs))]
		seqs = seqs[len(page):]
		results, err := s.resultsBySeq(ctx, id, jobID, page)
		if err != nil {
			return err
		}
		bySeq := make(map[int64]*wsc.Result, len(results))
		for i := range results {
			bySeq[results[i].Seq] = &results[i]
		}
		for _, seq := range page {
			result := bySeq[seq]
			if result == nil {
				continue // deleted meanwhile
			}
			if err := fn(result); err != nil {
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
	return collect(ctx, s, "read results by seq", selectResultsSQL+`WHERE job_id = $1 AND seq = ANY($2)`, []any{id, seqs}, scanResultOf(jobID))
}

// scanResultOf reads a row of resultColumns as a result of the job.
func scanResultOf(jobID string) func(pgx.CollectableRow) (wsc.Result, error) {
	return func(row pgx.CollectableRow) (wsc.Result, error) {
		r := wsc.Result{JobID: jobID}
		var dns, connect, tls, ttfb, download, total *float64
		var version, subject, issuer, problem *string
		var notAfter *time.Time
		var daysLeft *int
		var redirects, failedAttempts []byte
		err := row.Scan(&r.Seq, &r.Line, &r.URL, &r.NormalizedURL, &r.Host, &r.Status, &r.HTTPStatus, &r.ErrorKind,
			&r.ErrorMessage, &r.ResponseTimeMS,
			&dns, &connect, &tls, &ttfb, &download, &total, &r.FinalURL, &redirects,
			&version, &subject, &issuer, &notAfter, &daysLeft, &problem,
			&r.Protocol, &r.RemoteIP, &r.ContentType, &r.ContentLength, &r.Title, &r.Attempts, &r.CheckedAt,
			&r.Slow, &r.BodySHA256, &failedAttempts)
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
		r.FailedAttempts, err = storable.ReadFailedAttempts(failedAttempts)
		return r, err
	}
}
