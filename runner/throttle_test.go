package runner_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
)

// busyHost answers 503 with the Retry-After to its first requests and then 200; other hosts always answer 200.
type busyHost struct {
	name       string
	refusals   int
	retryAfter time.Duration

	mu     sync.Mutex
	starts []time.Time // of checks of the host
}

func (h *busyHost) check(ctx context.Context, target wsc.Target) wsc.Result {
	result := active(ctx, target)
	if target.Host != h.name {
		return result
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.starts = append(h.starts, time.Now())
	if len(h.starts) <= h.refusals {
		result.Status, result.HTTPStatus, result.RetryAfter = wsc.StatusInactive, 503, h.retryAfter
	}
	return result
}

func TestAThrottledHostIsLeftAloneAndThenAskedMoreSlowly(t *testing.T) {
	host := &busyHost{name: "host0.test", refusals: 1}
	r := newRunner(host.check, 1, 1)
	others := 0
	begin := time.Now()
	require.NoError(t, r.Run(t.Context(), nil, tasks(12, 2), func(task runner.Task, _ wsc.Result) error {
		if task.Host != host.name && time.Since(begin) < time.Second {
			others++
		}
		return nil
	}))
	require.Equal(t, 6, others, "other hosts do not wait")
	require.Len(t, host.starts, 6)
	// One check may be on its way when the answer is read.
	pause := slices.IndexFunc(host.starts, func(start time.Time) bool { return start.Sub(host.starts[0]) > time.Second })
	require.Contains(t, []int{1, 2}, pause)
	require.GreaterOrEqual(t, host.starts[pause].Sub(host.starts[0]), wsc.ThrottlePause(0))
	for i := pause + 1; i < 6; i++ {
		// The first of them may have been held up on its way to the checker.
		want := time.Duration(i-pause)*wsc.PenaltyInterval - wsc.PenaltyInterval/2
		require.GreaterOrEqual(t, host.starts[i].Sub(host.starts[pause]), want, "start %d", i)
	}
}

func TestAThrottledHostIsRememberedByTheNextRun(t *testing.T) {
	host := &busyHost{name: "host0.test", refusals: 1}
	r := newRunner(host.check, 4, 4)
	discard := func(runner.Task, wsc.Result) error { return nil }
	require.NoError(t, r.Run(t.Context(), nil, tasks(1, 1), discard))
	require.NoError(t, r.Run(t.Context(), nil, tasks(1, 1), discard))
	require.GreaterOrEqual(t, host.starts[1].Sub(host.starts[0]), wsc.ThrottlePause(0))
}

func TestTasksOfAHostThatIsLeftAloneForLongArePutOff(t *testing.T) {
	host := &busyHost{name: "host0.test", refusals: 1000, retryAfter: time.Minute}
	r := newRunner(host.check, 2, 1)
	var putOff []int64
	r.PutOff = func(task runner.Task, until time.Time) {
		require.Equal(t, host.name, task.Host)
		require.WithinDuration(t, host.starts[0].Add(time.Minute), until, 2*time.Second)
		putOff = append(putOff, task.Seq)
	}
	list := tasks(40, 2)
	list[38].NotBefore = time.Now().Add(200 * time.Millisecond)
	emitted := 0
	require.NoError(t, r.Run(t.Context(), nil, list, func(runner.Task, wsc.Result) error { emitted++; return nil }))
	require.LessOrEqual(t, len(host.starts), 2)
	require.Equal(t, 40, emitted+len(putOff), "each task is tried or put off")
	require.Contains(t, putOff, int64(38), "also one that was due later")
}

func TestTheRestOfAThrottledHostIsPlannedAnewOnce(t *testing.T) {
	const n, parallel = 30, 5
	// All of the first are under way when the first of them is answered.
	var arrived sync.WaitGroup
	arrived.Add(parallel)
	host := &busyHost{name: "host0.test", refusals: parallel, retryAfter: time.Second}
	check := func(ctx context.Context, target wsc.Target) wsc.Result {
		if target.Seq < parallel {
			arrived.Done()
			arrived.Wait()
		}
		return host.check(ctx, target)
	}
	r := newRunner(check, 50, parallel)
	var mu sync.Mutex
	type plan struct {
		host  string
		pause time.Duration
		rest  int
	}
	var calls []plan
	const dropped = 3
	r.Throttled = func(_ context.Context, name string, pause time.Duration, rest []runner.Task) ([]runner.Task, error) {
		mu.Lock()
		defer mu.Unlock()
		for i := range rest {
			rest[i].NotBefore = time.Time{}
		}
		calls = append(calls, plan{name, pause, len(rest)})
		return rest[dropped:], nil
	}
	list := tasks(n, 1)
	for i := 20; i < n; i++ {
		list[i].NotBefore = time.Now().Add(time.Minute)
	}
	emitted := 0
	require.NoError(t, r.Run(t.Context(), nil, list, func(runner.Task, wsc.Result) error { emitted++; return nil }))
	require.Equal(t, []plan{{host.name, time.Second, n - parallel}}, calls, "one wave of refusals is one request for quiet")
	require.Equal(t, n-dropped, emitted)
}

func TestAnErrorOfPlanningEndsTheRun(t *testing.T) {
	away := errors.New("the database is away")
	host := &busyHost{name: "host0.test", refusals: 1}
	r := newRunner(host.check, 1, 1)
	r.Throttled = func(context.Context, string, time.Duration, []runner.Task) ([]runner.Task, error) { return nil, away }
	require.ErrorIs(t, r.Run(t.Context(), nil, tasks(20, 1), func(runner.Task, wsc.Result) error { return nil }), away)
	require.Zero(t, r.Limiter.InUse())
}

func TestPlanningIsWaitedForAtTheEnd(t *testing.T) {
	host := &busyHost{name: "host0.test", refusals: 1}
	r := newRunner(host.check, 1, 1)
	told := false
	r.Throttled = func(context.Context, string, time.Duration, []runner.Task) ([]runner.Task, error) {
		told = true
		return nil, nil
	}
	require.NoError(t, r.Run(t.Context(), nil, tasks(1, 1), func(runner.Task, wsc.Result) error { return nil }))
	require.True(t, told, "the host is slowed down for others even when nothing of it is left")
}

func TestARunThatFellBehindDoesNotCatchUpAtAHostsExpense(t *testing.T) {
	host := &busyHost{name: "host0.test"}
	r := newRunner(host.check, 10, 10)
	r.Options.HostRate = 50
	list := tasks(20, 1) // all due at once
	require.NoError(t, r.Run(t.Context(), nil, list, func(runner.Task, wsc.Result) error { return nil }))
	require.Len(t, host.starts, 20)
	slices.SortFunc(host.starts, time.Time.Compare)
	// The first and two more may come at once; the others keep the interval of 20 ms.
	require.GreaterOrEqual(t, host.starts[19].Sub(host.starts[0]), 16*20*time.Millisecond)
}
