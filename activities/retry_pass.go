package activities

import (
	"context"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/plan"
)

// RetryInput names a job and the pass that would come next.
type RetryInput struct {
	JobID string
	Pass  int
}

// WaitOutput says whether there is anything to retry, and when.
type WaitOutput struct {
	Deferred int64
	Earliest time.Time
}

// NextRetry reports what the job's deferred targets wait for, and shows it in the job's phase.
func (a *Activities) NextRetry(ctx context.Context, in RetryInput) (WaitOutput, error) {
	count, earliest, err := a.cfg.Store.DeferredSummary(ctx, in.JobID)
	if err != nil || count == 0 {
		return WaitOutput{}, storeError(err)
	}
	if err := a.cfg.Store.SetJobPhase(ctx, in.JobID, wsc.PhaseWaitingToRetry, in.Pass, &earliest); err != nil {
		return WaitOutput{}, storeError(err)
	}
	return WaitOutput{Deferred: count, Earliest: earliest}, nil
}

// retryHorizon is how far ahead a pass takes targets along that are not due yet; their batches wait for them.
const retryHorizon = 3 * time.Second

// PlanRetry stores the plan of a pass over the targets that are due now or soon, and shows the pass in the job's phase.
func (a *Activities) PlanRetry(ctx context.Context, in RetryInput) (wsc.PlanShape, error) {
	job, err := a.cfg.Store.Job(ctx, in.JobID)
	if err != nil {
		return wsc.PlanShape{}, storeError(err)
	}
	opts, err := job.Options.Resolve(a.cfg.Defaults)
	if err != nil {
		return wsc.PlanShape{}, listError(err)
	}
	defer heartbeat(ctx, func() any { return nil })()
	builder, err := plan.NewBuilder(a.cfg.TempDir)
	if err != nil {
		return wsc.PlanShape{}, err
	}
	defer builder.Close()
	err = a.cfg.Store.EachDeferred(ctx, job.ID, a.cfg.Now().Add(retryHorizon), func(d *wsc.Deferred) error {
		return builder.Add(plan.Record{Target: d.Target, Attempts: d.Attempt, NotBefore: d.NotBefore})
	})
	if err != nil {
		return wsc.PlanShape{}, storeError(err)
	}
	shape, err := builder.Store(ctx, a.cfg.Blobs, wsc.JobFolder(job.ID), in.Pass, opts.HostRate)
	if err != nil {
		return shape, err
	}
	return shape, storeError(a.cfg.Store.SetJobPhase(ctx, job.ID, wsc.PhaseChecking, in.Pass, nil))
}
