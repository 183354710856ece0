package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func someDeferred(seq int64, attempt int, notBefore time.Time) wsc.Deferred {
	return wsc.Deferred{
		Target:  wsc.Target{Seq: seq, Line: seq + 1, URL: "a.example", NormalizedURL: "https://a.example/", Host: "a.example"},
		Attempt: attempt, NotBefore: notBefore, LastKind: wsc.KindTimeout, LastMessage: "too slow",
	}
}

func allDeferred(t *testing.T, store Store, jobID string, dueBy time.Time) []wsc.Deferred {
	t.Helper()
	var all []wsc.Deferred
	require.NoError(t, store.EachDeferred(t.Context(), jobID, dueBy, func(d *wsc.Deferred) error {
		all = append(all, *d)
		return nil
	}))
	return all
}

func testDeferred(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	now, later := someTime(), someTime().Add(time.Minute)

	t.Run("deferred targets come back by seq when they are due", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{someDeferred(7, 1, later), someDeferred(3, 2, now), someDeferred(1, 1, now)}))
		require.Equal(t, []wsc.Deferred{someDeferred(1, 1, now), someDeferred(3, 2, now)}, allDeferred(t, store, id, now))
		require.Len(t, allDeferred(t, store, id, later), 3)
		require.Empty(t, allDeferred(t, store, id, now.Add(-time.Microsecond)))
	})

	t.Run("the summary tells how many and when the first is due", func(t *testing.T) {
		id := createJob(t, store).ID
		count, earliest, err := store.DeferredSummary(t.Context(), id)
		require.NoError(t, err)
		require.Zero(t, count)
		require.True(t, earliest.IsZero())
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{someDeferred(1, 1, later), someDeferred(2, 1, now)}))
		count, earliest, err = store.DeferredSummary(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, int64(2), count)
		require.Equal(t, now, earliest)
	})

	t.Run("attempts are told for those that are deferred", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{someDeferred(1, 1, now), someDeferred(2, 3, now), someDeferred(5, 1, now)}))
		attempts, err := store.DeferredAttempts(t.Context(), id, []int64{1, 2, 3})
		require.NoError(t, err)
		require.Equal(t, map[int64]wsc.AttemptsMade{1: {Count: 1}, 2: {Count: 3}}, attempts)
	})

	t.Run("what the attempts ended with is told with them, and goes with the later attempt", func(t *testing.T) {
		id := createJob(t, store).ID
		failed := func(seq int64, attempts int) wsc.Deferred {
			d := someDeferred(seq, attempts, now)
			d.Failed = someFailedAttempts(attempts)
			return d
		}
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{failed(1, 1), failed(2, 2), someDeferred(3, 1, now)}))
		for _, deferred := range [][]wsc.Deferred{{failed(1, 2), failed(2, 3)}, {failed(1, 2), failed(2, 3)}, {failed(1, 1), someDeferred(2, 3, now)}} {
			require.NoError(t, store.Defer(t.Context(), id, deferred))
			attempts, err := store.DeferredAttempts(t.Context(), id, []int64{1, 2, 3})
			require.NoError(t, err)
			require.Equal(t, map[int64]wsc.AttemptsMade{
				1: {Count: 2, Failed: someFailedAttempts(2)}, 2: {Count: 3, Failed: someFailedAttempts(3)}, 3: {Count: 1},
			}, attempts)
		}
		require.Equal(t, []wsc.Deferred{someDeferred(1, 2, now), someDeferred(2, 3, now), someDeferred(3, 1, now)}, allDeferred(t, store, id, now))
	})

	t.Run("only a later attempt replaces an earlier one", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{someDeferred(1, 2, now)}))
		for _, again := range []wsc.Deferred{someDeferred(1, 1, later), someDeferred(1, 2, now), someDeferred(1, 2, now.Add(-time.Second))} {
			require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{again}))
			require.Equal(t, []wsc.Deferred{someDeferred(1, 2, now)}, allDeferred(t, store, id, later))
		}
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{someDeferred(1, 3, later)}))
		require.Equal(t, []wsc.Deferred{someDeferred(1, 3, later)}, allDeferred(t, store, id, later))
	})

	t.Run("an attempt can be put off without being counted", func(t *testing.T) {
		id := createJob(t, store).ID
		first := someDeferred(1, 0, now)
		first.LastKind, first.LastMessage = "", ""
		tried := someDeferred(2, 1, now)
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{first, tried}))
		first.NotBefore, tried.NotBefore = later, later
		untold := tried
		untold.LastKind, untold.LastMessage = "", ""
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{first, untold}))
		require.Equal(t, []wsc.Deferred{first, tried}, allDeferred(t, store, id, later), "what the last attempt said stays")
	})

	t.Run("of a seq twice in one call the later attempt stays", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{someDeferred(1, 1, now), someDeferred(1, 3, later), someDeferred(1, 2, now)}))
		require.Equal(t, []wsc.Deferred{someDeferred(1, 3, later)}, allDeferred(t, store, id, later))
	})

	t.Run("a target with a result is not deferred", func(t *testing.T) {
		id := createJob(t, store).ID
		insert(t, store, id, someResults(1, 1))
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{someDeferred(1, 9, now), someDeferred(2, 1, now)}))
		require.Equal(t, []wsc.Deferred{someDeferred(2, 1, now)}, allDeferred(t, store, id, now))
	})

	t.Run("a result ends the waiting of its target, in its job only", func(t *testing.T) {
		id, other := createJob(t, store).ID, createJob(t, store).ID
		for _, job := range []string{id, other} {
			require.NoError(t, store.Defer(t.Context(), job, []wsc.Deferred{someDeferred(1, 1, now), someDeferred(2, 1, now)}))
		}
		insert(t, store, id, someResults(1, 1))
		require.Len(t, allDeferred(t, store, id, now), 1)
		require.Len(t, allDeferred(t, store, other, now), 2)
	})

	t.Run("nothing to defer is no error", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.Defer(t.Context(), id, nil))
		require.Empty(t, allDeferred(t, store, id, now))
	})

	t.Run("many, read page by page", func(t *testing.T) {
		id := createJob(t, store).ID
		var deferred []wsc.Deferred
		for seq := range int64(1200) {
			deferred = append(deferred, someDeferred(seq, 1, now))
		}
		require.NoError(t, store.Defer(t.Context(), id, deferred))
		require.Equal(t, deferred, allDeferred(t, store, id, now))
	})

	t.Run("an error of the callback ends it and comes back as it is", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.Defer(t.Context(), id, []wsc.Deferred{someDeferred(1, 1, now), someDeferred(2, 1, now)}))
		stop := errors.New("stop")
		require.Same(t, stop, store.EachDeferred(t.Context(), id, now, func(*wsc.Deferred) error { return stop }))
	})
}
