package main

import (
	"context"
	_ "embed" // the statement that makes results
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// resultRequests is how often each page is asked for; its time is the median.
	resultRequests = 5
	// pageLength is the length of the pages that are measured, walkLength of those that only lead somewhere.
	pageLength, walkLength = 100, 1000
	// farPages is how many pages of results that are not active lie before a far page; in most orders that is the middle.
	farPages = 30
)

//go:embed results.sql
var insertResultsSQL string

// The job of the results is a copy of one that the API created. VACUUM and ANALYZE are what the database does by itself
// some time after so many rows came.
const (
	insertJobSQL = `
INSERT INTO jobs (id, owner, filename, status, phase, total_urls, options, created_at, updated_at, started_at, finished_at)
SELECT gen_random_uuid(), owner, 'million.csv', 'completed', 'done', $1, options, now(), now(), now(), now() FROM jobs LIMIT 1
RETURNING id::text`

	insertTextsSQL = `
INSERT INTO result_texts (job_id, seq, results, seqs, texts)
SELECT job_id, min(seq), count(*), array_agg(seq), string_agg(lower(url) || E'\x1f' || lower(title), E'\x1e')
FROM (SELECT job_id, seq, url, title, row_number() OVER (ORDER BY ctid) / 50 AS place FROM url_check_results WHERE job_id = $1) AS placed
GROUP BY job_id, place`

	countJobSQL = `
UPDATE jobs SET processed_urls = n, active_count = active, inactive_count = inactive, error_count = error
FROM (SELECT count(*) AS n, count(*) FILTER (WHERE status = 'active') AS active, count(*) FILTER (WHERE status = 'inactive') AS inactive,
             count(*) FILTER (WHERE status = 'error') AS error FROM url_check_results WHERE job_id = $1) AS counted
WHERE id = $1`

	vacuumSQL = `VACUUM (ANALYZE) url_check_results, result_texts`
)

// resultFilter is a filter of the API, and the condition in SQL that says which results it selects.
type resultFilter struct{ query, condition string }

// resultFilters are filters that select all, many, few and no results, on every column.
func resultFilters() []resultFilter {
	return []resultFilter{
		{"", "true"},
		{"status=active", "status = 'active'"},
		{"status=inactive", "status = 'inactive'"},
		{"status=error", "status = 'error'"},
		{"error_kind=timeout", "error_kind = 'timeout'"},
		{"error_kind=body_error", "error_kind = 'body_error'"},
		{"http_status=200", "http_status = 200"},
		{"http_status=404", "http_status = 404"},
		{"http_status=202", "http_status = 202"},
		{"http_status=418", "http_status = 418"},
		{"slow=true", "slow"},
		{"slow=false", "NOT slow"},
		{"host=shop.large-store.example", "host = 'shop.large-store.example'"},
		{"host=www.alpha-1000.example", "host = 'www.alpha-1000.example'"},
		{"host=nowhere.example", "false"},
	}
}

// textFilters are texts in all, many, few and no results.
func textFilters() []resultFilter {
	contains := func(text string) string { return "url || ' ' || lower(title) LIKE '%" + text + "%'" }
	return []resultFilter{
		{"q=EXAMPLE", contains("example")},
		{"q=solar", contains("solar")},
		{"q=company+1000", contains("company 1000")},
		{"q=spring-777", contains("spring-777")},
		{"q=nowhere-at-all", "false"},
		{"q=nowhere-at-all&status=error", "false"},
		{"q=garden&status=error", contains("garden") + " AND status = 'error'"},
	}
}

// results makes a job with many results and measures pages of them and their summary.
func (l *load) results(ctx context.Context) error {
	id, err := l.createResults(ctx)
	if err != nil {
		return fmt.Errorf("create results: %w", err)
	}
	c, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	p := &pages{load: l, c: c, path: jobsPath + "/" + id + "/results"}
	if err := l.measurePages(ctx, p); err != nil {
		return err
	}
	return l.measureStats(c, jobsPath+"/"+id+"/stats")
}

// createResults makes the job and returns its id.
func (l *load) createResults(ctx context.Context) (id string, err error) {
	database, err := pgx.Connect(ctx, l.databaseURL)
	if err != nil {
		return "", fmt.Errorf("connect to the database (-database): %w", err)
	}
	defer func() { err = errors.Join(err, database.Close(context.WithoutCancel(ctx))) }()
	if err := database.QueryRow(ctx, insertJobSQL, l.resultCount).Scan(&id); err != nil {
		return "", err
	}
	if _, err := database.Exec(ctx, `SELECT setseed(0.5)`); err != nil {
		return "", err
	}
	if _, err := database.Exec(ctx, insertResultsSQL, id, l.resultCount); err != nil {
		return "", err
	}
	for _, statement := range []string{insertTextsSQL, countJobSQL} {
		if _, err := database.Exec(ctx, statement, id); err != nil {
			return "", err
		}
	}
	_, err = database.Exec(ctx, vacuumSQL)
	return id, err
}

// counts returns how many results each filter selects.
func (l *load) counts(ctx context.Context, filters []resultFilter) (counts []int64, err error) {
	query := `SELECT ARRAY[`
	for i, filter := range filters {
		if i > 0 {
			query += `, `
		}
		query += `count(*) FILTER (WHERE ` + filter.condition + `)`
	}
	database, err := pgx.Connect(ctx, l.databaseURL)
	if err != nil {
		return nil, fmt.Errorf("connect to the database (-database): %w", err)
	}
	err = database.QueryRow(ctx, query+`] FROM url_check_results`).Scan(&counts)
	return counts, errors.Join(err, database.Close(context.WithoutCancel(ctx)))
}

// measurePages reports the slowest page of all filters in all orders, and far down in all orders; and the slowest of those
// with a text.
func (l *load) measurePages(ctx context.Context, p *pages) error {
	orders := []string{"seq", "url", "host", "status", "http_status", "response_time"}
	for _, order := range slices.Clone(orders) {
		orders = append(orders, "-"+order)
	}
	worst, err := p.worst(ctx, resultFilters(), orders)
	if err != nil {
		return err
	}
	for _, order := range orders {
		cursor, err := p.far(order)
		if err != nil {
			return err
		}
		took, err := p.median("sort="+order+"&cursor="+cursor, pageLength)
		if err != nil {
			return err
		}
		if took > worst.took {
			worst = slowest{"a far page with sort=" + order, took}
		}
	}
	if err := l.reportSlowest("gui_results_ms_worst", worst); err != nil {
		return err
	}
	worst, err = p.worst(ctx, textFilters(), []string{"seq", "-url", "-response_time"})
	if err != nil {
		return err
	}
	return l.reportSlowest("gui_results_text_ms_worst", worst)
}

// measureStats reports how long the summary takes at first and when it is asked for again.
func (l *load) measureStats(c *connection, path string) error {
	var took [1 + resultRequests]time.Duration
	for i := range took {
		begin := time.Now()
		if _, err := c.do(l.getRequest(path), http.StatusOK); err != nil {
			return err
		}
		took[i] = time.Since(begin)
	}
	return errors.Join(
		l.report("gui_stats_first_ms", "%.1f", milliseconds(took[0]), "ms"),
		l.report("gui_stats_again_ms", "%.1f", milliseconds(percentile(took[1:], 50)), "ms"))
}

// slowest is a request that took longer than all others.
type slowest struct {
	query string
	took  time.Duration
}

func (l *load) reportSlowest(name string, s slowest) error {
	_, err := fmt.Fprintf(l.stdout, "# %s: %s\n", name, s.query)
	return errors.Join(err, l.report(name, "%.1f", milliseconds(s.took), "ms"))
}

// pages asks for pages of the results at path.
type pages struct {
	*load

	c    *connection
	path string
}

// worst is the slowest first page of the filters in the orders.
func (p *pages) worst(ctx context.Context, filters []resultFilter, orders []string) (worst slowest, err error) {
	counts, err := p.counts(ctx, filters)
	if err != nil {
		return worst, err
	}
	for i, filter := range filters {
		for _, order := range orders {
			query := "sort=" + order + "&" + filter.query
			took, err := p.median(query, min(counts[i], pageLength))
			if err != nil {
				return worst, err
			}
			if took > worst.took {
				worst = slowest{query, took}
			}
		}
	}
	return worst, nil
}

// median asks for a page a few times and returns the median of the times. The page must have as many results as wanted.
func (p *pages) median(query string, want int64) (time.Duration, error) {
	took := make([]time.Duration, resultRequests)
	for i := range took {
		begin := time.Now()
		body, err := p.c.do(p.getRequest(fmt.Sprintf("%s?limit=%d&%s", p.path, pageLength, query)), http.StatusOK)
		took[i] = time.Since(begin)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", query, err)
		}
		page, err := parsePage(body)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", query, err)
		}
		if int64(len(page.Results)) != want {
			return 0, fmt.Errorf("%s: the page has %d results, right is %d", query, len(page.Results), want)
		}
	}
	return percentile(took, 50), nil
}

// far is a cursor far down in the order. It walks over the results that are inactive and so leaves most out.
func (p *pages) far(order string) (cursor string, err error) {
	for range farPages {
		query := fmt.Sprintf("%s?limit=%d&status=inactive&sort=%s&cursor=%s", p.path, walkLength, order, url.QueryEscape(cursor))
		body, err := p.c.do(p.getRequest(query), http.StatusOK)
		if err != nil {
			return "", err
		}
		page, err := parsePage(body)
		if err != nil {
			return "", err
		}
		if page.NextCursor == "" {
			break // at a smaller scale
		}
		cursor = page.NextCursor
	}
	return url.QueryEscape(cursor), nil
}

type resultPage struct {
	Results []struct {
		Seq int64 `json:"seq"`
	} `json:"results"`
	NextCursor string `json:"next_cursor"`
}

func parsePage(body []byte) (page resultPage, err error) {
	err = json.Unmarshal(body, &page)
	return page, err
}
