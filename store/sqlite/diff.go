package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"hash/maphash"
	"math"
	"slices"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// Without an index on URLs SQLite would visit one job for each row of the other, or sort both, which took 12 s for two
// jobs of a million URLs. So the earlier job is held in a map of hashes, and the later one streams past it.

const diffRowsSQL = `
SELECT seq, normalized_url, status = 'active', http_status, final_url
FROM url_check_results WHERE job_id = ? AND seq > ? AND normalized_url <> '' ORDER BY seq`

// diffRow is what a comparison needs of a result.
type diffRow struct {
	seq        int64
	final      uint64
	httpStatus int32
	active     bool
	// matched is whether the later job has the URL too.
	matched bool
}

// comparison compares results with those of an earlier job. URLs are told apart by hashes of 64 bits with a random seed:
// that two among two million have the same is less likely than one in a million.
type comparison struct {
	seed  maphash.Seed
	rows  []diffRow
	byURL map[uint64]int32
}

// errPageFull ends the reading of rows.
var errPageFull = errors.New("page full")

// DiffCounts counts the URLs of two jobs by how their results differ.
func (s *Store) DiffCounts(ctx context.Context, later, earlier string) (wsc.DiffCounts, error) {
	var counts wsc.DiffCounts
	err := s.compare(ctx, later, earlier, func(tx *sql.Tx, c *comparison) error {
		err := c.each(ctx, tx, later, -1, func(_, _ int64, change wsc.Change) error {
			counts.Add(change, 1)
			return nil
		})
		for i := range c.rows {
			if !c.rows[i].matched {
				counts.Removed++
			}
		}
		return err
	})
	return counts, err
}

// Diff returns a page of the URLs whose results differ, in the order of the later job and then, for removed ones, of the
// earlier job.
func (s *Store) Diff(ctx context.Context, later, earlier string, filter wsc.DiffFilter) ([]wsc.DiffEntry, error) {
	changes := filter.Changes
	if len(changes) == 0 {
		changes = wsc.Changes()
	}
	for _, change := range changes {
		if !slices.Contains(wsc.Changes(), change) {
			return nil, wsc.Errorf(wsc.CodeInvalidRequest, "There is no change %q.", change).At(wsc.Place{Field: "change"})
		}
	}
	var places []storable.DiffPlace
	err := s.compare(ctx, later, earlier, func(tx *sql.Tx, c *comparison) error {
		var err error
		places, err = c.page(ctx, tx, later, changes, filter)
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

// compare runs fn in a snapshot of both jobs, with the earlier one read.
func (s *Store) compare(ctx context.Context, later, earlier string, fn func(tx *sql.Tx, c *comparison) error) error {
	const what = "compare two jobs"
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return failure(ctx, what, err)
	}
	err = errors.Join(requireJob(ctx, tx, later), requireJob(ctx, tx, earlier))
	if err == nil {
		c := &comparison{seed: maphash.MakeSeed(), byURL: map[uint64]int32{}}
		if err = c.read(ctx, tx, earlier); err == nil {
			err = fn(tx, c)
		}
	}
	if rollback := tx.Rollback(); err == nil && !errors.Is(rollback, sql.ErrTxDone) {
		err = rollback
	}
	return failure(ctx, what, err)
}

// read reads the earlier job.
func (c *comparison) read(ctx context.Context, tx *sql.Tx, jobID string) error {
	return c.scan(ctx, tx, jobID, -1, func(url uint64, row diffRow) error {
		c.byURL[url] = int32(min(len(c.rows), math.MaxInt32))
		c.rows = append(c.rows, row)
		return nil
	})
}

// scan calls fn for the results of a job behind a seq, in their order.
func (c *comparison) scan(ctx context.Context, tx *sql.Tx, jobID string, after int64, fn func(url uint64, row diffRow) error) (err error) {
	rows, err := tx.QueryContext(ctx, diffRowsSQL, jobID, after)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row diffRow
		var url, final sql.RawBytes
		if err := rows.Scan(&row.seq, &url, &row.active, &row.httpStatus, &final); err != nil {
			return err
		}
		row.final = maphash.Bytes(c.seed, final)
		if err := fn(maphash.Bytes(c.seed, url), row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// each calls fn for every URL of the later job behind a seq, with the seqs of its results and its change, which is "" if it
// is the same.
func (c *comparison) each(ctx context.Context, tx *sql.Tx, jobID string, after int64, fn func(later, earlier int64, change wsc.Change) error) error {
	return c.scan(ctx, tx, jobID, after, func(url uint64, row diffRow) error {
		i, found := c.byURL[url]
		if !found {
			if row.active {
				return fn(row.seq, storable.NoResult, wsc.ChangeAdded)
			}
			return fn(row.seq, storable.NoResult, wsc.ChangeNew)
		}
		before := &c.rows[i]
		before.matched = true
		return fn(row.seq, before.seq, changeOf(*before, row))
	})
}

// changeOf is the change of a URL that both jobs have.
func changeOf(before, after diffRow) wsc.Change {
	switch {
	case !after.active && !before.active:
		return wsc.ChangeStillBroken
	case !after.active:
		return wsc.ChangeNew
	case !before.active:
		return wsc.ChangeFixed
	case after.httpStatus != before.httpStatus || after.final != before.final:
		return wsc.ChangeChanged
	default:
		return ""
	}
}

// page finds a page: what the later job has, and behind that what is removed.
func (c *comparison) page(ctx context.Context, tx *sql.Tx, later string, changes []wsc.Change, filter wsc.DiffFilter) ([]storable.DiffPlace, error) {
	after, limit := wsc.DiffCursor{Seq: -1}, max(filter.Limit, 1)
	if filter.After != nil {
		after = *filter.After
	}
	withRemoved := slices.Contains(changes, wsc.ChangeRemoved)
	from := after.Seq
	if withRemoved { // which are known when all of the later job was seen
		from = -1
	}
	places := []storable.DiffPlace{}
	err := c.each(ctx, tx, later, from, func(seq, earlier int64, change wsc.Change) error {
		if after.Removed || seq <= after.Seq || !slices.Contains(changes, change) {
			return nil
		}
		places = append(places, storable.DiffPlace{Change: change, Later: seq, Earlier: earlier})
		if len(places) == limit {
			return errPageFull
		}
		return nil
	})
	if errors.Is(err, errPageFull) || err != nil || !withRemoved {
		return places, ignoreFull(err)
	}
	for _, row := range c.rows {
		if row.matched || after.Removed && row.seq <= after.Seq {
			continue
		}
		places = append(places, storable.DiffPlace{Change: wsc.ChangeRemoved, Later: storable.NoResult, Earlier: row.seq})
		if len(places) == limit {
			break
		}
	}
	return places, nil
}

func ignoreFull(err error) error {
	if errors.Is(err, errPageFull) {
		return nil
	}
	return err
}
