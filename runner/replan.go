package runner

import (
	"slices"

	wsc "github.com/website-status-checker/wsc"
)

// replan is the answer of Runner.Throttled.
type replan struct {
	tasks []Task
	err   error
}

// throttle leaves a host alone that answered 429 or 503, and has the rest of its tasks planned anew.
func (s *sweep) throttle(out outcome, h *host) {
	now, pause := s.now(), wsc.ThrottlePause(out.result.RetryAfter)
	if h.throttle == nil {
		h.throttle = s.runner.throttles.of(h.name, now)
	}
	news := h.throttle.add(out.started, now, now.Add(pause))
	if h.throttle.until.After(h.free) {
		s.setFree(h, h.throttle.until)
	}
	if !news || s.runner.Throttled == nil {
		return
	}
	rest := s.take(h)
	s.planning++
	go func() {
		tasks, err := s.runner.Throttled(s.checks, h.name, pause, rest)
		s.planned <- replan{tasks, err}
	}()
}

// take removes every task of a host that has not begun and returns them by time.
func (s *sweep) take(h *host) []Task {
	rest := h.queue
	s.blocked -= len(h.queue)
	h.queue = nil
	of := func(task Task) bool {
		if task.Host == h.name {
			rest = append(rest, task)
			return true
		}
		return false
	}
	ready := len(s.ready)
	s.ready = slices.DeleteFunc(s.ready, of)
	h.running -= ready - len(s.ready)
	s.waiting = slices.DeleteFunc(s.waiting, of)
	slices.SortStableFunc(rest, byTime)
	return rest
}

// resume puts the tasks of a plan back among the others.
func (s *sweep) resume(plan replan) error {
	s.planning--
	if plan.err != nil || s.stopped {
		return plan.err
	}
	s.waiting = append(s.waiting, plan.tasks...)
	slices.SortStableFunc(s.waiting, byTime)
	return nil
}
