package runner

import "sync/atomic"

// Limiter bounds how many checks run at once in the whole process, across all runs that share it.
type Limiter struct {
	slots chan struct{}
	// withheld counts the slots that Adapt holds, so that no check gets them.
	withheld atomic.Int64
	// wanted is whether somebody had to wait for a slot, and faults how often the machine lacked something; both since
	// Adapt looked last.
	wanted atomic.Bool
	faults atomic.Int64
}

// NewLimiter returns a limiter for n checks at once; n below 1 counts as 1.
func NewLimiter(n int) *Limiter {
	return &Limiter{slots: make(chan struct{}, max(n, 1))}
}

// InUse is how many checks run now.
func (l *Limiter) InUse() int { return max(len(l.slots)-int(l.withheld.Load()), 0) }

// Capacity is how many checks can run at once.
func (l *Limiter) Capacity() int { return cap(l.slots) - int(l.withheld.Load()) }

// Fault tells that a check failed for want of something of this machine.
func (l *Limiter) Fault() { l.faults.Add(1) }

// acquire is the channel to send to for a slot; release gives it back.
func (l *Limiter) acquire() chan<- struct{} {
	if len(l.slots) == cap(l.slots) {
		l.wanted.Store(true)
	}
	return l.slots
}

func (l *Limiter) release() { <-l.slots }

// withhold takes free slots away, or gives some back, so that n are withheld if enough are free.
func (l *Limiter) withhold(n int) {
	for l.withheldNow() > n {
		<-l.slots
		l.withheld.Add(-1)
	}
	for l.withheldNow() < n {
		select {
		case l.slots <- struct{}{}:
			l.withheld.Add(1)
		default:
			return
		}
	}
}

func (l *Limiter) withheldNow() int { return int(l.withheld.Load()) }
