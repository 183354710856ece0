package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// Repetition asks for what is not active in a job to be checked again.
type Repetition struct {
	// JobID is the job whose results are looked at.
	JobID string
	// Owner is whose job the new one will be.
	Owner string
	// IdempotencyKey makes repeated requests one job; "" if not wanted.
	IdempotencyKey string
}

// Retry submits a new job with every URL of a finished job whose result is not active, with the same options and header
// values; invalid lines are left out. URLs that a cancelled or failed job did not come to are checked as well, as far as
// its upload can be read. The earlier job stays as it is.
//
// A request with the idempotency key of an earlier one by the same owner returns the job of that, as in Submit.
//
// Errors: wsc.CodeNotFound; wsc.CodeConflict when the job has not ended or nothing in it is to be checked again; else those
// of Submit, wsc.CodeQuotaExceeded among them.
func (s *Service) Retry(ctx context.Context, again Repetition) (job *wsc.Job, replayed bool, err error) {
	earlier, err := s.store.Job(ctx, again.JobID)
	if err != nil {
		return nil, false, err
	}
	sub := Submission{Owner: again.Owner, IdempotencyKey: again.IdempotencyKey, retryOf: earlier.ID}
	hash := retryHash(earlier.ID)
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
	if !earlier.Status.Terminal() {
		return nil, false, wsc.Errorf(wsc.CodeConflict, "The job is still %s. Wait until it has ended, or cancel it; then what is not active can be checked again.", earlier.Status)
	}
	if sub.Options, err = s.optionsOf(ctx, earlier); err != nil {
		return nil, false, err
	}
	if sub.Upload, err = s.newUpload(0); err != nil { // it can only be a part of a list that was accepted
		return nil, false, err
	}
	defer func() { _ = sub.Upload.Close() }() // nothing depends on a file that has no name
	urls, err := s.listAgain(ctx, earlier, sub.Upload)
	if err != nil {
		return nil, false, err
	}
	if urls == 0 {
		return nil, false, wsc.Errorf(wsc.CodeConflict, "Nothing is to be checked again: every URL of the job is active.")
	}
	return s.submitNew(ctx, sub, againName(earlier.Filename), hash)
}

// optionsOf are the options of a stored job for a new one, with the values of its headers. How its upload
// was read says nothing about the new list.
func (s *Service) optionsOf(ctx context.Context, job *wsc.Job) (wsc.Options, error) {
	options := job.Options
	options.URLColumn, options.Sheet, options.Delimiter, options.Encoding = "", "", "", ""
	var err error
	if options.Headers, err = s.openHeaders(ctx, job); err != nil {
		return options, err
	}
	if _, err := options.Resolve(s.defaults); err != nil {
		return options, err
	}
	return options, s.acceptHeaders(options)
}

// retryHash identifies the content of a repetition: the results of a finished job do not change.
func retryHash(jobID string) string {
	sum := sha256.Sum256([]byte("retry of " + jobID))
	return hex.EncodeToString(sum[:])
}

const (
	againMark      = " (again)"
	againExtension = ".ndjson"
)

// againName is the file name of the list that repeats another one, however often that was repeated itself.
func againName(filename string) string {
	stem := strings.TrimSuffix(filename, path.Ext(filename))
	stem = strings.TrimSuffix(stem, againMark)
	return clip(stem, maxFilenameBytes-len(againMark+againExtension)-len("…")) + againMark + againExtension
}
