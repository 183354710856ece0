// Package jobs accepts uploads as jobs, starts, pauses and stops their workflows, and makes sure that every accepted job is
// started or failed. It stands between the API, the store, the blob store and the workflow engine.
package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gocloud.dev/blob"

	wsc "github.com/website-status-checker/wsc"
)

// Workflows starts and stops the workflow of a job.
type Workflows interface {
	// Start starts the workflow of a job. Starting a job twice is no error.
	Start(ctx context.Context, job *wsc.Job) error
	// Cancel asks the workflow of a job to end early. The error has wsc.CodeNotFound when none is running.
	Cancel(ctx context.Context, jobID string) error
	// Pause asks the workflow of a job to begin no further checks, Resume to go on. Requests are kept until a worker carries
	// them out, one after another. The error has wsc.CodeNotFound when no workflow is running.
	Pause(ctx context.Context, jobID string) error
	Resume(ctx context.Context, jobID string) error
	// Terminate ends the workflow of a job at once. It is no error when none is running.
	Terminate(ctx context.Context, jobID, reason string) error
	// Ping reports whether the workflow engine answers.
	Ping(ctx context.Context) error
}

// Store is what the service needs of a store. Errors carry the codes that package storetest states.
type Store interface { //nolint:interfacebloat // what one service does with jobs and uploads
	CreateJob(ctx context.Context, job *wsc.Job, quota wsc.JobQuota) error
	CreateJobFromUpload(ctx context.Context, job *wsc.Job, quota wsc.JobQuota, uploadID string) error
	Job(ctx context.Context, id string) (*wsc.Job, error)
	JobByIdempotencyKey(ctx context.Context, owner, key string) (*wsc.Job, error)
	PendingJobs(ctx context.Context, createdBefore time.Time, limit int) ([]wsc.Job, error)
	ExpiredJobs(ctx context.Context, expiredBefore time.Time, limit int) ([]wsc.Job, error)
	FinishJob(ctx context.Context, id string, finish wsc.JobFinish) error
	SetJobPhase(ctx context.Context, id string, phase wsc.JobPhase, pass int, nextRetryAt *time.Time) error
	DeleteJob(ctx context.Context, id string) error
	SetJobExpiry(ctx context.Context, id string, expiresAt, now time.Time) error
	SetJobDeletion(ctx context.Context, id string, deleteAt *time.Time, now time.Time) error
	JobsToDelete(ctx context.Context, dueBefore time.Time, limit int) ([]wsc.Job, error)
	EachResult(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error
	ForgetIdleHosts(ctx context.Context, age time.Duration) error
	CreateUpload(ctx context.Context, upload *wsc.Upload) error
	Upload(ctx context.Context, id string) (*wsc.Upload, error)
	WaitingUploads(ctx context.Context, owner string, now time.Time) ([]wsc.Upload, error)
	DeleteUpload(ctx context.Context, id string) error
	ExpiredUploads(ctx context.Context, expiredBefore time.Time, limit int) ([]wsc.Upload, error)
}

// Config is what a Service is made of. Store, Workflows and Blobs are required.
type Config struct {
	Store     Store
	Workflows Workflows
	Blobs     *blob.Bucket
	// Defaults fill in what a submission's options leave open.
	Defaults wsc.Defaults
	// MaxURLs is the most non-blank lines of a list, 0 for no limit.
	MaxURLs int64
	// MaxUploadBytes is the largest upload in bytes, 0 for no limit.
	MaxUploadBytes int64
	// Quota bounds what the jobs of one owner take together.
	Quota wsc.JobQuota
	// SpoolDir is where uploads wait while they are validated; "" is the system's folder for temporary files.
	SpoolDir string
	// Sealer encrypts request headers for the store. Jobs with headers are refused if it is nil.
	Sealer Sealer
	// Logger is slog.Default() if nil.
	Logger *slog.Logger
	// Now is time.Now if nil.
	Now func() time.Time
	// NewID makes the identifier of a job; wsc.NewID if nil.
	NewID func() string
}

// Service keeps uploads, and accepts, repeats, pauses, cancels, keeps, deletes and reconciles jobs. It is safe for concurrent
// use.
type Service struct {
	store     Store
	workflows Workflows
	blobs     *blob.Bucket
	defaults  wsc.Defaults
	maxURLs   int64
	maxBytes  int64
	quota     wsc.JobQuota
	spoolDir  string
	sealer    Sealer
	logger    *slog.Logger
	now       func() time.Time
	newID     func() string

	keys       keysInUse
	reconciler reconciler
}

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Workflows == nil || cfg.Blobs == nil {
		return nil, errors.New("jobs: Store, Workflows and Blobs are required")
	}
	s := &Service{
		store: cfg.Store, workflows: cfg.Workflows, blobs: cfg.Blobs, defaults: cfg.Defaults,
		maxURLs: cfg.MaxURLs, maxBytes: cfg.MaxUploadBytes, quota: cfg.Quota, spoolDir: cfg.SpoolDir, sealer: cfg.Sealer,
		logger: cfg.Logger, now: cfg.Now, newID: cfg.NewID,
		keys:       keysInUse{done: map[keyOfOwner]chan struct{}{}},
		reconciler: reconciler{started: map[string]time.Time{}},
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = wsc.NewID
	}
	return s, nil
}

// MaxUploadBytes is the largest upload that is accepted, in bytes; 0 is no limit.
func (s *Service) MaxUploadBytes() int64 { return s.maxBytes }

// MaxURLs is the most non-blank lines of a list that is accepted; 0 is no limit.
func (s *Service) MaxURLs() int64 { return s.maxURLs }

// Defaults are the settings for what a submission's options leave open.
func (s *Service) Defaults() wsc.Defaults { return s.defaults }
