package storetest

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testDelete(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)

	t.Run("everything of the job goes and nothing of another", func(t *testing.T) {
		id, other := createJob(t, store).ID, createJob(t, store).ID
		const many = 2_100
		for _, job := range []string{id, other} {
			// Two stretches that are far apart, so that any store needs more than one step.
			insert(t, store, job, someResults(0, many-100))
			insert(t, store, job, someResults(1_000_000, 100))
			require.NoError(t, store.Defer(t.Context(), job, []wsc.Deferred{someDeferred(3_000_000, 1, someTime())}))
		}
		require.NoError(t, store.DeleteJob(t.Context(), id))

		_, err := store.Job(t.Context(), id)
		requireCode(t, wsc.CodeNotFound, err)
		page, err := store.Results(t.Context(), id, wsc.ResultFilter{Limit: 1})
		require.NoError(t, err)
		require.Empty(t, page)

		// A new job with the old id shows whether something was left behind.
		require.NoError(t, store.CreateJob(t.Context(), &wsc.Job{ID: id, CreatedAt: someTime()}, wsc.JobQuota{}))
		require.Empty(t, seqsOf(allResults(t, store, id)))
		require.Empty(t, allDeferred(t, store, id, someTime()))

		require.Len(t, allResults(t, store, other), many)
		require.Len(t, allDeferred(t, store, other, someTime()), 1)
		requireCountsEqualRows(t, store, other)
	})

	t.Run("deleting again, or what never was, succeeds", func(t *testing.T) {
		id := createJob(t, store).ID
		for range 2 {
			require.NoError(t, store.DeleteJob(t.Context(), id))
		}
		require.NoError(t, store.DeleteJob(t.Context(), newID(t)))
		require.NoError(t, store.DeleteJob(t.Context(), "no id at all"))
	})

	t.Run("the idempotency key is free again", func(t *testing.T) {
		withKey := func(j *wsc.Job) { j.IdempotencyKey = "once" }
		require.NoError(t, store.DeleteJob(t.Context(), createJob(t, store, withKey).ID))
		createJob(t, store, withKey)
	})

	t.Run("results that come while the job is deleted leave nothing behind", func(t *testing.T) {
		for range 5 {
			testDeleteUnderInserts(t, store)
		}
	})
}

func testDeleteUnderInserts(t *testing.T, store Store) {
	t.Helper()
	id := createJob(t, store).ID
	const callers = 4
	firstBatch := make(chan struct{}, callers)
	outcomes := make(chan error, callers)
	var wait sync.WaitGroup
	for caller := range int64(callers) {
		wait.Go(func() {
			for batch := int64(0); ; batch++ {
				_, err := store.InsertResults(t.Context(), id, someResults((batch*callers+caller)*100, 100))
				if batch == 0 {
					firstBatch <- struct{}{}
				}
				if err != nil {
					outcomes <- err
					return
				}
			}
		})
	}
	<-firstBatch
	require.NoError(t, store.DeleteJob(t.Context(), id))
	wait.Wait()
	for range callers {
		requireCode(t, wsc.CodeNotFound, <-outcomes)
	}
	require.NoError(t, store.CreateJob(t.Context(), &wsc.Job{ID: id, CreatedAt: someTime()}, wsc.JobQuota{}))
	require.Empty(t, seqsOf(allResults(t, store, id)))
	require.Zero(t, readJob(t, store, id).ProcessedURLs)
}
