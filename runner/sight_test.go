package runner_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
)

// network is a checker of websites and of the control URL that all answer while the network is there.
type network struct {
	away    atomic.Bool
	looks   atomic.Int64
	changes chan bool
	// dead is whether the websites are down, though the network is there.
	dead bool
}

func newNetwork(away bool) *network {
	n := &network{changes: make(chan bool, 10)}
	n.away.Store(away)
	return n
}

func (n *network) sight() *runner.Sight {
	look := func(ctx context.Context, target wsc.Target) wsc.Result {
		n.looks.Add(1)
		result := n.answer(ctx, target, false)
		if result.Status == wsc.StatusActive {
			result.Status, result.HTTPStatus = wsc.StatusInactive, 403
		}
		return result
	}
	return runner.NewSight(runner.SightConfig{
		Control: wsc.Target{NormalizedURL: "https://control.test/", Host: "control.test"}, Checker: checkFunc(look),
		Changed: func(sees bool, _ wsc.Result) { n.changes <- sees }, Interval: 20 * time.Millisecond,
	})
}

func (n *network) check(ctx context.Context, target wsc.Target) wsc.Result {
	return n.answer(ctx, target, n.dead)
}

func (n *network) answer(ctx context.Context, target wsc.Target, dead bool) wsc.Result {
	began := time.Now()
	if n.away.Load() || dead {
		return wsc.Result{Seq: target.Seq, Status: wsc.StatusError, ErrorKind: wsc.KindDNSNXDomain, CheckedAt: began}
	}
	result := active(ctx, target)
	result.CheckedAt = began
	return result
}

// await waits for the news that the network went away (false) or came back (true).
func (n *network) await(t *testing.T, sees bool) {
	t.Helper()
	select {
	case got := <-n.changes:
		require.Equal(t, sees, got)
	case <-time.After(10 * time.Second):
		t.Error("the network did not change")
	}
}

func TestChecksWaitWhileTheNetworkIsAway(t *testing.T) {
	n := newNetwork(true)
	r := newRunner(n.check, 8, 2)
	r.Sight = n.sight()
	ended := make(chan error, 1)
	seen := map[int64]int{}
	go func() {
		ended <- r.Run(t.Context(), nil, tasks(100, 20), func(_ runner.Task, result wsc.Result) error {
			if result.Status == wsc.StatusActive && result.Attempts == 1 {
				seen[result.Seq]++
			}
			return nil
		})
	}()
	n.await(t, false)
	n.away.Store(false)
	n.await(t, true)
	require.NoError(t, <-ended)
	require.Len(t, seen, 100, "each active at its first attempt")
	require.Less(t, n.looks.Load(), int64(50), "the checks share what a look shows")
	require.Empty(t, n.changes, "told once")
	require.Zero(t, r.Limiter.InUse())
}

func TestSitesThatAreDownAreCalledDownWhenTheControlURLAnswers(t *testing.T) {
	n := newNetwork(false)
	n.dead = true
	r := newRunner(n.check, 8, 2)
	r.Sight = n.sight()
	kinds := map[wsc.ErrorKind]int{}
	require.NoError(t, r.Run(t.Context(), nil, tasks(100, 20), func(_ runner.Task, result wsc.Result) error {
		kinds[result.ErrorKind]++
		return nil
	}))
	require.Equal(t, map[wsc.ErrorKind]int{wsc.KindDNSNXDomain: 100}, kinds)
	require.Positive(t, n.looks.Load())
	require.Empty(t, n.changes)
}

func TestTheControlURLIsLeftAloneWhileSitesAnswer(t *testing.T) {
	n := newNetwork(false)
	r := newRunner(func(ctx context.Context, target wsc.Target) wsc.Result {
		return n.answer(ctx, target, target.Seq%2 == 1)
	}, 1, 1) // one after another
	r.Sight = n.sight()
	emitted := 0
	require.NoError(t, r.Run(t.Context(), nil, tasks(12, 12), func(runner.Task, wsc.Result) error { emitted++; return nil }))
	require.Equal(t, 12, emitted)
	require.Zero(t, n.looks.Load(), "half of the sites answer")
}

func TestWhatBeganWhileTheNetworkWasAwayIsMadeAgain(t *testing.T) {
	n := newNetwork(true)
	began, late := make(chan struct{}), make(chan struct{})
	var tries atomic.Int64
	r := newRunner(func(ctx context.Context, target wsc.Target) wsc.Result {
		result := n.check(ctx, target)
		if target.Seq == 0 && tries.Add(1) == 1 {
			close(began)
			<-late
		}
		return result
	}, 4, 4)
	r.Sight = n.sight()
	ended := make(chan error, 1)
	var first wsc.Result
	go func() {
		ended <- r.Run(t.Context(), nil, tasks(30, 30), func(_ runner.Task, result wsc.Result) error {
			if result.Seq == 0 {
				first = result
			}
			return nil
		})
	}()
	<-began
	n.await(t, false)
	n.away.Store(false)
	n.await(t, true)
	close(late)
	require.NoError(t, <-ended)
	require.Equal(t, wsc.StatusActive, first.Status)
	require.EqualValues(t, 2, tries.Load())
	require.Equal(t, 1, first.Attempts)
}

func TestTheFirstFailuresOfAnOutageAreNotBelieved(t *testing.T) {
	n := newNetwork(false)
	unplugged := make(chan struct{})
	r := newRunner(func(ctx context.Context, target wsc.Target) wsc.Result {
		if target.Seq >= 20 {
			<-unplugged
		}
		return n.check(ctx, target)
	}, 64, 1)
	r.Sight = n.sight()
	away := errors.New("network away")
	r.Blind = func(context.Context) error { return away }
	emitted := 0
	err := r.Run(t.Context(), nil, tasks(40, 40), func(_ runner.Task, result wsc.Result) error {
		require.Equal(t, wsc.StatusActive, result.Status)
		if emitted++; emitted == 20 {
			n.away.Store(true)
			close(unplugged)
		}
		return nil
	})
	require.ErrorIs(t, err, away)
	require.Equal(t, 20, emitted)
}

func TestARunCanEndInsteadOfWaitingForTheNetwork(t *testing.T) {
	n := newNetwork(true)
	r := newRunner(n.check, 8, 2)
	r.Sight = n.sight()
	away := errors.New("network away")
	r.Blind = func(ctx context.Context) error {
		if r.Sight.Blind(ctx) {
			return away
		}
		return nil
	}
	err := r.Run(t.Context(), nil, tasks(100, 20), func(runner.Task, wsc.Result) error {
		t.Error("emitted a result that says nothing about the site")
		return nil
	})
	require.ErrorIs(t, err, away)
	require.True(t, r.Sight.Blind(t.Context()))
	require.Zero(t, r.Limiter.InUse())
}

func TestWaitingForTheNetworkEndsWithItsContext(t *testing.T) {
	n := newNetwork(true)
	r := newRunner(n.check, 8, 2)
	r.Sight = n.sight()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- r.Run(ctx, nil, tasks(100, 20), func(runner.Task, wsc.Result) error {
			t.Error("emitted a result that says nothing about the site")
			return nil
		})
	}()
	n.await(t, false)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Zero(t, r.Limiter.InUse())
}
