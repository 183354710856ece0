package wsc

import "time"

const (
	// MaxPenalty is how many steps a host can be slowed down by.
	MaxPenalty = 6
	// PenaltyStep is the least time between two steps of a host's slowing down: what it answers to requests that were
	// under way already says nothing new.
	PenaltyStep = 5 * time.Second
	// PenaltyRecovery is how long a host must be free of 429 and 503, after its pause, to be one step faster again.
	PenaltyRecovery = 30 * time.Second
	// PenaltyInterval is the least time between two requests to a host that is slowed down by one step. It holds for
	// hosts without a limit, too.
	PenaltyInterval = 100 * time.Millisecond

	// defaultPause is how long a host is left alone that does not say how long, minPause the least that it is.
	defaultPause = 2 * time.Second
	minPause     = time.Second
)

// SlotRequest asks for Count start slots on one host, Interval apart.
type SlotRequest struct {
	Host  string
	Count int
	// Interval is the time between two slots at the job's rate, 0 without a limit.
	Interval time.Duration
}

// SlotHorizon is how far ahead slots are reserved; what would begin later has to ask again.
type SlotHorizon struct {
	// Free is that of hosts that are not slowed down, and Slowed, which is no longer, that of the others.
	Free, Slowed time.Duration
}

// Slots are what was reserved on a host.
type Slots struct {
	// Wait is the time from now until the first slot.
	Wait time.Duration
	// Interval is the time between two slots: that of the request, or a longer one while the host is slowed down.
	Interval time.Duration
	// Count is how many slots were reserved. It is less than was asked for when the others would begin too late.
	Count int
}

// Slot is the time from now until slot n, from 0. Of slots that were not reserved it says when they could be, if
// nobody else takes them.
func (s Slots) Slot(n int) time.Duration { return s.Wait + time.Duration(n)*s.Interval }

// SlotsWithin is how many of count slots, interval apart and the first after wait, begin within the given time.
func SlotsWithin(within, wait, interval time.Duration, count int) int {
	switch {
	case wait > within:
		return 0
	case interval <= 0:
		return count
	}
	return int(min(int64(count), int64((within-wait)/interval)+1))
}

// Throttled reports whether the site asked for fewer requests: it answered 429 or 503.
func (r *Result) Throttled() bool { return r.HTTPStatus == 429 || r.HTTPStatus == 503 }

// ThrottlePause is how long a host is left alone after it answered 429 or 503: as long as its Retry-After says, but at
// least a second and at most MaxRetryAfter; two seconds when it does not say.
func ThrottlePause(retryAfter time.Duration) time.Duration {
	if retryAfter <= 0 {
		return defaultPause
	}
	return min(max(retryAfter, minPause), MaxRetryAfter)
}

// SlowedInterval is the time between two requests to a host that is slowed down by a penalty, 0 to MaxPenalty: each
// step doubles the interval, and the first one makes it PenaltyInterval at least.
func SlowedInterval(interval time.Duration, penalty int) time.Duration {
	if penalty <= 0 {
		return interval
	}
	return max(interval<<penalty, PenaltyInterval<<(penalty-1))
}

// RecoveredPenalty is what is left of a penalty when the host's last pause ended the given time ago; negative while it
// lasts.
func RecoveredPenalty(penalty int, quiet time.Duration) int {
	return max(0, penalty-int(max(quiet, 0)/PenaltyRecovery))
}
