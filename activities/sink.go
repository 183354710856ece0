package activities

import (
	"context"
	"slices"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
)

const (
	flushRows     = 500
	flushInterval = 500 * time.Millisecond
	// flushTimeout bounds one flush.
	flushTimeout = 10 * time.Second
)

// sink takes the outcomes of a batch and stores them in the background, every flushInterval or flushRows.
type sink struct {
	// ctx ends with the activity's, or when storing failed.
	ctx    context.Context //nolint:containedctx // lives as long as the sink, one per batch
	cancel context.CancelCauseFunc
	cfg    Config
	jobID  string
	owner  string
	opts   wsc.CheckOptions

	full chan struct{}
	quit chan struct{}
	done sync.WaitGroup

	mu       sync.Mutex
	results  []wsc.Result
	deferred []wsc.Deferred
	stored   BatchOutput
	err      error
}

func newSink(ctx context.Context, cfg Config, job *wsc.Job, opts wsc.CheckOptions) *sink {
	s := &sink{cfg: cfg, jobID: job.ID, owner: job.Owner, opts: opts, full: make(chan struct{}, 1), quit: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.done.Go(s.flushRegularly)
	return s
}

// add takes one outcome: a result, or a deferral when it was transient and retries are left.
func (s *sink) add(task runner.Task, result wsc.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if result.Transient() && result.Attempts <= s.opts.Retries {
		delay := wsc.RetryDelay(result.Attempts, result.RetryAfter, s.cfg.Random())
		s.deferred = append(s.deferred, wsc.Deferred{
			Target: task.Target, Attempt: result.Attempts, NotBefore: s.cfg.Now().Add(delay),
			LastKind: result.ErrorKind, LastMessage: result.ErrorMessage,
			Failed: append(slices.Clip(task.Failed), result.FailedAttempt()),
		})
		s.cfg.Observer.Retried()
	} else {
		s.results = append(s.results, result)
	}
	s.flushIfFull()
	return nil
}

// putOff takes a task that is not tried before the given time because its host has no time for it. That is no attempt.
func (s *sink) putOff(task runner.Task, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deferred = append(s.deferred, wsc.Deferred{Target: task.Target, Attempt: task.Attempts, Failed: task.Failed, NotBefore: until})
	s.cfg.Observer.PutOff()
	s.flushIfFull()
}

func (s *sink) flushIfFull() {
	if len(s.results)+len(s.deferred) < flushRows {
		return
	}
	select {
	case s.full <- struct{}{}:
	default: // a flush is due already
	}
}

// counts says how many outcomes are stored.
func (s *sink) counts() BatchOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stored
}

// close stores what is left, also after the activity was cancelled, and returns the first error of storing.
func (s *sink) close() error {
	close(s.quit)
	s.done.Wait()
	s.flush()
	s.cancel(nil)
	return s.err
}

func (s *sink) flushRegularly() {
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-ticker.C:
		case <-s.full:
		}
		s.flush()
	}
}

// flush stores what has come so far. After an error nothing more is stored: the next attempt at the batch does.
// A flush that has begun is not broken off by the end of the activity, but bounded in time.
func (s *sink) flush() {
	s.mu.Lock()
	results, deferred, err := s.results, s.deferred, s.err
	s.results, s.deferred = nil, nil
	s.mu.Unlock()
	if err != nil || len(results)+len(deferred) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), flushTimeout)
	defer cancel()
	err = s.store(ctx, results, deferred)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.err = err
		s.cancel(err)
		return
	}
	s.stored.Final += int64(len(results))
	s.stored.Deferred += int64(len(deferred))
}

func (s *sink) store(ctx context.Context, results []wsc.Result, deferred []wsc.Deferred) error {
	if len(deferred) > 0 {
		if err := s.cfg.Store.Defer(ctx, s.jobID, deferred); err != nil {
			return err
		}
	}
	if len(results) > 0 {
		if _, err := s.cfg.Store.InsertResults(ctx, s.jobID, results); err != nil {
			return err
		}
		s.cfg.Observer.Stored(results)
		for i := range results {
			if kind := results[i].ErrorKind; kind.Guarded() {
				s.cfg.Observer.Refused(s.jobID, s.owner, kind)
			}
		}
	}
	return nil
}
