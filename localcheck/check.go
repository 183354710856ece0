package localcheck

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
)

// ErrInterrupted is returned by Run when its context ended before every target had a result.
var ErrInterrupted = errors.New("interrupted")

const (
	// DefaultConcurrency is the most checks at once: enough for websites that take their time, as long as the machine keeps up.
	DefaultConcurrency = 512
	// DefaultGrace is how long checks under way may go on after an interruption.
	DefaultGrace = 3 * time.Second
)

// Config is how to check a list.
type Config struct {
	Checker runner.Checker
	Options wsc.CheckOptions
	// Sight, if set, tells when the network is away; checks then wait until it is back.
	Sight *runner.Sight
	// Concurrency is the most checks at once, DefaultConcurrency if 0.
	Concurrency int
	// Grace is how long checks under way may go on after an interruption, DefaultGrace if 0.
	Grace time.Duration
	// RetryDelay is the time until the next attempt; nil is wsc.RetryDelay, spread by chance.
	RetryDelay func(attempts int, retryAfter time.Duration) time.Duration
}

// Check is the checking of one list.
type Check struct {
	config   Config
	invalid  []wsc.Result
	tasks    []runner.Task
	deferred []runner.Task
	write    func(*wsc.Result) error
	meter    meter
	checking atomic.Bool
}

// New prepares the checking of a list, which must not be used afterwards. What previous holds is not checked again;
// it may be nil. Rows in previous that do not belong to the list are a *wsc.Error with wsc.CodeConflict.
func New(config Config, list *List, previous *Previous) (*Check, error) {
	if config.Concurrency == 0 {
		config.Concurrency = DefaultConcurrency
	}
	if config.Grace == 0 {
		config.Grace = DefaultGrace
	}
	if config.RetryDelay == nil {
		config.RetryDelay = func(attempts int, retryAfter time.Duration) time.Duration {
			return wsc.RetryDelay(attempts, retryAfter, rand.Float64()) //nolint:gosec // spreads load, guards nothing
		}
	}
	c := &Check{config: config, invalid: list.invalid, tasks: list.tasks}
	c.meter.start(list)
	if previous != nil {
		if err := previous.strike(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Run checks everything that has no result yet. It hands each result to write once, when it is final, from one
// goroutine at a time and in the order of completion; the invalid lines come first. As in a job, a first pass tries
// every target, and what failed transiently is tried again in later passes, when its delay is over.
//
// When ctx ends, no further check is started, those under way get Config.Grace to end, and Run returns ErrInterrupted
// unless nothing was left to do. Targets without a final result are then left out. An error of write ends the run and
// is returned.
func (c *Check) Run(ctx context.Context, write func(*wsc.Result) error) error {
	c.write = write
	defer c.meter.stop()
	for i := range c.invalid {
		if err := c.final(&c.invalid[i]); err != nil {
			return err
		}
	}
	checks, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() {
		timer := time.NewTimer(c.config.Grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			end()
		case <-checks.Done():
		}
	})()
	limiter := runner.NewLimiter(c.config.Concurrency)
	var adapting sync.WaitGroup
	adapting.Go(func() { limiter.Adapt(checks) })
	defer adapting.Wait()
	defer end()
	run := &runner.Runner{
		Checker: notified{c.config.Checker, c.enterChecking},
		Limiter: limiter,
		Options: c.config.Options,
		PutOff:  c.putOff,
		Sight:   c.config.Sight,
	}
	tasks := c.tasks
	c.tasks = nil
	for pass := 0; len(tasks) > 0; pass++ {
		c.enterPass(pass, tasks)
		err := run.Run(checks, ctx.Done(), spread(tasks, c.config.Options.HostRate), c.emit)
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		if ctx.Err() != nil && c.meter.missing() > 0 {
			return ErrInterrupted
		}
		tasks, c.deferred = c.deferred, nil
		slices.SortStableFunc(tasks, func(a, b runner.Task) int { return a.NotBefore.Compare(b.NotBefore) })
	}
	return nil
}

// startJitter is the part of an interval by which starts are late by chance, so that the hosts of a list do not beat in
// step.
const startJitter = 0.1

// spread plans the starts of a pass, so that the tasks of all hosts mix.
func spread(tasks []runner.Task, rate float64) []runner.Task {
	pacer, now := runner.NewPacer(rate), time.Now()
	jitter := startJitter * float64(runner.Interval(rate))
	for i := range tasks {
		due := tasks[i].NotBefore
		if due.Before(now) {
			due = now
		}
		start := pacer.Next(tasks[i].Host, due)
		if jitter > 0 {
			start = start.Add(time.Duration(jitter * rand.Float64())) //nolint:gosec // spreads load, guards nothing
		}
		tasks[i].NotBefore = start
	}
	return tasks
}

// notified is a checker that says when a check begins.
type notified struct {
	runner.Checker
	started func()
}

func (n notified) Check(ctx context.Context, target wsc.Target, options wsc.CheckOptions) wsc.Result {
	n.started()
	return n.Checker.Check(ctx, target, options)
}

// putOff keeps a task for the next pass whose host wants to be left alone. That is no attempt.
func (c *Check) putOff(task runner.Task, until time.Time) {
	task.NotBefore = until
	c.deferred = append(c.deferred, task)
}

// emit decides about the outcome of one attempt.
func (c *Check) emit(task runner.Task, result wsc.Result) error {
	if result.Transient() && result.Attempts <= c.config.Options.Retries {
		task.Attempts, task.Failed = result.Attempts, append(slices.Clip(task.Failed), result.FailedAttempt())
		task.NotBefore = time.Now().Add(c.config.RetryDelay(result.Attempts, result.RetryAfter))
		c.deferred = append(c.deferred, task)
		return nil
	}
	return c.final(&result)
}

func (c *Check) final(result *wsc.Result) error {
	if err := c.write(result); err != nil {
		return err
	}
	c.meter.add(result.Status, result.ErrorKind, result.HTTPStatus)
	return nil
}

// enterPass shows a new pass. Its tasks are ordered by time.
func (c *Check) enterPass(pass int, tasks []runner.Task) {
	if due := tasks[0].NotBefore; due.After(time.Now()) {
		c.meter.phase(wsc.PhaseWaitingToRetry, pass, &due)
		c.checking.Store(false)
		return
	}
	c.checking.Store(true)
	c.meter.phase(wsc.PhaseChecking, pass, nil)
}

// enterChecking is called at the start of every check.
func (c *Check) enterChecking() {
	if !c.checking.Load() && !c.checking.Swap(true) {
		c.meter.phase(wsc.PhaseChecking, -1, nil)
	}
}

// Progress is how far the check is. It can be called at any time from any goroutine.
func (c *Check) Progress() wsc.Progress { return c.meter.progress(time.Now()) }

// Summary is what the results say so far. It can be called at any time from any goroutine.
func (c *Check) Summary() Summary { return c.meter.summary(time.Now()) }
