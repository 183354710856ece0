package jobs_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
	"github.com/website-status-checker/wsc/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is a migrated, empty database file; migrating one for every test would take most of the tests' time.
var database = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "wsc-test-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "wsc.db")
	if _, err := sqlite.Migrate(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// fakeWorkflows records what the service asks of the workflow engine.
type fakeWorkflows struct {
	mu         sync.Mutex
	started    []string
	cancelled  []string
	terminated []string
	asked      []string // "pause ID" and "resume ID"
	startErr   error
	cancelErr  error
	// ask, if set, is what becomes of a request to pause or resume.
	ask func(id string, paused bool) error
}

func (f *fakeWorkflows) Start(_ context.Context, job *wsc.Job) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.startErr != nil {
		return f.startErr
	}
	f.started = append(f.started, job.ID)
	return nil
}

func (f *fakeWorkflows) Cancel(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, id)
	return f.cancelErr
}

func (f *fakeWorkflows) Pause(_ context.Context, id string) error { return f.setPaused(id, true) }

func (f *fakeWorkflows) Resume(_ context.Context, id string) error { return f.setPaused(id, false) }

func (f *fakeWorkflows) setPaused(id string, paused bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	action := "resume "
	if paused {
		action = "pause "
	}
	f.asked = append(f.asked, action+id)
	if f.ask != nil {
		return f.ask(id, paused)
	}
	return nil
}

func (f *fakeWorkflows) Terminate(_ context.Context, id, _ string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.terminated = append(f.terminated, id)
	return nil
}

func (f *fakeWorkflows) Ping(context.Context) error { return nil }

func (f *fakeWorkflows) starts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.started)
}

// bundle is a service on a real database and a real folder.
type bundle struct {
	service   *jobs.Service
	store     *sqlite.Store
	blobs     *blob.Bucket
	workflows *fakeWorkflows
	spool     string
	blobDir   string
	now       time.Time
}

func newBundle(t *testing.T, adjust ...func(*jobs.Config)) *bundle {
	t.Helper()
	dir := t.TempDir()
	b := &bundle{workflows: &fakeWorkflows{}, spool: filepath.Join(dir, "spool"), blobDir: filepath.Join(dir, "blobs"), now: time.Now()}
	require.NoError(t, os.Mkdir(b.spool, 0o700))
	path := filepath.Join(dir, "wsc.db")
	migrated, err := database()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, migrated, 0o600))
	b.store, err = sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.store.Close()) })
	b.blobs, err = fileblob.OpenBucket(b.blobDir, &fileblob.Options{CreateDir: true, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.blobs.Close()) })
	cfg := jobs.Config{
		Store: b.store, Workflows: b.workflows, Blobs: b.blobs, Defaults: wsc.Defaults{HostRate: 10, Retention: time.Hour},
		MaxURLs: 1000, MaxUploadBytes: 1 << 20, SpoolDir: b.spool, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return b.now },
	}
	for _, change := range adjust {
		change(&cfg)
	}
	b.service, err = jobs.New(cfg)
	require.NoError(t, err)
	return b
}

// submit uploads a list.
func (b *bundle) submit(t *testing.T, content string, adjust ...func(*jobs.Submission)) (*wsc.Job, error) {
	t.Helper()
	upload, err := b.service.NewUpload()
	require.NoError(t, err)
	defer func() { require.NoError(t, upload.Close()) }()
	if _, err := io.WriteString(upload, content); err != nil {
		return nil, err
	}
	sub := jobs.Submission{Filename: "list.txt", Upload: upload}
	for _, change := range adjust {
		change(&sub)
	}
	job, _, err := b.service.Submit(t.Context(), sub)
	return job, err
}

// requireNothingLeft is what must hold after a refused submission.
func (b *bundle) requireNothingLeft(t *testing.T) {
	t.Helper()
	found, err := b.store.Jobs(t.Context(), wsc.JobFilter{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, found, "job rows")
	require.Empty(t, b.files(t, b.blobDir), "blobs")
	require.Empty(t, b.files(t, b.spool), "spool files")
	require.Empty(t, b.workflows.starts(), "workflows")
}

func (b *bundle) files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return err
	}))
	return names
}

func TestSubmitStoresThenStarts(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "https://example.com/\nexample.org\n", func(s *jobs.Submission) {
		s.Filename, s.Owner, s.Options = `C:\lists\leads.txt`, "me", wsc.Options{TimeoutMS: 2000}
	})
	require.NoError(t, err)
	require.Equal(t, wsc.JobPending, job.Status)
	require.Equal(t, "leads.txt", job.Filename)
	require.Equal(t, []string{job.ID}, b.workflows.starts())
	require.Empty(t, b.files(t, b.spool))

	stored, err := b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, job, stored, "the answer is what a later read shows")
	content, err := b.blobs.ReadAll(t.Context(), stored.UploadPath)
	require.NoError(t, err)
	require.Equal(t, "https://example.com/\nexample.org\n", string(content))
}

func TestRefusedSubmissionLeavesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		change  func(*jobs.Submission)
		code    wsc.Code
	}{
		"empty":               {"", nil, wsc.CodeEmptyUpload},
		"only comments":       {"# one\n\n", nil, wsc.CodeNoURLs},
		"no URL":              {"not a url\n", nil, wsc.CodeNoValidURLs},
		"unknown extension":   {"example.com\n", func(s *jobs.Submission) { s.Filename = "list.exe" }, wsc.CodeUnsupportedType},
		"folders in the name": {"example.com\n", func(s *jobs.Submission) { s.Filename = "../../list.txt" }, wsc.CodeInvalidFilename},
		"wrong option":        {"example.com\n", func(s *jobs.Submission) { s.Options.TimeoutMS = 1 }, wsc.CodeInvalidOptions},
		"unknown column": {"url,name\nexample.com,x\n", func(s *jobs.Submission) {
			s.Filename, s.Options.URLColumn = "list.csv", "website"
		}, wsc.CodeMissingColumn},
		"text as a workbook": {"example.com\n", func(s *jobs.Submission) { s.Filename = "list.xlsx" }, wsc.CodeInvalidXLSX},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBundle(t)
			change := test.change
			if change == nil {
				change = func(*jobs.Submission) {}
			}
			_, err := b.submit(t, test.content, change)
			require.Equal(t, test.code, wsc.CodeOf(err), "%v", err)
			b.requireNothingLeft(t)
		})
	}
}

func TestTooManyLines(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.MaxURLs = 2 })
	_, err := b.submit(t, "a.example\nb.example\nc.example\n")
	require.Equal(t, wsc.CodeTooManyURLs, wsc.CodeOf(err))
	b.requireNothingLeft(t)
}

func TestUploadIsBounded(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.MaxUploadBytes = 1024 })
	_, err := b.submit(t, string(make([]byte, 1025)))
	require.Equal(t, wsc.CodeUploadTooLarge, wsc.CodeOf(err))
	require.ErrorContains(t, err, "1 KiB")
	b.requireNothingLeft(t)
}

func TestUnwritableSpoolIsUnavailable(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.SpoolDir = filepath.Join(c.SpoolDir, "missing") })
	_, err := b.service.NewUpload()
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
}

func TestFailedStartIsStillAccepted(t *testing.T) {
	b := newBundle(t)
	b.workflows.startErr = errors.New("no engine")
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	stored, err := b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobPending, stored.Status)
}

// brokenRows is a store that can't create jobs.
type brokenRows struct{ jobs.Store }

func (brokenRows) CreateJob(context.Context, *wsc.Job, wsc.JobQuota) error {
	return wsc.Errorf(wsc.CodeStorageUnavailable, "down")
}

func TestFailedRowLeavesNoBlob(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.Store = brokenRows{c.Store} })
	_, err := b.submit(t, "example.com\n")
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	b.requireNothingLeft(t)
}

func TestBrokenBlobStoreIsUnavailable(t *testing.T) {
	b := newBundle(t)
	require.NoError(t, os.RemoveAll(b.blobDir))
	require.NoError(t, os.WriteFile(b.blobDir, nil, 0o600))
	_, err := b.submit(t, "example.com\n")
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	found, err := b.store.Jobs(t.Context(), wsc.JobFilter{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, found)
}

func withKey(owner, key string) func(*jobs.Submission) {
	return func(s *jobs.Submission) { s.Owner, s.IdempotencyKey = owner, key }
}

func TestIdempotencyKey(t *testing.T) {
	b := newBundle(t)
	first, err := b.submit(t, "example.com\n", withKey("a", "k"))
	require.NoError(t, err)

	again, err := b.submit(t, "example.com\n", withKey("a", "k"))
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)

	_, err = b.submit(t, "example.org\n", withKey("a", "k"))
	require.Equal(t, wsc.CodeIdempotencyConflict, wsc.CodeOf(err), "other content")
	_, err = b.submit(t, "example.com\n", withKey("a", "k"), func(s *jobs.Submission) { s.Options.TimeoutMS = 500 })
	require.Equal(t, wsc.CodeIdempotencyConflict, wsc.CodeOf(err), "other options")

	other, err := b.submit(t, "example.com\n", withKey("b", "k"))
	require.NoError(t, err)
	require.NotEqual(t, first.ID, other.ID, "every owner has keys of its own")
	require.Len(t, b.files(t, b.blobDir), 2)
	require.Len(t, b.workflows.starts(), 2)
}

func TestConcurrentSubmissionsWithOneKeyAreOneJob(t *testing.T) {
	b := newBundle(t)
	const clients = 8
	ids := make([]string, clients)
	var wait sync.WaitGroup
	for i := range clients {
		wait.Go(func() {
			job, err := b.submit(t, "example.com\n", withKey("a", "k"))
			if err == nil {
				ids[i] = job.ID
			}
		})
	}
	wait.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	require.NotEmpty(t, ids[0])
	require.Len(t, b.files(t, b.blobDir), 1, "the losers' uploads are gone")
	require.Equal(t, []string{ids[0]}, b.workflows.starts())
}

func TestCancel(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)

	_, err = b.service.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, []string{job.ID}, b.workflows.cancelled)
	stored, err := b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobPending, stored.Status, "the workflow finishes the job")

	b.workflows.cancelErr = wsc.Errorf(wsc.CodeNotFound, "none")
	stored, err = b.service.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobCancelled, stored.Status, "no workflow runs that could")
	require.Equal(t, wsc.PhaseDone, stored.Phase)
	require.WithinDuration(t, b.now.Add(time.Hour), *stored.ExpiresAt, time.Second)

	_, err = b.service.Cancel(t.Context(), job.ID)
	require.Equal(t, wsc.CodeJobFinished, wsc.CodeOf(err))
	_, err = b.service.Cancel(t.Context(), "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f")
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
}

func TestCancelWithoutEngineIsUnavailable(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	b.workflows.cancelErr = errors.New("connection refused")
	_, err = b.service.Cancel(t.Context(), job.ID)
	require.Equal(t, wsc.CodeTemporalUnavailable, wsc.CodeOf(err))
}

func TestDeleteRemovesEverything(t *testing.T) {
	b := newBundle(t)
	keep, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	require.NoError(t, b.blobs.WriteAll(t.Context(), wsc.JobFolder(job.ID)+"export.csv", []byte("x"), nil))

	require.NoError(t, b.service.Delete(t.Context(), job.ID))
	require.Equal(t, []string{job.ID}, b.workflows.terminated)
	_, err = b.store.Job(t.Context(), job.ID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	require.Len(t, b.files(t, b.blobDir), 1, "the other job's upload")
	_, err = b.store.Job(t.Context(), keep.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(b.service.Delete(t.Context(), job.ID)))
}

func TestReconcileStartsWhatWasNotStarted(t *testing.T) {
	b := newBundle(t)
	b.workflows.startErr = errors.New("no engine")
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	b.workflows.startErr = nil

	require.NoError(t, b.service.Reconcile(t.Context()))
	require.Empty(t, b.workflows.starts(), "a fresh job may still be being started")
	b.now = b.now.Add(11 * time.Second)
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.Equal(t, []string{job.ID}, b.workflows.starts())
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.Len(t, b.workflows.starts(), 1, "a started job that waits for a worker is left alone")
	b.now = b.now.Add(11 * time.Minute)
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.Len(t, b.workflows.starts(), 2, "but not for ever")
}

func TestReconcileFailsWhatCannotBeStarted(t *testing.T) {
	b := newBundle(t)
	b.workflows.startErr = errors.New("no engine")
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)

	b.now = b.now.Add(23 * time.Hour)
	require.Error(t, b.service.Reconcile(t.Context()))
	stored, err := b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobPending, stored.Status)

	b.now = b.now.Add(2 * time.Hour)
	require.Error(t, b.service.Reconcile(t.Context()))
	stored, err = b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobFailed, stored.Status)
	require.Contains(t, stored.ErrorMessage, "could not be started")
}

func TestReconcileDeletesWhatNoCleanUpDeleted(t *testing.T) {
	b := newBundle(t)
	b.workflows.startErr = errors.New("no engine")
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	b.workflows.startErr, b.workflows.cancelErr = nil, wsc.Errorf(wsc.CodeNotFound, "none")
	cancelled, err := b.service.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobCancelled, cancelled.Status)

	b.now = cancelled.ExpiresAt.Add(50 * time.Second)
	require.NoError(t, b.service.Reconcile(t.Context()))
	_, err = b.store.Job(t.Context(), job.ID)
	require.NoError(t, err, "the clean-up workflow comes first")
	b.now = cancelled.ExpiresAt.Add(70 * time.Second)
	require.NoError(t, b.service.Reconcile(t.Context()))
	_, err = b.store.Job(t.Context(), job.ID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
}

func TestRunReconcilesUntilStopped(t *testing.T) {
	b := newBundle(t)
	b.workflows.startErr = errors.New("no engine")
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	b.workflows.startErr = nil
	b.now = b.now.Add(time.Minute)

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.service.Run(ctx, time.Millisecond) }()
	require.Eventually(t, func() bool { return slices.Contains(b.workflows.starts(), job.ID) }, 5*time.Second, time.Millisecond)
	stop()
	<-done
}
