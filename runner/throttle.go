package runner

import (
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// sweepThrottles is the number of throttled hosts from which those that have recovered are forgotten.
const sweepThrottles = 4096

// throttle is what a host that answered 429 or 503 has brought upon itself.
type throttle struct {
	penalty int
	raised  time.Time // when the penalty was raised last
	asked   time.Time // when the host asked for quiet last
	until   time.Time // the end of the pause
}

// add takes one more such answer, to a request that began at started, and reports whether it says anything new. What
// was under way when the host asked for quiet is answered in the same way, and that is one request for quiet, not many.
func (t *throttle) add(started, now, until time.Time) bool {
	newWave, longer := !started.Before(t.asked), until.Sub(t.until) > time.Second
	if newWave {
		t.asked = now
		if now.Sub(t.raised) >= wsc.PenaltyStep {
			t.penalty = min(wsc.RecoveredPenalty(t.penalty, now.Sub(t.until))+1, wsc.MaxPenalty)
			t.raised = now
		}
	}
	if until.After(t.until) {
		t.until = until
	}
	return newWave || longer
}

// interval is the time between two requests to the host, given that of a host that is not throttled. A nil throttle is
// such a host.
func (t *throttle) interval(interval time.Duration, now time.Time) time.Duration {
	if t == nil {
		return interval
	}
	return wsc.SlowedInterval(interval, wsc.RecoveredPenalty(t.penalty, now.Sub(t.until)))
}

// throttles are the throttled hosts by name.
type throttles struct {
	hosts map[string]*throttle
	sweep int // the number of hosts at which to look for some to forget
}

func (t *throttles) of(host string, now time.Time) *throttle {
	if found := t.hosts[host]; found != nil {
		return found
	}
	if len(t.hosts) >= max(t.sweep, sweepThrottles) {
		for name, old := range t.hosts {
			if wsc.RecoveredPenalty(old.penalty, now.Sub(old.until)) == 0 {
				delete(t.hosts, name)
			}
		}
		t.sweep = 2 * len(t.hosts)
	}
	if t.hosts == nil {
		t.hosts = map[string]*throttle{}
	}
	added := &throttle{}
	t.hosts[host] = added
	return added
}
