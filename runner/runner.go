// Package runner checks many targets at once: each no earlier than its time, no host with more requests at a time than
// allowed nor faster than its rate, and no more checks in the process than its limiter has slots. A host that answers
// 429 or 503 is left alone for a while and then asked more slowly. The package knows neither databases nor Temporal;
// activities and the local check both stand on it.
package runner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// Checker makes one attempt at a target. It returns a result whatever happens; when ctx ended, the result
// says nothing about the site.
type Checker interface {
	Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) wsc.Result
}

// Task is a target to be tried once.
type Task struct {
	wsc.Target
	// Attempts is how often the target was tried before.
	Attempts int
	// Failed describes these attempts, oldest first.
	Failed []wsc.FailedAttempt
	// NotBefore is the earliest start; the zero time is at once.
	NotBefore time.Time
}

// maxPause is the longest that tasks wait for a host that asked for quiet when they can be put off.
const maxPause = 30 * time.Second

const (
	// ownFaultPause is how long a check waits that failed for want of something of this machine before it is made again;
	// each further wait is twice as long, and none is longer than ownFaultLimit. None of that counts as an attempt.
	ownFaultPause = 250 * time.Millisecond
	ownFaultLimit = 4 * time.Second
)

// Runner runs tasks, one Run after another.
type Runner struct {
	Checker Checker
	// Limiter is shared by all runners of the process.
	Limiter *Limiter
	Options wsc.CheckOptions
	// Throttled, if set, is told that a host answered 429 or 503 and is to be left alone for the given time, and plans
	// the rest: of the tasks that have not begun, by NotBefore, it returns those to be tried in this run, with their new
	// times. It is called from a goroutine of its own. An error of it ends the run.
	Throttled func(ctx context.Context, host string, pause time.Duration, rest []Task) ([]Task, error)
	// PutOff, if set, takes tasks whose host is to be left alone for longer than half a minute, until the given time;
	// without it they wait. It is called from the same goroutine as emit.
	PutOff func(task Task, until time.Time)
	// Sight, if set, tells checks that fail because the network is away. They are not emitted, but made again when it is
	// back, and do not count as attempts.
	Sight *Sight
	// Blind, if set, is called instead of waiting until the network is back, from the goroutine of the check: nil has the
	// check made again, an error ends the run.
	Blind func(ctx context.Context) error
	// Now is the clock; nil is time.Now.
	Now func() time.Time

	throttles throttles
}

// Run tries every task once, in the order of NotBefore as far as hosts allow, and calls emit for each with the result,
// from one goroutine. The result's Attempts is the task's plus one, its FailedAttempts are the task's.
//
// When stop is closed, no further task is started, those under way are finished and emitted, and Run returns nil.
// When ctx ends, those under way are broken off without being emitted and Run returns ctx's error. An error of emit
// ends the run in the same way and is returned. Run returns only when nothing of it is running any more.
func (r *Runner) Run(ctx context.Context, stop <-chan struct{}, tasks []Task, emit func(Task, wsc.Result) error) error {
	checks, cancelChecks := context.WithCancel(ctx)
	defer cancelChecks()
	s := &sweep{
		runner:  r,
		now:     r.Now,
		checks:  checks,
		waiting: slices.Clone(tasks),
		hosts:   map[string]*host{},
		work:    make(chan Task),
		done:    make(chan outcome),
		planned: make(chan replan),

		interval: Interval(r.Options.HostRate),
	}
	if s.now == nil {
		s.now = time.Now
	}
	slices.SortStableFunc(s.waiting, byTime)
	err := s.loop(ctx, stop, emit)
	cancelChecks()
	for ; s.running > 0; s.running-- {
		<-s.done
	}
	for ; s.planning > 0; s.planning-- {
		<-s.planned
	}
	close(s.work)
	return err
}

func byTime(a, b Task) int { return a.NotBefore.Compare(b.NotBefore) }

// sweep is the state of one Run. All of it belongs to the loop's goroutine; workers see the channels only.
type sweep struct {
	runner *Runner
	now    func() time.Time
	checks context.Context //nolint:containedctx // lives as long as the sweep, handed to every check

	interval time.Duration // between two requests to a host that is not throttled

	waiting  []Task           // not due yet, by NotBefore
	ready    []Task           // due, and their host has room
	hosts    map[string]*host // hosts with tasks under way or queued
	held     heldHosts        // hosts whose queue waits for a time
	blocked  int              // due, but queued at their host: the sum over hosts
	running  int              // handed to a worker and not yet received back
	planning int              // hosts whose rest is being planned anew
	stopped  bool

	work    chan Task
	done    chan outcome
	planned chan replan
}

type outcome struct {
	task    Task
	started time.Time
	result  wsc.Result
	err     error // ends the run
}

func (s *sweep) loop(ctx context.Context, stop <-chan struct{}, emit func(Task, wsc.Result) error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		untilNext, later := s.admitDue()
		if len(s.ready)+len(s.waiting)+s.blocked+s.running+s.planning == 0 {
			return nil
		}
		var slot chan<- struct{}
		var due <-chan time.Time
		if len(s.ready) > 0 {
			slot = s.runner.Limiter.acquire()
		} else if later {
			timer.Reset(untilNext)
			due = timer.C
		}
		select {
		case slot <- struct{}{}:
			task := s.ready[0]
			s.ready = s.ready[1:]
			s.start(task)
		case out := <-s.done:
			s.finish(out)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if out.err != nil {
				return out.err
			}
			if err := emit(out.task, out.result); err != nil {
				return err
			}
		case plan := <-s.planned:
			if err := s.resume(plan); err != nil {
				return err
			}
		case <-due:
		case <-stop:
			stop = nil
			s.dropUnstarted()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// admitDue moves tasks whose time has come out of waiting, lets hosts go on whose time has come, and returns how long
// the next of either has to wait, if there is one. More than the limiter could take at once are not moved, since each
// of them costs memory for itself and its host.
func (s *sweep) admitDue() (wait time.Duration, later bool) {
	now := s.now()
	for len(s.waiting) > 0 && len(s.ready) < s.runner.Limiter.Capacity() {
		if wait = s.waiting[0].NotBefore.Sub(now); wait > 0 {
			later = true
			break
		}
		s.admit(s.waiting[0], now)
		s.waiting = s.waiting[1:]
	}
	if held, some := s.releaseHeld(now); some && (!later || held < wait) {
		return held, true
	}
	return wait, later
}

// admit makes a due task ready, or queues it at its host.
func (s *sweep) admit(task Task, now time.Time) {
	h := s.hosts[task.Host]
	if h == nil {
		h = &host{name: task.Host, throttle: s.runner.throttles.hosts[task.Host]}
		if h.throttle != nil {
			h.free = h.throttle.until
		}
		s.hosts[task.Host] = h
	}
	if len(h.queue) == 0 && h.running < s.room() && !h.free.After(now) {
		h.running++
		s.ready = append(s.ready, task)
		return
	}
	h.queue = append(h.queue, task)
	s.blocked++
	s.advance(h, now)
}

// putOff gives the queue of a host away that is not to be contacted for long.
func (s *sweep) putOff(h *host) {
	for _, task := range h.queue {
		s.runner.PutOff(task, h.free)
	}
	s.blocked -= len(h.queue)
	h.queue = nil
	s.forgetIdle(h)
}

// room is the most checks at once on one host.
func (s *sweep) room() int { return max(s.runner.Options.HostConcurrency, 1) }

// advance makes those of a host's queue ready that the host has room and time for.
func (s *sweep) advance(h *host, now time.Time) {
	for len(h.queue) > 0 && h.running < s.room() {
		if wait := h.free.Sub(now); wait > 0 {
			if s.runner.PutOff != nil && wait > maxPause {
				s.putOff(h)
			} else {
				s.hold(h)
			}
			return
		}
		h.running++
		s.blocked--
		s.ready = append(s.ready, h.queue[0])
		h.queue = h.queue[1:]
	}
}

// start hands a task to an idle worker, or to a new one. The limiter's slot is already taken. When others of its host
// were started while the task was waiting for the slot, it goes back to the host's queue until the host is free.
func (s *sweep) start(task Task) {
	h := s.hosts[task.Host]
	if s.interval > 0 || h.throttle != nil {
		now := s.now()
		if h.free.After(now) {
			s.runner.Limiter.release()
			h.running--
			h.queue = slices.Insert(h.queue, 0, task)
			s.blocked++
			s.advance(h, now)
			return
		}
		s.setFree(h, h.after(now, h.throttle.interval(s.interval, now)))
	}
	s.running++
	select {
	case s.work <- task:
	default:
		go s.worker(task)
	}
}

func (s *sweep) worker(task Task) {
	for more := true; more; task, more = <-s.work {
		started := s.now()
		result, err := s.attempt(task)
		s.runner.Limiter.release()
		s.done <- outcome{task, started, result, err}
	}
}

// attempt checks until the result says something about the site. While the network is away it keeps the limiter's slot,
// so that no others run into the same.
func (s *sweep) attempt(task Task) (wsc.Result, error) {
	for {
		result := s.check(task)
		for pause := ownFaultPause; result.OwnFault && pause <= ownFaultLimit && s.awaitMachine(pause); pause *= 2 {
			result = s.check(task)
		}
		if !s.runner.Sight.doubts(s.checks, &result) {
			return result, nil
		}
		await := s.runner.Blind
		if await == nil {
			await = s.runner.Sight.wait
		}
		if err := cmp.Or(await(s.checks), s.checks.Err()); err != nil {
			return result, err
		}
	}
}

// awaitMachine waits, without the limiter's slot, until this machine may have again what it lacked, and reports whether the
// check is to be made again.
func (s *sweep) awaitMachine(pause time.Duration) bool {
	l := s.runner.Limiter
	l.Fault()
	l.release()
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.checks.Done():
	}
	l.acquire() <- struct{}{}
	return s.checks.Err() == nil
}

// check turns a panic of the checker into a result, so that one URL can't take the others with it.
func (s *sweep) check(task Task) (result wsc.Result) {
	defer func() {
		if reason := recover(); reason != nil {
			result = wsc.Result{
				Seq: task.Seq, Line: task.Line, URL: task.URL, NormalizedURL: task.NormalizedURL, Host: task.Host,
				Status: wsc.StatusError, ErrorKind: wsc.KindInternalError,
				ErrorMessage: fmt.Sprintf("%s (%v)", wsc.KindInternalError.Sentence(), reason),
				CheckedAt:    s.now(),
			}
		}
		result.Attempts, result.FailedAttempts = task.Attempts+1, task.Failed
	}()
	return s.runner.Checker.Check(s.checks, task.Target, s.runner.Options)
}

// finish gives the room on the task's host to the next one in its queue.
func (s *sweep) finish(out outcome) {
	s.running--
	h := s.hosts[out.task.Host]
	h.running--
	if out.result.Throttled() {
		s.throttle(out, h)
	}
	if len(h.queue) > 0 {
		s.advance(h, s.now())
	}
	s.forgetIdle(h)
}

// forgetIdle drops a host that has nothing to do and no time to wait for. What it was slowed down by is kept elsewhere.
func (s *sweep) forgetIdle(h *host) {
	if h.running == 0 && len(h.queue) == 0 && (h.throttle != nil || h.free.IsZero() || !h.free.After(s.now())) {
		delete(s.hosts, h.name)
	}
}

// dropUnstarted forgets every task that no worker has yet.
func (s *sweep) dropUnstarted() {
	s.stopped = true
	for _, task := range s.ready {
		s.hosts[task.Host].running--
	}
	for _, h := range s.hosts {
		h.queue = nil
	}
	s.ready, s.waiting, s.blocked = nil, nil, 0
	s.held = nil
}
