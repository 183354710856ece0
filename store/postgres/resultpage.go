package postgres

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// classesSQL is the table expression classes, with the classes of job $1: what its results have as status, HTTP status,
// error kind and slowness. It leaps through an index from each class to the next, so it takes as many steps as there
// are classes.
const classesSQL = `
WITH RECURSIVE classes AS (
    (SELECT status, http_status, error_kind, slow FROM url_check_results WHERE job_id = $1
     ORDER BY status, http_status, error_kind, slow LIMIT 1)
    UNION ALL
    SELECT next.* FROM classes AS c CROSS JOIN LATERAL (
        SELECT r.status, r.http_status, r.error_kind, r.slow FROM url_check_results AS r
        WHERE r.job_id = $1 AND (r.status, r.http_status, r.error_kind, r.slow) > (c.status, c.http_status, c.error_kind, c.slow)
        ORDER BY r.status, r.http_status, r.error_kind, r.slow LIMIT 1) AS next
)`

// sameClassSQL are the results r of class c.
const sameClassSQL = `r.job_id = $1 AND r.status = c.status AND r.http_status = c.http_status AND r.error_kind = c.error_kind AND r.slow = c.slow`

// The plan of a page is made here and not by the planner, which can't know how large this one job is, and who takes a
// large one for small reads and sorts all of it for every page. Each order has one index that gives it without a look at
// the rows, and nothing else is left to choose. Only the one on URLs does not hold what it is asked for as a column, so
// there rows must be looked at.
const (
	withIndexOnlySQL = `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_indexscan', 'off', true), set_config('enable_sort', 'off', true),
       set_config('enable_incremental_sort', 'off', true), set_config('jit', 'off', true)`
	withIndexSQL = `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true), set_config('jit', 'off', true)`
)

// Results returns a page of results under the filter. It does not report an unknown job.
func (s *Store) Results(ctx context.Context, jobID string, filter wsc.ResultFilter) ([]wsc.Result, error) {
	if _, err := orderOf(filter.Sort); err != nil {
		return nil, err
	}
	id, err := parseID(jobID)
	if err != nil {
		return []wsc.Result{}, nil //nolint:nilerr // what is not an id has no results, like an unknown job
	}
	filter.Limit = max(filter.Limit, 1)
	if filter.Query != "" {
		return s.search(ctx, id, jobID, &filter)
	}
	seqs, err := s.pageSeqs(ctx, id, &filter, filter.Limit)
	if err != nil {
		return nil, err
	}
	return s.resultsInOrder(ctx, id, jobID, seqs)
}

// pageSeqs returns the seqs of the first results under the filter, whose Query and Limit are ignored.
func (s *Store) pageSeqs(ctx context.Context, id [16]byte, filter *wsc.ResultFilter, limit int) ([]int64, error) {
	query, arguments, err := pageQuery(id, filter, limit)
	if err != nil {
		return nil, err
	}
	settings := withIndexOnlySQL
	if filter.Sort == wsc.SortURL {
		settings = withIndexSQL
	}
	seqs, err := collectWith(ctx, s, settings, query, arguments, pgx.RowTo[int64])
	return seqs, failure(ctx, "read a page of results", err)
}

// pageQuery is the query for the seqs of a page, with its arguments.
func pageQuery(id [16]byte, filter *wsc.ResultFilter, limit int) (string, []any, error) {
	order, err := orderOf(filter.Sort)
	if err != nil {
		return "", nil, err
	}
	where := &conditions{}
	where.place(id) // $1
	addClassConditions(where, "c", filter)
	within := order.within(where, filter)
	if filter.Host != "" {
		within += where.format(` AND r.host = %s`, storable.Host(filter.Host))
	}
	direction := directionOf(filter)
	if filter.Host == "" || !order.apartFromHost {
		within += ` ORDER BY ` + order.key + direction + `, r.seq` + direction + ` LIMIT ` + strconv.Itoa(limit)
	} else {
		// No index has the results of a host by URL or response time: all of the host's are read and sorted. OFFSET keeps
		// the planner from reading those of all classes for each class.
		within += ` OFFSET 0`
	}
	query := classesSQL + ` SELECT p.seq FROM classes AS c CROSS JOIN LATERAL (SELECT r.seq, ` + order.key +
		` AS key FROM url_check_results AS r WHERE ` + sameClassSQL + within + `) AS p ` + where.sql() +
		` ORDER BY p.key` + direction + `, p.seq` + direction + ` LIMIT ` + strconv.Itoa(limit)
	return query, where.arguments, nil
}

// CountResults returns how many results of the job the filter selects, whose order, position and limit are ignored. When
// there are more than most, it stops counting and returns most+1. It does not report an unknown job.
func (s *Store) CountResults(ctx context.Context, jobID string, filter wsc.ResultFilter, most int64) (int64, error) {
	id, err := parseID(jobID)
	if err != nil {
		return 0, nil //nolint:nilerr // what is not an id has no results, like an unknown job
	}
	where, settings := &conditions{}, withIndexOnlySQL
	var from string
	if filter.Query == "" {
		where.place(id) // $1
		addClassConditions(where, "c", &filter)
		within := sameClassSQL
		if filter.Host != "" {
			within += where.format(` AND r.host = %s`, storable.Host(filter.Host))
		}
		from = classesSQL + ` SELECT count(*) FROM (SELECT FROM classes AS c CROSS JOIN LATERAL (
			SELECT FROM url_check_results AS r WHERE ` + within + ` OFFSET 0) AS p `
	} else {
		where, settings = resultConditions(id, &filter), withoutJITSQL
		from = `SELECT count(*) FROM (SELECT FROM url_check_results AS r `
	}
	query := from + where.sql() + ` LIMIT ` + where.place(most+1) + `) AS counted`
	counts, err := collectWith(ctx, s, settings, query, where.arguments, pgx.RowTo[int64])
	if err != nil {
		return 0, failure(ctx, "count results", err)
	}
	return counts[0], nil
}

// collectWith reads all rows of a query with scan, in a transaction with the settings.
func collectWith[T any](ctx context.Context, s *Store, settings, query string, arguments []any, scan pgx.RowToFunc[T]) ([]T, error) {
	batch := &pgx.Batch{}
	batch.Queue(settings)
	batch.Queue(query, arguments...)
	sent := s.pool.SendBatch(ctx, batch)
	items, err := readSecond(sent, scan)
	if closeErr := sent.Close(); err == nil {
		err = closeErr
	}
	return items, err
}

// readSecond reads the second answer of a batch.
func readSecond[T any](sent pgx.BatchResults, scan pgx.RowToFunc[T]) ([]T, error) {
	if _, err := sent.Exec(); err != nil {
		return nil, err
	}
	rows, err := sent.Query()
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// resultsInOrder reads the results with the seqs, in their order. Those that were deleted meanwhile are left out.
func (s *Store) resultsInOrder(ctx context.Context, id [16]byte, jobID string, seqs []int64) ([]wsc.Result, error) {
	found, err := s.resultsBySeq(ctx, id, jobID, seqs)
	if err != nil {
		return nil, err
	}
	bySeq := make(map[int64]*wsc.Result, len(found))
	for i := range found {
		bySeq[found[i].Seq] = &found[i]
	}
	results := make([]wsc.Result, 0, len(seqs))
	for _, seq := range seqs {
		if result := bySeq[seq]; result != nil {
			results = append(results, *result)
		}
	}
	return results, nil
}
