package jobs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

// unknownID is the id of no job.
const unknownID = "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"

// outcome is a result of a line, as a job stores it.
func outcome(t *testing.T, seq int64, text string, status wsc.Status) wsc.Result {
	t.Helper()
	r := wsc.Result{Seq: seq, Line: seq + 1, URL: text, Status: status, CheckedAt: time.Now()}
	normalized, err := wsc.NormalizeURL(text)
	if err != nil {
		r.ErrorKind, r.ErrorMessage = wsc.KindInvalidURL, "The line holds no URL."
		return r
	}
	r.NormalizedURL, r.Host, r.Attempts, r.HTTPStatus = normalized.URL, normalized.Host, 1, 200
	switch status {
	case wsc.StatusInactive:
		r.HTTPStatus = 404
	case wsc.StatusError:
		r.HTTPStatus, r.ErrorKind = 0, wsc.KindTimeout
	case wsc.StatusActive:
	}
	return r
}

// end gives a job results and a final status.
func (b *bundle) end(t *testing.T, job *wsc.Job, status wsc.JobStatus, total int64, results ...wsc.Result) {
	t.Helper()
	require.NoError(t, b.store.SetJobTotals(t.Context(), job.ID, wsc.JobTotals{TotalURLs: total, List: job.List}))
	_, err := b.store.InsertResults(t.Context(), job.ID, results)
	require.NoError(t, err)
	finish := wsc.JobFinish{Status: status, FinishedAt: b.now, ExpiresAt: b.now.Add(time.Hour)}
	require.NoError(t, b.store.FinishJob(t.Context(), job.ID, finish))
}

func (b *bundle) retry(t *testing.T, id string) (*wsc.Job, error) {
	t.Helper()
	job, _, err := b.service.Retry(t.Context(), jobs.Repetition{JobID: id, Owner: "me"})
	require.Empty(t, b.files(t, b.spool))
	return job, err
}

// listOf are the URLs in a job's upload.
func (b *bundle) listOf(t *testing.T, job *wsc.Job) []string {
	t.Helper()
	content, err := b.blobs.ReadAll(t.Context(), wsc.UploadPath(job.ID))
	require.NoError(t, err)
	var urls []string
	for line := range strings.Lines(string(content)) {
		var fields map[string]string
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		require.Len(t, fields, 1, "a line remembers the URL and nothing else")
		urls = append(urls, fields["url"])
	}
	return urls
}

func TestRetryChecksAgainWhatIsNotActive(t *testing.T) {
	b := newBundle(t)
	earlier, err := b.submit(t, "site^rank\nup.example^1\ndown.example/a?b=<c>&d^2\nnot a url^3\nhttp://slow.example:80/^4\n", func(s *jobs.Submission) {
		s.Filename, s.Owner = "leads.csv", "me"
		s.Options = wsc.Options{TimeoutMS: 2500, Retries: new(0), URLColumn: "site", Delimiter: "^", Encoding: "utf-8", RetentionHours: 5}
	})
	require.NoError(t, err)
	b.end(t, earlier, wsc.JobCompleted, 4,
		outcome(t, 0, "up.example", wsc.StatusActive), outcome(t, 1, "down.example/a?b=<c>&d", wsc.StatusInactive),
		outcome(t, 2, "not a url", wsc.StatusError), outcome(t, 3, "http://slow.example:80/", wsc.StatusError))

	job, err := b.retry(t, earlier.ID)
	require.NoError(t, err)
	require.NotEqual(t, earlier.ID, job.ID)
	require.Equal(t, earlier.ID, job.RetryOf)
	require.Equal(t, "me", job.Owner)
	require.Equal(t, "leads (again).ndjson", job.Filename)
	require.Equal(t, wsc.JobPending, job.Status)
	require.Equal(t, wsc.Options{TimeoutMS: 2500, Retries: new(0), RetentionHours: 5}, job.Options)
	require.EqualValues(t, 2, job.ClaimedURLs)
	require.Equal(t, []string{"down.example/a?b=<c>&d", "http://slow.example:80/"}, b.listOf(t, job))
	require.Equal(t, []string{earlier.ID, job.ID}, b.workflows.starts())
	stored, err := b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, job, stored, "the answer is what a later read shows")

	// The new one can be repeated in its turn, and its name does not grow.
	b.end(t, job, wsc.JobCompleted, 2, outcome(t, 0, "down.example/a?b=<c>&d", wsc.StatusActive), outcome(t, 1, "http://slow.example:80/", wsc.StatusInactive))
	third, err := b.retry(t, job.ID)
	require.NoError(t, err)
	require.Equal(t, job.ID, third.RetryOf)
	require.Equal(t, "leads (again).ndjson", third.Filename)
	require.Equal(t, []string{"http://slow.example:80/"}, b.listOf(t, third))
}

func TestRetryRequestsWhatWasRequested(t *testing.T) {
	b := newBundle(t)
	earlier, err := b.submit(t, "a.example\n")
	require.NoError(t, err)
	odd := outcome(t, 0, "a.example", wsc.StatusError)
	odd.URL = "<a.example>" // as text lists have it, and no other
	b.end(t, earlier, wsc.JobCompleted, 1, odd)
	job, err := b.retry(t, earlier.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"https://a.example/"}, b.listOf(t, job))
}

func TestRetryOfACancelledJobChecksWhatItDidNotComeTo(t *testing.T) {
	const list = "a.example\nb.example\nno url at all\nc.example\nhttps://a.example/\nc.example/\n"
	b := newBundle(t)
	earlier, err := b.submit(t, list)
	require.NoError(t, err)
	b.end(t, earlier, wsc.JobCancelled, 4, outcome(t, 0, "a.example", wsc.StatusActive), outcome(t, 1, "b.example", wsc.StatusError), outcome(t, 2, "no url at all", wsc.StatusError))
	job, err := b.retry(t, earlier.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"b.example", "c.example"}, b.listOf(t, job))

	// One that never began has the whole list before it.
	fresh, err := b.submit(t, list)
	require.NoError(t, err)
	b.end(t, fresh, wsc.JobFailed, 0)
	job, err = b.retry(t, fresh.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"a.example", "b.example", "c.example"}, b.listOf(t, job))

	// The list is read as it was read before.
	caret, err := b.submit(t, "Firm^url\nA, Inc^a.example\nB^m\xfcller.example\n", func(s *jobs.Submission) {
		s.Filename, s.Options = "carets.csv", wsc.Options{Delimiter: "^", Encoding: "windows-1252"}
	})
	require.NoError(t, err)
	b.end(t, caret, wsc.JobFailed, 0)
	job, err = b.retry(t, caret.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"a.example", "müller.example"}, b.listOf(t, job))

	// Without the upload the results are all there is.
	require.NoError(t, b.blobs.Delete(t.Context(), wsc.UploadPath(earlier.ID)))
	job, err = b.retry(t, earlier.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"b.example"}, b.listOf(t, job))
	require.NoError(t, b.blobs.WriteAll(t.Context(), wsc.UploadPath(fresh.ID), []byte("PK\x03\x04 no workbook"), nil))
	_, err = b.retry(t, fresh.ID)
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err), "a list that can't be read has nothing in it: %v", err)
}

func TestRetryIsRefusedInWords(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "a.example\nno url\n")
	require.NoError(t, err)
	_, err = b.retry(t, job.ID)
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err))
	require.ErrorContains(t, err, "still pending")
	b.end(t, job, wsc.JobCompleted, 2, outcome(t, 0, "a.example", wsc.StatusActive), outcome(t, 1, "no url", wsc.StatusError))
	_, err = b.retry(t, job.ID)
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err))
	require.ErrorContains(t, err, "every URL of the job is active")
	_, err = b.retry(t, unknownID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	require.Len(t, b.workflows.starts(), 1)
	require.Len(t, b.files(t, b.blobDir), 1)
}

func TestRetryCarriesHeaderValuesOver(t *testing.T) {
	ring := newKeyring(t)
	sealer := &switchable{Sealer: ring}
	b := newBundle(t, withSealer(sealer))
	earlier, err := b.submit(t, "a.example\n", withHeaders(secretHeaders(), ""))
	require.NoError(t, err)
	b.end(t, earlier, wsc.JobCompleted, 1, outcome(t, 0, "a.example", wsc.StatusError))
	job, err := b.retry(t, earlier.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"Authorization": "***", "Cookie": "***"}, job.Options.Headers)
	opened, err := ring.Open(t.Context(), wsc.JobHeadersPurpose(job.ID), job.SealedHeaders)
	require.NoError(t, err)
	require.JSONEq(t, `{"Authorization":"Bearer marked-secret","Cookie":"id=marked-secret"}`, string(opened))

	sealer.Sealer = brokenSealer{}
	_, err = b.retry(t, earlier.ID)
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	sealer.Sealer = newKeyring(t) // which does not have the key
	_, err = b.retry(t, earlier.ID)
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	require.NotContains(t, err.Error(), "marked-secret")
	require.Len(t, b.files(t, b.blobDir), 2)
}

func TestRetryWithoutASealerIsRefused(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.Sealer = nil })
	job := &wsc.Job{ID: unknownID, Filename: "a.txt", CreatedAt: b.now, SealedHeaders: "wsc1.abc", Options: wsc.Options{Headers: map[string]string{"Cookie": "x"}}}
	require.NoError(t, b.store.CreateJob(t.Context(), job, wsc.JobQuota{}))
	b.end(t, job, wsc.JobCompleted, 1, outcome(t, 0, "a.example", wsc.StatusError))
	_, err := b.retry(t, job.ID)
	require.Equal(t, wsc.CodeInvalidOptions, wsc.CodeOf(err))
	require.ErrorContains(t, err, "WSC_SECRETS_URL")
}

func TestRetryKeepsToTheQuota(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.Quota = wsc.JobQuota{StoredURLs: 3} })
	earlier, err := b.submit(t, "a.example\nb.example\n", withKey("me", ""))
	require.NoError(t, err)
	b.end(t, earlier, wsc.JobCompleted, 2, outcome(t, 0, "a.example", wsc.StatusError), outcome(t, 1, "b.example", wsc.StatusError))
	_, err = b.retry(t, earlier.ID)
	require.Equal(t, wsc.CodeQuotaExceeded, wsc.CodeOf(err))
	require.Len(t, b.files(t, b.blobDir), 1, "the list of the refused one is gone")
}

func TestRetryWithAnIdempotencyKeyIsOneJob(t *testing.T) {
	b := newBundle(t, withSealer(newKeyring(t)))
	var earlier [2]*wsc.Job
	for i := range earlier {
		var err error
		earlier[i], err = b.submit(t, "a.example\n", withHeaders(secretHeaders(), ""))
		require.NoError(t, err)
		b.end(t, earlier[i], wsc.JobCompleted, 1, outcome(t, 0, "a.example", wsc.StatusError))
	}
	again := jobs.Repetition{JobID: earlier[0].ID, Owner: "me", IdempotencyKey: "k"}
	const callers = 4
	type made struct {
		id       string
		replayed bool
		err      error
	}
	outcomes := make(chan made, callers)
	for range callers {
		go func() {
			job, replayed, err := b.service.Retry(t.Context(), again)
			if err != nil {
				outcomes <- made{err: err}
				return
			}
			outcomes <- made{job.ID, replayed, nil}
		}()
	}
	ids, replays := map[string]bool{}, 0
	for range callers {
		m := <-outcomes
		require.NoError(t, m.err)
		ids[m.id] = true
		if m.replayed {
			replays++
		}
	}
	require.Len(t, ids, 1)
	require.Equal(t, callers-1, replays)
	again.JobID = earlier[1].ID
	_, _, err := b.service.Retry(t.Context(), again)
	require.Equal(t, wsc.CodeIdempotencyConflict, wsc.CodeOf(err))
	_, err = b.submit(t, "a.example\n", withKey("me", "k"))
	require.Equal(t, wsc.CodeIdempotencyConflict, wsc.CodeOf(err), "nor is it a key for an upload")
}

func TestNamesOfRepetitionsStayShort(t *testing.T) {
	for given, want := range map[string]string{
		"leads.csv":                      "leads (again).ndjson",
		"leads (again).ndjson":           "leads (again).ndjson",
		"no extension":                   "no extension (again).ndjson",
		strings.Repeat("ü", 97) + ".txt": strings.Repeat("ü", 91) + "… (again).ndjson",
		strings.Repeat("ü", 91) + "… (again).ndjson": strings.Repeat("ü", 91) + "… (again).ndjson",
	} {
		b := newBundle(t)
		earlier, err := b.submit(t, "a.example\n", func(s *jobs.Submission) { s.Filename = strings.ReplaceAll(given, ".ndjson", ".txt") })
		require.NoError(t, err)
		b.end(t, earlier, wsc.JobCompleted, 1, outcome(t, 0, "a.example", wsc.StatusError))
		job, err := b.retry(t, earlier.ID)
		require.NoError(t, err)
		require.Equal(t, want, job.Filename)
		require.LessOrEqual(t, len(job.Filename), 200)
	}
}

func TestRetryNeedsTheBlobStore(t *testing.T) {
	b := newBundle(t)
	earlier, err := b.submit(t, "a.example\n")
	require.NoError(t, err)
	b.end(t, earlier, wsc.JobCompleted, 1, outcome(t, 0, "a.example", wsc.StatusError))
	require.NoError(t, os.RemoveAll(b.blobDir))
	require.NoError(t, os.WriteFile(b.blobDir, nil, 0o600))
	_, err = b.retry(t, earlier.ID)
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
}

// A big list must not be held in memory; that its lines all arrive is what this test can see.
func TestRetryOfManyURLs(t *testing.T) {
	const many = 20_000
	b := newBundle(t, func(c *jobs.Config) { c.MaxURLs, c.MaxUploadBytes = many, 1<<20 })
	var list strings.Builder
	for i := range many {
		fmt.Fprintf(&list, "%d.example/some/path\n", i)
	}
	earlier, err := b.submit(t, list.String())
	require.NoError(t, err)
	results := make([]wsc.Result, many)
	for i := range results {
		results[i] = outcome(t, int64(i), fmt.Sprintf("%d.example/some/path", i), wsc.StatusInactive)
	}
	b.end(t, earlier, wsc.JobCompleted, many, results...)
	b.workflows.startErr = errors.New("no engine")
	job, err := b.retry(t, earlier.ID)
	require.NoError(t, err, "its list is larger than what may be uploaded")
	require.Len(t, b.listOf(t, job), many)
	require.EqualValues(t, many, job.ClaimedURLs)
}
