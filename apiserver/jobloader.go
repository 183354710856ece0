package apiserver

import (
	"context"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// jobQueries is how many queries for jobs run at once before jobs are collected for the next one.
	jobQueries = 2
	// slowJobQuery is how long a query may take before others are made beside it, so that one which hangs holds nobody
	// up but those who wait for it.
	slowJobQuery = 50 * time.Millisecond
)

// jobsReader reads those jobs of several that exist, in any order.
type jobsReader interface {
	JobsByID(ctx context.Context, ids []string) ([]wsc.Job, error)
}

// jobLoader reads jobs for many callers at once: a call finds either a query free and is answered by one of its own, or
// waits and is answered together with all that wait by the next. So a server that is not busy answers as soon as it
// would without a loader, and the busier one is, the fewer queries each answer costs. Nothing is kept: every answer comes
// from a query that began after the call.
type jobLoader struct {
	store jobsReader
	// timeout bounds one query; one that takes longer than slow no longer keeps others waiting.
	timeout, slow time.Duration

	mu      sync.Mutex
	running int
	// next are the calls that wait for a query to be free, nil for none.
	next *jobBatch
}

// jobBatch are calls that one query answers.
type jobBatch struct {
	// ctx has the values of the first call, but not its end: the others still wait then.
	ctx    context.Context //nolint:containedctx // it is that of the one query
	cancel context.CancelFunc
	// waiting is how many calls did not give up. The loader's lock guards it and ids.
	waiting int
	ids     map[string]struct{}

	// done is closed when the others are there.
	done chan struct{}
	jobs map[string]*wsc.Job
	err  error
	// panicked is what the query panicked with, nil if it did not.
	panicked any
}

func newJobLoader(store jobsReader, timeout time.Duration) *jobLoader {
	return &jobLoader{store: store, timeout: timeout, slow: slowJobQuery}
}

// Job returns a job, or an error with wsc.CodeNotFound. The caller may change the job itself, but nothing that it refers to.
func (l *jobLoader) Job(ctx context.Context, id string) (*wsc.Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	batch := l.join(ctx, id)
	select {
	case <-batch.done:
	case <-ctx.Done():
		l.leave(batch)
		return nil, ctx.Err()
	}
	if batch.panicked != nil {
		panic(batch.panicked) // it belongs to the request
	}
	if batch.err != nil {
		return nil, batch.err
	}
	found := batch.jobs[id]
	if found == nil {
		return nil, notFoundError()
	}
	job := *found // another call may have asked for the same one
	return &job, nil
}

// join adds a call to the batch of the next query, and starts the query when one is free.
func (l *jobLoader) join(ctx context.Context, id string) *jobBatch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		b := &jobBatch{ids: map[string]struct{}{}, done: make(chan struct{})}
		b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
		l.next = b
	}
	batch := l.next
	batch.ids[id] = struct{}{}
	batch.waiting++
	if l.running < jobQueries {
		l.start() //nolint:contextcheck // the query's context is the batch's
	}
	return batch
}

// leave takes back a call. A query for nobody is broken off.
func (l *jobLoader) leave(batch *jobBatch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if batch.waiting--; batch.waiting > 0 {
		return
	}
	batch.cancel()
	if l.next == batch {
		l.next = nil
	}
}

// start makes the query of the next batch. The caller holds the lock.
func (l *jobLoader) start() {
	batch := l.next
	l.next = nil
	l.running++
	go l.query(batch)
}

// release makes room for another query, and makes it when calls wait for one.
func (l *jobLoader) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	if l.next != nil {
		l.start()
	}
}

// query answers the calls of a batch, to which nothing is added any more.
func (l *jobLoader) query(batch *jobBatch) {
	defer batch.cancel()
	release := sync.OnceFunc(l.release)
	slow := time.AfterFunc(l.slow, release)
	defer slow.Stop()
	ctx, cancel := context.WithTimeout(batch.ctx, l.timeout)
	defer cancel()
	ids := make([]string, 0, len(batch.ids))
	for id := range batch.ids {
		ids = append(ids, id)
	}
	batch.read(ctx, l.store, ids)
	release() // before the callers go on, who may come back with another call
	close(batch.done)
}

// read makes the query.
func (b *jobBatch) read(ctx context.Context, store jobsReader, ids []string) {
	defer func() {
		b.panicked = recover()
	}()
	jobs, err := store.JobsByID(ctx, ids)
	b.err = err
	b.jobs = make(map[string]*wsc.Job, len(jobs))
	for i := range jobs {
		b.jobs[jobs[i].ID] = &jobs[i]
	}
}
