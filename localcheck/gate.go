package localcheck

import (
	"context"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
)

const (
	// maxHold is the longest that a check waits for its host while it holds one of the limiter's slots.
	maxHold = time.Second
	// throttlePause is how long a host is left alone after it answered 429 or 503 without a Retry-After.
	throttlePause = 5 * time.Second
	// sweepHosts is the number of hosts from which those that may be contacted again are forgotten.
	sweepHosts = 4096
)

// gate lets checks through to the checker so that the requests to one host begin at least an interval apart,
// also when the process fell behind its plan and many of them are due. The plan of a pass makes waiting here rare.
type gate struct {
	checker  runner.Checker
	interval time.Duration
	started  func()

	mu    sync.Mutex
	free  map[string]time.Time // when the host may be contacted next
	sweep int                  // the size of free at which to look for hosts to forget
}

func newGate(checker runner.Checker, interval time.Duration, started func()) *gate {
	return &gate{checker: checker, interval: interval, started: started, free: map[string]time.Time{}, sweep: sweepHosts}
}

// Check waits for the host's turn and checks. When that is too far away it returns a result without a status instead,
// whose RetryAfter says how far.
func (g *gate) Check(ctx context.Context, target wsc.Target, options wsc.CheckOptions) wsc.Result {
	g.started()
	wait, mine := g.reserve(target.Host, time.Now())
	if !mine {
		return wsc.Result{RetryAfter: wait}
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done(): // the checker finds that out by itself
		}
	}
	result := g.checker.Check(ctx, target, options)
	if result.HTTPStatus == 429 || result.HTTPStatus == 503 {
		g.delay(target.Host, time.Now().Add(max(throttlePause, min(result.RetryAfter, wsc.MaxRetryAfter))))
	}
	return result
}

// postponed reports whether the gate made the result instead of the checker.
func postponed(result *wsc.Result) bool { return result.Status == "" }

// reserve takes the host's next start unless it is further away than maxHold, and returns how far away it is.
func (g *gate) reserve(host string, now time.Time) (wait time.Duration, mine bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	start := now
	if free := g.free[host]; free.After(now) {
		start = free
	}
	wait = start.Sub(now)
	if wait > maxHold {
		return wait, false
	}
	if g.interval > 0 {
		g.set(host, start.Add(g.interval), now)
	}
	return wait, true
}

// delay keeps everyone from the host until the given time.
func (g *gate) delay(host string, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.free[host].Before(until) {
		g.set(host, until, time.Now())
	}
}

func (g *gate) set(host string, free, now time.Time) {
	g.free[host] = free
	if len(g.free) < g.sweep {
		return
	}
	for name, free := range g.free {
		if !free.After(now) {
			delete(g.free, name)
		}
	}
	g.sweep = max(sweepHosts, 2*len(g.free))
}
