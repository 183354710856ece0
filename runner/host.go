package runner

import (
	"container/heap"
	"time"
)

// lag is how many requests a host may get early to make up for late ones. More would be a burst after every delay of
// this process, none would shift all later requests out of their slots.
const lag = 2

// host counts the checks under way on one host and queues those that must wait for them, or for the host's time.
type host struct {
	name    string
	running int
	queue   []Task
	// free is the earliest time of the next start.
	free     time.Time
	throttle *throttle // nil unless the host answered 429 or 503
	place    int       // in the sweep's held hosts, from 1; 0 when it is not there
}

// after is the earliest time of the start that follows one at the given time.
func (h *host) after(start time.Time, interval time.Duration) time.Time {
	free := h.free
	if earliest := start.Add(-lag * interval); free.Before(earliest) {
		free = earliest
	}
	return free.Add(interval)
}

// heldHosts is a heap of hosts with a queue that wait for their time, the first to be free at the top.
type heldHosts []*host

func (h heldHosts) Len() int           { return len(h) }
func (h heldHosts) Less(i, j int) bool { return h[i].free.Before(h[j].free) }

func (h heldHosts) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

// Push and Pop are for package heap.
func (h *heldHosts) Push(x any) {
	added := x.(*host) //nolint:errcheck,forcetypeassert // only hosts are pushed
	*h = append(*h, added)
	added.place = len(*h)
}

// Pop removes the last host.
func (h *heldHosts) Pop() any {
	last := len(*h) - 1
	popped := (*h)[last]
	popped.place = 0
	(*h)[last] = nil
	*h = (*h)[:last]
	return popped
}

// hold keeps a host's queue until the host is free.
func (s *sweep) hold(h *host) {
	if h.place == 0 {
		heap.Push(&s.held, h)
	}
}

// setFree changes the time from which the host may be contacted.
func (s *sweep) setFree(h *host, free time.Time) {
	h.free = free
	if h.place > 0 {
		heap.Fix(&s.held, h.place-1)
	}
}

// releaseHeld lets the queues of those hosts go on that are free now, and returns how long the next one has to wait.
func (s *sweep) releaseHeld(now time.Time) (wait time.Duration, some bool) {
	for len(s.held) > 0 {
		first := s.held[0]
		if wait := first.free.Sub(now); wait > 0 {
			return wait, true
		}
		heap.Pop(&s.held)
		s.advance(first, now)
	}
	return 0, false
}
