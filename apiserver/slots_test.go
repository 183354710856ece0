package apiserver

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// waits starts waiting for a slot and returns once it waits.
func waits(ctx context.Context, t *testing.T, s *slots, owner string) <-chan func() {
	t.Helper()
	queued := func() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.waiting) }
	before := queued()
	got := make(chan func(), 1)
	go func() {
		if release, err := s.acquire(ctx, owner); err == nil {
			got <- release
		}
		close(got)
	}()
	require.Eventually(t, func() bool { return queued() == before+1 }, 5*time.Second, time.Millisecond)
	return got
}

func take(t *testing.T, s *slots, owner string) func() {
	t.Helper()
	release, err := s.acquire(t.Context(), owner)
	require.NoError(t, err)
	return release
}

func TestAKeyGetsHalfOfTheSlots(t *testing.T) {
	s := newSlots("exports", 4, 10, time.Minute)
	first, second := take(t, s, "a"), take(t, s, "a")
	third := waits(t.Context(), t, s, "a")
	other := take(t, s, "b")
	first()
	(<-third)()
	second()
	other()
	require.Equal(t, 4, s.free)
	require.Empty(t, s.held)
	require.Empty(t, s.waiting)
}

func TestTheFirstWhoMayHaveASlotGetsIt(t *testing.T) {
	s := newSlots("exports", 2, 10, time.Minute)
	a, b := take(t, s, "a"), take(t, s, "b")
	moreOfA, c, d := waits(t.Context(), t, s, "a"), waits(t.Context(), t, s, "c"), waits(t.Context(), t, s, "d")
	b() // a has its half, so that c is next
	releaseC := <-c
	a()
	releaseA := <-moreOfA
	releaseC()
	releaseD := <-d
	releaseA()
	releaseD()
	require.Equal(t, 2, s.free)
}

func TestTooManyWaitersAndTooLongWaitsAreRefused(t *testing.T) {
	s := newSlots("exports", 1, 1, 50*time.Millisecond)
	release := take(t, s, "a")
	waiter := waits(t.Context(), t, s, "b")
	_, err := s.acquire(t.Context(), "c")
	require.Equal(t, wsc.CodeRateLimited, wsc.CodeOf(err))
	require.ErrorContains(t, err, "exports")
	_, got := <-waiter
	require.False(t, got, "the wait got too long")
	require.Empty(t, s.waiting)

	ctx, cancel := context.WithCancel(t.Context())
	leaves := waits(ctx, t, s, "b")
	cancel()
	_, got = <-leaves
	require.False(t, got)
	release()
	take(t, s, "b")()
	require.Equal(t, 1, s.free)
}
