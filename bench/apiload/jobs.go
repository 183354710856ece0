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
	keysPath   = "/api/v1/keys"
	// requestsPerHour is the quota of the key, more than can be used up.
	requestsPerHour = 100_000_000
)

// prepare makes, with an admin key, the key that the other commands use and the jobs that they read, and prints the key's
// secret. In the database the jobs are marked as a worker does that begins with them; no worker will go on, so they stay as
// they are. They are handed over to the key there, too.
func (l *load) prepare(ctx context.Context) error {
	keyID, secret, err := l.createKey(ctx)
	if err != nil {
		return fmt.Errorf("create a key: %w", err)
	}
	if err := l.createJobs(ctx, keyID); err != nil {
		return fmt.Errorf("create jobs: %w", err)
	}
	_, err = fmt.Fprintln(l.stdout, secret)
	return err
}

// createKey makes a key as people have it: for reading and writing, with a quota.
func (l *load) createKey(ctx context.Context) (id, secret string, err error) {
	c, err := l.connect(ctx)
	if err != nil {
		return "", "", err
	}
	defer c.close()
	request := fmt.Appendf(nil, `{"name":"bench","scopes":["read","write"],"rate_limit_hour":%d}`, requestsPerHour)
	body, err := c.do(l.postRequest(keysPath, request), http.StatusCreated)
	if err != nil {
		return "", "", err
	}
	var key struct {
		ID     string `json:"id"`
		Secret string `json:"key"`
	}
	err = json.Unmarshal(body, &key)
	return key.ID, key.Secret, err
}

// createJobs makes the jobs.
func (l *load) createJobs(ctx context.Context, owner string) error {
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
		return err
	}
	database, err := pgx.Connect(ctx, l.databaseURL)
	if err != nil {
		return fmt.Errorf("connect to the database (-database): %w", err)
	}
	_, err = database.Exec(ctx, `
UPDATE jobs SET owner = $1, status = 'processing', phase = 'checking', total_urls = 1000000, started_at = now(), updated_at = now()`,
		owner)
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
