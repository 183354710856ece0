package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	wsc "github.com/website-status-checker/wsc"
)

// Observer is told what the activities do, so that somebody can count it. It is called from many goroutines, at most a few
// times for each target, and must not hold them up.
type Observer interface {
	// Stored tells of results that are in the database. After a crash some can be told of twice.
	Stored(results []wsc.Result)
	// Refused tells of a target of a job that the guard refused. Its result is in the database.
	Refused(jobID, owner string, kind wsc.ErrorKind)
	// Retried tells of a target that is tried again in a later pass, PutOff of one that its host has no time for soon.
	Retried()
	PutOff()
	// HostWait tells how long a target waits for its host, as planned; 0 is not at all.
	HostWait(wait time.Duration)
	// Throttled tells of a host that answered 429 or 503 and is slowed down.
	Throttled()
	// BatchDone tells of a batch that ended, with one of the outcomes below.
	BatchDone(outcome string, took time.Duration)
}

// How batches end.
const (
	BatchDone       = "done"
	BatchHandedOver = "handed_over" // the worker stops
	BatchBlind      = "blind"       // the network is away
	BatchCancelled  = "cancelled"   // so was its job, or it was paused
	BatchFailed     = "failed"      // a fault of the infrastructure; the batch is tried again
)

// BatchOutcomes lists them.
func BatchOutcomes() []string {
	return []string{BatchDone, BatchHandedOver, BatchBlind, BatchCancelled, BatchFailed}
}

// batchOutcome is how a batch with this error ended.
func batchOutcome(ctx context.Context, err error) string {
	application, _ := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case err == nil:
		return BatchDone
	case application != nil && application.Type() == ErrWorkerStopping:
		return BatchHandedOver
	case application != nil && application.Type() == ErrBlind:
		return BatchBlind
	case ctx.Err() != nil:
		return BatchCancelled
	default:
		return BatchFailed
	}
}

// unobserved is the observer of activities that have none.
type unobserved struct{}

func (unobserved) Stored([]wsc.Result)                   {}
func (unobserved) Refused(string, string, wsc.ErrorKind) {}
func (unobserved) Retried()                              {}
func (unobserved) PutOff()                               {}
func (unobserved) HostWait(time.Duration)                {}
func (unobserved) Throttled()                            {}
func (unobserved) BatchDone(string, time.Duration)       {}
