package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/store/sqlite"
)

// openStore returns a store on a fresh database.
func openStore(t *testing.T) *sqlite.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wsc.db")
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func TestJobsAreThoseOfTheDatabase(t *testing.T) {
	store := openStore(t)
	for n := range 3 {
		id, err := uuid.NewV7()
		require.NoError(t, err)
		require.NoError(t, store.CreateJob(t.Context(), &wsc.Job{ID: id.String(), Filename: fmt.Sprint(n), CreatedAt: time.Now()}, wsc.JobQuota{}))
		if n == 0 {
			require.NoError(t, store.StartJob(t.Context(), id.String(), time.Now()))
		}
	}
	registry := prometheus.NewRegistry()
	require.NoError(t, telemetry.RegisterJobs(registry, store))
	text := scrape(t, registry)
	require.ElementsMatch(t, []string{
		`wsc_jobs{status="pending"} 2`, `wsc_jobs{status="processing"} 1`, `wsc_jobs{status="paused"} 0`,
		`wsc_jobs{status="completed"} 0`, `wsc_jobs{status="failed"} 0`, `wsc_jobs{status="cancelled"} 0`,
	}, series(text, "wsc_jobs"))

	registry = prometheus.NewRegistry()
	require.NoError(t, telemetry.RegisterPools(registry, store))
	text = scrape(t, registry)
	require.Contains(t, text, `wsc_db_connections{pool="writer",state="idle"} 1`)
	require.Contains(t, text, `wsc_db_connections{pool="readers",state="in_use"} 0`)
	require.Contains(t, text, `wsc_db_connections_limit{pool="writer"} 1`)
	require.Len(t, series(text, "wsc_db_waits_total"), 2)
	require.Len(t, series(text, "wsc_db_wait_seconds_total"), 2)
}

// countedJobs is a store whose counts are counted, and that is away when told.
type countedJobs struct {
	mu    sync.Mutex
	calls int
	err   error
	hangs bool
}

func (c *countedJobs) CountJobs(ctx context.Context) (map[wsc.JobStatus]int64, error) {
	c.mu.Lock()
	c.calls++
	calls, err, hangs := c.calls, c.err, c.hangs
	c.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return map[wsc.JobStatus]int64{wsc.JobPending: int64(calls)}, err
}

func (c *countedJobs) set(err error, hangs bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err, c.hangs = err, hangs
}

func TestScrapingCountsJobsOnlyNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, registry := &countedJobs{}, prometheus.NewRegistry()
		require.NoError(t, telemetry.RegisterJobs(registry, store))
		pending := func() []string { return series(scrape(t, registry), `wsc_jobs\{status="pending"\}`) }
		for range 20 {
			require.Equal(t, []string{`wsc_jobs{status="pending"} 1`}, pending())
		}
		<-time.After(15 * time.Second) // of the bubble's clock
		require.Equal(t, []string{`wsc_jobs{status="pending"} 2`}, pending())

		store.set(errors.New("the database is away"), false)
		<-time.After(15 * time.Second)
		require.Empty(t, pending(), "no number is better than an old one")
		require.Empty(t, pending())
		require.Contains(t, scrape(t, registry), "wsc_jobs_count_errors_total 1", "a database that is away is not asked at every scrape either")

		store.set(nil, true)
		<-time.After(15 * time.Second)
		began := time.Now()
		require.Empty(t, pending())
		require.Equal(t, 2*time.Second, time.Since(began), "a database that does not answer does not hold up a scrape")

		store.set(nil, false)
		<-time.After(15 * time.Second)
		require.Equal(t, []string{`wsc_jobs{status="pending"} 5`}, pending())
	})
}
