package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// someUpload is an upload that no store holds yet.
func someUpload(t *testing.T, owner string) *wsc.Upload {
	t.Helper()
	return &wsc.Upload{
		ID: newID(t), Owner: owner, Filename: "list \x00ü.csv", Size: 1 << 40,
		CreatedAt: someTime(), ExpiresAt: someTime().Add(wsc.UploadLifetime),
	}
}

func createUpload(t *testing.T, store Store, owner string) *wsc.Upload {
	t.Helper()
	upload := someUpload(t, owner)
	require.NoError(t, store.CreateUpload(t.Context(), upload))
	return upload
}

func testUploads(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	t.Run("an upload is read as it was created, until it is deleted", func(t *testing.T) {
		store := open(t)
		upload := createUpload(t, store, "a")
		requireCode(t, wsc.CodeConflict, store.CreateUpload(t.Context(), upload))
		other := createUpload(t, store, "a")
		read, err := store.Upload(t.Context(), upload.ID)
		require.NoError(t, err)
		upload.Filename = "list ü.csv"
		require.Equal(t, upload, read)
		require.NoError(t, store.DeleteUpload(t.Context(), upload.ID))
		_, err = store.Upload(t.Context(), upload.ID)
		requireCode(t, wsc.CodeNotFound, err)
		requireCode(t, wsc.CodeNotFound, store.DeleteUpload(t.Context(), upload.ID))
		_, err = store.Upload(t.Context(), other.ID)
		require.NoError(t, err)
	})
	t.Run("what is no id names no upload", func(t *testing.T) {
		store := open(t)
		for _, id := range []string{"", "x", newID(t), "'; DROP TABLE uploads --"} {
			_, err := store.Upload(t.Context(), id)
			requireCode(t, wsc.CodeNotFound, err)
			requireCode(t, wsc.CodeNotFound, store.DeleteUpload(t.Context(), id))
			requireCode(t, wsc.CodeNotFound, store.CreateJobFromUpload(t.Context(), &wsc.Job{ID: newID(t), CreatedAt: someTime()}, wsc.JobQuota{}, id))
		}
		bad := someUpload(t, "a")
		bad.ID = "x"
		require.Error(t, store.CreateUpload(t.Context(), bad))
	})
	t.Run("expired uploads", func(t *testing.T) { testExpiredUploads(t, open(t)) })
	t.Run("waiting uploads are those of one owner, newest first", func(t *testing.T) { testListOfUploads(t, open(t)) })
	t.Run("an owner has so many at a time", func(t *testing.T) { testWaitingUploads(t, open(t)) })
	t.Run("an upload becomes a job", func(t *testing.T) { testJobFromUpload(t, open(t)) })
	t.Run("an upload becomes one job", func(t *testing.T) { testOneJobFromUpload(t, open(t)) })
}

func testExpiredUploads(t *testing.T, store Store) {
	t.Helper()
	var ids []string
	for i := range 4 {
		upload := someUpload(t, "a")
		upload.ExpiresAt = someTime().Add(time.Duration(4-i) * time.Microsecond)
		require.NoError(t, store.CreateUpload(t.Context(), upload))
		ids = append([]string{upload.ID}, ids...)
	}
	expired := func(before time.Time, limit int) (found []string) {
		uploads, err := store.ExpiredUploads(t.Context(), before, limit)
		require.NoError(t, err)
		for _, upload := range uploads {
			require.Equal(t, "a", upload.Owner)
			found = append(found, upload.ID)
		}
		return found
	}
	require.Empty(t, expired(someTime(), 10))
	require.Equal(t, ids[:3], expired(someTime().Add(4*time.Microsecond), 10))
	require.Equal(t, ids[:2], expired(someTime().Add(time.Hour), 2))
}

func testListOfUploads(t *testing.T, store Store) {
	t.Helper()
	later, earlier, expired := someUpload(t, "a\x00"), someUpload(t, "a"), someUpload(t, "a")
	later.CreatedAt = earlier.CreatedAt.Add(time.Microsecond)
	expired.ExpiresAt = someTime().Add(time.Second)
	for _, upload := range []*wsc.Upload{later, earlier, expired} {
		require.NoError(t, store.CreateUpload(t.Context(), upload))
	}
	createUpload(t, store, "b")
	waiting, err := store.WaitingUploads(t.Context(), "a", someTime().Add(time.Second))
	require.NoError(t, err)
	for _, upload := range []*wsc.Upload{later, earlier} {
		upload.Owner, upload.Filename = "a", "list ü.csv"
	}
	require.Equal(t, []wsc.Upload{*later, *earlier}, waiting)
	waiting, err = store.WaitingUploads(t.Context(), "nobody", someTime())
	require.NoError(t, err)
	require.Empty(t, waiting)
}

func testWaitingUploads(t *testing.T, store Store) {
	t.Helper()
	for range 3 {
		expired := someUpload(t, "a")
		expired.ExpiresAt = someTime()
		require.NoError(t, store.CreateUpload(t.Context(), expired))
	}
	var wait sync.WaitGroup
	var accepted atomic.Int64
	for range 2 * wsc.MaxWaitingUploads {
		upload := someUpload(t, "a")
		wait.Go(func() {
			if err := store.CreateUpload(t.Context(), upload); err == nil {
				accepted.Add(1)
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, wsc.MaxWaitingUploads, accepted.Load(), "those that have expired do not count")
	refused := someUpload(t, "a")
	requireCode(t, wsc.CodeQuotaExceeded, store.CreateUpload(t.Context(), refused))
	_, err := store.Upload(t.Context(), refused.ID)
	requireCode(t, wsc.CodeNotFound, err)
	createUpload(t, store, "b")
}

func testJobFromUpload(t *testing.T, store Store) {
	t.Helper()
	upload, other := createUpload(t, store, "a"), createUpload(t, store, "b")
	create := func(owner, uploadID string, change func(*wsc.Job, *wsc.JobQuota)) (string, error) {
		job, quota := &wsc.Job{ID: newID(t), Owner: owner, CreatedAt: someTime()}, wsc.JobQuota{}
		if change != nil {
			change(job, &quota)
		}
		return job.ID, store.CreateJobFromUpload(t.Context(), job, quota, uploadID)
	}
	refused := func(code wsc.Code, owner, uploadID string, change func(*wsc.Job, *wsc.JobQuota)) {
		id, err := create(owner, uploadID, change)
		requireCode(t, code, err)
		_, err = store.Job(t.Context(), id)
		requireCode(t, wsc.CodeNotFound, err)
	}
	refused(wsc.CodeNotFound, "a", other.ID, nil)
	refused(wsc.CodeNotFound, "a", newID(t), nil)
	refused(wsc.CodeNotFound, "a", upload.ID, func(job *wsc.Job, _ *wsc.JobQuota) { job.CreatedAt = upload.ExpiresAt })
	refused(wsc.CodeQuotaExceeded, "a", upload.ID, func(job *wsc.Job, quota *wsc.JobQuota) { job.ClaimedURLs, quota.StoredURLs = 2, 1 })
	for _, waiting := range []*wsc.Upload{upload, other} {
		_, err := store.Upload(t.Context(), waiting.ID)
		require.NoError(t, err, "what was refused used nothing up")
	}

	keyed := func(job *wsc.Job, _ *wsc.JobQuota) { job.IdempotencyKey = "once" }
	id, err := create("a", upload.ID, keyed)
	require.NoError(t, err)
	require.Equal(t, "a", readJob(t, store, id).Owner)
	_, err = store.Upload(t.Context(), upload.ID)
	requireCode(t, wsc.CodeNotFound, err)
	refused(wsc.CodeNotFound, "a", upload.ID, nil)
	refused(wsc.CodeConflict, "a", upload.ID, keyed) // which leads to the earlier job
	_, err = store.Upload(t.Context(), other.ID)
	require.NoError(t, err)
}

func testOneJobFromUpload(t *testing.T, store Store) {
	t.Helper()
	upload := createUpload(t, store, "a")
	var wait sync.WaitGroup
	var created atomic.Int64
	outcomes := make(chan error, 20)
	for range cap(outcomes) {
		job := &wsc.Job{ID: newID(t), Owner: "a", CreatedAt: someTime()}
		wait.Go(func() {
			err := store.CreateJobFromUpload(t.Context(), job, wsc.JobQuota{}, upload.ID)
			if err == nil {
				created.Add(1)
				return
			}
			outcomes <- err
		})
	}
	wait.Wait()
	close(outcomes)
	require.EqualValues(t, 1, created.Load())
	for err := range outcomes {
		requireCode(t, wsc.CodeNotFound, err)
	}
	jobs, err := store.Jobs(t.Context(), wsc.JobFilter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, jobs, 1)
}
