package jobs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

// leave stores a blob that was written hours ago.
func (b *bundle) leave(t *testing.T, key string, age time.Duration) {
	t.Helper()
	require.NoError(t, b.blobs.WriteAll(t.Context(), key, []byte("x"), nil))
	at := b.now.Add(-age)
	require.NoError(t, os.Chtimes(filepath.Join(b.blobDir, filepath.FromSlash(key)), at, at))
}

func (b *bundle) exists(t *testing.T, key string) bool {
	t.Helper()
	found, err := b.blobs.Exists(t.Context(), key)
	require.NoError(t, err)
	return found
}

func TestReconcileDeletesFilesWithoutAJob(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	id := func() string { return uuid.Must(uuid.NewV7()).String() }
	orphan, late, fresh, upper := id(), id(), id(), "01980F5E-7A2B-7C3D-8E4F-5A6B7C8D9E0F"

	b.leave(t, wsc.UploadPath(job.ID), 48*time.Hour)
	b.leave(t, wsc.UploadPath(orphan), 7*time.Hour)
	b.leave(t, wsc.JobFolder(orphan)+"plan/0", 7*time.Hour)
	b.leave(t, wsc.UploadPath(late), 7*time.Hour)
	b.leave(t, wsc.JobFolder(late)+"export.csv", time.Hour)
	b.leave(t, wsc.UploadPath(fresh), 5*time.Hour)
	kept := []string{wsc.UploadPath(job.ID), wsc.UploadPath(late), wsc.JobFolder(late) + "export.csv", wsc.UploadPath(fresh)}
	for _, notAJobs := range []string{
		"jobs/notes/upload", wsc.UploadPath(upper), "jobs/" + orphan[:35] + "/upload", "jobs/" + fresh + ".txt",
		"jobs2/" + orphan + "/upload", orphan + "/upload",
	} {
		b.leave(t, notAJobs, 48*time.Hour)
		kept = append(kept, notAJobs)
	}

	require.NoError(t, b.service.Reconcile(t.Context()))
	require.False(t, b.exists(t, wsc.UploadPath(orphan)))
	require.False(t, b.exists(t, wsc.JobFolder(orphan)+"plan/0"))
	for _, key := range kept {
		require.True(t, b.exists(t, key), key)
	}

	b.leave(t, wsc.UploadPath(orphan), 7*time.Hour)
	b.now = b.now.Add(59 * time.Minute)
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.True(t, b.exists(t, wsc.UploadPath(orphan)), "at most once an hour")
	b.now = b.now.Add(time.Minute)
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.False(t, b.exists(t, wsc.UploadPath(orphan)))
}

func TestSweepIsBoundedAndGoesOn(t *testing.T) {
	b := newBundle(t)
	const many = 250
	for i := range many {
		b.leave(t, wsc.UploadPath(fmt.Sprintf("01980f5e-7a2b-7c3d-8e4f-%012x", i)), 7*time.Hour)
	}
	left := many
	for left > 0 {
		require.NoError(t, b.service.Reconcile(t.Context()))
		now := len(b.files(t, b.blobDir))
		require.Less(t, now, left, "every sweep deletes some")
		require.LessOrEqual(t, left-now, 100, "but not all at once")
		left = now
		b.now = b.now.Add(time.Hour)
	}
}

// silentRows is a store that does not tell whether a job exists.
type silentRows struct{ jobs.Store }

func (silentRows) Job(context.Context, string) (*wsc.Job, error) {
	return nil, wsc.Errorf(wsc.CodeStorageUnavailable, "down")
}

// Without an answer of the database nothing is deleted.
func TestSweepNeedsTheDatabase(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) { c.Store = silentRows{c.Store} })
	orphan := wsc.UploadPath("01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f")
	b.leave(t, orphan, 7*time.Hour)
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(b.service.Reconcile(t.Context())))
	require.True(t, b.exists(t, orphan))
}
