// Package runner checks many targets at once: each no earlier than its time, no host with more requests
// at a time than allowed, and no more checks in the process than its limiter has slots. It knows neither
// databases nor Temporal; activities and the local check both stand on it.
package runner

import (
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

// Runner runs tasks.
type Runner struct {
	Checker Checker
	// Limiter is shared by all runners of the process.
	Limiter *Limiter
	Options wsc.CheckOptions
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Run tries every task once, in the order of NotBefore, and calls emit for each with the result, from one goroutine.
// The result's Attempts is the task's plus one, its FailedAttempts are the task's.
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
	}
	if s.now == nil {
		s.now = time.Now
	}
	slices.SortStableFunc(s.waiting, func(a, b Task) int { return a.NotBefore.Compare(b.NotBefore) })
	err := s.loop(ctx, stop, emit)
	cancelChecks()
	for ; s.running > 0; s.running-- {
		<-s.done
	}
	close(s.work)
	return err
}

// sweep is the state of one Run. All of it belongs to the loop's goroutine; workers see the channels only.
type sweep struct {
	runner *Runner
	now    func() time.Time
	checks context.Context //nolint:containedctx // lives as long as the sweep, handed to every check

	waiting []Task           // not due yet, by NotBefore
	ready   []Task           // due, and their host has room
	hosts   map[string]*host // hosts with tasks under way
	blocked int              // due, but their host has no room: the sum over hosts
	running int              // handed to a worker and not yet received back

	work chan Task
	done chan outcome
}

// host counts the checks under way on one host and queues those that must wait for them.
type host struct {
	running int
	queue   []Task
}

type outcome struct {
	task   Task
	result wsc.Result
}

func (s *sweep) loop(ctx context.Context, stop <-chan struct{}, emit func(Task, wsc.Result) error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		untilNext := s.admitDue()
		if len(s.ready)+len(s.waiting)+s.blocked+s.running == 0 {
			return nil
		}
		var slot chan<- struct{}
		var due <-chan time.Time
		if len(s.ready) > 0 {
			slot = s.runner.Limiter.acquire()
		} else if len(s.waiting) > 0 {
			timer.Reset(untilNext)
			due = timer.C
		}
		select {
		case slot <- struct{}{}:
			s.start(s.ready[0])
			s.ready = s.ready[1:]
		case out := <-s.done:
			s.finish(out.task)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := emit(out.task, out.result); err != nil {
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

// admitDue moves tasks whose time has come out of waiting, and returns how long the next one has to wait. More than
// the limiter could take at once are not moved, since each of them costs memory for itself and its host.
func (s *sweep) admitDue() time.Duration {
	now := s.now()
	for len(s.waiting) > 0 && len(s.ready) < s.runner.Limiter.Capacity() {
		if wait := s.waiting[0].NotBefore.Sub(now); wait > 0 {
			return wait
		}
		s.admit(s.waiting[0])
		s.waiting = s.waiting[1:]
	}
	return 0
}

// admit makes a due task ready, or queues it behind its host.
func (s *sweep) admit(task Task) {
	h := s.hosts[task.Host]
	if h == nil {
		h = &host{}
		s.hosts[task.Host] = h
	}
	if h.running >= max(s.runner.Options.HostConcurrency, 1) {
		h.queue = append(h.queue, task)
		s.blocked++
		return
	}
	h.running++
	s.ready = append(s.ready, task)
}

// start hands a task to an idle worker, or to a new one. The limiter's slot is already taken.
func (s *sweep) start(task Task) {
	s.running++
	select {
	case s.work <- task:
	default:
		go s.worker(task)
	}
}

func (s *sweep) worker(task Task) {
	for more := true; more; task, more = <-s.work {
		result := s.check(task)
		s.runner.Limiter.release()
		s.done <- outcome{task, result}
	}
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
func (s *sweep) finish(task Task) {
	s.running--
	h := s.hosts[task.Host]
	h.running--
	if len(h.queue) > 0 {
		next := h.queue[0]
		h.queue = h.queue[1:]
		s.blocked--
		h.running++
		s.ready = append(s.ready, next)
	} else if h.running == 0 {
		delete(s.hosts, task.Host)
	}
}

// dropUnstarted forgets every task that no worker has yet.
func (s *sweep) dropUnstarted() {
	for _, task := range s.ready {
		s.hosts[task.Host].running--
	}
	for _, h := range s.hosts {
		h.queue = nil
	}
	s.ready, s.waiting, s.blocked = nil, nil, 0
}
