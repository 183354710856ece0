package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

// keep keeps a list of the owner "me".
func (b *bundle) keep(t *testing.T, filename, content string) (*wsc.Upload, error) {
	t.Helper()
	upload, err := b.service.NewUpload()
	require.NoError(t, err)
	defer func() { require.NoError(t, upload.Close()) }()
	_, err = io.WriteString(upload, content)
	require.NoError(t, err)
	return b.service.KeepUpload(t.Context(), "me", filename, upload)
}

// submitKept submits an upload of the owner "me".
func (b *bundle) submitKept(t *testing.T, id string, adjust ...func(*jobs.Submission)) (job *wsc.Job, replayed bool, err error) {
	t.Helper()
	upload, err := b.service.NewUpload()
	require.NoError(t, err)
	defer func() { require.NoError(t, upload.Close()) }()
	sub := jobs.Submission{Owner: "me", UploadID: id, Upload: upload}
	for _, change := range adjust {
		change(&sub)
	}
	return b.service.Submit(t.Context(), sub)
}

// requireNoUpload is what must hold when an upload is gone.
func (b *bundle) requireNoUpload(t *testing.T, id string) {
	t.Helper()
	_, err := b.store.Upload(t.Context(), id)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	require.False(t, b.exists(t, wsc.WaitingUploadPath(id)))
}

const twoColumns = "name,first,second\nA,a.com,b.com\nB,b.com,b.com\n"

func TestAnUploadIsKeptPreviewedAndSubmitted(t *testing.T) {
	b := newBundle(t)
	kept, err := b.keep(t, `C:\lists\leads.csv`, twoColumns)
	require.NoError(t, err)
	require.Equal(t, "leads.csv", kept.Filename)
	require.EqualValues(t, len(twoColumns), kept.Size)
	require.Equal(t, wsc.UploadLifetime, kept.ExpiresAt.Sub(kept.CreatedAt))
	require.Equal(t, "first", kept.Preview.URLColumn)
	require.Empty(t, b.workflows.starts())
	require.Empty(t, b.files(t, b.spool))

	again, err := b.service.PreviewUpload(t.Context(), "me", kept.ID, jobs.Reading{})
	require.NoError(t, err)
	require.Equal(t, kept, again, "the answer is what a later read shows")
	again, err = b.service.PreviewUpload(t.Context(), "me", kept.ID, jobs.Reading{URLColumn: "second"})
	require.NoError(t, err)
	require.Equal(t, "second", again.Preview.URLColumn)
	require.EqualValues(t, 1, again.Preview.Duplicates)
	again, err = b.service.PreviewUpload(t.Context(), "me", kept.ID, jobs.Reading{Sheet: "S", URLColumn: "third"})
	require.NoError(t, err)
	require.Equal(t, wsc.CodeMissingColumn, again.Preview.Refusal.Code)

	again, err = b.service.PreviewUpload(t.Context(), "me", kept.ID, jobs.Reading{Delimiter: ";", Encoding: "windows-1250"})
	require.NoError(t, err)
	require.Equal(t, []string{";", "windows-1250"}, []string{again.Preview.Delimiter, again.Preview.Encoding})

	job, replayed, err := b.submitKept(t, kept.ID, func(s *jobs.Submission) { s.Options.URLColumn = "second" })
	require.NoError(t, err)
	require.False(t, replayed)
	require.Equal(t, []string{job.ID}, b.workflows.starts())
	require.Equal(t, "leads.csv", job.Filename)
	require.Equal(t, "second", job.List.URLColumn)
	require.EqualValues(t, 2, job.ClaimedURLs)
	content, err := b.blobs.ReadAll(t.Context(), job.UploadPath)
	require.NoError(t, err)
	require.Equal(t, twoColumns, string(content))
	b.requireNoUpload(t, kept.ID)
	require.Len(t, b.files(t, b.blobDir), 1)
	require.Empty(t, b.files(t, b.spool))

	_, _, err = b.submitKept(t, kept.ID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	require.ErrorContains(t, err, "submitted")
}

func TestAJobMayHaveAnotherNameThanItsUpload(t *testing.T) {
	for name, want := range map[string]string{
		"": "list.csv", "  ": "list.csv", "Leads": "Leads.csv", "Leads.CSV": "Leads.CSV", "Q1. 2026": "Q1. 2026.csv", "old.xlsx": "old.xlsx.csv",
	} {
		b := newBundle(t)
		kept, err := b.keep(t, "list.csv", twoColumns)
		require.NoError(t, err)
		job, _, err := b.submitKept(t, kept.ID, func(s *jobs.Submission) { s.Filename = name })
		require.NoError(t, err, name)
		require.Equal(t, want, job.Filename)
		require.Equal(t, "csv", job.List.Format)
	}
	b := newBundle(t)
	kept, err := b.keep(t, "list", "a.com\n")
	require.NoError(t, err)
	_, _, err = b.submitKept(t, kept.ID, func(s *jobs.Submission) { s.Filename = "../../x" })
	require.Equal(t, wsc.CodeInvalidFilename, wsc.CodeOf(err))
	job, _, err := b.submitKept(t, kept.ID, func(s *jobs.Submission) { s.Filename = "Leads" })
	require.NoError(t, err)
	require.Equal(t, "Leads", job.Filename)
}

func TestWhatCannotBeReadIsNotKept(t *testing.T) {
	for name, test := range map[string]struct {
		filename, content string
		code              wsc.Code
	}{
		"empty":               {"list.csv", "", wsc.CodeEmptyUpload},
		"unknown extension":   {"list.exe", "a.com\n", wsc.CodeUnsupportedType},
		"folders in the name": {"../../list.txt", "a.com\n", wsc.CodeInvalidFilename},
		"text as a workbook":  {"list.xlsx", "a.com\n", wsc.CodeInvalidXLSX},
		"broken JSON":         {"list.json", `["a.com"`, wsc.CodeInvalidJSON},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBundle(t)
			_, err := b.keep(t, test.filename, test.content)
			require.Equal(t, test.code, wsc.CodeOf(err), "%v", err)
			b.requireNothingLeft(t)
		})
	}
}

func TestARefusedSubmissionLeavesTheUploadWaiting(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.Quota.StoredURLs = 1 })
	kept, err := b.keep(t, "list.csv", twoColumns)
	require.NoError(t, err)
	for code, change := range map[wsc.Code]func(*jobs.Submission){
		wsc.CodeMissingColumn:  func(s *jobs.Submission) { s.Options.URLColumn = "third" },
		wsc.CodeNoValidURLs:    func(s *jobs.Submission) { s.Options.URLColumn = "name" },
		wsc.CodeInvalidOptions: func(s *jobs.Submission) { s.Options.TimeoutMS = 1 },
		wsc.CodeQuotaExceeded:  func(*jobs.Submission) {},
	} {
		_, _, err := b.submitKept(t, kept.ID, change)
		require.Equal(t, code, wsc.CodeOf(err), "%v", err)
		require.Len(t, b.files(t, b.blobDir), 1, "the upload and nothing else")
	}
	_, err = b.service.PreviewUpload(t.Context(), "me", kept.ID, jobs.Reading{})
	require.NoError(t, err)
}

func TestUploadsOfOthersAreNotFound(t *testing.T) {
	b := newBundle(t)
	kept, err := b.keep(t, "list.csv", twoColumns)
	require.NoError(t, err)
	_, unknown := b.service.PreviewUpload(t.Context(), "other", "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f", jobs.Reading{})
	_, preview := b.service.PreviewUpload(t.Context(), "other", kept.ID, jobs.Reading{})
	_, _, submit := b.submitKept(t, kept.ID, func(s *jobs.Submission) { s.Owner = "other" })
	for _, err := range []error{unknown, preview, submit, b.service.DropUpload(t.Context(), "other", kept.ID)} {
		require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
		require.ErrorContains(t, err, wsc.UploadNotFound().Message)
	}
	require.NoError(t, b.service.DropUpload(t.Context(), "me", kept.ID))
	b.requireNothingLeft(t)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(b.service.DropUpload(t.Context(), "me", kept.ID)))
}

func TestAnOwnerHasSoManyUploadsWaiting(t *testing.T) {
	b := newBundle(t)
	var last *wsc.Upload
	for range wsc.MaxWaitingUploads {
		var err error
		last, err = b.keep(t, "list.txt", "a.com\n")
		require.NoError(t, err)
	}
	_, err := b.keep(t, "list.txt", "a.com\n")
	require.Equal(t, wsc.CodeQuotaExceeded, wsc.CodeOf(err))
	require.Len(t, b.files(t, b.blobDir), wsc.MaxWaitingUploads, "the refused one is gone")
	require.NoError(t, b.service.DropUpload(t.Context(), "me", last.ID))
	_, err = b.keep(t, "list.txt", "a.com\n")
	require.NoError(t, err)
}

func TestARepeatedSubmissionOfAnUploadIsTheSameJob(t *testing.T) {
	b := newBundle(t)
	kept, err := b.keep(t, "list.csv", twoColumns)
	require.NoError(t, err)
	keyed := func(s *jobs.Submission) { s.IdempotencyKey = "once" }
	first, _, err := b.submitKept(t, kept.ID, keyed)
	require.NoError(t, err)
	again, replayed, err := b.submitKept(t, kept.ID, keyed)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, first, again)
	_, _, err = b.submitKept(t, kept.ID, keyed, func(s *jobs.Submission) { s.Filename = "other" })
	require.Equal(t, wsc.CodeIdempotencyConflict, wsc.CodeOf(err))
	other, err := b.keep(t, "list.csv", twoColumns)
	require.NoError(t, err)
	_, _, err = b.submitKept(t, other.ID, keyed)
	require.Equal(t, wsc.CodeIdempotencyConflict, wsc.CodeOf(err))
}

// Several servers submit one upload at once: it becomes one job, and nothing of the others is left.
func TestAnUploadBecomesOneJob(t *testing.T) {
	for name, key := range map[string]string{"without a key": "", "with a key": "once"} {
		t.Run(name, func(t *testing.T) {
			b := newBundle(t)
			kept, err := b.keep(t, "list.csv", twoColumns)
			require.NoError(t, err)
			var created, replayed atomic.Int64
			var wait sync.WaitGroup
			for range 8 {
				service, err := jobs.New(jobs.Config{
					Store: b.store, Workflows: b.workflows, Blobs: b.blobs, Defaults: wsc.Defaults{HostRate: 10, Retention: time.Hour}, SpoolDir: b.spool,
				})
				require.NoError(t, err)
				upload, err := service.NewUpload()
				require.NoError(t, err)
				wait.Go(func() {
					defer func() { _ = upload.Close() }()
					_, repeated, err := service.Submit(context.WithoutCancel(t.Context()), jobs.Submission{Owner: "me", UploadID: kept.ID, Upload: upload, IdempotencyKey: key})
					switch {
					case err == nil && repeated:
						replayed.Add(1)
					case err == nil:
						created.Add(1)
					case key != "" || wsc.CodeOf(err) != wsc.CodeNotFound:
						t.Errorf("submit: %v", err)
					}
				})
			}
			wait.Wait()
			require.EqualValues(t, 1, created.Load())
			if key != "" {
				require.EqualValues(t, 7, replayed.Load())
			}
			require.Len(t, b.workflows.starts(), 1)
			require.Len(t, b.files(t, b.blobDir), 1)
			b.requireNoUpload(t, kept.ID)
		})
	}
}

// uncertainRows is a store that stores uploads but loses the answers.
type uncertainRows struct{ jobs.Store }

func (u uncertainRows) CreateUpload(ctx context.Context, upload *wsc.Upload) error {
	return errors.Join(u.Store.CreateUpload(ctx, upload), wsc.Errorf(wsc.CodeStorageUnavailable, "connection lost"))
}

// brokenUploadRows is a store that can't store uploads.
type brokenUploadRows struct{ jobs.Store }

func (brokenUploadRows) CreateUpload(context.Context, *wsc.Upload) error {
	return wsc.Errorf(wsc.CodeStorageUnavailable, "down")
}

func TestAnUploadIsKeptAsAWholeOrNotAtAll(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.Store = uncertainRows{c.Store} })
	kept, err := b.keep(t, "list.txt", "a.com\n")
	require.NoError(t, err, "the row was stored")
	_, err = b.service.PreviewUpload(t.Context(), "me", kept.ID, jobs.Reading{})
	require.NoError(t, err)

	b = newBundle(t, func(c *jobs.Config) { c.Store = brokenUploadRows{c.Store} })
	_, err = b.keep(t, "list.txt", "a.com\n")
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	b.requireNothingLeft(t)

	b = newBundle(t)
	require.NoError(t, os.RemoveAll(b.blobDir))
	require.NoError(t, os.WriteFile(b.blobDir, nil, 0o600))
	_, err = b.keep(t, "list.txt", "a.com\n")
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
}

func TestExpiredUploadsAreDeleted(t *testing.T) {
	b := newBundle(t)
	old, err := b.keep(t, "list.txt", "a.com\n")
	require.NoError(t, err)
	b.now = b.now.Add(wsc.UploadLifetime)
	_, err = b.service.PreviewUpload(t.Context(), "me", old.ID, jobs.Reading{})
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	_, _, err = b.submitKept(t, old.ID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	fresh, err := b.keep(t, "list.txt", "a.com\n")
	require.NoError(t, err)
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.True(t, b.exists(t, wsc.WaitingUploadPath(old.ID)), "others may still be reading it")
	b.now = b.now.Add(11 * time.Minute)
	require.NoError(t, b.service.Reconcile(t.Context()))
	b.requireNoUpload(t, old.ID)
	require.True(t, b.exists(t, wsc.WaitingUploadPath(fresh.ID)))
}

// A process that dies between blob and row leaves one of them; the blob is found later.
func TestReconcileDeletesBlobsWithoutAnUpload(t *testing.T) {
	b := newBundle(t)
	kept, err := b.keep(t, "list.txt", "a.com\n")
	require.NoError(t, err)
	at := b.now.Add(-48 * time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(b.blobDir, filepath.FromSlash(wsc.WaitingUploadPath(kept.ID))), at, at))
	const orphan, fresh = "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f", "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e10"
	b.leave(t, wsc.WaitingUploadPath(orphan), 7*time.Hour)
	b.leave(t, wsc.WaitingUploadPath(fresh), 5*time.Hour)
	others := []string{"uploads/notes", "uploads/" + orphan + ".txt", "uploads/" + orphan[:8] + "/upload", "uploads2/" + orphan}
	for _, key := range others {
		b.leave(t, key, 48*time.Hour)
	}
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.False(t, b.exists(t, wsc.WaitingUploadPath(orphan)))
	for _, key := range append(others, wsc.WaitingUploadPath(kept.ID), wsc.WaitingUploadPath(fresh)) {
		require.True(t, b.exists(t, key), key)
	}
	b.now = b.now.Add(time.Hour)
	many := 150
	for i := range many {
		b.leave(t, wsc.WaitingUploadPath(fmt.Sprintf("01980f5e-7a2b-7c3d-8e4f-%012x", i)), 8*time.Hour)
	}
	before := len(b.files(t, b.blobDir))
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.Len(t, b.files(t, b.blobDir), before-100, "a sweep is bounded")
}

// silentUploads is a store that does not tell whether an upload exists.
type silentUploads struct{ jobs.Store }

func (silentUploads) Upload(context.Context, string) (*wsc.Upload, error) {
	return nil, wsc.Errorf(wsc.CodeStorageUnavailable, "down")
}

func TestTheSweepOfUploadsNeedsTheDatabase(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.Store = silentUploads{c.Store} })
	orphan := wsc.WaitingUploadPath("01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f")
	b.leave(t, orphan, 7*time.Hour)
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(b.service.Reconcile(t.Context())))
	require.True(t, b.exists(t, orphan))
	_, err := b.keep(t, "list.txt", "a.com\n")
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	require.Len(t, b.files(t, b.blobDir), 1, "noticed before anything was stored")
}
