package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/plan"
	"github.com/website-status-checker/wsc/runner"
)

// handOverDelay is how long a stopping worker holds its batches back: until its own requests for work have ended, since
// a batch that it were given again would wait for a heartbeat timeout.
const handOverDelay = time.Second

// BatchInput names one batch of the plan of one pass.
type BatchInput struct {
	JobID string
	Pass  int
	Batch int
}

// BatchOutput counts the targets of a batch by what became of them, earlier attempts at the batch included.
type BatchOutput struct {
	// Final targets have a result.
	Final int64
	// Deferred targets wait for another attempt in a later pass.
	Deferred int64
}

// CheckBatch makes one attempt at every target of a batch that has none yet in this pass. Final outcomes become
// results; transient ones are deferred while retries are left. Both are stored as they come, so that a repeated
// batch goes on where the last one was broken off. Targets that their host has no time for soon are deferred without an
// attempt; a repeated batch looks at them again.
//
// While the worker's network is away, nothing that fails is stored nor counted, and the error is ErrBlind.
func (a *Activities) CheckBatch(ctx context.Context, in BatchInput) (BatchOutput, error) {
	began := time.Now()
	out, err := a.checkBatch(ctx, in)
	a.cfg.Observer.BatchDone(batchOutcome(ctx, err), time.Since(began))
	return out, err
}

func (a *Activities) checkBatch(ctx context.Context, in BatchInput) (BatchOutput, error) {
	job, err := a.cfg.Store.Job(ctx, in.JobID)
	if err != nil {
		return BatchOutput{}, storeError(err)
	}
	opts, err := job.Options.Resolve(a.cfg.Defaults)
	if err != nil {
		return BatchOutput{}, listError(err)
	}
	records, err := plan.ReadBatch(ctx, a.cfg.Blobs, wsc.JobFolder(job.ID), in.Pass, in.Batch)
	if err != nil {
		return BatchOutput{}, err
	}
	left, failed, out, err := a.untried(ctx, job.ID, records)
	if err != nil || len(left) == 0 {
		return out, err
	}
	if err := a.seeing(ctx); err != nil {
		return out, err
	}
	if opts.Headers, err = a.headers(ctx, job); err != nil {
		return out, err
	}
	sink := newSink(ctx, a.cfg, job, opts)
	defer heartbeat(ctx, func() any { return sink.counts() })()
	runErr := a.run(sink, in.Pass, left, failed, activity.GetWorkerStopChannel(ctx))
	if err := sink.close(); err != nil { //nolint:contextcheck // the last flush outlives a cancelled ctx, within its own limit
		return out, storeError(err)
	}
	if runErr != nil {
		return out, runErr
	}
	stored := sink.counts()
	out.Final += stored.Final
	out.Deferred += stored.Deferred
	if out.Final+out.Deferred < int64(len(records)) {
		return out, temporal.NewApplicationErrorWithOptions("The worker is stopping; the batch goes on elsewhere.", ErrWorkerStopping,
			temporal.ApplicationErrorOptions{NextRetryDelay: handOverDelay})
	}
	return out, nil
}

// untried returns the records without a result and without an attempt in this pass, the attempts at them in earlier
// passes by seq, and the count of the others.
func (a *Activities) untried(ctx context.Context, jobID string, records []plan.Record) (
	left []plan.Record, failed map[int64][]wsc.FailedAttempt, out BatchOutput, err error,
) {
	seqs := make([]int64, len(records))
	for i := range records {
		seqs[i] = records[i].Seq
	}
	done, err := a.cfg.Store.DoneSeqs(ctx, jobID, seqs)
	if err != nil {
		return nil, nil, out, storeError(err)
	}
	attempts, err := a.cfg.Store.DeferredAttempts(ctx, jobID, seqs)
	if err != nil {
		return nil, nil, out, storeError(err)
	}
	failed = make(map[int64][]wsc.FailedAttempt, len(attempts))
	final := make(map[int64]bool, len(done))
	for _, seq := range done {
		final[seq] = true
	}
	left = make([]plan.Record, 0, len(records))
	for _, record := range records {
		switch {
		case final[record.Seq]:
			out.Final++
		case attempts[record.Seq].Count > record.Attempts:
			out.Deferred++
		default:
			left = append(left, record)
			if made := attempts[record.Seq]; len(made.Failed) > 0 {
				failed[record.Seq] = made.Failed
			}
		}
	}
	return left, failed, out, nil
}

// run tries the records that their hosts have time for and puts the others off.
func (a *Activities) run(sink *sink, pass int, records []plan.Record, failed map[int64][]wsc.FailedAttempt, stop <-chan struct{}) error {
	p := &pacer{cfg: a.cfg, interval: runner.Interval(sink.opts.HostRate), pass: pass, failed: failed, putOff: sink.putOff}
	tasks, err := p.start(sink.ctx, records)
	if err != nil {
		return err
	}
	run := &runner.Runner{
		Checker: a.cfg.Checker, Limiter: a.cfg.Limiter, Options: sink.opts, Now: a.cfg.Now, Throttled: p.throttled,
		Sight: a.cfg.Sight, Blind: a.seeing,
	}
	return run.Run(sink.ctx, stop, tasks, sink.add)
}
