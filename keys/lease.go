package keys

import (
	"context"
	"log/slog"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// leaseSize is how many requests are leased at once from an hour's quota that is large enough.
	leaseSize = 50
	// maxLeaseSize bounds leases from very large quotas.
	maxLeaseSize = 1000
	// exhaustedFor is how long a used up quota is believed to be so without asking again: it may be raised, or another
	// server may give requests back.
	exhaustedFor = 2 * time.Second
)

// lease is what this server has of a key's requests of the current hour.
type lease struct {
	mu sync.Mutex
	// left of the lease, and what was left of the quota besides when it was taken.
	left, remaining int64
	window          time.Time
	ends            time.Time // on this machine's clock
	limit           int64
	// askAgain is when a used up quota is asked for again.
	askAgain time.Time
	// asking is closed when the question under way is answered; nil without one.
	asking chan struct{}
}

// Take counts one request of a key. It reports where the key then stands and whether the request may pass; for a key
// without a limit the quota is nil.
//
// Requests are leased from the database in blocks, so that the servers together never let more pass than the quota, and
// ask the database at most once for 50 requests where the quota is 1,000 or more.
func (s *Service) Take(ctx context.Context, key *wsc.Key) (quota *wsc.RequestQuota, allowed bool, err error) {
	if key.RateLimitHour <= 0 {
		return nil, true, nil
	}
	return s.take(ctx, key, 1)
}

// Quota reports where a key stands, without counting anything; nil for a key without a limit.
func (s *Service) Quota(ctx context.Context, key *wsc.Key) (*wsc.RequestQuota, error) {
	if key.RateLimitHour <= 0 {
		return nil, nil //nolint:nilnil // no limit is no error
	}
	quota, _, err := s.take(ctx, key, 0)
	return quota, err
}

func (s *Service) take(ctx context.Context, key *wsc.Key, n int64) (*wsc.RequestQuota, bool, error) {
	l := s.leaseOf(key.ID)
	for {
		l.mu.Lock()
		now := s.now()
		current := l.limit == key.RateLimitHour && now.Before(l.ends)
		switch {
		case current && (l.left >= max(n, 1) || now.Before(l.askAgain)):
			allowed := l.left >= n
			if allowed {
				l.left -= n
			}
			quota := l.quota(now)
			l.mu.Unlock()
			return quota, allowed, nil
		case l.asking == nil:
			l.asking = make(chan struct{})
			l.mu.Unlock()
			if err := s.refill(ctx, l, key); err != nil {
				return nil, false, err
			}
		default:
			asking := l.asking
			l.mu.Unlock()
			select {
			case <-asking:
			case <-ctx.Done():
				return nil, false, context.Cause(ctx)
			}
		}
	}
}

// quota tells where the lease stands. The caller holds the lock.
func (l *lease) quota(now time.Time) *wsc.RequestQuota {
	reset := l.ends.Sub(now)
	return &wsc.RequestQuota{Limit: l.limit, Remaining: l.left + l.remaining, ResetSeconds: int64((reset + time.Second - 1) / time.Second)}
}

func (s *Service) leaseOf(keyID string) *lease {
	fresh := &lease{}
	if known, existed, _ := s.leases.PeekOrAdd(keyID, fresh); existed {
		s.leases.Get(keyID) // the newest use counts
		return known
	}
	return fresh
}

// refill asks the database for requests. Others wait for it meanwhile; one of them asks next if it failed.
func (s *Service) refill(ctx context.Context, l *lease, key *wsc.Key) error {
	// A client that goes away must not lose what was already taken from the quota.
	query, cancel := context.WithTimeout(context.WithoutCancel(ctx), queryTimeout)
	defer cancel()
	began := s.now()
	granted, err := s.store.LeaseRequests(query, key.ID, blockOf(key.RateLimitHour), key.RateLimitHour)
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.asking)
	l.asking = nil
	if err != nil {
		return err
	}
	if !granted.Window.Equal(l.window) {
		l.left = 0
	}
	l.window, l.ends = granted.Window, began.Add(granted.ResetIn)
	l.left += granted.Granted
	l.remaining, l.limit = granted.Remaining, key.RateLimitHour
	l.askAgain = time.Time{}
	if granted.Granted == 0 {
		l.askAgain = s.now().Add(exhaustedFor)
	}
	return nil
}

// blockOf is how many requests are leased at once: small enough that servers which share a small quota don't hold much of
// it unused.
func blockOf(quota int64) int64 {
	return min(max(quota/1000, min(quota/20, leaseSize), 1), maxLeaseSize)
}

// returnLeases gives back what was not used. It has a context of its own, since it is called when others have ended.
func (s *Service) returnLeases() {
	ctx, cancel := context.WithTimeout(context.Background(), queryTimeout)
	defer cancel()
	for _, keyID := range s.leases.Keys() {
		l, there := s.leases.Peek(keyID)
		if !there {
			continue
		}
		l.mu.Lock()
		left, window := l.left, l.window
		l.left = 0
		over := !s.now().Before(l.ends)
		l.mu.Unlock()
		if left == 0 || over {
			continue
		}
		if err := s.store.ReturnRequests(ctx, keyID, window, left); err != nil {
			s.logger.WarnContext(ctx, "could not give back requests of a key's quota", slog.String("key_id", keyID), slog.Any("error", err))
			return
		}
	}
}
