package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// JobQuery selects and pages jobs. The zero value is the first page of all.
type JobQuery struct {
	// IDs limits the jobs to these, at most 100; empty means all.
	IDs []string
	// KeyID limits the jobs to those that this API key submitted; empty means all.
	KeyID string
	// Statuses limits the jobs to these statuses; empty means all.
	Statuses []wsc.JobStatus
	// Query limits the jobs to those whose file name contains it, ignoring case.
	Query string
	// Sort is the order, wsc.JobsNewest if empty.
	Sort wsc.JobSort
	// Limit is the most jobs of a page; 0 leaves it to the server.
	Limit int
	// Cursor continues behind an earlier page with its NextCursor, or returns the page before with its PrevCursor.
	Cursor string
}

func (q JobQuery) values() url.Values {
	values := url.Values{}
	if len(q.IDs) > 0 {
		values["id"] = q.IDs
	}
	setText(values, "key_id", q.KeyID)
	setList(values, "status", q.Statuses)
	setText(values, "q", q.Query)
	setText(values, "sort", string(q.Sort))
	setLimit(values, q.Limit)
	setText(values, "cursor", q.Cursor)
	return values
}

// Job returns a job.
func (c *Client) Job(ctx context.Context, id string) (*wsc.Job, error) {
	var job wsc.Job
	if err := c.call(ctx, http.MethodGet, jobPath(id), nil, nil, &job); err != nil {
		return nil, fmt.Errorf("getting job %s: %w", id, err)
	}
	return &job, nil
}

// Jobs returns a page of jobs, in the order of the query.
func (c *Client) Jobs(ctx context.Context, query JobQuery) (*wsc.JobPage, error) {
	var page wsc.JobPage
	if err := c.call(ctx, http.MethodGet, apiPrefix+"/jobs", query.values(), nil, &page); err != nil {
		return nil, fmt.Errorf("listing jobs: %w", err)
	}
	return &page, nil
}

// AllJobs walks over every job of the query from its cursor on, page by page. After an error it ends.
func (c *Client) AllJobs(ctx context.Context, query JobQuery) iter.Seq2[*wsc.Job, error] {
	return walk(query.Cursor, func(cursor string) ([]wsc.Job, string, error) {
		query.Cursor = cursor
		page, err := c.Jobs(ctx, query)
		if err != nil {
			return nil, "", err
		}
		return page.Jobs, page.NextCursor, nil
	})
}

// Cancel stops a job. Results so far and their export stay. The job is returned as it is then: it may still be
// finishing the checks under way. A job with a final status is refused with wsc.CodeJobFinished.
func (c *Client) Cancel(ctx context.Context, id string) (*wsc.Job, error) {
	var job wsc.Job
	if err := c.call(ctx, http.MethodPost, jobPath(id, "cancel"), nil, nil, &job); err != nil {
		return nil, fmt.Errorf("cancelling job %s: %w", id, err)
	}
	return &job, nil
}

// Delete removes a job with its upload, results and exports, running or not.
func (c *Client) Delete(ctx context.Context, id string) error {
	if err := c.call(ctx, http.MethodDelete, jobPath(id), nil, nil, nil); err != nil {
		return fmt.Errorf("deleting job %s: %w", id, err)
	}
	return nil
}

// Stats summarises the results of a job so far.
func (c *Client) Stats(ctx context.Context, id string) (*wsc.Stats, error) {
	var stats wsc.Stats
	if err := c.call(ctx, http.MethodGet, jobPath(id, "stats"), nil, nil, &stats); err != nil {
		return nil, fmt.Errorf("getting the statistics of job %s: %w", id, err)
	}
	return &stats, nil
}

// walk yields the items of all pages. fetch returns the items behind a cursor and the next cursor, "" on the last page.
func walk[T any](cursor string, fetch func(cursor string) ([]T, string, error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for {
			items, next, err := fetch(cursor)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range items {
				if !yield(&items[i], nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if next == cursor {
				yield(nil, fmt.Errorf("the server's cursor %q leads back to the same page", cursor))
				return
			}
			cursor = next
		}
	}
}

func setText(values url.Values, name, value string) {
	if value != "" {
		values.Set(name, value)
	}
}

func setLimit(values url.Values, limit int) {
	if limit != 0 {
		values.Set("limit", strconv.Itoa(limit))
	}
}

// setList sets a parameter with several values, separated by commas.
func setList[T ~string](values url.Values, name string, list []T) {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = string(item)
	}
	setText(values, name, strings.Join(texts, ","))
}
