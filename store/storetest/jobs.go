package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testJobs(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	later := someTime().Add(time.Hour)

	t.Run("a created job is read back as it was", func(t *testing.T) {
		created := createJob(t, store, func(j *wsc.Job) {
			j.Phase = wsc.PhaseValidating
			j.Options = wsc.Options{TimeoutMS: 500, Retries: new(0), Headers: map[string]string{"X-A": wsc.MaskedHeaderValue}, HostRate: new(2.5)}
			j.SealedHeaders = "wsc1.abc"
			j.List = &wsc.List{Format: "csv", Encoding: "utf-8", HasHeader: true, Columns: []string{"a", "b"}}
			j.UploadPath, j.ExportPaths = "uploads/1", map[string]string{"csv": "exports/1.csv"}
			j.ScheduleID, j.IdempotencyKey, j.RequestHash = "schedule", "key of this test", "hash"
			j.ExpiresAt = new(later)
		})
		require.Equal(t, created, readJob(t, store, created.ID))
	})

	t.Run("jobs are read by their ids, each once", func(t *testing.T) {
		first, second := readJob(t, store, createJob(t, store).ID), readJob(t, store, createJob(t, store).ID)
		createJob(t, store)
		found, err := store.JobsByID(t.Context(), []string{second.ID, newID(t), first.ID, "'; --", second.ID, ""})
		require.NoError(t, err)
		require.ElementsMatch(t, []wsc.Job{*first, *second}, found)
		for _, none := range [][]string{nil, {}, {newID(t)}, {"no id"}} {
			found, err = store.JobsByID(t.Context(), none)
			require.NoError(t, err)
			require.Empty(t, found)
		}
	})

	t.Run("header values are not stored beside the sealed ones", func(t *testing.T) {
		created := createJob(t, store, func(j *wsc.Job) {
			j.Options = wsc.Options{Headers: map[string]string{"Authorization": "secret"}}
			j.SealedHeaders = "wsc1.abc"
		})
		job := readJob(t, store, created.ID)
		require.Equal(t, map[string]string{"Authorization": wsc.MaskedHeaderValue}, job.Options.Headers)
		require.Equal(t, "wsc1.abc", job.SealedHeaders)
		require.Nil(t, job.PlainHeaders)
	})

	t.Run("header values from before they were sealed are read apart from the options", func(t *testing.T) {
		headers := map[string]string{"X-A": "é\x00", "X-Empty": ""}
		created := createJob(t, store, func(j *wsc.Job) { j.Options = wsc.Options{TimeoutMS: 500, Headers: headers} })
		job := readJob(t, store, created.ID)
		require.Equal(t, headers, job.PlainHeaders)
		require.Equal(t, map[string]string{"X-A": wsc.MaskedHeaderValue, "X-Empty": wsc.MaskedHeaderValue}, job.Options.Headers)
		require.Equal(t, 500, job.Options.TimeoutMS)
		require.Empty(t, job.SealedHeaders)
	})

	t.Run("a new job is pending whatever the caller filled in", func(t *testing.T) {
		created := createJob(t, store, func(j *wsc.Job) {
			j.Status, j.Phase, j.ProcessedURLs = wsc.JobCompleted, wsc.PhaseDone, 5
		})
		job := readJob(t, store, created.ID)
		require.Equal(t, wsc.JobPending, job.Status)
		require.Equal(t, wsc.PhaseValidating, job.Phase)
		require.Zero(t, job.JobCounts)
	})

	t.Run("times keep microseconds, drop what is finer and come in UTC", func(t *testing.T) {
		zone := time.FixedZone("UTC+3", 3*60*60)
		created := createJob(t, store, func(j *wsc.Job) {
			j.CreatedAt = time.Date(2026, 1, 2, 3, 4, 5, 123456999, zone)
		})
		require.Equal(t, time.Date(2026, 1, 2, 0, 4, 5, 123456000, time.UTC), readJob(t, store, created.ID).CreatedAt)
	})

	t.Run("start makes a pending job processing, once", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.StartJob(t.Context(), id, later))
		require.NoError(t, store.StartJob(t.Context(), id, later.Add(time.Hour)))
		job := readJob(t, store, id)
		require.Equal(t, wsc.JobProcessing, job.Status)
		require.Equal(t, &later, job.StartedAt)
	})

	t.Run("phase, pass and next retry change together", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.SetJobPhase(t.Context(), id, wsc.PhaseWaitingToRetry, 2, &later))
		job := readJob(t, store, id)
		require.Equal(t, wsc.PhaseWaitingToRetry, job.Phase)
		require.Equal(t, 2, job.Pass)
		require.Equal(t, &later, job.NextRetryAt)
		require.True(t, job.UpdatedAt.After(someTime()), "updated_at is the time of the change")
		require.NoError(t, store.SetJobPhase(t.Context(), id, wsc.PhaseChecking, 2, nil))
		require.Nil(t, readJob(t, store, id).NextRetryAt)
	})

	t.Run("totals are set, and setting them again changes nothing", func(t *testing.T) {
		id := createJob(t, store).ID
		totals := wsc.JobTotals{TotalURLs: 10, DuplicateCount: 2, BlankCount: 1, List: &wsc.List{Format: "txt", Encoding: "utf-16le"}}
		require.NoError(t, store.SetJobTotals(t.Context(), id, totals))
		first := readJob(t, store, id)
		require.Equal(t, wsc.JobCounts{TotalURLs: 10, DuplicateCount: 2, BlankCount: 1}, first.JobCounts)
		require.Equal(t, totals.List, first.List)
		require.NoError(t, store.SetJobTotals(t.Context(), id, totals))
		require.Equal(t, first, readJob(t, store, id))
	})

	t.Run("exports are set and replaced", func(t *testing.T) {
		id := createJob(t, store).ID
		for _, paths := range []map[string]string{{"csv": "a"}, {"csv": "b", "xlsx": "c"}} {
			require.NoError(t, store.SetJobExports(t.Context(), id, paths))
			require.Equal(t, paths, readJob(t, store, id).ExportPaths)
		}
	})

	for _, status := range []wsc.JobStatus{wsc.JobCompleted, wsc.JobFailed, wsc.JobCancelled} {
		t.Run(fmt.Sprintf("a %s job keeps its status and times", status), func(t *testing.T) {
			testFinished(t, store, status)
		})
	}

	t.Run("a status that is not final can't finish a job", func(t *testing.T) {
		require.Error(t, store.FinishJob(t.Context(), createJob(t, store).ID, wsc.JobFinish{Status: wsc.JobPaused, FinishedAt: later}))
	})
}

func testFinished(t *testing.T, store Store, status wsc.JobStatus) {
	t.Helper()
	id := createJob(t, store).ID
	at := someTime().Add(time.Hour)
	require.NoError(t, store.SetJobPhase(t.Context(), id, wsc.PhaseWaitingToRetry, 1, &at))
	finish := wsc.JobFinish{Status: status, ErrorMessage: "because", FinishedAt: at, ExpiresAt: at.Add(24 * time.Hour)}
	require.NoError(t, store.FinishJob(t.Context(), id, finish))

	finished := readJob(t, store, id)
	require.Equal(t, status, finished.Status)
	require.Equal(t, "because", finished.ErrorMessage)
	require.Equal(t, &finish.FinishedAt, finished.FinishedAt)
	require.Equal(t, &finish.ExpiresAt, finished.ExpiresAt)
	require.Nil(t, finished.NextRetryAt, "a finished job waits for nothing")

	other := wsc.JobFinish{Status: wsc.JobFailed, ErrorMessage: "other", FinishedAt: at.Add(time.Hour), ExpiresAt: at.Add(time.Hour)}
	require.NoError(t, store.FinishJob(t.Context(), id, other))
	require.NoError(t, store.StartJob(t.Context(), id, at))
	require.NoError(t, store.SetJobPhase(t.Context(), id, wsc.PhaseChecking, 7, nil))
	require.Equal(t, finished, readJob(t, store, id))

	for _, phase := range []wsc.JobPhase{wsc.PhaseExporting, wsc.PhaseDone} {
		require.NoError(t, store.SetJobPhase(t.Context(), id, phase, 1, nil))
		job := readJob(t, store, id)
		require.Equal(t, phase, job.Phase)
		require.Equal(t, status, job.Status)
		require.Equal(t, finished.FinishedAt, job.FinishedAt)
	}
}

func testIdempotency(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	withKey := func(owner, key string) func(*wsc.Job) {
		return func(j *wsc.Job) { j.Owner, j.IdempotencyKey = owner, key }
	}
	first := createJob(t, store, withKey("a", "k"))

	t.Run("the same owner and key is a conflict", func(t *testing.T) {
		again := &wsc.Job{ID: newID(t), Owner: "a", IdempotencyKey: "k", CreatedAt: someTime()}
		requireCode(t, wsc.CodeConflict, store.CreateJob(t.Context(), again, wsc.JobQuota{}))
		_, err := store.Job(t.Context(), again.ID)
		requireCode(t, wsc.CodeNotFound, err)
	})
	t.Run("the same id is a conflict", func(t *testing.T) {
		requireCode(t, wsc.CodeConflict, store.CreateJob(t.Context(), &wsc.Job{ID: first.ID, CreatedAt: someTime()}, wsc.JobQuota{}))
	})
	t.Run("another owner may use the key", func(t *testing.T) {
		other := createJob(t, store, withKey("b", "k"))
		found, err := store.JobByIdempotencyKey(t.Context(), "b", "k")
		require.NoError(t, err)
		require.Equal(t, other.ID, found.ID)
	})
	t.Run("jobs without a key never conflict and are not found by the empty key", func(t *testing.T) {
		createJob(t, store, withKey("a", ""))
		createJob(t, store, withKey("a", ""))
		_, err := store.JobByIdempotencyKey(t.Context(), "a", "")
		requireCode(t, wsc.CodeNotFound, err)
	})
	t.Run("the job is found by its key", func(t *testing.T) {
		found, err := store.JobByIdempotencyKey(t.Context(), "a", "k")
		require.NoError(t, err)
		require.Equal(t, first.ID, found.ID)
		_, err = store.JobByIdempotencyKey(t.Context(), "a", "unknown")
		requireCode(t, wsc.CodeNotFound, err)
	})
	t.Run("of many that come at once one wins", func(t *testing.T) {
		requireOneWins(t, store, "race", someTime())
	})
	t.Run("an old job loses its key to a new one", func(t *testing.T) {
		old := createJob(t, store, withKey("a", "daily"))
		next := &wsc.Job{ID: newID(t), Owner: "a", IdempotencyKey: "daily", CreatedAt: someTime().Add(wsc.IdempotencyWindow - time.Microsecond)}
		requireCode(t, wsc.CodeConflict, store.CreateJob(t.Context(), next, wsc.JobQuota{}))
		found, err := store.JobByIdempotencyKey(t.Context(), "a", "daily")
		require.NoError(t, err)
		require.Equal(t, old.ID, found.ID, "a refused job takes nothing away")

		next.CreatedAt = someTime().Add(wsc.IdempotencyWindow)
		require.NoError(t, store.CreateJob(t.Context(), next, wsc.JobQuota{}))
		found, err = store.JobByIdempotencyKey(t.Context(), "a", "daily")
		require.NoError(t, err)
		require.Equal(t, next.ID, found.ID)
		require.Empty(t, readJob(t, store, old.ID).IdempotencyKey)
	})
	t.Run("of many that come at once for an old key one wins", func(t *testing.T) {
		createJob(t, store, withKey("a", "old race"))
		other := createJob(t, store, withKey("b", "old race"))
		requireOneWins(t, store, "old race", someTime().Add(wsc.IdempotencyWindow))
		require.Equal(t, "old race", readJob(t, store, other.ID).IdempotencyKey, "another owner's key is left alone")
	})
}

// requireOneWins lets owner a create many jobs with one key at once.
func requireOneWins(t *testing.T, store Store, key string, at time.Time) {
	t.Helper()
	const callers = 8
	outcomes := make(chan error, callers)
	for range callers {
		job := &wsc.Job{ID: newID(t), Owner: "a", IdempotencyKey: key, CreatedAt: at}
		go func() { outcomes <- store.CreateJob(t.Context(), job, wsc.JobQuota{}) }()
	}
	created := 0
	for range callers {
		if err := <-outcomes; err == nil {
			created++
		} else {
			requireCode(t, wsc.CodeConflict, err)
		}
	}
	require.Equal(t, 1, created)
}
