package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// testJobActions: what people do with a job after it was submitted.
func testJobActions(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	finished := func(t *testing.T, status wsc.JobStatus) string {
		t.Helper()
		id := createJob(t, store).ID
		finish := wsc.JobFinish{Status: status, FinishedAt: someTime(), ExpiresAt: someTime().Add(time.Hour)}
		require.NoError(t, store.FinishJob(t.Context(), id, finish))
		return id
	}

	t.Run("a job tells which one it repeats", func(t *testing.T) {
		first := createJob(t, store)
		again := createJob(t, store, func(j *wsc.Job) { j.RetryOf = first.ID })
		require.Equal(t, first.ID, readJob(t, store, again.ID).RetryOf)
		require.Empty(t, readJob(t, store, first.ID).RetryOf)
		require.NoError(t, store.DeleteJob(t.Context(), first.ID))
		require.Equal(t, first.ID, readJob(t, store, again.ID).RetryOf, "also when that one is gone")
		wrong := &wsc.Job{ID: newID(t), RetryOf: "'; --", CreatedAt: someTime()}
		require.Error(t, store.CreateJob(t.Context(), wrong, wsc.JobQuota{}))
	})

	for _, status := range []wsc.JobStatus{wsc.JobCompleted, wsc.JobFailed, wsc.JobCancelled} {
		t.Run("the expiry of a "+string(status)+" job moves later and earlier", func(t *testing.T) {
			id := finished(t, status)
			for n, at := range []time.Time{someTime().Add(720 * time.Hour), someTime().Add(2 * time.Minute)} {
				now := someTime().Add(time.Duration(n+1) * time.Second)
				require.NoError(t, store.SetJobExpiry(t.Context(), id, at, now))
				job := readJob(t, store, id)
				require.Equal(t, &at, job.ExpiresAt)
				require.Equal(t, now, job.UpdatedAt)
			}
		})
	}
	t.Run("the expiry of a job that runs, or has expired, does not move", func(t *testing.T) {
		for _, id := range []string{createJob(t, store).ID, finished(t, wsc.JobCompleted)} {
			before := readJob(t, store, id)
			requireCode(t, wsc.CodeConflict, store.SetJobExpiry(t.Context(), id, someTime().Add(48*time.Hour), someTime().Add(time.Hour)))
			require.Equal(t, before, readJob(t, store, id))
		}
	})
	t.Run("a deletion is set, moved and taken back, whatever the status", func(t *testing.T) {
		for _, id := range []string{createJob(t, store).ID, finished(t, wsc.JobCompleted)} {
			first, second := someTime().Add(time.Minute), someTime().Add(time.Second)
			for _, at := range []*time.Time{&first, &second, nil, nil} {
				require.NoError(t, store.SetJobDeletion(t.Context(), id, at, someTime()))
				require.Equal(t, at, readJob(t, store, id).DeleteAt)
			}
		}
	})
	t.Run("what is due is not taken back", func(t *testing.T) {
		id, at := createJob(t, store).ID, someTime().Add(time.Minute)
		require.NoError(t, store.SetJobDeletion(t.Context(), id, &at, someTime()))
		requireCode(t, wsc.CodeConflict, store.SetJobDeletion(t.Context(), id, nil, at))
		require.Equal(t, &at, readJob(t, store, id).DeleteAt)
	})
	t.Run("jobs to delete are those whose time has come, the longest due first", func(t *testing.T) {
		far := someTime().AddDate(10, 0, 0)
		var ids []string
		for n := range 4 {
			id := createJob(t, store).ID
			require.NoError(t, store.SetJobDeletion(t.Context(), id, new(far.Add(-time.Duration(n)*time.Hour)), someTime()))
			ids = append(ids, id)
		}
		due := func(limit int) []string {
			found, err := store.JobsToDelete(t.Context(), far, limit)
			require.NoError(t, err)
			var got []string
			for _, job := range found {
				if job.DeleteAt.After(far.AddDate(-1, 0, 0)) { // not those of the other tests
					got = append(got, job.ID)
				}
			}
			return got
		}
		require.Equal(t, []string{ids[3], ids[2], ids[1]}, due(1000))
		require.NoError(t, store.DeleteJob(t.Context(), ids[3]))
		require.Equal(t, []string{ids[2], ids[1]}, due(1000))
	})
}
