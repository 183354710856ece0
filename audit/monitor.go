package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// Signal is a number whose sudden rise is an anomaly.
type Signal string

// The signals. Each is of one process.
const (
	// SignalFailedLogins counts requests with a wrong key.
	SignalFailedLogins Signal = "failed_logins"
	// SignalBlockedTargets counts targets that the guard refused.
	SignalBlockedTargets Signal = "blocked_targets"
	// SignalErrorShare is the share of results without a usable answer.
	SignalErrorShare Signal = "error_share"
)

// Signals lists every signal.
func Signals() []Signal {
	return []Signal{SignalFailedLogins, SignalBlockedTargets, SignalErrorShare}
}

const (
	minFailedLogins   = 30  // a minute
	minBlockedTargets = 100 // a minute
	countFactor       = 5
	minErrorShare     = 0.5
	shareFactor       = 2
	// minResults is the least results in a minute that have a share of errors.
	minResults = 200
	// jobsAtOnce bounds the jobs with refused targets that are remembered within a minute. Refusals of more are counted as
	// blocked targets only.
	jobsAtOnce = 10_000
)

// MonitorConfig is what a Monitor is made of; every field may be left out.
type MonitorConfig struct {
	// Changed is told after every minute of every signal whether it is anomalous, and whether it became so just now.
	Changed func(signal Signal, anomalous, began bool)
	// Minutes ticks at the end of each minute; nil is the clock.
	Minutes <-chan time.Time
}

// Monitor counts what a process sees, and records a security event when something is suddenly much more than usual, and
// for every job with targets that the guard refused, once a minute while there are more. Counting does not wait for
// recording, and allocates nothing.
type Monitor struct {
	changed func(Signal, bool, bool)
	minutes <-chan time.Time

	failedLogins, blocked, results, errors atomic.Int64

	mu      sync.Mutex
	refused map[refusal]int64

	failedJump, blockedJump, errorJump jump // used by Run only
}

// refusal is a target of a job that the guard refused.
type refusal struct {
	jobID, owner string
	kind         wsc.ErrorKind
}

// NewMonitor makes a Monitor, which counts from now on and records while it runs.
func NewMonitor(cfg MonitorConfig) *Monitor {
	m := &Monitor{
		changed: cfg.Changed, minutes: cfg.Minutes, refused: map[refusal]int64{},
		failedJump:  jump{floor: minFailedLogins, factor: countFactor},
		blockedJump: jump{floor: minBlockedTargets, factor: countFactor},
		errorJump:   jump{floor: minErrorShare, factor: shareFactor},
	}
	if m.changed == nil {
		m.changed = func(Signal, bool, bool) {}
	}
	return m
}

// Observe counts a security event.
func (m *Monitor) Observe(event wsc.SecurityEvent) {
	switch event.Kind {
	case wsc.EventAuthFailed, wsc.EventAuthThrottled:
		m.failedLogins.Add(1)
	case wsc.EventSSRFBlocked:
		// An event without a client's address is about a job; its targets are counted one by one.
		if event.Address != "" {
			m.blocked.Add(1)
		}
	default:
	}
}

// Stored counts results of jobs. Lines that are no URL are left out: they say something about a list, not about websites.
func (m *Monitor) Stored(results []wsc.Result) {
	var all, failed int64
	for i := range results {
		if results[i].ErrorKind == wsc.KindInvalidURL {
			continue
		}
		all++
		if results[i].Status == wsc.StatusError {
			failed++
		}
	}
	m.results.Add(all)
	m.errors.Add(failed)
}

// Refused counts a target of a job that the guard refused.
func (m *Monitor) Refused(jobID, owner string, kind wsc.ErrorKind) {
	m.blocked.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	key := refusal{jobID, owner, kind}
	if _, known := m.refused[key]; known || len(m.refused) < jobsAtOnce {
		m.refused[key]++
	}
}

// Run records into r at the end of each minute until the context ends, and then what is left.
func (m *Monitor) Run(ctx context.Context, r *Recorder) {
	minutes := m.minutes
	if minutes == nil {
		ticker := time.NewTicker(time.Minute)
		defer ticker.Stop()
		minutes = ticker.C
	}
	for {
		select {
		case <-minutes:
			m.recordRefusals(ctx, r)
			m.judge(ctx, r)
		case <-ctx.Done():
			m.recordRefusals(context.WithoutCancel(ctx), r)
			return
		}
	}
}

// recordRefusals records an event for each job with targets that were refused since the last time.
func (m *Monitor) recordRefusals(ctx context.Context, r *Recorder) {
	m.mu.Lock()
	refused := m.refused
	m.refused = map[refusal]int64{}
	m.mu.Unlock()
	events, details := map[string]*wsc.SecurityEvent{}, map[string][]string{}
	for key, count := range refused {
		events[key.jobID] = &wsc.SecurityEvent{Kind: wsc.EventSSRFBlocked, KeyID: key.owner, Object: key.jobID}
		details[key.jobID] = append(details[key.jobID], fmt.Sprintf("%s: %d", key.kind, count))
	}
	for _, jobID := range slices.Sorted(maps.Keys(events)) {
		event := events[jobID]
		slices.Sort(details[jobID])
		event.Detail = strings.Join(details[jobID], ", ")
		r.Record(ctx, *event)
	}
}

// judge compares the minute that ended with what is usual.
func (m *Monitor) judge(ctx context.Context, r *Recorder) {
	count := func(signal Signal, j *jump, number int64) {
		usual := j.usual
		m.report(ctx, r, signal, j, j.next(float64(number), true),
			fmt.Sprintf("%s: %d in a minute, usually %.1f", signal, number, usual))
	}
	count(SignalFailedLogins, &m.failedJump, m.failedLogins.Swap(0))
	count(SignalBlockedTargets, &m.blockedJump, m.blocked.Swap(0))

	results, failed := m.results.Swap(0), m.errors.Swap(0)
	share, usual := 0.0, m.errorJump.usual
	if results > 0 {
		share = float64(failed) / float64(results)
	}
	m.report(ctx, r, SignalErrorShare, &m.errorJump, m.errorJump.next(share, results >= minResults),
		fmt.Sprintf("%s: %.0f %% of %d results in a minute, usually %.0f %%", SignalErrorShare, 100*share, results, 100*usual))
}

func (m *Monitor) report(ctx context.Context, r *Recorder, signal Signal, j *jump, began bool, detail string) {
	m.changed(signal, j.alarmed, began)
	if began {
		r.Record(ctx, wsc.SecurityEvent{Kind: wsc.EventAnomaly, Object: string(signal), Detail: detail})
	}
}
