package apiserver

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// cachedStats is how many summaries are kept, of up to some 20 KB each.
	cachedStats = 256
	// statsAge is how old the summary of a job that runs may be, or statsAgeFactor times as old as it took to make if that
	// is longer, so that a large job keeps the database busy for a small part of the time.
	statsAge       = 2 * time.Second
	statsAgeFactor = 5
)

// statsReader summarises the results of a job.
type statsReader interface {
	Stats(ctx context.Context, jobID string) (*wsc.Stats, error)
}

// statsCache keeps summaries of jobs, which take seconds to make for a large job: those of finished jobs until they change,
// those of others for a short time. Callers who want the same one at the same time share it.
type statsCache struct {
	store statsReader
	// timeout bounds making one.
	timeout time.Duration
	now     func() time.Time

	flights singleflight.Group

	mu      sync.Mutex
	entries map[string]*statsEntry
}

type statsEntry struct {
	stats *wsc.Stats
	// updatedAt is that of the job before the summary was made; at is when it was there, took how long it took.
	updatedAt, at time.Time
	took          time.Duration
	// used is when it was last asked for.
	used time.Time
}

func newStatsCache(store statsReader, timeout time.Duration) *statsCache {
	return &statsCache{store: store, timeout: timeout, now: time.Now, entries: map[string]*statsEntry{}}
}

// Stats returns the summary of a job. The caller must not change it.
func (c *statsCache) Stats(ctx context.Context, job *wsc.Job) (*wsc.Stats, error) {
	if stats := c.kept(job); stats != nil {
		return stats, nil
	}
	flight := c.flights.DoChan(flightOf(job), func() (made any, err error) {
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("summarise results: panic: %v", cause)
			}
		}()
		// Others may wait for it when this caller has gone.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()
		return c.make(ctx, job)
	})
	select {
	case result := <-flight:
		if result.Err != nil {
			return nil, result.Err
		}
		stats, ok := result.Val.(*wsc.Stats)
		if !ok {
			return nil, fmt.Errorf("summarise results: the store made %T", result.Val)
		}
		return stats, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// flightOf names what callers share. One that saw the job finished does not want what was begun before.
func flightOf(job *wsc.Job) string {
	if job.Status.Terminal() {
		return job.ID + " " + job.UpdatedAt.String()
	}
	return job.ID
}

// count returns how many results a filter on one column other than the status selects, if the summary that is kept says so.
func (c *statsCache) count(job *wsc.Job, filter wsc.ResultFilter) (n int64, ok bool) {
	if !job.Status.Terminal() || len(filter.Statuses) > 0 || filter.Host != "" || filter.Query != "" {
		return 0, false
	}
	stats := c.kept(job)
	switch {
	case stats == nil:
		return 0, false
	case len(filter.HTTPStatuses) > 0 && len(filter.ErrorKinds) == 0 && filter.Slow == nil:
		return sumOf(stats.ByHTTPStatus, filter.HTTPStatuses, strconv.Itoa), true
	case len(filter.ErrorKinds) > 0 && len(filter.HTTPStatuses) == 0 && filter.Slow == nil:
		return sumOf(stats.ByErrorKind, filter.ErrorKinds, func(kind wsc.ErrorKind) string { return string(kind) }), true
	case filter.Slow != nil && len(filter.ErrorKinds) == 0 && len(filter.HTTPStatuses) == 0:
		if *filter.Slow {
			return stats.Slow, true
		}
		return stats.Total - stats.Slow, true
	}
	return 0, false
}

// sumOf adds the counts of the values, each once.
func sumOf[T comparable](counts map[string]int64, values []T, name func(T) string) (n int64) {
	seen := map[T]bool{}
	for _, value := range values {
		if !seen[value] {
			n += counts[name(value)]
			seen[value] = true
		}
	}
	return n
}

// kept returns the summary of the job if there is one that is good enough.
func (c *statsCache) kept(job *wsc.Job) *wsc.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry := c.entries[job.ID]
	if entry == nil {
		return nil
	}
	now := c.now()
	age := max(statsAge, statsAgeFactor*entry.took)
	if !entry.updatedAt.Equal(job.UpdatedAt) && (job.Status.Terminal() || now.Sub(entry.at) > age) {
		return nil
	}
	entry.used = now
	return entry.stats
}

// make summarises the job and keeps that.
func (c *statsCache) make(ctx context.Context, job *wsc.Job) (*wsc.Stats, error) {
	begin := c.now()
	stats, err := c.store.Stats(ctx, job.ID)
	if err != nil {
		return nil, err
	}
	stats.SlowestHosts, stats.FailingHosts = listed(stats.SlowestHosts), listed(stats.FailingHosts)
	stats.Throughput, stats.ExpiringCert = listed(stats.Throughput), listed(stats.ExpiringCert)
	stats.ResponseTime.Histogram = listed(stats.ResponseTime.Histogram)
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[job.ID] = &statsEntry{stats: stats, updatedAt: job.UpdatedAt, at: now, took: now.Sub(begin), used: now}
	if len(c.entries) > cachedStats {
		var oldest string
		for id, entry := range c.entries {
			if oldest == "" || entry.used.Before(c.entries[oldest].used) {
				oldest = id
			}
		}
		delete(c.entries, oldest)
	}
	return stats, nil
}
