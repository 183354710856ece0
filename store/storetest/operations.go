package storetest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// testJobCounts: what an operator sees of the jobs as a whole.
func testJobCounts(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	count := func() map[wsc.JobStatus]int64 {
		counts, err := store.CountJobs(t.Context())
		require.NoError(t, err)
		require.NotNil(t, counts)
		return counts
	}
	require.Empty(t, count())

	var jobs []*wsc.Job
	for range 7 {
		jobs = append(jobs, createJob(t, store))
	}
	require.Equal(t, map[wsc.JobStatus]int64{wsc.JobPending: 7}, count())

	for _, job := range jobs[:5] {
		require.NoError(t, store.StartJob(t.Context(), job.ID, someTime()))
	}
	for n, status := range []wsc.JobStatus{wsc.JobCompleted, wsc.JobCompleted, wsc.JobFailed, wsc.JobCancelled} {
		finish := wsc.JobFinish{Status: status, FinishedAt: someTime(), ExpiresAt: someTime().Add(time.Hour)}
		require.NoError(t, store.FinishJob(t.Context(), jobs[n].ID, finish))
	}
	require.Equal(t, map[wsc.JobStatus]int64{
		wsc.JobPending: 2, wsc.JobProcessing: 1, wsc.JobCompleted: 2, wsc.JobFailed: 1, wsc.JobCancelled: 1,
	}, count())

	require.NoError(t, store.DeleteJob(t.Context(), jobs[2].ID))
	require.NotContains(t, count(), wsc.JobFailed, "a deleted job is counted no more")
}

// testOperations: what a store tells those who run it.
func testOperations(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	version, err := store.SchemaVersion(t.Context())
	require.NoError(t, err)
	require.Positive(t, version)

	names := slices.Sorted(maps.Keys(store.PoolStats()))
	require.NotEmpty(t, names)
	createJob(t, store)
	stats := store.PoolStats()
	require.Equal(t, names, slices.Sorted(maps.Keys(stats)))
	opened := 0
	for name, pool := range stats {
		require.Positive(t, pool.MaxOpenConnections, name)
		require.LessOrEqual(t, pool.InUse+pool.Idle, pool.MaxOpenConnections, name)
		require.Zero(t, pool.InUse, "%s: nothing is under way", name)
		opened += pool.Idle
	}
	require.Positive(t, opened, "a query was made, so that there is an open connection")
}
