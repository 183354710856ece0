package runner

import (
	"context"
	"math"
	"runtime/metrics"
	"time"
)

const (
	// firstLimit is how many checks an adapting limiter lets run at first, lowestLimit where backing off ends.
	firstLimit  = 64
	lowestLimit = 8
	// adaptInterval is how often the limit is thought over.
	adaptInterval = 100 * time.Millisecond
	// calm is how long a goroutine may wait for a processor, nine times of ten, for the machine to count as keeping up;
	// strained is from when on there is too much to do, and the times that are measured say more about this machine than
	// about the websites.
	calm     = 5 * time.Millisecond
	strained = 50 * time.Millisecond
	// afterFault is how long the limit is not raised after this machine ran out of something.
	afterFault = 5 * time.Second
)

// Adapt moves the limit with what the machine can do, until ctx ends: up while all slots are in use and goroutines
// find a processor at once, down when they have to wait long or when a check failed for want of a resource of this
// machine (files, ports, memory), which Fault tells. Slots begin at 64, and there are never more than the limiter's
// capacity nor less than 8. Where limits are set by whoever starts the process, waiting for websites is what bounds
// most lists, so the more checks wait at once the better, as long as the machine keeps up.
func (l *Limiter) Adapt(ctx context.Context) {
	machine := newMachine()
	limit := min(firstLimit, cap(l.slots))
	var quietUntil time.Time
	ticker := time.NewTicker(adaptInterval)
	defer ticker.Stop()
	defer func() { l.withhold(0) }()
	for {
		l.withhold(cap(l.slots) - limit)
		var full chan<- struct{}
		if l.withheldNow() < cap(l.slots)-limit {
			full = l.slots // a check that ends makes the room
		}
		select {
		case <-ctx.Done():
			return
		case full <- struct{}{}:
			l.withheld.Add(1)
			continue
		case now := <-ticker.C:
			seen := load{wanted: l.wanted.Swap(false), faults: l.faults.Swap(0), lag: machine.lag()}
			if seen.faults > 0 {
				quietUntil = now.Add(afterFault)
			}
			seen.wanted = seen.wanted && now.After(quietUntil)
			limit = nextLimit(limit, cap(l.slots), seen)
		}
	}
}

// load is what was seen since the limit was thought over last.
type load struct {
	// wanted is whether somebody had to wait for a slot.
	wanted bool
	// faults is how many checks failed for want of something of this machine.
	faults int64
	// lag is how long goroutines waited for a processor, nine times of ten.
	lag time.Duration
}

// nextLimit decides about the limit.
func nextLimit(limit, highest int, seen load) int {
	switch {
	case seen.faults > 0:
		limit /= 2
	case seen.lag > strained:
		limit -= limit / 8
	case seen.wanted && seen.lag < calm:
		limit += max(limit/2, 1)
	}
	return min(max(limit, lowestLimit), highest)
}

// machine measures how long goroutines wait for a processor.
type machine struct {
	sample []metrics.Sample
	counts []uint64
}

func newMachine() *machine {
	m := &machine{sample: []metrics.Sample{{Name: "/sched/latencies:seconds"}}}
	m.lag()
	return m
}

// lag is the wait that nine of ten goroutines stayed below since the last call.
func (m *machine) lag() time.Duration {
	metrics.Read(m.sample)
	if m.sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0 // this version of Go does not measure it
	}
	histogram := m.sample[0].Value.Float64Histogram()
	if m.counts == nil {
		m.counts = make([]uint64, len(histogram.Counts))
	}
	var total uint64
	for i, count := range histogram.Counts {
		total += count - m.counts[i]
	}
	var below uint64
	wait := 0.0
	for i, count := range histogram.Counts {
		if below += count - m.counts[i]; total > 0 && below*10 >= total*9 {
			wait = histogram.Buckets[i]
			break
		}
	}
	copy(m.counts, histogram.Counts)
	if math.IsInf(wait, 0) {
		return 0
	}
	return time.Duration(wait * float64(time.Second))
}
