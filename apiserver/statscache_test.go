package apiserver

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// countedStats counts how often it summarises a job, and waits for let when there is one.
type countedStats struct {
	calls atomic.Int64
	let   chan struct{}
	err   error
}

func (s *countedStats) Stats(ctx context.Context, _ string) (*wsc.Stats, error) {
	n := s.calls.Add(1)
	if s.let != nil {
		select {
		case <-s.let:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if s.err != nil {
		return nil, s.err
	}
	return &wsc.Stats{Total: n}, nil
}

func statsJob(status wsc.JobStatus, updated int64) *wsc.Job {
	return &wsc.Job{ID: "job", Status: status, UpdatedAt: time.Unix(updated, 0)}
}

func TestStatsAreMadeAnewWhenTheJobChanged(t *testing.T) {
	now := time.Unix(1000, 0)
	store := &countedStats{}
	cache := newStatsCache(store, time.Minute)
	cache.now = func() time.Time { return now }
	total := func(job *wsc.Job) int64 {
		stats, err := cache.Stats(t.Context(), job)
		require.NoError(t, err)
		return stats.Total
	}
	require.EqualValues(t, 1, total(statsJob(wsc.JobProcessing, 1)))
	require.EqualValues(t, 1, total(statsJob(wsc.JobProcessing, 2)), "it may be old for a while")
	now = now.Add(statsAge + time.Millisecond)
	require.EqualValues(t, 1, total(statsJob(wsc.JobProcessing, 1)), "nothing changed, however long ago")
	require.EqualValues(t, 2, total(statsJob(wsc.JobProcessing, 2)))
	require.EqualValues(t, 3, total(statsJob(wsc.JobCompleted, 3)), "the end is never missed")
	now = now.Add(24 * time.Hour)
	require.EqualValues(t, 3, total(statsJob(wsc.JobCompleted, 3)))
	require.EqualValues(t, 4, total(statsJob(wsc.JobCompleted, 4)))
}

func TestStatsThatTakeLongAreKeptLonger(t *testing.T) {
	now := time.Unix(1000, 0)
	store := &countedStats{}
	cache := newStatsCache(store, time.Minute)
	cache.now = func() time.Time { now = now.Add(2 * time.Second); return now } // each look at the clock takes so long
	stats, err := cache.Stats(t.Context(), statsJob(wsc.JobProcessing, 1))
	require.NoError(t, err)
	require.EqualValues(t, 1, stats.Total)
	now = now.Add(5 * time.Second)
	stats, err = cache.Stats(t.Context(), statsJob(wsc.JobProcessing, 2))
	require.NoError(t, err)
	require.EqualValues(t, 1, stats.Total)
	now = now.Add(5 * time.Second)
	stats, err = cache.Stats(t.Context(), statsJob(wsc.JobProcessing, 2))
	require.NoError(t, err)
	require.EqualValues(t, 2, stats.Total)
}

func TestCallersShareStats(t *testing.T) {
	store := &countedStats{let: make(chan struct{})}
	cache := newStatsCache(store, time.Minute)
	first, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := cache.Stats(first, statsJob(wsc.JobProcessing, 1))
		left <- err
	}()
	require.Eventually(t, func() bool { return store.calls.Load() == 1 }, 10*time.Second, time.Millisecond)
	var callers sync.WaitGroup
	totals := make(chan int64, 50)
	for range cap(totals) {
		callers.Go(func() {
			if stats, err := cache.Stats(t.Context(), statsJob(wsc.JobProcessing, 2)); err == nil {
				totals <- stats.Total
			}
		})
	}
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	close(store.let)
	callers.Wait()
	require.Len(t, totals, cap(totals), "one who leaves takes nothing from the others")
	for range cap(totals) {
		require.EqualValues(t, 1, <-totals)
	}
}

func TestStatsThatFailAreNotKept(t *testing.T) {
	store := &countedStats{err: errors.New("no database")}
	cache := newStatsCache(store, time.Minute)
	_, err := cache.Stats(t.Context(), statsJob(wsc.JobCompleted, 1))
	require.ErrorIs(t, err, store.err)
	store.err = nil
	_, err = cache.Stats(t.Context(), statsJob(wsc.JobCompleted, 1))
	require.NoError(t, err)
}

func TestStatsOfManyJobsTakeBoundedRoom(t *testing.T) {
	store := &countedStats{}
	cache := newStatsCache(store, time.Minute)
	now := time.Unix(1000, 0)
	cache.now = func() time.Time { now = now.Add(time.Second); return now }
	used := statsJob(wsc.JobCompleted, 1)
	for i := range cachedStats + 10 {
		_, err := cache.Stats(t.Context(), &wsc.Job{ID: strconv.Itoa(i), Status: wsc.JobCompleted})
		require.NoError(t, err)
		_, err = cache.Stats(t.Context(), used)
		require.NoError(t, err)
	}
	require.Len(t, cache.entries, cachedStats)
	require.EqualValues(t, cachedStats+11, store.calls.Load(), "what is used stays")
}
