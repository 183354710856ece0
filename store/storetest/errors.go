package storetest

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// calls are all methods that take a context, on one job.
func calls(store Store, id string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Job":           func(ctx context.Context) error { _, err := store.Job(ctx, id); return err },
		"StartJob":      func(ctx context.Context) error { return store.StartJob(ctx, id, someTime()) },
		"PauseJob":      func(ctx context.Context) error { return store.PauseJob(ctx, id) },
		"ResumeJob":     func(ctx context.Context) error { return store.ResumeJob(ctx, id) },
		"SetJobPhase":   func(ctx context.Context) error { return store.SetJobPhase(ctx, id, wsc.PhaseDone, 0, nil) },
		"SetJobTotals":  func(ctx context.Context) error { return store.SetJobTotals(ctx, id, wsc.JobTotals{}) },
		"SetJobExports": func(ctx context.Context) error { return store.SetJobExports(ctx, id, nil) },
		"SetJobExpiry": func(ctx context.Context) error {
			return store.SetJobExpiry(ctx, id, someTime().Add(time.Hour), someTime())
		},
		"SetJobDeletion": func(ctx context.Context) error { return store.SetJobDeletion(ctx, id, nil, someTime()) },
		"InsertResults":  func(ctx context.Context) error { _, err := store.InsertResults(ctx, id, someResults(0, 2)); return err },
		"insert nothing": func(ctx context.Context) error { _, err := store.InsertResults(ctx, id, nil); return err },
		"DoneSeqs":       func(ctx context.Context) error { _, err := store.DoneSeqs(ctx, id, []int64{1}); return err },
		"ResultsBySeq":   func(ctx context.Context) error { _, err := store.ResultsBySeq(ctx, id, []int64{1}); return err },
		"Stats":          func(ctx context.Context) error { _, err := store.Stats(ctx, id); return err },
		"DiffCounts":     func(ctx context.Context) error { _, err := store.DiffCounts(ctx, id, id); return err },
		"Diff": func(ctx context.Context) error {
			_, err := store.Diff(ctx, id, id, wsc.DiffFilter{Limit: 1})
			return err
		},
		"FinishJob": func(ctx context.Context) error {
			return store.FinishJob(ctx, id, wsc.JobFinish{Status: wsc.JobFailed, FinishedAt: someTime()})
		},
		"EachResult": func(ctx context.Context) error {
			return store.EachResult(ctx, id, wsc.ResultFilter{}, func(*wsc.Result) error { return nil })
		},
		"Defer": func(ctx context.Context) error {
			return store.Defer(ctx, id, []wsc.Deferred{someDeferred(5, 1, someTime())})
		},
		"DeferredAttempts": func(ctx context.Context) error { _, err := store.DeferredAttempts(ctx, id, []int64{1}); return err },
		"DeferredSummary":  func(ctx context.Context) error { _, _, err := store.DeferredSummary(ctx, id); return err },
		"EachDeferred": func(ctx context.Context) error {
			return store.EachDeferred(ctx, id, someTime(), func(*wsc.Deferred) error { return nil })
		},
	}
}

// callsWithoutJob are the other methods.
func callsWithoutJob(store Store, id string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Ping": func(ctx context.Context) error { return store.Ping(ctx) },
		"CreateJob": func(ctx context.Context) error {
			return store.CreateJob(ctx, &wsc.Job{ID: id, CreatedAt: someTime()}, wsc.JobQuota{})
		},
		"JobByIdempotencyKey": func(ctx context.Context) error { _, err := store.JobByIdempotencyKey(ctx, "o", "k"); return err },
		"JobsByID":            func(ctx context.Context) error { _, err := store.JobsByID(ctx, []string{id}); return err },
		"SchemaVersion":       func(ctx context.Context) error { _, err := store.SchemaVersion(ctx); return err },
		"CountJobs":           func(ctx context.Context) error { _, err := store.CountJobs(ctx); return err },
		"Jobs":                func(ctx context.Context) error { _, err := store.Jobs(ctx, wsc.JobFilter{Limit: 1}); return err },
		"ExpiredJobs":         func(ctx context.Context) error { _, err := store.ExpiredJobs(ctx, someTime(), 1); return err },
		"JobsToDelete":        func(ctx context.Context) error { _, err := store.JobsToDelete(ctx, someTime(), 1); return err },
		"PendingJobs":         func(ctx context.Context) error { _, err := store.PendingJobs(ctx, someTime(), 1); return err },
		"Results": func(ctx context.Context) error {
			_, err := store.Results(ctx, id, wsc.ResultFilter{Limit: 1})
			return err
		},
		"DeleteJob":       func(ctx context.Context) error { return store.DeleteJob(ctx, id) },
		"SlowHost":        func(ctx context.Context) error { _, err := store.SlowHost(ctx, "a.example", time.Second); return err },
		"ForgetIdleHosts": func(ctx context.Context) error { return store.ForgetIdleHosts(ctx, time.Second) },
		"ReserveSlots": func(ctx context.Context) error {
			_, err := store.ReserveSlots(ctx, []wsc.SlotRequest{{Host: "a.example", Count: 1, Interval: time.Second}}, within(time.Minute))
			return err
		},
	}
}

func testErrors(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	require.NoError(t, store.Ping(t.Context()))

	for _, unknown := range []struct{ name, id string }{{"an unknown job", newID(t)}, {"what is not an id", "'; --"}, {"no id", ""}} {
		for name, call := range calls(store, unknown.id) {
			t.Run(name+" of "+unknown.name+" is not found", func(t *testing.T) {
				requireCode(t, wsc.CodeNotFound, call(t.Context()))
			})
		}
		t.Run("Results of "+unknown.name+" are none", func(t *testing.T) {
			page, err := store.Results(t.Context(), unknown.id, wsc.ResultFilter{Limit: 10})
			require.NoError(t, err)
			require.Empty(t, page)
		})
	}
	t.Run("what was not found left nothing behind", func(t *testing.T) {
		id := newID(t)
		for _, call := range calls(store, id) {
			require.Error(t, call(t.Context()))
		}
		require.NoError(t, store.CreateJob(t.Context(), &wsc.Job{ID: id, CreatedAt: someTime()}, wsc.JobQuota{}))
		require.Empty(t, allResults(t, store, id))
		require.Empty(t, allDeferred(t, store, id, someTime().AddDate(1, 0, 0)))
	})

	id := createJob(t, store).ID
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	late, stop := context.WithDeadline(t.Context(), someTime().AddDate(-10, 0, 0))
	defer stop()
	for name, call := range allCalls(store, id) {
		t.Run(name+" passes the end of its context on", func(t *testing.T) {
			err := call(ended)
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, wsc.CodeInternal, wsc.CodeOf(err), "an ended context is not a failure of the database")
			require.ErrorIs(t, call(late), context.DeadlineExceeded)
		})
	}
	t.Run("after calls that were broken off the store works on", func(t *testing.T) {
		insert(t, store, id, someResults(0, 10))
		requireCountsEqualRows(t, store, id)
	})
	t.Run("the same host twice is refused", func(t *testing.T) {
		request := wsc.SlotRequest{Host: "twice.example", Count: 1, Interval: time.Second}
		_, err := store.ReserveSlots(t.Context(), []wsc.SlotRequest{request, request}, within(time.Minute))
		require.Error(t, err)
	})
}

// RequireUnavailable requires of a store whose database is gone that every method says so in the domain's words.
func RequireUnavailable(t *testing.T, store Store) {
	t.Helper()
	for name, call := range allCalls(store, newID(t)) {
		err := call(t.Context())
		require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err), "%s: %v", name, err)
	}
}

// keyCalls are the methods about keys.
func keyCalls(store Store, id string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"CreateKey": func(ctx context.Context) error {
			return store.CreateKey(ctx, &wsc.Key{ID: id, Hash: []byte{1}, CreatedAt: someTime()})
		},
		"Key":       func(ctx context.Context) error { _, err := store.Key(ctx, id); return err },
		"KeyByHash": func(ctx context.Context) error { _, err := store.KeyByHash(ctx, []byte{1}); return err },
		"Keys":      func(ctx context.Context) error { _, err := store.Keys(ctx, wsc.KeyFilter{Limit: 1}); return err },
		"ChangeKey": func(ctx context.Context) error {
			_, err := store.ChangeKey(ctx, id, func(*wsc.Key) error { return nil })
			return err
		},
		"TouchKey":       func(ctx context.Context) error { return store.TouchKey(ctx, id, someTime(), time.Minute) },
		"LeaseRequests":  func(ctx context.Context) error { _, err := store.LeaseRequests(ctx, id, 1, 1); return err },
		"ReturnRequests": func(ctx context.Context) error { return store.ReturnRequests(ctx, id, someTime(), 1) },
		"AppendEvents": func(ctx context.Context) error {
			return store.AppendEvents(ctx, []wsc.SecurityEvent{{ID: id, At: someTime()}})
		},
		"Events":       func(ctx context.Context) error { _, err := store.Events(ctx, wsc.AuditFilter{Limit: 1}); return err },
		"DeleteEvents": func(ctx context.Context) error { return store.DeleteEvents(ctx, someTime()) },
	}
}

// uploadCalls are the methods about uploads.
func uploadCalls(store Store, id string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"CreateUpload": func(ctx context.Context) error {
			return store.CreateUpload(ctx, &wsc.Upload{ID: id, CreatedAt: someTime(), ExpiresAt: someTime()})
		},
		"CreateJobFromUpload": func(ctx context.Context) error {
			return store.CreateJobFromUpload(ctx, &wsc.Job{ID: id, CreatedAt: someTime()}, wsc.JobQuota{}, id)
		},
		"Upload":         func(ctx context.Context) error { _, err := store.Upload(ctx, id); return err },
		"WaitingUploads": func(ctx context.Context) error { _, err := store.WaitingUploads(ctx, "a", someTime()); return err },
		"DeleteUpload":   func(ctx context.Context) error { return store.DeleteUpload(ctx, id) },
		"ExpiredUploads": func(ctx context.Context) error { _, err := store.ExpiredUploads(ctx, someTime(), 1); return err },
	}
}

func allCalls(store Store, id string) map[string]func(context.Context) error {
	all := calls(store, id)
	maps.Copy(all, callsWithoutJob(store, id))
	maps.Copy(all, keyCalls(store, id))
	maps.Copy(all, uploadCalls(store, id))
	return all
}
