package localcheck

import (
	"maps"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// rateWindow is the span over which the current rate is measured.
const rateWindow = 5 * time.Second

// Summary is what the results of a check say.
type Summary struct {
	wsc.JobCounts
	// Earlier is how many of the results stood in the output before (resumed).
	Earlier int64
	// ByErrorKind counts the results with status error, ByHTTPStatus the inactive ones.
	ByErrorKind  map[wsc.ErrorKind]int64
	ByHTTPStatus map[int]int64
	// Elapsed is the time since the check began or, once it is over, that it took.
	Elapsed time.Duration
	// Rate is the results per second of this run over all of its time.
	Rate float64
}

// Missing is how many targets have no result.
func (s *Summary) Missing() int64 { return s.TotalURLs - s.ProcessedURLs }

// AllActive reports whether every target has a result and all of them are active.
func (s *Summary) AllActive() bool { return s.ActiveCount == s.TotalURLs }

// meter counts results while others look at the counts.
type meter struct {
	mu      sync.Mutex
	counts  Summary
	phaseIs wsc.JobPhase
	pass    int
	retryAt *time.Time
	began   time.Time
	ended   time.Time
	samples []sample
}

// sample is how many results of this run there were at a moment.
type sample struct {
	at    time.Time
	count int64
}

func (m *meter) start(list *List) {
	m.phaseIs = wsc.PhaseChecking
	m.began = time.Now()
	m.counts.TotalURLs = list.Results()
	m.counts.InvalidCount = int64(len(list.invalid))
	m.counts.DuplicateCount = list.Duplicates
	m.counts.BlankCount = list.Blank
	m.counts.ByErrorKind = map[wsc.ErrorKind]int64{}
	m.counts.ByHTTPStatus = map[int]int64{}
	m.samples = []sample{{m.began, 0}}
}

func (m *meter) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = time.Now()
	m.phaseIs = wsc.PhaseDone
}

func (m *meter) phase(phase wsc.JobPhase, pass int, retryAt *time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.phaseIs, m.retryAt = phase, retryAt
	if pass >= 0 {
		m.pass = pass
	}
}

func (m *meter) add(status wsc.Status, kind wsc.ErrorKind, code int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.ProcessedURLs++
	switch status {
	case wsc.StatusActive:
		m.counts.ActiveCount++
	case wsc.StatusInactive:
		m.counts.InactiveCount++
		m.counts.ByHTTPStatus[code]++
	case wsc.StatusError:
		m.counts.ErrorCount++
		m.counts.ByErrorKind[kind]++
	}
}

// earlier counts a result that stood in the output before.
func (m *meter) earlier(status wsc.Status, kind wsc.ErrorKind, code int) {
	m.add(status, kind, code)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.Earlier++
}

func (m *meter) missing() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts.Missing()
}

func (m *meter) progress(now time.Time) wsc.Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := wsc.Progress{
		Status: wsc.JobProcessing, Phase: m.phaseIs, Pass: m.pass, NextRetryAt: m.retryAt,
		JobCounts: m.counts.JobCounts, Rate: m.rate(now),
	}
	if p.TotalURLs > 0 {
		p.Percent = 100 * float64(p.ProcessedURLs) / float64(p.TotalURLs)
	}
	if left := m.counts.Missing(); p.Rate > 0 && p.Phase == wsc.PhaseChecking {
		eta := float64(left) / p.Rate
		p.ETASeconds = &eta
	}
	return p
}

// rate is the results per second since the oldest sample of the window.
func (m *meter) rate(now time.Time) float64 {
	count := m.counts.ProcessedURLs - m.counts.Earlier
	for len(m.samples) > 1 && now.Sub(m.samples[1].at) >= rateWindow {
		m.samples = m.samples[1:]
	}
	oldest := m.samples[0]
	if last := m.samples[len(m.samples)-1]; now.Sub(last.at) >= rateWindow/20 {
		m.samples = append(m.samples, sample{now, count})
	}
	if span := now.Sub(oldest.at).Seconds(); span > 0 {
		return float64(count-oldest.count) / span
	}
	return 0
}

func (m *meter) summary(now time.Time) Summary {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended.IsZero() {
		now = m.ended
	}
	s := m.counts
	s.ByErrorKind, s.ByHTTPStatus = maps.Clone(s.ByErrorKind), maps.Clone(s.ByHTTPStatus)
	s.Elapsed = now.Sub(m.began)
	if seconds := s.Elapsed.Seconds(); seconds > 0 {
		s.Rate = float64(s.ProcessedURLs-s.Earlier) / seconds
	}
	return s
}
