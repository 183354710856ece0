package sqlite

import (
	"context"
	"strconv"

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
	case wsc.SortURL:
		return "substr(url, 1, " + strconv.Itoa(wsc.SortedURLLength) + ")", nil
	case wsc.SortHost, wsc.SortStatus, wsc.SortHTTPStatus, wsc.SortResponseTime:
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
func resultConditions(jobID string, filter *wsc.ResultFilter) *conditions {
	where := &conditions{}
	where.add(`job_id = ?`, jobID)
	if len(filter.Statuses) > 0 {
		addOneOf(where, `status`, filter.Statuses, storableText)
	}
	if len(filter.ErrorKinds) > 0 {
		addOneOf(where, `error_kind`, filter.ErrorKinds, storableText)
		// Said once more for the planner: the index on error kinds leaves results without one out.
		where.add(`error_kind <> ''`)
	}
	if len(filter.HTTPStatuses) > 0 {
		addOneOf(where, `http_status`, filter.HTTPStatuses, func(code int) any { return code })
	}
	if filter.Slow != nil {
		where.add(`slow = ?`, *filter.Slow)
	}
	if filter.Host != "" {
		where.add(`host = ?`, storable.Host(filter.Host))
	}
	if filter.Query != "" {
		query := lowered(filter.Query)
		where.add(`(contains_fold(url, ?) OR contains_fold(title, ?))`, query, query)
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
			where.add(`seq `+compare+` ?`, filter.After.Seq)
		}
		return ` ORDER BY seq` + direction, nil
	}
	if filter.After != nil {
		where.add(`(`+column+`, seq) `+compare+` (?, ?)`, cursorValue(filter.After, filter.Sort), filter.After.Seq)
	}
	return ` ORDER BY ` + column + direction + `, seq` + direction, nil
}

// Results returns a page of results under the filter. It does not report an unknown job.
func (s *Store) Results(ctx context.Context, jobID string, filter wsc.ResultFilter) ([]wsc.Result, error) {
	where := resultConditions(jobID, &filter)
	orderBy, err := order(where, &filter)
	if err != nil {
		return nil, err
	}
	query := selectResultsSQL + where.sql() + orderBy + ` LIMIT ?`
	return collect(ctx, s.readers, "read results", query, append(where.arguments, max(filter.Limit, 1)), scanResultOf(jobID))
}

// CountResults returns how many results of the job the filter selects, whose order, position and limit are ignored. When
// there are more than most, it stops counting and returns most+1. It does not report an unknown job.
func (s *Store) CountResults(ctx context.Context, jobID string, filter wsc.ResultFilter, most int64) (int64, error) {
	where := resultConditions(jobID, &filter)
	query := `SELECT count(*) FROM (SELECT 1 FROM url_check_results ` + where.sql() + ` LIMIT ?)`
	var count int64
	err := s.readers.QueryRowContext(ctx, query, append(where.arguments, most+1)...).Scan(&count)
	return count, failure(ctx, "count results", err)
}

// EachResult calls fn for every result under the filter (whose Limit is ignored) in its order, holding one page in
// memory and, in another order than by seq, the seqs. No connection is held while fn runs. The result is only valid
// during the call. An error of fn ends it and is returned as it is.
func (s *Store) EachResult(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error {
	if err := requireJob(ctx, s.readers, jobID); err != nil {
		return err
	}
	if filter.Sort != "" && filter.Sort != wsc.SortSeq {
		return s.eachSorted(ctx, jobID, filter, fn)
	}
	filter.Limit = eachPage
	for {
		page, err := s.Results(ctx, jobID, filter)
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
		filter.After = &wsc.ResultCursor{Seq: page[len(page)-1].Seq}
	}
}

// eachSorted sorts once and then reads page by page: sorting anew for each page would take hours for a million results
// in an order without an index.
func (s *Store) eachSorted(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error {
	where := resultConditions(jobID, &filter)
	orderBy, err := order(where, &filter)
	if err != nil {
		return err
	}
	seqs, err := collect(ctx, s.readers, "sort results", `SELECT seq FROM url_check_results `+where.sql()+orderBy, where.arguments, scanSeq)
	if err != nil {
		return err
	}
	for len(seqs) > 0 {
		page := seqs[:min(eachPage, len(seqs))]
		seqs = seqs[len(page):]
		results, err := s.resultsBySeq(ctx, jobID, page)
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
	if err := requireJob(ctx, s.readers, jobID); err != nil {
		return nil, err
	}
	return s.resultsBySeq(ctx, jobID, seqs)
}

func (s *Store) resultsBySeq(ctx context.Context, jobID string, seqs []int64) ([]wsc.Result, error) {
	query := selectResultsSQL + `WHERE job_id = ? AND ` + seqIn
	return collect(ctx, s.readers, "read results by seq", query, []any{jobID, jsonArray(seqs)}, scanResultOf(jobID))
}

func scanSeq(r row) (int64, error) {
	var seq int64
	err := r.Scan(&seq)
	return seq, err
}

// scanResultOf reads a row of resultColumns as a result of the job.
func scanResultOf(jobID string) func(row) (wsc.Result, error) {
	return func(row row) (wsc.Result, error) {
		r := wsc.Result{JobID: jobID}
		var dns, connect, tls, ttfb, download, total *float64
		var version, subject, issuer, problem *string
		var notAfter *int64
		var checkedAt int64
		var daysLeft *int
		var redirects, failedAttempts, headers []byte
		err := row.Scan(&r.Seq, &r.Line, &r.URL, &r.NormalizedURL, &r.Host, &r.Status, &r.HTTPStatus, &r.ErrorKind,
			&r.ErrorMessage, &r.ResponseTimeMS,
			&dns, &connect, &tls, &ttfb, &download, &total, &r.FinalURL, &redirects,
			&version, &subject, &issuer, &notAfter, &daysLeft, &problem,
			&r.Protocol, &r.RemoteIP, &r.ContentType, &r.ContentLength, &r.Title, &r.Attempts, &checkedAt,
			&r.Slow, &r.BodySHA256, &failedAttempts, &headers)
		if err != nil {
			return r, err
		}
		r.CheckedAt = fromStamp(checkedAt)
		if total != nil {
			r.Timings = &wsc.Timings{DNS: *dns, Connect: *connect, TLS: *tls, TTFB: *ttfb, Download: *download, Total: *total}
		}
		if version != nil {
			r.TLS = &wsc.TLSInfo{Version: *version, Subject: *subject, Issuer: *issuer, DaysLeft: *daysLeft, Problem: *problem}
			if notAfter != nil {
				r.TLS.NotAfter = fromStamp(*notAfter)
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
