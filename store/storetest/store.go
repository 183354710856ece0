// Package storetest is the conformance suite that every store passes: one set of tests,
// run against each real database.
package storetest

import (
	"context"
	"database/sql"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// Store is everything that a store does. Consumers define smaller interfaces of their own.
//
// Unless said otherwise, methods that name a job return an error with wsc.CodeNotFound when there is none, and
// every other failure of the database as an error with wsc.CodeStorageUnavailable that wraps the driver's.
// Times are stored with microsecond precision and returned in UTC.
type Store interface {
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// SchemaVersion is the version that the database is migrated to.
	SchemaVersion(ctx context.Context) (int64, error)
	// PoolStats says how much the store's connections are in use, by the name of their pool, with the meanings of
	// package database/sql. The names are always the same.
	PoolStats() map[string]sql.DBStats

	// CreateJob inserts a pending job. A second job with the same owner and non-empty idempotency key
	// is refused with wsc.CodeConflict; a job that was created wsc.IdempotencyWindow or more before loses its key to the
	// new one instead, in the same transaction.
	// A job that does not fit the quota of its owner is refused with wsc.CodeQuotaExceeded, also when several are created
	// at once.
	CreateJob(ctx context.Context, job *wsc.Job, quota wsc.JobQuota) error
	// CreateJobFromUpload is CreateJob for a list that waits as an upload of the job's owner; the upload's row goes in the
	// same transaction, so that an upload becomes one job at most. If there is no such upload when the job is created, one
	// that has expired included, the error has wsc.CodeNotFound and there is no job.
	CreateJobFromUpload(ctx context.Context, job *wsc.Job, quota wsc.JobQuota, uploadID string) error
	// Job returns a job.
	Job(ctx context.Context, id string) (*wsc.Job, error)
	// JobsByID returns those of the jobs that exist, each once and in any order. What is not an id names no job.
	JobsByID(ctx context.Context, ids []string) ([]wsc.Job, error)
	// JobByIdempotencyKey returns the job that was created with the key, or wsc.CodeNotFound.
	JobByIdempotencyKey(ctx context.Context, owner, key string) (*wsc.Job, error)
	// Jobs returns a page of jobs, newest first (created_at, id descending).
	Jobs(ctx context.Context, filter wsc.JobFilter) ([]wsc.Job, error)
	// PendingJobs returns jobs that are still pending and were created before the given time, oldest first.
	PendingJobs(ctx context.Context, createdBefore time.Time, limit int) ([]wsc.Job, error)
	// ExpiredJobs returns jobs with a final status whose expiry is before the given time, the longest expired first.
	ExpiredJobs(ctx context.Context, expiredBefore time.Time, limit int) ([]wsc.Job, error)
	// CountJobs returns how many jobs have each status; statuses that no job has are left out.
	CountJobs(ctx context.Context) (map[wsc.JobStatus]int64, error)

	// StartJob turns a pending job into a processing one and sets started_at, unless that is set. A job that was paused
	// before it began stays paused. A job with a final status stays as it is.
	StartJob(ctx context.Context, id string, now time.Time) error
	// PauseJob makes a pending or processing job paused. Any other status stays: a paused job is no error.
	PauseJob(ctx context.Context, id string) error
	// ResumeJob makes a paused job processing. Any other status stays.
	ResumeJob(ctx context.Context, id string) error
	// SetJobPhase sets phase, pass and next retry time. A job with a final status keeps its status; its phase can still
	// become exporting or done.
	SetJobPhase(ctx context.Context, id string, phase wsc.JobPhase, pass int, nextRetryAt *time.Time) error
	// SetJobTotals records what the parsed list says. Repeating it changes nothing.
	SetJobTotals(ctx context.Context, id string, totals wsc.JobTotals) error
	// FinishJob sets a final status. A job that already has one keeps it, and its times.
	FinishJob(ctx context.Context, id string, finish wsc.JobFinish) error
	// SetJobExports records where the exports of the job are, by format.
	SetJobExports(ctx context.Context, id string, paths map[string]string) error
	// DeleteJob removes the job with everything that belongs to it, in steps that do not lock the table for long. The job
	// itself goes first; a deletion that was broken off is completed by repeating it.
	// A job that does not exist is no error, so that a repeated deletion succeeds.
	DeleteJob(ctx context.Context, id string) error

	// SetJobExpiry moves the expiry of a job that has a final status and has not expired by now. Any other is refused with
	// wsc.CodeConflict.
	SetJobExpiry(ctx context.Context, id string, expiresAt, now time.Time) error
	// SetJobDeletion sets when the job is to be deleted, or takes that back if the time is nil. Once the time has come the
	// job is refused with wsc.CodeConflict.
	SetJobDeletion(ctx context.Context, id string, deleteAt *time.Time, now time.Time) error
	// JobsToDelete returns jobs whose deletion was due before the given time, the longest due first.
	JobsToDelete(ctx context.Context, dueBefore time.Time, limit int) ([]wsc.Job, error)

	// InsertResults stores results of one job and adds exactly those that were new to the job's counters, in one
	// transaction; it also drops the deferred checks of their seqs. A result whose seq already has one is left out.
	// It returns how many were new. Strings are made storable first: NUL is removed and invalid UTF-8 replaced.
	InsertResults(ctx context.Context, jobID string, results []wsc.Result) (int, error)
	// DoneSeqs returns those of the given seqs that already have a result, in any order.
	DoneSeqs(ctx context.Context, jobID string, seqs []int64) ([]int64, error)
	// Results returns a page of results under the filter. It does not report an unknown job.
	Results(ctx context.Context, jobID string, filter wsc.ResultFilter) ([]wsc.Result, error)
	// CountResults returns how many results of the job the filter selects, whose order, position and limit are ignored.
	// When there are more than most, it stops counting and returns most+1. It does not report an unknown job.
	CountResults(ctx context.Context, jobID string, filter wsc.ResultFilter, most int64) (int64, error)
	// EachResult calls fn for every result under the filter (whose Limit is ignored) in its order, holding one page in memory
	// and, in another order than ascending seqs, at most the seqs. No connection is held while fn runs.
	// The result is only valid during the call. An error of fn ends it and is returned as it is.
	EachResult(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error
	// ResultsBySeq returns the results with the given seqs, in any order.
	ResultsBySeq(ctx context.Context, jobID string, seqs []int64) ([]wsc.Result, error)
	// Stats summarises the results so far.
	Stats(ctx context.Context, jobID string) (*wsc.Stats, error)
	// DiffCounts counts the URLs of two jobs by how their results differ. Invalid lines have no URL and count nothing.
	DiffCounts(ctx context.Context, later, earlier string) (wsc.DiffCounts, error)
	// Diff returns a page of the URLs whose results differ, in the order of the later job and then, for removed ones, of the
	// earlier job. A change that there is not is refused with wsc.CodeInvalidRequest.
	Diff(ctx context.Context, later, earlier string, filter wsc.DiffFilter) ([]wsc.DiffEntry, error)

	// Defer records targets that wait for another attempt. A row with more attempts, and a target that has a result, is
	// left as it is, so that a repeated batch changes nothing. With as many attempts as before, only a later time is
	// taken over: the attempt was put off.
	Defer(ctx context.Context, jobID string, deferred []wsc.Deferred) error
	// DeferredAttempts returns the attempts made, by seq, for those of the given seqs that are deferred.
	DeferredAttempts(ctx context.Context, jobID string, seqs []int64) (map[int64]wsc.AttemptsMade, error)
	// DeferredSummary returns how many targets of the job are deferred and when the earliest is due (zero if none).
	DeferredSummary(ctx context.Context, jobID string) (count int64, earliest time.Time, err error)
	// EachDeferred calls fn for every deferred target of the job due by the given time, ordered by seq. It leaves Failed
	// out, which DeferredAttempts tells.
	EachDeferred(ctx context.Context, jobID string, dueBy time.Time, fn func(*wsc.Deferred) error) error

	// ReserveSlots reserves, for each host, up to Count start times that begin between now and the horizon, in one
	// statement, so that concurrent callers never share a slot. It returns for each request what it got: the slots are
	// Interval apart, or as far as wsc.SlowedInterval says while the host is slowed down. Requests without an Interval
	// reserve nothing on hosts that are not slowed down and write nothing for them. Hosts are unique within a call.
	ReserveSlots(ctx context.Context, requests []wsc.SlotRequest, horizon wsc.SlotHorizon) ([]wsc.Slots, error)
	// SlowHost moves a host's next free slot to at least the given duration from now and slows the host down by one
	// step, at most once in wsc.PenaltyStep and up to wsc.MaxPenalty. A step is taken back for every
	// wsc.PenaltyRecovery after the pause. It returns the host's penalty, the number of steps.
	SlowHost(ctx context.Context, host string, pause time.Duration) (penalty int, err error)
	// ForgetIdleHosts removes hosts whose next free slot passed longer ago than the given age, unless they are slowed
	// down.
	ForgetIdleHosts(ctx context.Context, age time.Duration) error

	UploadStore
	KeyStore
}

// UploadStore is the part of a store that keeps what is known of uploads that wait to be submitted. Their previews are
// not stored.
type UploadStore interface {
	// CreateUpload inserts an upload. A second one with the same id is refused with wsc.CodeConflict. It is refused with
	// wsc.CodeQuotaExceeded if its owner has wsc.MaxWaitingUploads that have not expired, also when several are created at
	// once.
	CreateUpload(ctx context.Context, upload *wsc.Upload) error
	// Upload returns an upload, also one that has expired. The error has wsc.CodeNotFound when there is none.
	Upload(ctx context.Context, id string) (*wsc.Upload, error)
	// WaitingUploads returns the uploads of an owner that expire after now, newest first (created_at, id descending).
	WaitingUploads(ctx context.Context, owner string, now time.Time) ([]wsc.Upload, error)
	// DeleteUpload removes an upload. The error has wsc.CodeNotFound when there is none, so that of several callers one
	// knows that it removed it.
	DeleteUpload(ctx context.Context, id string) error
	// ExpiredUploads returns uploads whose expiry is before the given time, the longest expired first.
	ExpiredUploads(ctx context.Context, expiredBefore time.Time, limit int) ([]wsc.Upload, error)
}

// KeyStore is the part of a store that keeps API keys and what happened with them. Methods that name a key return an error with wsc.CodeNotFound when
// there is none.
type KeyStore interface {
	// CreateKey inserts a key. A second one with the same id or hash is refused with wsc.CodeConflict.
	CreateKey(ctx context.Context, key *wsc.Key) error
	// Key returns a key.
	Key(ctx context.Context, id string) (*wsc.Key, error)
	// KeyByHash returns the key one of whose secrets, the current or the previous, has the hash, whatever its state.
	KeyByHash(ctx context.Context, hash []byte) (*wsc.Key, error)
	// Keys returns a page of keys, newest first (created_at, id descending).
	Keys(ctx context.Context, filter wsc.KeyFilter) ([]wsc.Key, error)
	// ChangeKey lets fn change the key and stores what it made of it; changes of one key take turns. The id and the
	// times of creation and use stay. An error of fn is returned as it is, and nothing is stored.
	ChangeKey(ctx context.Context, id string, fn func(*wsc.Key) error) (*wsc.Key, error)
	// TouchKey records that the key was used, at most once in the given time. An unknown key is no error.
	TouchKey(ctx context.Context, id string, now time.Time, atMostEvery time.Duration) error

	// LeaseRequests takes up to n requests from the quota of a key for the current hour (UTC): never more than the quota in
	// total, whoever asks. The key need not be in the store.
	LeaseRequests(ctx context.Context, keyID string, n, quota int64) (wsc.RequestLease, error)
	// ReturnRequests gives back requests of a lease that were not used. For an hour that is over it changes nothing.
	ReturnRequests(ctx context.Context, keyID string, window time.Time, n int64) error

	// CreateSession inserts a session or a link that signs in once.
	CreateSession(ctx context.Context, session *wsc.Session) error
	// Session returns the session with the token's hash; a link is none.
	Session(ctx context.Context, hash []byte) (*wsc.Session, error)
	// TakeLink removes the link with the token's hash and returns it, to one caller only.
	TakeLink(ctx context.Context, hash []byte) (*wsc.Session, error)
	// TouchSession records the use of a session and moves its end. An unknown session is no error.
	TouchSession(ctx context.Context, hash []byte, seen, expires time.Time) error
	// DeleteSession removes a session. An unknown session is no error.
	DeleteSession(ctx context.Context, hash []byte) error
	// DeleteSessionsOfKey removes all sessions and links of a key.
	DeleteSessionsOfKey(ctx context.Context, keyID string) error
	// DeleteExpiredSessions removes sessions and links that ended before the given time.
	DeleteExpiredSessions(ctx context.Context, before time.Time) error

	// AppendEvents stores security events. One whose id is stored already is left out.
	AppendEvents(ctx context.Context, events []wsc.SecurityEvent) error
	// Events returns a page of security events, newest first (at, id descending).
	Events(ctx context.Context, filter wsc.AuditFilter) ([]wsc.SecurityEvent, error)
	// DeleteEvents removes security events from before the given time.
	DeleteEvents(ctx context.Context, before time.Time) error
}
