package runner

import (
	"context"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// recentOutcomes is how many of the last outcomes say whether nearly everything fails, and recentSpan how old the
	// oldest of them may be.
	recentOutcomes = 10
	recentSpan     = 5 * time.Second
	// answerPatience is how long a failure waits for an answer of any site before it is believed.
	answerPatience = 250 * time.Millisecond
	// lookInterval is how long it counts what a look at the control URL showed, and lookTimeout how long a look may take:
	// less than a worker has to stop.
	lookInterval = 2 * time.Second
	lookTimeout  = 4 * time.Second
)

// SightConfig is what a Sight is made of.
type SightConfig struct {
	// Control is a URL that answers whenever the network is there.
	Control wsc.Target
	// Checker looks at the control URL. It should remember neither names nor connections, which outlive a network.
	Checker Checker
	// Changed, if set, is told that the network went away or came back, with the outcome of the look that showed it. It
	// is called by one goroutine at a time.
	Changed func(sees bool, control wsc.Result)
	// Interval is how long it counts what a look showed; 0 is 2 seconds.
	Interval time.Duration
}

// Sight tells whether checks fail because of the websites or because the network is away. When nine of the last ten
// outcomes of the process were failures of a kind that an absent network produces, it looks at a control URL; when that
// has no answer either, the failures say nothing about the sites. Any HTTP answer of the control URL will do.
//
// All runners of a process share one Sight. It is safe for concurrent use; the nil Sight doubts nothing.
type Sight struct {
	config SightConfig

	mu     sync.Mutex
	recent [recentOutcomes]recentOutcome
	next   int
	// answers counts the outcomes that were no failures, and more is closed at the next outcome.
	answers int64
	more    chan struct{}
	// looking is closed at the end of the look that is under way, nil without one.
	looking chan struct{}
	looked  time.Time
	blind   bool
	// blindUntil is up to when the network is known to have been away: what failed of a check that began before then
	// proves nothing, even if it failed later.
	blindUntil time.Time
}

type recentOutcome struct {
	at   time.Time
	lost bool
}

// NewSight returns a Sight that believes in the network until it has to look.
func NewSight(config SightConfig) *Sight {
	if config.Interval == 0 {
		config.Interval = lookInterval
	}
	return &Sight{config: config, more: make(chan struct{})}
}

// Blind reports whether the network was away at the last look and, if that is some time ago, at another one now. When
// ctx ends first, it is true.
func (s *Sight) Blind(ctx context.Context) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	blind := s.blind
	s.mu.Unlock()
	return blind && !s.sees(ctx)
}

// doubts takes an outcome and reports whether it says more about the network than about the site. A failure waits for
// the next answer for a moment, since the first failures of an outage can be told from others only by those that follow.
func (s *Sight) doubts(ctx context.Context, result *wsc.Result) bool {
	if s == nil || !reachedOut(result) {
		return false
	}
	lost := isLost(result)
	s.mu.Lock()
	if lost && result.CheckedAt.Before(s.blindUntil) {
		s.mu.Unlock()
		return true
	}
	s.note(lost)
	answers := s.answers
	s.mu.Unlock()
	if !lost {
		return false
	}
	patience := time.NewTimer(answerPatience)
	defer patience.Stop()
	for {
		s.mu.Lock()
		suspicious, answered, more := s.mostAreLost(), s.answers != answers, s.more
		s.mu.Unlock()
		switch {
		case suspicious:
			return !s.sees(ctx)
		case answered:
			return false
		}
		select {
		case <-more:
		case <-patience.C:
			return false
		case <-ctx.Done():
			return true
		}
	}
}

// note remembers an outcome and wakes those that wait for more.
func (s *Sight) note(lost bool) {
	s.recent[s.next] = recentOutcome{time.Now(), lost}
	s.next = (s.next + 1) % recentOutcomes
	if !lost {
		s.answers++
	}
	close(s.more)
	s.more = make(chan struct{})
}

func (s *Sight) mostAreLost() bool {
	total, lost, now := 0, 0, time.Now()
	for _, outcome := range s.recent {
		if outcome.at.IsZero() || now.Sub(outcome.at) > recentSpan {
			continue
		}
		total++
		if outcome.lost {
			lost++
		}
	}
	return lost*10 >= total*9
}

// wait returns when the network is there, or with ctx's error.
func (s *Sight) wait(ctx context.Context) error {
	ticker := time.NewTicker(s.config.Interval)
	defer ticker.Stop()
	for s.Blind(ctx) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// sees reports whether the control URL answers. Of those who want to know at the same time one looks; the others wait.
func (s *Sight) sees(ctx context.Context) bool {
	for {
		s.mu.Lock()
		if !s.looked.IsZero() && time.Since(s.looked) < s.config.Interval {
			defer s.mu.Unlock()
			return !s.blind
		}
		looking := s.looking
		if looking == nil {
			s.looking = make(chan struct{})
		}
		s.mu.Unlock()
		if looking == nil {
			return s.look(ctx)
		}
		select {
		case <-looking:
		case <-ctx.Done():
			return false
		}
	}
}

func (s *Sight) look(ctx context.Context) (sees bool) {
	began := time.Now()
	result := s.config.Checker.Check(ctx, s.config.Control, wsc.CheckOptions{Timeout: lookTimeout})
	sees = result.Status != wsc.StatusError
	known := ctx.Err() == nil
	s.mu.Lock()
	changed := known && s.blind == sees
	if known {
		s.looked, s.blind = time.Now(), !sees
		switch {
		case !sees:
			s.blindUntil = s.looked
		case changed:
			s.blindUntil = began
		}
	}
	s.mu.Unlock()
	if changed && s.config.Changed != nil {
		s.config.Changed(sees, result)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.looking)
	s.looking = nil
	return sees && known
}

// isLost reports whether the outcome is of a kind that an absent network produces. A resolver without a network may say
// that no name exists, a firewall in between refuse or break off what it does not let through, and a proxy that can't
// be reached counts as a fault of this machine.
func isLost(result *wsc.Result) bool {
	if result.Status != wsc.StatusError {
		return false
	}
	switch result.ErrorKind {
	case wsc.KindDNSNXDomain, wsc.KindDNSError,
		wsc.KindConnectRefused, wsc.KindConnectTimeout, wsc.KindConnectionReset, wsc.KindConnectionClosed, wsc.KindNetworkUnreachable,
		wsc.KindTimeout:
		return true
	default:
		return result.OwnFault
	}
}

// reachedOut reports whether the outcome depends on the network at all.
func reachedOut(result *wsc.Result) bool {
	switch result.ErrorKind {
	case wsc.KindInvalidURL, wsc.KindBlockedAddress, wsc.KindBlockedPort, wsc.KindBlockedScheme:
		return false
	case wsc.KindInternalError:
		return result.OwnFault
	default:
		return true
	}
}
