package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/urllist"
)

const (
	// storeTimeout bounds copying an upload to the blob store.
	storeTimeout = 2 * time.Minute
	// rowTimeout bounds one statement on the jobs table.
	rowTimeout = 10 * time.Second
	// sealTimeout bounds one call to the service that keeps the keys for secrets.
	sealTimeout = 10 * time.Second
	// startTimeout bounds one call to the workflow engine.
	startTimeout = 5 * time.Second
	// createAttempts is how often a row is stored that conflicts with one which is gone a moment later.
	createAttempts = 3
)

// errIDTaken can only mean that the generator of ids is broken.
var errIDTaken = errors.New("there is a job with the new id")

// Submission is a list to be checked.
type Submission struct {
	// Owner is whose job it will be.
	Owner string
	// Filename is the client's name of the list; see CleanFilename. For an upload that waited it may be "", which leaves it
	// its name; a new name gets the upload's extension.
	Filename string
	// Options say how to check.
	Options wsc.Options
	// IdempotencyKey makes repeated submissions of the same list one job; "" if not wanted.
	IdempotencyKey string
	// Upload is the list itself. It stays the caller's to close.
	Upload *Upload
	// UploadID names an upload of the owner that waits to be submitted, see KeepUpload; Upload is then empty and takes up
	// its content.
	UploadID string

	// retryOf is the job whose URLs the list repeats, "" if it repeats none.
	retryOf string
}

// Submit validates a list completely, stores it as a pending job and starts the job's workflow. Once the job's row is
// stored, the job will run whatever happens to the client, this process or the workflow engine: when the workflow
// can't be started now, Reconcile starts it later.
//
// A submission with the idempotency key of an earlier one by the same owner, not older than wsc.IdempotencyWindow,
// returns that job, and replayed says so. While another submission with the key is under way in this process, Submit
// waits for it; of those in several processes the first row decides.
//
// An upload that waited is used up by the row of its job: it becomes one job at most, and after an error it waits on.
//
// Errors: the codes of urllist.Scan and CleanFilename for what is wrong with the list, wsc.CodeInvalidOptions,
// wsc.CodeEmptyUpload, wsc.CodeNotFound when there is no such upload (any more), wsc.CodeQuotaExceeded,
// wsc.CodeIdempotencyConflict when the key was used for something else, and wsc.CodeStorageUnavailable, also when headers can't be encrypted. The values of headers are in no answer. After an
// error nothing of the submission is left, unless the database left open whether it stored the job: then the upload stays,
// for the job or for the sweep of Reconcile.
func (s *Service) Submit(ctx context.Context, sub Submission) (job *wsc.Job, replayed bool, err error) {
	filename, err := sub.filename()
	if err != nil {
		return nil, false, err
	}
	if _, err := sub.Options.Resolve(s.defaults); err != nil {
		return nil, false, err
	}
	if err := s.acceptHeaders(sub.Options); err != nil {
		return nil, false, err
	}
	if sub.UploadID == "" && sub.Upload.size == 0 {
		return nil, false, emptyUpload()
	}
	hash, err := requestHash(sub, filename)
	if err != nil {
		return nil, false, err
	}
	if sub.IdempotencyKey != "" {
		release, err := s.keys.take(ctx, sub.Owner, sub.IdempotencyKey)
		if err != nil {
			return nil, false, err
		}
		defer release()
		if job, found, err := s.repeated(ctx, sub, hash); found || err != nil {
			return job, found, err
		}
	}
	if sub.UploadID != "" {
		filename, err = s.takeUpload(ctx, sub, filename)
		if wsc.CodeOf(err) == wsc.CodeNotFound {
			// A submission with the same key may just have used it up.
			if job, found, lookup := s.repeated(ctx, sub, hash); found || lookup != nil {
				return job, found, lookup
			}
		}
		if err != nil {
			return nil, false, err
		}
	}
	return s.submitNew(ctx, sub, filename, hash)
}

// submitNew validates and accepts a submission whose key, if it has one, is taken and stands for no job.
func (s *Service) submitNew(ctx context.Context, sub Submission, filename, hash string) (job *wsc.Job, replayed bool, err error) {
	summary, err := urllist.Scan(ctx, sub.Upload.file, sub.Upload.size, urllist.Options{
		Filename: filename, URLColumn: sub.Options.URLColumn, Sheet: sub.Options.Sheet,
		Delimiter: sub.Options.Delimiter, Encoding: sub.Options.Encoding, MaxURLs: s.maxURLs, TempDir: s.spoolDir,
	})
	if err != nil {
		return nil, false, err
	}
	list := summary.List
	// Stores keep microseconds; the answer shall have what a later read has.
	now := s.now().UTC().Truncate(time.Microsecond)
	id := s.newID()
	sealed, err := s.sealHeaders(ctx, id, sub.Options.Headers)
	if err != nil {
		return nil, false, err
	}
	job = &wsc.Job{
		ID: id, Owner: sub.Owner, Filename: filename, Status: wsc.JobPending, Phase: wsc.PhaseValidating,
		Options: sub.Options.WithMaskedHeaders(), SealedHeaders: sealed, List: &list, UploadPath: wsc.UploadPath(id), ClaimedURLs: summary.URLs + summary.Invalid,
		IdempotencyKey: sub.IdempotencyKey, RequestHash: hash, RetryOf: sub.retryOf, CreatedAt: now, UpdatedAt: now,
	}
	return s.accept(ctx, job, sub)
}

// accept stores the upload, then the row, then starts the workflow.
func (s *Service) accept(ctx context.Context, job *wsc.Job, sub Submission) (accepted *wsc.Job, replayed bool, err error) {
	// A database that is away is noticed before there is anything to take back.
	if err := s.lookFor(ctx, job.ID); wsc.CodeOf(err) != wsc.CodeNotFound {
		return nil, false, fmt.Errorf("create job: %w", cmp.Or(err, errIDTaken))
	}
	if err := s.storeUpload(ctx, job.UploadPath, sub.Upload); err != nil {
		return nil, false, err
	}
	// From here on a client that goes away changes nothing: either the job exists as a whole or not at all.
	ctx = context.WithoutCancel(ctx)
	earlier, err := s.createJob(ctx, job, sub)
	if err != nil || earlier != nil {
		return earlier, earlier != nil, err
	}
	if sub.UploadID != "" {
		s.dropUpload(ctx, wsc.WaitingUploadPath(sub.UploadID))
	}
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.workflows.Start(startCtx, job); err != nil {
		s.logger.WarnContext(ctx, "job accepted, but its workflow could not be started yet", slog.String("job_id", job.ID), slog.Any("error", err))
	}
	return job, false, nil
}

// createJob stores the row of a job whose upload is stored, or returns the job of another submission with the same key
// that was faster. If neither is there in the end, the upload is deleted.
func (s *Service) createJob(ctx context.Context, job *wsc.Job, sub Submission) (earlier *wsc.Job, err error) {
	for range createAttempts {
		if err = s.insertJob(ctx, job, sub.UploadID); err == nil {
			return nil, nil
		}
		usedUp := wsc.CodeOf(err) == wsc.CodeNotFound
		if wsc.CodeOf(err) != wsc.CodeConflict && !usedUp {
			break
		}
		var found bool
		var lookup error
		if earlier, found, lookup = s.repeated(ctx, sub, job.RequestHash); found || lookup != nil {
			s.dropUpload(ctx, job.UploadPath)
			return earlier, lookup
		}
		if usedUp {
			break
		}
		// The faster one's job is gone again, or its key has just become free.
	}
	lookup := s.lookFor(ctx, job.ID)
	switch {
	case lookup == nil && wsc.CodeOf(err) != wsc.CodeConflict:
		return nil, nil // the row was stored, only the answer to that was lost
	case wsc.CodeOf(lookup) == wsc.CodeNotFound:
		s.dropUpload(ctx, job.UploadPath)
	default:
		s.logger.WarnContext(ctx, "the database does not tell whether a job was stored; its upload stays", slog.String("job_id", job.ID), slog.Any("error", lookup))
	}
	return nil, fmt.Errorf("create job: %w", err)
}

func (s *Service) insertJob(ctx context.Context, job *wsc.Job, uploadID string) error {
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	if uploadID != "" {
		return s.store.CreateJobFromUpload(ctx, job, s.quota, uploadID)
	}
	return s.store.CreateJob(ctx, job, s.quota)
}

// lookFor returns an error with wsc.CodeNotFound if there is no such job, and another if nobody knows.
func (s *Service) lookFor(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	_, err := s.store.Job(ctx, id)
	return err
}

// filename is the name of the list, made safe. That of an upload that waited is complete only with the upload's extension,
// see takeUpload.
func (sub *Submission) filename() (string, error) {
	if sub.UploadID != "" {
		return sub.Filename, nil
	}
	return CleanFilename(sub.Filename)
}

// requestHash identifies the content of a submission: two with the same hash and the same header values ask for the same
// job. The values are no part of it, see hasHeaders.
func requestHash(sub Submission, filename string) (string, error) {
	rest, err := json.Marshal(struct {
		Filename string      `json:"filename"`
		Options  wsc.Options `json:"options"`
	}{filename, sub.Options.WithMaskedHeaders()})
	if err != nil {
		return "", fmt.Errorf("hash submission: %w", err)
	}
	content := sub.Upload.hash.Sum(nil)
	if sub.UploadID != "" {
		content = []byte("upload " + sub.UploadID) // its content is gone when the submission is repeated
	}
	sum := sha256.Sum256(append(content, rest...))
	return hex.EncodeToString(sum[:]), nil
}

// storeUpload copies the upload to the blob store. The blob appears only when it is complete.
func (s *Service) storeUpload(ctx context.Context, key string, upload *Upload) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	content := io.NewSectionReader(upload.file, 0, upload.size)
	err := s.blobs.Upload(ctx, key, content, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err == nil {
		return nil
	}
	if ctxErr := context.Cause(ctx); errors.Is(ctxErr, context.Canceled) {
		return fmt.Errorf("store upload: %w", ctxErr)
	}
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The server can't store the upload now; try again in a minute.").
		Because(fmt.Errorf("store upload: %w", err))
}

// dropUpload deletes a blob that nobody needs: the upload of a job that was not accepted after all, or one that waited and
// does not any more. If it can't be deleted, the sweep of Reconcile finds it later.
func (s *Service) dropUpload(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	if err := s.blobs.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		s.logger.ErrorContext(ctx, "could not delete an upload that is not needed", slog.String("blob", key), slog.Any("error", err))
	}
}
