package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// act posts to an action of a job and returns the job of the answer.
func (c *Client) act(ctx context.Context, id, action string) (*wsc.Job, error) {
	var job wsc.Job
	if err := c.call(ctx, http.MethodPost, jobPath(id, action), nil, nil, &job); err != nil {
		return nil, fmt.Errorf("job %s, %s: %w", id, action, err)
	}
	return &job, nil
}

// Pause lets a job check nothing until Resume. Checks that are broken off by that are made again then. The job is returned
// as it is: paused, or as before while no worker carries the request out, which is kept until one does. Pausing a paused
// job is no error. A job with a final status is refused with wsc.CodeJobFinished.
func (c *Client) Pause(ctx context.Context, id string) (*wsc.Job, error) {
	return c.act(ctx, id, "pause")
}

// Resume lets a paused job go on. Resuming one that runs is no error. A job with a final status is refused with
// wsc.CodeJobFinished.
func (c *Client) Resume(ctx context.Context, id string) (*wsc.Job, error) {
	return c.act(ctx, id, "resume")
}

// Retry submits a new job that checks again what is not active in a finished one. A job that still runs, or has nothing
// to check again, is refused with wsc.CodeConflict.
func (c *Client) Retry(ctx context.Context, id string) (*wsc.Job, error) {
	return c.act(ctx, id, "retry")
}

// DeleteIn asks for a job to be deleted after the given time, during which Restore takes that back.
func (c *Client) DeleteIn(ctx context.Context, id string, undo time.Duration) error {
	query := url.Values{"undo_seconds": {strconv.Itoa(int(undo.Seconds()))}}
	if err := c.call(ctx, http.MethodDelete, jobPath(id), query, nil, nil); err != nil {
		return fmt.Errorf("deleting job %s: %w", id, err)
	}
	return nil
}

// Restore takes back a deletion that was asked for and has not happened. It is no error if none was.
func (c *Client) Restore(ctx context.Context, id string) (*wsc.Job, error) {
	return c.act(ctx, id, "restore")
}

// ChangeJob changes what the change names and returns the job as it is then.
func (c *Client) ChangeJob(ctx context.Context, id string, change wsc.JobChange) (*wsc.Job, error) {
	var job wsc.Job
	if err := c.call(ctx, http.MethodPatch, jobPath(id), nil, change, &job); err != nil {
		return nil, fmt.Errorf("changing job %s: %w", id, err)
	}
	return &job, nil
}

// DiffQuery selects and pages the differences of two jobs.
type DiffQuery struct {
	// Changes limits the entries to these; empty means all but what is the same.
	Changes []wsc.Change
	// Limit is the most entries of a page, at most 1,000; 0 leaves it to the server.
	Limit int
	// Cursor continues behind an earlier page: its NextCursor.
	Cursor string
}

// Diff compares a job with an earlier one.
func (c *Client) Diff(ctx context.Context, later, earlier string, query DiffQuery) (*wsc.Diff, error) {
	values := url.Values{"with": {earlier}}
	setList(values, "change", query.Changes)
	setLimit(values, query.Limit)
	setText(values, "cursor", query.Cursor)
	var diff wsc.Diff
	if err := c.call(ctx, http.MethodGet, jobPath(later, "diff"), values, nil, &diff); err != nil {
		return nil, fmt.Errorf("comparing job %s with %s: %w", later, earlier, err)
	}
	return &diff, nil
}
