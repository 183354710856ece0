package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// hashJoinSQL keeps the planner from visiting one job for each row of the other, which it might take for cheap when the
// table has no statistics of a new job yet.
const hashJoinSQL = `SET LOCAL enable_nestloop = off`

// joinSQL matches the results of the later job ($1) with those of the earlier one ($2). Final URLs are compared by a hash
// of 64 bits, so that what is kept of a million results is small; "up" is NULL where the earlier job lacks the URL.
const joinSQL = `
FROM (SELECT seq, normalized_url, status = 'active' AS up, http_status, hashtextextended(final_url, 0) AS final
      FROM url_check_results WHERE job_id = $1 AND normalized_url <> '') AS l
LEFT JOIN (SELECT seq, normalized_url, status = 'active' AS up, http_status, hashtextextended(final_url, 0) AS final
      FROM url_check_results WHERE job_id = $2 AND normalized_url <> '') AS e USING (normalized_url)`

const changeSQL = `
CASE WHEN NOT l.up AND NOT e.up THEN 'still_broken'
     WHEN NOT l.up THEN 'new'
     WHEN e.up IS NULL THEN 'added'
     WHEN NOT e.up THEN 'fixed'
     WHEN (l.http_status, l.final) <> (e.http_status, e.final) THEN 'changed'
     ELSE 'same' END AS change`

// What the earlier job has and the later one lacks is the rest of its URLs; the counters of a job equal its rows, and no
// URL is twice in a job.
const diffCountsSQL = `
SELECT ` + changeSQL + `, count(*), count(e.up)` + joinSQL + `
GROUP BY change`

const diffTotalSQL = `SELECT processed_urls - invalid_count FROM jobs WHERE id = $1`

// conditionOf is when a change, other than removed, holds of a row of joinSQL.
func conditionOf(change wsc.Change) (string, error) {
	switch change {
	case wsc.ChangeNew:
		return `NOT l.up AND coalesce(e.up, true)`, nil
	case wsc.ChangeStillBroken:
		return `NOT l.up AND NOT e.up`, nil
	case wsc.ChangeFixed:
		return `l.up AND NOT e.up`, nil
	case wsc.ChangeChanged:
		return `l.up AND e.up AND (l.http_status, l.final) <> (e.http_status, e.final)`, nil
	case wsc.ChangeAdded:
		return `l.up AND e.up IS NULL`, nil
	default:
		return "", wsc.Errorf(wsc.CodeInvalidRequest, "There is no change %q.", change).At(wsc.Place{Field: "change"})
	}
}

const removedSQL = `
SELECT e.seq FROM url_check_results AS e
WHERE e.job_id = $2 AND e.normalized_url <> '' AND e.seq > $3
  AND NOT EXISTS (SELECT 1 FROM url_check_results AS l WHERE l.job_id = $1 AND l.normalized_url = e.normalized_url)
ORDER BY e.seq LIMIT $4`

// DiffCounts counts the URLs of two jobs by how their results differ.
func (s *Store) DiffCounts(ctx context.Context, later, earlier string) (wsc.DiffCounts, error) {
	var counts wsc.DiffCounts
	err := s.compare(ctx, "compare two jobs", later, earlier, func(tx pgx.Tx, jobs []any) error {
		rows, err := tx.Query(ctx, diffCountsSQL, jobs...)
		if err != nil {
			return err
		}
		var change wsc.Change
		var count, matched, inBoth, inEarlier int64
		_, err = pgx.ForEachRow(rows, []any{&change, &count, &matched}, func() error {
			inBoth += matched
			counts.Add(change, count)
			return nil
		})
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, diffTotalSQL, jobs[1]).Scan(&inEarlier); err != nil {
			return err
		}
		counts.Removed = inEarlier - inBoth
		return nil
	})
	return counts, err
}

// Diff returns a page of the URLs whose results differ, in the order of the later job and then, for removed ones, of the
// earlier job.
func (s *Store) Diff(ctx context.Context, later, earlier string, filter wsc.DiffFilter) ([]wsc.DiffEntry, error) {
	const what = "compare two jobs"
	var places []storable.DiffPlace
	err := s.compare(ctx, what, later, earlier, func(tx pgx.Tx, jobs []any) error {
		var err error
		places, err = diffPlaces(ctx, tx, jobs, filter)
		return err
	})
	if err != nil {
		return nil, err
	}
	laterSeqs, earlierSeqs := storable.DiffSeqs(places)
	after, err := s.ResultsBySeq(ctx, later, laterSeqs)
	if err != nil {
		return nil, err
	}
	before, err := s.ResultsBySeq(ctx, earlier, earlierSeqs)
	if err != nil {
		return nil, err
	}
	return storable.DiffEntries(places, after, before), nil
}

// compare runs fn with the ids of the later and the earlier job, in a snapshot of both.
func (s *Store) compare(ctx context.Context, what, later, earlier string, fn func(tx pgx.Tx, jobs []any) error) error {
	var jobs []any
	for _, jobID := range []string{later, earlier} {
		id, err := parseID(jobID)
		if err != nil {
			return err
		}
		if err := s.requireJob(ctx, jobID); err != nil {
			return err
		}
		jobs = append(jobs, id)
	}
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, hashJoinSQL); err != nil {
			return err
		}
		return fn(tx, jobs)
	})
	return failure(ctx, what, err)
}

// diffPlaces finds a page: what the later job has, and behind that what is removed.
func diffPlaces(ctx context.Context, tx pgx.Tx, jobs []any, filter wsc.DiffFilter) ([]storable.DiffPlace, error) {
	changes := filter.Changes
	if len(changes) == 0 {
		changes = wsc.Changes()
	}
	after, limit := wsc.DiffCursor{Seq: -1}, max(filter.Limit, 1)
	if filter.After != nil {
		after = *filter.After
	}
	places := []storable.DiffPlace{}
	query, err := placesSQL(changes)
	if err != nil {
		return nil, err
	}
	if query != "" && !after.Removed {
		rows, err := tx.Query(ctx, query, jobs[0], jobs[1], after.Seq, limit)
		if err != nil {
			return nil, err
		}
		places, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p storable.DiffPlace, err error) {
			err = row.Scan(&p.Change, &p.Later, &p.Earlier)
			return p, err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(places) == limit || !slices.Contains(changes, wsc.ChangeRemoved) {
		return places, nil
	}
	if !after.Removed {
		after.Seq = -1
	}
	rows, err := tx.Query(ctx, removedSQL, jobs[0], jobs[1], after.Seq, limit-len(places))
	if err != nil {
		return nil, err
	}
	removed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (storable.DiffPlace, error) {
		p := storable.DiffPlace{Change: wsc.ChangeRemoved, Later: storable.NoResult}
		err := row.Scan(&p.Earlier)
		return p, err
	})
	return append(places, removed...), err
}

// placesSQL is the query for the places of changes of URLs that the later job has; "" if none of the changes is one.
func placesSQL(changes []wsc.Change) (string, error) {
	var conditions []string
	for _, change := range changes {
		if change == wsc.ChangeRemoved {
			continue
		}
		condition, err := conditionOf(change)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, "("+condition+")")
	}
	if len(conditions) == 0 {
		return "", nil
	}
	return fmt.Sprintf(`SELECT %s, l.seq, coalesce(e.seq, %d) %s
WHERE l.seq > $3 AND (%s) ORDER BY l.seq LIMIT $4`, changeSQL, storable.NoResult, joinSQL, strings.Join(conditions, " OR ")), nil
}
