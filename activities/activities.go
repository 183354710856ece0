// Package activities does the work of a job that has side effects: reading lists, checking, storing, exporting,
// deleting. Every activity can be repeated at any time without changing what the first run achieved.
//
// An activity error is a fault of the infrastructure (the database is away, a worker stops) and is retried; a website
// that is down is a result. The only errors that end a job are those of errors.go.
package activities

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gocloud.dev/blob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
)

// Store is what the activities need of the database; see storetest.Store for the contract of each method.
type Store interface {
	JobStore

	InsertResults(ctx context.Context, jobID string, results []wsc.Result) (int, error)
	DoneSeqs(ctx context.Context, jobID string, seqs []int64) ([]int64, error)
	EachResult(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error

	Defer(ctx context.Context, jobID string, deferred []wsc.Deferred) error
	DeferredAttempts(ctx context.Context, jobID string, seqs []int64) (map[int64]wsc.AttemptsMade, error)
	DeferredSummary(ctx context.Context, jobID string) (count int64, earliest time.Time, err error)
	EachDeferred(ctx context.Context, jobID string, dueBy time.Time, fn func(*wsc.Deferred) error) error

	ReserveSlots(ctx context.Context, requests []wsc.SlotRequest, horizon wsc.SlotHorizon) ([]wsc.Slots, error)
	SlowHost(ctx context.Context, host string, pause time.Duration) (penalty int, err error)
}

// JobStore is the part of a Store that keeps the jobs themselves.
type JobStore interface {
	Job(ctx context.Context, id string) (*wsc.Job, error)
	StartJob(ctx context.Context, id string, now time.Time) error
	PauseJob(ctx context.Context, id string) error
	ResumeJob(ctx context.Context, id string) error
	SetJobPhase(ctx context.Context, id string, phase wsc.JobPhase, pass int, nextRetryAt *time.Time) error
	SetJobTotals(ctx context.Context, id string, totals wsc.JobTotals) error
	FinishJob(ctx context.Context, id string, finish wsc.JobFinish) error
	SetJobExports(ctx context.Context, id string, paths map[string]string) error
	DeleteJob(ctx context.Context, id string) error
}

// CleanupScheduler starts the workflow that deletes a job after a delay. Scheduling twice is no error.
type CleanupScheduler interface {
	ScheduleCleanup(ctx context.Context, jobID string, delay time.Duration) error
}

// Config is what the activities stand on.
type Config struct {
	Store   Store
	Blobs   *blob.Bucket
	Checker runner.Checker
	// Limiter bounds the checks of this process.
	Limiter *runner.Limiter
	// Sight, if set, tells failures of sites from an absence of the network.
	Sight   *runner.Sight
	Cleanup CleanupScheduler
	// Defaults fill what a job's options leave open.
	Defaults wsc.Defaults
	// MaxURLs is the most URLs of a list, 0 for no limit.
	MaxURLs int64
	// Secrets opens the request headers of jobs; nil if this process has no keys.
	Secrets Opener
	// TempDir is for spooled uploads and plans under construction; "" is the system's folder.
	TempDir string
	Logger  *slog.Logger
	// Observer, if set, is told what happens.
	Observer Observer
	// Now is the clock, time.Now if nil. Random returns numbers in [0, 1) for the jitter of starts and retries.
	Now    func() time.Time
	Random func() float64
}

// Activities is registered with a worker; its exported methods are the activities.
type Activities struct{ cfg Config }

// New checks the configuration and returns the activities.
func New(cfg Config) (*Activities, error) {
	switch {
	case cfg.Store == nil, cfg.Blobs == nil, cfg.Checker == nil, cfg.Limiter == nil, cfg.Cleanup == nil, cfg.Random == nil, cfg.Logger == nil:
		return nil, errors.New("activities: store, blobs, checker, limiter, cleanup, random and logger are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Observer == nil {
		cfg.Observer = unobserved{}
	}
	return &Activities{cfg: cfg}, nil
}
