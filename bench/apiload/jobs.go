package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

const (
	// jobCount is how many jobs there are; a page of the list has a third of them.
	jobCount = 300
	// gotJobs is how many of them are asked for one by one.
	gotJobs = 100
	// listedJobs is the length of a page.
	listedJobs = 100
	jobsPath   = "/api/v1/jobs"
)

// createJobs makes the jobs that the other commands read, by the API, and marks them in the database as a worker does that
// begins with them. No worker will go on, so they stay as they are.
func (l *load) createJobs(ctx context.Context) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i := range jobCount {
		group.Go(func() error {
			c, err := l.connect(groupCtx)
			if err != nil {
				return err
			}
			defer c.close()
			body := fmt.Appendf(nil, `{"name":"list %d.txt","urls":["https://example.com/%d"]}`, i, i)
			_, err = c.do(l.postRequest(jobsPath, body), http.StatusAccepted)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("create jobs: %w", err)
	}
	database, err := pgx.Connect(ctx, l.databaseURL)
	if err != nil {
		return fmt.Errorf("connect to the database (-database): %w", err)
	}
	_, err = database.Exec(ctx, `
UPDATE jobs SET status = 'processing', phase = 'checking', total_urls = 1000000, started_at = now(), updated_at = now()`)
	return errors.Join(err, database.Close(context.WithoutCancel(ctx)))
}

// listJobIDs returns the ids of the newest n jobs.
func (l *load) listJobIDs(ctx context.Context, n int) ([]string, error) {
	c, err := l.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer c.close()
	body, err := c.do(l.getRequest(fmt.Sprintf("%s?limit=%d", jobsPath, n)), http.StatusOK)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	var page struct {
		Jobs []struct {
			ID string `json:"id"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	if len(page.Jobs) < n {
		return nil, fmt.Errorf("there are %d jobs, and %d are needed: create them first", len(page.Jobs), n)
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = page.Jobs[i].ID
	}
	return ids, nil
}

// getJob measures GET /jobs/{id}.
func (l *load) getJob(ctx context.Context) error {
	ids, err := l.listJobIDs(ctx, gotJobs)
	if err != nil {
		return err
	}
	requests := make([]request, len(ids))
	for i, id := range ids {
		requests[i] = request{text: l.getRequest(jobsPath + "/" + id), want: []byte(id)}
	}
	s, err := l.serve(ctx, requests)
	if err != nil {
		return err
	}
	return l.reportServed("api_get_job", s)
}

// listJobs measures GET /jobs.
func (l *load) listJobs(ctx context.Context) error {
	ids, err := l.listJobIDs(ctx, listedJobs)
	if err != nil {
		return err
	}
	path := fmt.Sprintf("%s?limit=%d", jobsPath, listedJobs)
	s, err := l.serve(ctx, []request{{text: l.getRequest(path), want: []byte(ids[listedJobs-1])}})
	if err != nil {
		return err
	}
	return l.reportServed("api_list", s)
}

func (l *load) reportServed(name string, s served) error {
	return errors.Join(
		l.report(name+"_rps", "%.0f", float64(s.requests)/s.wall.Seconds(), "requests/s"),
		l.report(name+"_p99_ms", "%.1f", milliseconds(s.p99), "ms"),
		l.report(name+"_cpu_us", "%.0f", s.apiCPU.Seconds()*1e6/float64(s.requests), "us"),
	)
}
