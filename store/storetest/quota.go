package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testQuota(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	create := func(t *testing.T, store Store, owner string, urls int64, quota wsc.JobQuota) (string, error) {
		t.Helper()
		job := &wsc.Job{ID: newID(t), Owner: owner, ClaimedURLs: urls, CreatedAt: someTime()}
		return job.ID, store.CreateJob(t.Context(), job, quota)
	}
	t.Run("jobs that are not done", func(t *testing.T) {
		store := open(t)
		quota := wsc.JobQuota{ActiveJobs: 2}
		first, err := create(t, store, "a", 1, quota)
		require.NoError(t, err)
		_, err = create(t, store, "a", 1, quota)
		require.NoError(t, err)
		refused, err := create(t, store, "a", 1, quota)
		requireCode(t, wsc.CodeQuotaExceeded, err)
		_, err = store.Job(t.Context(), refused)
		requireCode(t, wsc.CodeNotFound, err)
		_, err = create(t, store, "b", 1, quota)
		require.NoError(t, err, "every owner has a quota of its own")
		require.NoError(t, store.FinishJob(t.Context(), first, wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: someTime()}))
		_, err = create(t, store, "a", 1, quota)
		require.NoError(t, err, "a job that is done does not count")
	})
	t.Run("stored URLs", func(t *testing.T) {
		store := open(t)
		quota := wsc.JobQuota{StoredURLs: 100}
		first, err := create(t, store, "a", 60, quota)
		require.NoError(t, err)
		_, err = create(t, store, "a", 41, quota)
		requireCode(t, wsc.CodeQuotaExceeded, err)
		_, err = create(t, store, "a", 40, quota)
		require.NoError(t, err)
		require.NoError(t, store.FinishJob(t.Context(), first, wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: someTime(), ExpiresAt: someTime().Add(time.Hour)}))
		_, err = create(t, store, "a", 1, quota)
		requireCode(t, wsc.CodeQuotaExceeded, err)
		known, ok := err.(*wsc.Error) //nolint:errorlint // stores return it as it is
		require.True(t, ok)
		require.Equal(t, time.Hour, known.RetryAfter, "then the first of them is deleted")
		require.NoError(t, store.DeleteJob(t.Context(), first))
		_, err = create(t, store, "a", 60, quota)
		require.NoError(t, err)
	})
	t.Run("none slips through at once", func(t *testing.T) {
		store := open(t)
		quota := wsc.JobQuota{ActiveJobs: 5}
		var wait sync.WaitGroup
		var mu sync.Mutex
		accepted := 0
		for range 20 {
			wait.Go(func() {
				if _, err := create(t, store, "a", 1, quota); err == nil {
					mu.Lock()
					accepted++
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		require.Equal(t, 5, accepted)
	})
}
