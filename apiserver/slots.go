package apiserver

import (
	"context"
	"slices"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// busyRetry is what a client is told to wait when too many wait already.
const busyRetry = 5 * time.Second

// slots bounds how much of one kind of work runs at once, and how much waits for it. One key gets at most half of the
// slots, so that no client holds up all others; what waits is served in the order of arrival.
type slots struct {
	// work names what is bounded, in the plural, for people.
	work string
	// each is the most that one key has at once.
	each int
	// room is how many may wait, and patience for how long.
	room     int
	patience time.Duration

	mu      sync.Mutex
	free    int
	held    map[string]int
	waiting []*slotWaiter
}

// slotWaiter is one who waits. granted is closed when the slot is handed over.
type slotWaiter struct {
	owner   string
	granted chan struct{}
}

func newSlots(work string, running, room int, patience time.Duration) *slots {
	return &slots{
		work: work, each: max((running+1)/2, 1), room: room, patience: patience,
		free: running, held: map[string]int{},
	}
}

// acquire takes a slot for a key and returns how to give it back. The error has wsc.CodeRateLimited when too many wait
// already or the wait gets too long, and is the context's cause when that ends.
func (s *slots) acquire(ctx context.Context, owner string) (release func(), err error) {
	s.mu.Lock()
	if s.grant(owner) {
		s.mu.Unlock()
		return func() { s.release(owner) }, nil
	}
	if len(s.waiting) >= s.room {
		s.mu.Unlock()
		return nil, s.busy()
	}
	waiter := &slotWaiter{owner: owner, granted: make(chan struct{})}
	s.waiting = append(s.waiting, waiter)
	s.mu.Unlock()

	tooLong := time.NewTimer(s.patience)
	defer tooLong.Stop()
	select {
	case <-waiter.granted:
		return func() { s.release(owner) }, nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-tooLong.C:
		err = s.busy()
	}
	s.withdraw(waiter)
	return nil, err
}

// grant takes a slot if there is one for the owner. The caller holds the lock.
func (s *slots) grant(owner string) bool {
	if s.free == 0 || s.held[owner] >= s.each {
		return false
	}
	s.free--
	s.held[owner]++
	return true
}

// release gives a slot back and hands it to the first who waits and may have it.
func (s *slots) release(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free++
	if s.held[owner]--; s.held[owner] == 0 {
		delete(s.held, owner)
	}
	for i, waiter := range s.waiting {
		if s.grant(waiter.owner) {
			s.waiting = slices.Delete(s.waiting, i, i+1)
			close(waiter.granted)
			return
		}
	}
}

// withdraw ends a wait. A slot that was handed over meanwhile is given back.
func (s *slots) withdraw(waiter *slotWaiter) {
	s.mu.Lock()
	i := slices.Index(s.waiting, waiter)
	if i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
	}
	s.mu.Unlock()
	if i < 0 {
		s.release(waiter.owner)
	}
}

func (s *slots) busy() error {
	return wsc.Errorf(wsc.CodeRateLimited, "The server is busy with as many %s as it makes at once. Try again in a few seconds.", s.work).RetryIn(busyRetry)
}
