package telemetry

import (
	"sync"
	"time"
)

const (
	// repeatInterval is how long the same error is not reported again.
	repeatInterval = time.Minute
	// maxReports is how many different errors are reported within repeatInterval.
	maxReports = 50
)

// reportLimit keeps an error that repeats itself from being reported again and again. What fails in a workflow or an
// activity is tried again without end.
type reportLimit struct {
	now func() time.Time

	mu       sync.Mutex
	reported map[string]time.Time
}

func newReportLimit(now func() time.Time) *reportLimit {
	return &reportLimit{now: now, reported: map[string]time.Time{}}
}

// allows reports whether an error may be reported now, and notes that it is.
func (l *reportLimit) allows(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for key, at := range l.reported {
		if now.Sub(at) >= repeatInterval {
			delete(l.reported, key)
		}
	}
	if _, repeated := l.reported[what]; repeated || len(l.reported) >= maxReports {
		return false
	}
	l.reported[what] = now
	return true
}
