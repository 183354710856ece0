package activities_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
)

// oneHost is a list of n URLs on one host.
func oneHost(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "https://busy.test/%d\n", i)
	}
	return b.String()
}

// refuseFirst answers the first check with 503 and a Retry-After, and collects when each check began.
func (f *fixture) refuseFirst(retryAfter time.Duration) func() []time.Time {
	var mu sync.Mutex
	var starts []time.Time
	f.checker.answer = func(context.Context, wsc.Target, int) wsc.Result {
		mu.Lock()
		defer mu.Unlock()
		starts = append(starts, time.Now())
		if len(starts) == 1 {
			return wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 503, RetryAfter: retryAfter}
		}
		return wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200}
	}
	return func() []time.Time {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(starts)
	}
}

func TestABatchWaitsForAShortPauseAndGoesOnMoreSlowly(t *testing.T) {
	for name, rate := range map[string]float64{"with a limit": 50, "without a limit": 0} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.upload(oneHost(10), wsc.Options{HostRate: &rate, HostConcurrency: 1})
			f.prepare()
			starts := f.refuseFirst(time.Second)
			out, err := f.checkBatch(0, 0)
			require.NoError(t, err)
			require.Equal(t, activities.BatchOutput{Final: 9, Deferred: 1}, out)
			seen := starts()
			require.Len(t, seen, 10)
			// One check may be on its way when the answer is read.
			require.GreaterOrEqual(t, seen[2].Sub(seen[0]), time.Second)
			require.GreaterOrEqual(t, seen[9].Sub(seen[2]), 7*wsc.PenaltyInterval*8/10)
		})
	}
}

func TestALongPausePutsTheRestOffWithoutAnAttempt(t *testing.T) {
	f := newFixture(t)
	f.upload(oneHost(20), wsc.Options{HostConcurrency: 1})
	f.prepare()
	starts := f.refuseFirst(4 * time.Minute)
	out, err := f.checkBatch(0, 0)
	require.NoError(t, err)
	tried := len(starts())
	require.LessOrEqual(t, tried, 2)
	require.EqualValues(t, 20, out.Final+out.Deferred)

	attempts, err := f.store.DeferredAttempts(t.Context(), jobID, []int64{0, 10, 19})
	require.NoError(t, err)
	for seq, made := range map[int64]int{0: 1, 10: 0, 19: 0} {
		require.Equal(t, made, attempts[seq].Count, "seq %d", seq)
		require.Len(t, attempts[seq].Failed, made, "seq %d", seq)
	}
	wait, err := execute[activities.WaitOutput](f, f.acts.NextRetry, activities.RetryInput{JobID: jobID, Pass: 1})
	require.NoError(t, err)
	require.Equal(t, out.Deferred, wait.Deferred)
	require.WithinDuration(t, f.now.Add(4*time.Minute), wait.Earliest, 5*time.Second)

	// A worker whose clock is fast asks too early: the host's time is the database's.
	f.now = f.now.Add(5 * time.Minute)
	shape, err := execute[wsc.PlanShape](f, f.acts.PlanRetry, activities.RetryInput{JobID: jobID, Pass: 1})
	require.NoError(t, err)
	require.Equal(t, out.Deferred, shape.Targets)
	again, err := f.checkBatch(1, 0)
	require.NoError(t, err)
	require.Equal(t, activities.BatchOutput{Deferred: out.Deferred}, again)
	require.Len(t, starts(), tried, "the pause holds for later batches, also of jobs without a limit")
	wait, err = execute[activities.WaitOutput](f, f.acts.NextRetry, activities.RetryInput{JobID: jobID, Pass: 2})
	require.NoError(t, err)
	require.True(t, wait.Earliest.After(f.now.Add(3*time.Minute)), "it is not tried again at once")
}

// A busy host must not hold up a batch of the first pass: the targets of other hosts wait behind it.
func TestInTheFirstPassABusyHostIsSoonPutOff(t *testing.T) {
	rate := 0.1
	f := newFixture(t)
	f.upload(oneHost(3)+"https://quick.test/\n", wsc.Options{HostRate: &rate})
	f.prepare()
	penalty, err := f.store.SlowHost(t.Context(), "busy.test", 3*time.Second)
	require.NoError(t, err)
	require.Equal(t, 20*time.Second, wsc.SlowedInterval(10*time.Second, penalty))
	began := time.Now()
	out, err := f.checkBatch(0, 0)
	require.NoError(t, err)
	require.Equal(t, activities.BatchOutput{Final: 2, Deferred: 2}, out, "a minute would be time for the others")
	require.Less(t, time.Since(began), 15*time.Second)
	wait, err := execute[activities.WaitOutput](f, f.acts.NextRetry, activities.RetryInput{JobID: jobID, Pass: 1})
	require.NoError(t, err)
	require.WithinDuration(t, f.now.Add(23*time.Second), wait.Earliest, 5*time.Second)
}
