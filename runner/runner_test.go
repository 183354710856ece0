package runner_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// checkFunc is a checker made of a function.
type checkFunc func(ctx context.Context, target wsc.Target) wsc.Result

func (f checkFunc) Check(ctx context.Context, target wsc.Target, _ wsc.CheckOptions) wsc.Result {
	return f(ctx, target)
}

func active(_ context.Context, target wsc.Target) wsc.Result {
	return wsc.Result{Seq: target.Seq, Status: wsc.StatusActive, HTTPStatus: 200}
}

// tasks makes n targets spread over the given number of hosts.
func tasks(n, hosts int) []runner.Task {
	list := make([]runner.Task, n)
	for i := range list {
		list[i].Seq = int64(i)
		list[i].Host = fmt.Sprintf("host%d.test", i%hosts)
	}
	return list
}

func newRunner(check checkFunc, concurrency, perHost int) *runner.Runner {
	return &runner.Runner{
		Checker: check, Limiter: runner.NewLimiter(concurrency),
		Options: wsc.CheckOptions{HostConcurrency: perHost},
	}
}

func TestEveryTaskIsEmittedOnce(t *testing.T) {
	seen := map[int64]int{}
	r := newRunner(active, 16, 3)
	err := r.Run(t.Context(), nil, tasks(2000, 37), func(task runner.Task, result wsc.Result) error {
		require.Equal(t, task.Seq, result.Seq)
		require.Equal(t, 1, result.Attempts)
		seen[result.Seq]++
		return nil
	})
	require.NoError(t, err)
	require.Len(t, seen, 2000)
	for seq, count := range seen {
		require.Equal(t, 1, count, "seq %d", seq)
	}
	require.Zero(t, r.Limiter.InUse())
}

func TestEarlierAttemptsComeBackWithTheResult(t *testing.T) {
	list := tasks(2, 1)
	list[1].Attempts, list[1].Failed = 1, []wsc.FailedAttempt{{Attempt: 1, Reason: "HTTP 503"}}
	err := newRunner(active, 1, 1).Run(t.Context(), nil, list, func(task runner.Task, result wsc.Result) error {
		require.Equal(t, task.Attempts+1, result.Attempts)
		require.Equal(t, list[task.Seq].Failed, result.FailedAttempts)
		return nil
	})
	require.NoError(t, err)
}

func TestWhatThisMachineLackedIsNotHeldAgainstTheSite(t *testing.T) {
	var tries atomic.Int64
	r := newRunner(func(ctx context.Context, target wsc.Target) wsc.Result {
		if tries.Add(1) <= 2 {
			return wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindInternalError, OwnFault: true}
		}
		return active(ctx, target)
	}, 1, 1)
	var results []wsc.Result
	require.NoError(t, r.Run(t.Context(), nil, tasks(1, 1), func(_ runner.Task, result wsc.Result) error {
		results = append(results, result)
		return nil
	}))
	require.Len(t, results, 1)
	require.Equal(t, wsc.StatusActive, results[0].Status)
	require.Equal(t, 1, results[0].Attempts)
	require.EqualValues(t, 3, tries.Load())
	require.Zero(t, r.Limiter.InUse())
}

func TestLimitsHoldPerProcessAndPerHost(t *testing.T) {
	var mu sync.Mutex
	total, perHost := 0, map[string]int{}
	maxTotal, maxHost := 0, 0
	check := func(ctx context.Context, target wsc.Target) wsc.Result {
		mu.Lock()
		total++
		perHost[target.Host]++
		maxTotal, maxHost = max(maxTotal, total), max(maxHost, perHost[target.Host])
		mu.Unlock()
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
		}
		mu.Lock()
		total--
		perHost[target.Host]--
		mu.Unlock()
		return active(ctx, target)
	}
	limiter := runner.NewLimiter(8)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			r := newRunner(check, 1, 2)
			r.Limiter = limiter
			assertNoError(t, r.Run(t.Context(), nil, tasks(300, 10), func(runner.Task, wsc.Result) error { return nil }))
		})
	}
	wg.Wait()
	require.Equal(t, 8, maxTotal, "two runs share one limiter and use all of it")
	require.LessOrEqual(t, maxHost, 4, "two per host and run")
	require.GreaterOrEqual(t, maxHost, 2)
}

func assertNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestTasksStartNoEarlierThanTheirTime(t *testing.T) {
	start := time.Now()
	list := tasks(3, 3)
	list[0].NotBefore = start.Add(60 * time.Millisecond)
	list[2].NotBefore = start.Add(30 * time.Millisecond)
	var order []int64
	err := newRunner(func(ctx context.Context, target wsc.Target) wsc.Result {
		result := active(ctx, target)
		result.CheckedAt = time.Now()
		return result
	}, 1, 10).Run(t.Context(), nil, list, func(task runner.Task, result wsc.Result) error {
		require.False(t, result.CheckedAt.Before(task.NotBefore), "seq %d started too early", task.Seq)
		order = append(order, task.Seq)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 0}, order)
}

func TestStopFinishesWhatIsUnderWayAndStartsNothingMore(t *testing.T) {
	stop, release := make(chan struct{}), make(chan struct{})
	var started atomic.Int64
	check := func(ctx context.Context, target wsc.Target) wsc.Result {
		if started.Add(1) == 5 {
			close(stop)
			time.AfterFunc(20*time.Millisecond, func() { close(release) })
		}
		<-release
		return active(ctx, target)
	}
	emitted := 0
	list := tasks(100, 100)
	list[99].NotBefore = time.Now().Add(time.Hour)
	err := newRunner(check, 5, 1).Run(t.Context(), stop, list, func(runner.Task, wsc.Result) error { emitted++; return nil })
	require.NoError(t, err)
	require.Equal(t, 5, emitted)
	require.EqualValues(t, 5, started.Load())
}

func TestEndOfContextEmitsNothingMore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	check := func(ctx context.Context, target wsc.Target) wsc.Result {
		if target.Seq == 7 {
			cancel()
		}
		<-ctx.Done()
		return active(ctx, target)
	}
	r := newRunner(check, 8, 8)
	err := r.Run(ctx, nil, tasks(50, 1), func(runner.Task, wsc.Result) error {
		t.Error("emitted a result of a check that was broken off")
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, r.Limiter.InUse())
}

func TestAnErrorOfEmitEndsTheRun(t *testing.T) {
	full := errors.New("disk full")
	r := newRunner(active, 4, 4)
	err := r.Run(t.Context(), nil, tasks(50, 5), func(runner.Task, wsc.Result) error { return full })
	require.ErrorIs(t, err, full)
	require.Zero(t, r.Limiter.InUse())
}

func TestAPanicCostsOneTargetOnly(t *testing.T) {
	check := func(ctx context.Context, target wsc.Target) wsc.Result {
		if target.Seq == 3 {
			panic("poison")
		}
		return active(ctx, target)
	}
	kinds := map[wsc.ErrorKind]int{}
	err := newRunner(check, 4, 4).Run(t.Context(), nil, tasks(10, 2), func(_ runner.Task, result wsc.Result) error {
		kinds[result.ErrorKind]++
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, map[wsc.ErrorKind]int{"": 9, wsc.KindInternalError: 1}, kinds)
}

func TestPacerSpacesStartsPerHost(t *testing.T) {
	now := time.Unix(1000, 0)
	pacer := runner.NewPacer(4)
	require.Equal(t, now, pacer.Next("a.test", now))
	require.Equal(t, now.Add(250*time.Millisecond), pacer.Next("a.test", now))
	require.Equal(t, now.Add(500*time.Millisecond), pacer.Next("a.test", now))
	require.Equal(t, now, pacer.Next("b.test", now), "hosts do not wait for each other")
	later := now.Add(time.Minute)
	require.Equal(t, later, pacer.Next("a.test", later), "unused time is not saved up")
	require.Equal(t, now, runner.NewPacer(0).Next("a.test", now))
}
