package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const (
	// searchedFirst is how many results in the order of the page are looked at before all texts are searched: what is
	// found often is found there. By URL it is fewer, since in that order as many rows are read for each class.
	searchedFirst, searchedFirstByURL = 2000, 300
	// fewFound is up to how many results with the text are looked up one by one. When there are more, all are sorted.
	fewFound = 20_000

	// rowTexts and rowTextBytes bound a row of result_texts: compressed, it fits into a row without a part elsewhere.
	rowTexts     = 64
	rowTextBytes = 6000

	// Between the URL and the title of a searched text, and what stands for a character that separates texts in one.
	fieldSeparator, separatorInText = "\x1f", "\x1d"
	// separators are the characters that a text for the search has for its own purposes.
	separators = "\x1d\x1e\x1f"
)

// foundSQL are the seqs of the results of job $1 with the text $2, in any order.
const foundSQL = `
SELECT t.seq FROM result_texts AS b CROSS JOIN LATERAL unnest(b.seqs, string_to_array(b.texts, E'\x1e')) AS t (seq, text)
WHERE b.job_id = $1 AND strpos(b.texts, $2) > 0 AND strpos(t.text, $2) > 0`

// searchableSQL is whether all results of a job have their texts in result_texts. Those that an older version of the
// program stored do not.
const searchableSQL = `
SELECT processed_urls = (SELECT coalesce(sum(results), 0) FROM result_texts WHERE job_id = $1) FROM jobs WHERE id = $1`

// searchedText is what is searched of a result.
func searchedText(url, title string) string {
	return searchable(url) + fieldSeparator + searchable(title)
}

func searchable(text string) string {
	text = strings.ToLower(text)
	if strings.ContainsAny(text, separators) {
		text = strings.NewReplacer("\x1e", separatorInText, "\x1f", separatorInText).Replace(text)
	}
	return text
}

// placesOf says for each of the texts in which row of result_texts it goes.
func placesOf(texts []string) []int32 {
	places := make([]int32, len(texts))
	place, count, bytes := int32(0), 0, 0
	for i, text := range texts {
		if count == rowTexts || count > 0 && bytes+len(text) > rowTextBytes {
			place, count, bytes = place+1, 0, 0
		}
		count, bytes = count+1, bytes+len(text)
		places[i] = place
	}
	return places
}

// search is Results with a Query: it looks at the first results, then at the texts of all, and at the results themselves
// only when the texts are not there.
func (s *Store) search(ctx context.Context, id [16]byte, jobID string, filter *wsc.ResultFilter) ([]wsc.Result, error) {
	text := strings.ToLower(storable.Text(filter.Query))
	seqs, enough, err := s.searchFirst(ctx, id, filter, text)
	if err != nil {
		return nil, err
	}
	if !enough {
		if seqs, err = s.searchAll(ctx, id, filter, text); err != nil {
			return nil, err
		}
	}
	return s.resultsInOrder(ctx, id, jobID, seqs)
}

// searchFirst returns the seqs of the page if the first results are enough for it.
func (s *Store) searchFirst(ctx context.Context, id [16]byte, filter *wsc.ResultFilter, text string) (page []int64, enough bool, err error) {
	many := searchedFirst
	if filter.Sort == wsc.SortURL {
		many = max(searchedFirstByURL, filter.Limit)
	}
	first, err := s.pageSeqs(ctx, id, filter, many)
	if err != nil {
		return nil, false, err
	}
	const query = `SELECT seq, url, title FROM url_check_results WHERE job_id = $1 AND seq = ANY($2)`
	rows, err := s.pool.Query(ctx, query, id, first)
	if err != nil {
		return nil, false, failure(ctx, "search results", err)
	}
	var seq int64
	var url, title string
	found := map[int64]bool{}
	_, err = pgx.ForEachRow(rows, []any{&seq, &url, &title}, func() error {
		found[seq] = strings.Contains(strings.ToLower(url), text) || strings.Contains(strings.ToLower(title), text)
		return nil
	})
	if err != nil {
		return nil, false, failure(ctx, "search results", err)
	}
	for _, seq := range first {
		if found[seq] && len(page) < filter.Limit {
			page = append(page, seq)
		}
	}
	return page, len(page) == filter.Limit || len(first) < many, nil
}

// searchAll returns the seqs of the page.
func (s *Store) searchAll(ctx context.Context, id [16]byte, filter *wsc.ResultFilter, text string) ([]int64, error) {
	order, err := orderOf(filter.Sort)
	if err != nil {
		return nil, err
	}
	complete, err := collect(ctx, s, "search results", searchableSQL, []any{id}, pgx.RowTo[bool])
	if err != nil {
		return nil, err
	}
	if len(complete) == 0 || !complete[0] || strings.ContainsAny(text, separators) {
		where := resultConditions(id, filter)
		return s.searchedPage(ctx, `url_check_results AS r `, where, order, filter, withoutJITSQL)
	}
	found, err := collectWith(ctx, s, withoutJITSQL, foundSQL+` LIMIT $3`, []any{id, text, fewFound + 1}, pgx.RowTo[int64])
	if err != nil {
		return nil, failure(ctx, "search results", err)
	}
	if len(found) > fewFound {
		joined := foundConditions(id, filter, text)
		if order.sort != wsc.SortURL {
			return s.searchedPage(ctx, joinedSQL, joined, order, filter, allAtOnceSQL)
		}
		query := `SELECT r.seq FROM ` + joinedSQL + joined.sql() + ` LIMIT ` + joined.place(fewFound+1)
		if found, err = collectWith(ctx, s, allAtOnceSQL, query, joined.arguments, pgx.RowTo[int64]); err != nil {
			return nil, failure(ctx, "search results", err)
		}
	}
	if len(found) > fewFound {
		return s.searchedPage(ctx, joinedSQL, foundConditions(id, filter, text), order, filter, rowsAtOnceSQL)
	}
	rest := *filter
	rest.Query = ""
	where := resultConditions(id, &rest)
	few := `unnest(` + where.place(found) + `::bigint[]) AS found (seq) JOIN url_check_results AS r USING (seq) `
	return s.searchedPage(ctx, few, where, order, filter, oneByOneSQL)
}

// joinedSQL are the results r with the text, as far as foundConditions allow them.
const joinedSQL = `(` + foundSQL + `) AS found JOIN url_check_results AS r USING (seq) `

// foundConditions are resultConditions with the job as $1 and the text as $2, as foundSQL has them, but without the text.
func foundConditions(id [16]byte, filter *wsc.ResultFilter, text string) *conditions {
	where := &conditions{}
	where.place(id)
	where.place(text)
	where.parts = append(where.parts, `r.job_id = $1`)
	addClassConditions(where, "r", filter)
	if filter.Host != "" {
		where.add(`r.host = %s`, storable.Host(filter.Host))
	}
	return where
}

// Plans of what is left of a search, made here for the same reason as those of pages: rows are looked up one by one; or
// joined with all of the job in an index; or, when rows must be looked at, in whichever way. What has to go through the
// texts of the whole job takes the cores that are free: the planner sees a small table there, and not that its texts are
// unpacked and taken apart.
const (
	withoutJITSQL = `SELECT set_config('jit', 'off', true)`
	oneByOneSQL   = `SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`
	inParallelSQL = `set_config('parallel_setup_cost', '0', true), set_config('parallel_tuple_cost', '0', true),
       set_config('min_parallel_table_scan_size', '0', true), set_config('min_parallel_index_scan_size', '0', true)`
	rowsAtOnceSQL = `SELECT set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('work_mem', '64MB', true), set_config('jit', 'off', true), ` + inParallelSQL
	allAtOnceSQL = rowsAtOnceSQL + `, set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`
)

// searchedPage returns the seqs of the page from the given tables.
func (s *Store) searchedPage(ctx context.Context, from string, where *conditions, order resultOrder, filter *wsc.ResultFilter, settings string) ([]int64, error) {
	order.addPosition(where, filter)
	query := `SELECT r.seq FROM ` + from + where.sql() + order.sql(filter) + ` LIMIT ` + where.place(filter.Limit)
	seqs, err := collectWith(ctx, s, settings, query, where.arguments, pgx.RowTo[int64])
	return seqs, failure(ctx, "search results", err)
}
