package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// ResultFilter selects and orders results. The zero value is all of them in the order of the upload.
type ResultFilter struct {
	Statuses     []wsc.Status
	ErrorKinds   []wsc.ErrorKind
	HTTPStatuses []int
	// Slow limits the results to slow ones, or to others; nil is both.
	Slow *bool
	// Host limits the results to one host.
	Host string
	// Query limits the results to those whose URL or title contains it, ignoring case.
	Query string
	// Sort is the order, wsc.SortSeq if empty; Desc reverses it.
	Sort wsc.ResultSort
	Desc bool
}

func (f ResultFilter) values() url.Values {
	values := url.Values{}
	setList(values, "status", f.Statuses)
	setList(values, "error_kind", f.ErrorKinds)
	codes := make([]string, len(f.HTTPStatuses))
	for i, code := range f.HTTPStatuses {
		codes[i] = strconv.Itoa(code)
	}
	setList(values, "http_status", codes)
	if f.Slow != nil {
		values.Set("slow", strconv.FormatBool(*f.Slow))
	}
	setText(values, "host", f.Host)
	setText(values, "q", f.Query)
	order := string(f.Sort)
	if f.Desc {
		if order == "" {
			order = string(wsc.SortSeq)
		}
		order = "-" + order
	}
	setText(values, "sort", order)
	return values
}

// ResultQuery is a filter and a page of it.
type ResultQuery struct {
	ResultFilter
	// Limit is the most results of a page, at most 1,000; 0 leaves it to the server.
	Limit int
	// Cursor continues behind an earlier page: its NextCursor. It belongs to one filter and order.
	Cursor string
}

// Results returns a page of results.
func (c *Client) Results(ctx context.Context, id string, query ResultQuery) (*wsc.ResultPage, error) {
	values := query.values()
	setLimit(values, query.Limit)
	setText(values, "cursor", query.Cursor)
	var page wsc.ResultPage
	if err := c.call(ctx, http.MethodGet, jobPath(id, "results"), values, nil, &page); err != nil {
		return nil, fmt.Errorf("getting results of job %s: %w", id, err)
	}
	return &page, nil
}

// Result returns one result of a job by its seq. One that does not exist, or not yet, is refused with wsc.CodeNotFound.
func (c *Client) Result(ctx context.Context, id string, seq int64) (*wsc.Result, error) {
	var result wsc.Result
	if err := c.call(ctx, http.MethodGet, jobPath(id, "results", strconv.FormatInt(seq, 10)), nil, nil, &result); err != nil {
		return nil, fmt.Errorf("getting result %d of job %s: %w", seq, id, err)
	}
	return &result, nil
}

// AllResults walks over every result under the query from its cursor on, page by page (1,000 a page unless the
// query has a Limit). After an error it ends.
func (c *Client) AllResults(ctx context.Context, id string, query ResultQuery) iter.Seq2[*wsc.Result, error] {
	if query.Limit == 0 {
		query.Limit = 1000
	}
	return walk(query.Cursor, func(cursor string) ([]wsc.Result, string, error) {
		query.Cursor = cursor
		page, err := c.Results(ctx, id, query)
		if err != nil {
			return nil, "", err
		}
		return page.Results, page.NextCursor, nil
	})
}
