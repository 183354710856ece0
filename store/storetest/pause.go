package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testPause(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	later := someTime().Add(time.Hour)
	paused := func(t *testing.T, id string) *wsc.Job {
		t.Helper()
		require.NoError(t, store.PauseJob(t.Context(), id))
		job := readJob(t, store, id)
		require.Equal(t, wsc.JobPaused, job.Status)
		return job
	}
	begun := func(t *testing.T) string {
		t.Helper()
		id := createJob(t, store).ID
		require.NoError(t, store.StartJob(t.Context(), id, later))
		return id
	}

	t.Run("a processing job pauses and goes on, each as often as it is asked", func(t *testing.T) {
		id := begun(t)
		first := paused(t, id)
		require.Equal(t, first, paused(t, id), "pausing again changes nothing")
		require.Equal(t, &later, first.StartedAt)
		require.Nil(t, first.FinishedAt)
		require.Nil(t, first.ExpiresAt, "a paused job does not expire")
		require.NoError(t, store.ResumeJob(t.Context(), id))
		resumed := readJob(t, store, id)
		require.Equal(t, wsc.JobProcessing, resumed.Status)
		require.NoError(t, store.ResumeJob(t.Context(), id))
		require.Equal(t, resumed, readJob(t, store, id), "resuming again changes nothing")
	})

	t.Run("a job that did not begin pauses, begins paused and goes on", func(t *testing.T) {
		id := createJob(t, store).ID
		paused(t, id)
		pending, err := store.PendingJobs(t.Context(), later, 1000)
		require.NoError(t, err)
		for _, job := range pending {
			require.NotEqual(t, id, job.ID, "a paused job is not taken for one that was not started")
		}
		require.NoError(t, store.StartJob(t.Context(), id, later))
		job := readJob(t, store, id)
		require.Equal(t, wsc.JobPaused, job.Status)
		require.Equal(t, &later, job.StartedAt)
		require.NoError(t, store.ResumeJob(t.Context(), id))
		require.Equal(t, wsc.JobProcessing, readJob(t, store, id).Status)
	})

	t.Run("a job that was resumed before it began is given the time when it begins", func(t *testing.T) {
		id := createJob(t, store).ID
		paused(t, id)
		require.NoError(t, store.ResumeJob(t.Context(), id))
		require.NoError(t, store.StartJob(t.Context(), id, later))
		job := readJob(t, store, id)
		require.Equal(t, wsc.JobProcessing, job.Status)
		require.Equal(t, &later, job.StartedAt)
	})

	t.Run("resuming a pending job leaves it pending", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.ResumeJob(t.Context(), id))
		require.Equal(t, wsc.JobPending, readJob(t, store, id).Status)
	})

	t.Run("what else changes a job leaves it paused", func(t *testing.T) {
		id := begun(t)
		paused(t, id)
		require.NoError(t, store.StartJob(t.Context(), id, later.Add(time.Hour)))
		require.NoError(t, store.SetJobTotals(t.Context(), id, wsc.JobTotals{TotalURLs: 10}))
		require.NoError(t, store.SetJobPhase(t.Context(), id, wsc.PhaseWaitingToRetry, 1, &later))
		insert(t, store, id, someResults(0, 10))
		job := readJob(t, store, id)
		require.Equal(t, wsc.JobPaused, job.Status)
		require.Equal(t, wsc.PhaseWaitingToRetry, job.Phase)
		require.Equal(t, &later, job.NextRetryAt)
		requireCountsEqualResults(t, store, id, 10)
	})

	t.Run("a paused job can be finished, and a finished one is neither paused nor resumed", func(t *testing.T) {
		for _, status := range []wsc.JobStatus{wsc.JobCompleted, wsc.JobFailed, wsc.JobCancelled} {
			id := begun(t)
			paused(t, id)
			require.NoError(t, store.FinishJob(t.Context(), id, wsc.JobFinish{Status: status, FinishedAt: later, ExpiresAt: later.Add(time.Hour)}))
			finished := readJob(t, store, id)
			require.Equal(t, status, finished.Status)
			require.NoError(t, store.PauseJob(t.Context(), id))
			require.NoError(t, store.ResumeJob(t.Context(), id))
			require.Equal(t, finished, readJob(t, store, id))
		}
	})

	t.Run("paused jobs are counted, listed and part of the quota", func(t *testing.T) {
		store := open(t)
		quota := wsc.JobQuota{ActiveJobs: 1}
		job := &wsc.Job{ID: newID(t), Owner: "owner", CreatedAt: someTime()}
		require.NoError(t, store.CreateJob(t.Context(), job, quota))
		require.NoError(t, store.PauseJob(t.Context(), job.ID))
		requireCode(t, wsc.CodeQuotaExceeded, store.CreateJob(t.Context(), &wsc.Job{ID: newID(t), Owner: "owner", CreatedAt: someTime()}, quota))
		counts, err := store.CountJobs(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[wsc.JobStatus]int64{wsc.JobPaused: 1}, counts)
		listed, err := store.Jobs(t.Context(), wsc.JobFilter{Statuses: []wsc.JobStatus{wsc.JobPaused}, Limit: 10})
		require.NoError(t, err)
		require.Len(t, listed, 1)
		expired, err := store.ExpiredJobs(t.Context(), someTime().AddDate(100, 0, 0), 10)
		require.NoError(t, err)
		require.Empty(t, expired)
	})
}

// requireCountsEqualResults is requireCountsEqualRows for a job whose list was counted, and has the given results.
func requireCountsEqualResults(t *testing.T, store Store, jobID string, results int) {
	t.Helper()
	all := allResults(t, store, jobID)
	require.Len(t, all, results)
	want := countsOf(all)
	want.TotalURLs = readJob(t, store, jobID).TotalURLs
	require.Equal(t, want, readJob(t, store, jobID).JobCounts)
}
