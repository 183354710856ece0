package runner

import (
	"sync"
	"time"
)

// Pacer hands out start times per host within this process, for callers that share no store with others.
type Pacer struct {
	interval time.Duration
	mu       sync.Mutex
	free     map[string]time.Time
}

// NewPacer returns a pacer for rate requests per second to each host; 0 is no limit.
func NewPacer(rate float64) *Pacer {
	return &Pacer{interval: Interval(rate), free: map[string]time.Time{}}
}

// Interval is the time between two requests at the given rate per second, 0 for no limit.
func Interval(rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / rate)
}

// Next reserves the host's next free start time, which is now or later.
func (p *Pacer) Next(host string, now time.Time) time.Time {
	if p.interval == 0 {
		return now
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	start := now
	if free, known := p.free[host]; known && free.After(now) {
		start = free
	}
	p.free[host] = start.Add(p.interval)
	return start
}
