package activities_test

import (
	"context"
	"encoding/csv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
)

func (f *fixture) prepare() activities.PrepareOutput {
	f.t.Helper()
	out, err := execute[activities.PrepareOutput](f, f.acts.Prepare, activities.PrepareInput{JobID: jobID})
	require.NoError(f.t, err)
	return out
}

func (f *fixture) checkBatch(pass, batch int) (activities.BatchOutput, error) {
	return execute[activities.BatchOutput](f, f.acts.CheckBatch, activities.BatchInput{JobID: jobID, Pass: pass, Batch: batch})
}

func TestPrepareAccountsForEveryLine(t *testing.T) {
	f := newFixture(t)
	f.upload("https://a.test/\n\nnot a url\nhttps://b.test/\nHTTPS://A.test\n# comment\nftp://c.test/\n", wsc.Options{})
	for range 2 { // a repeated activity changes nothing
		out := f.prepare()
		require.Equal(t, activities.PrepareOutput{Plan: wsc.PlanShape{Targets: 2, Batches: 1, Lanes: []wsc.LaneRun{{Count: 1, Batches: 1}}}, Invalid: 2, Duplicates: 1}, out)
		job := f.job()
		require.Equal(t, wsc.JobProcessing, job.Status)
		require.Equal(t, wsc.PhaseChecking, job.Phase)
		require.Equal(t, wsc.JobCounts{TotalURLs: 4, ProcessedURLs: 2, ErrorCount: 2, InvalidCount: 2, DuplicateCount: 1, BlankCount: 2}, job.JobCounts)
		require.Equal(t, "txt", job.List.Format)
	}
	results := f.results()
	require.Len(t, results, 2)
	require.Equal(t, []int64{1, 3}, []int64{results[0].Seq, results[1].Seq})
	require.Equal(t, []int64{3, 7}, []int64{results[0].Line, results[1].Line})
	require.Equal(t, wsc.KindInvalidURL, results[0].ErrorKind)
	require.Equal(t, wsc.KindBlockedScheme, results[1].ErrorKind)
}

func TestPrepareReadsTheListAsItWasAskedFor(t *testing.T) {
	f := newFixture(t)
	f.upload("Firm^url\nA, Inc^a.test\nB^m\xfcller.test\n", wsc.Options{Delimiter: "^", Encoding: "windows-1252"})
	require.EqualValues(t, 2, f.prepare().Plan.Targets)
	require.Equal(t, []string{"^", "windows-1252"}, []string{f.job().List.Delimiter, f.job().List.Encoding})
}

func TestPrepareEndsTheJobOnlyForWhatRetryingCannotMend(t *testing.T) {
	f := newFixture(t)
	_, err := execute[activities.PrepareOutput](f, f.acts.Prepare, activities.PrepareInput{JobID: jobID})
	require.Equal(t, activities.ErrJobGone, errorType(err))

	f.upload("name,phone\nAnna,1\nBen,2\n", wsc.Options{URLColumn: "website"})
	_, err = execute[activities.PrepareOutput](f, f.acts.Prepare, activities.PrepareInput{JobID: jobID})
	require.Equal(t, activities.ErrBadList, errorType(err), "%v", err)

	require.NoError(t, f.blobs.Delete(t.Context(), wsc.UploadPath(jobID)))
	_, err = execute[activities.PrepareOutput](f, f.acts.Prepare, activities.PrepareInput{JobID: jobID})
	require.Error(t, err)
	require.NotContains(t, []string{activities.ErrBadList, activities.ErrJobGone}, errorType(err), "a missing blob may come back")
}

func TestAJobThatWasCancelledBeforeItBeganIsNotPrepared(t *testing.T) {
	f := newFixture(t)
	f.upload(sites(3), wsc.Options{})
	require.NoError(t, f.store.FinishJob(t.Context(), jobID, wsc.JobFinish{Status: wsc.JobCancelled, FinishedAt: f.now, ExpiresAt: f.now.Add(time.Hour)}))
	_, err := execute[activities.PrepareOutput](f, f.acts.Prepare, activities.PrepareInput{JobID: jobID})
	require.Equal(t, activities.ErrJobOver, errorType(err))
	require.Zero(t, f.job().TotalURLs)
}

func TestARepeatedBatchChecksNothingAgain(t *testing.T) {
	f := newFixture(t)
	f.upload(sites(40), wsc.Options{})
	shape := f.prepare().Plan
	for range 2 {
		final := int64(0)
		for batch := range shape.Batches {
			out, err := f.checkBatch(0, batch)
			require.NoError(t, err)
			require.Zero(t, out.Deferred)
			final += out.Final
		}
		require.EqualValues(t, 40, final)
	}
	require.Equal(t, 40, f.checker.total())
	require.Len(t, f.results(), 40)
	f.requireCounted()
}

// awaitStored waits until a result is stored or the context ends.
func (f *fixture) awaitStored(ctx context.Context) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		job, err := f.store.Job(ctx, jobID)
		if err != nil || job.ProcessedURLs > 0 {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func TestABatchGoesOnWhereAFaultBrokeItOff(t *testing.T) {
	f := newFixture(t)
	f.upload(sites(20), wsc.Options{})
	f.prepare()
	f.faults.failAt = 2
	var started atomic.Int64
	f.checker.answer = func(ctx context.Context, _ wsc.Target, _ int) wsc.Result {
		if started.Add(1) > 10 { // the first half is stored before the rest is answered
			f.awaitStored(ctx)
		}
		return wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200}
	}
	_, err := f.checkBatch(0, 0)
	require.ErrorContains(t, err, "The database is away")
	stored := len(f.results())
	require.Positive(t, stored)
	require.Less(t, stored, 20)

	f.reset()
	f.checker.answer = nil
	before := f.checker.total()
	out, err := f.checkBatch(0, 0)
	require.NoError(t, err)
	require.EqualValues(t, 20, out.Final)
	require.Equal(t, 20-stored, f.checker.total()-before, "only what is missing is checked again")
	require.Len(t, f.results(), 20)
	f.requireCounted()
}

func TestAStoppingWorkerStoresWhatItHasAndHandsTheRestOver(t *testing.T) {
	f := newFixture(t)
	f.upload(sites(20), wsc.Options{})
	f.prepare()
	stop := make(chan struct{})
	f.env.SetWorkerStopChannel(stop)
	var once atomic.Bool
	f.checker.answer = func(context.Context, wsc.Target, int) wsc.Result {
		if once.CompareAndSwap(false, true) {
			close(stop)
		}
		return wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200}
	}
	_, err := f.checkBatch(0, 0)
	require.Equal(t, activities.ErrWorkerStopping, errorType(err), "%v", err)
	require.Len(t, f.results(), f.checker.total(), "every check that was made is stored")

	f.reset()
	out, err := f.checkBatch(0, 0)
	require.NoError(t, err)
	require.EqualValues(t, 20, out.Final)
	require.Equal(t, 20, f.checker.total(), "no check is made twice")
}

func TestTransientOutcomesAreTriedAgainInLaterPasses(t *testing.T) {
	f := newFixture(t)
	f.upload("https://flaky.test/\nhttps://down.test/\nhttps://gone.test/\nhttps://up.test/\n", wsc.Options{})
	f.checker.answer = func(_ context.Context, target wsc.Target, call int) wsc.Result {
		switch {
		case target.Host == "flaky.test" && call == 1:
			return wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 502}
		case target.Host == "down.test":
			return wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindConnectTimeout}
		case target.Host == "gone.test":
			return wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindDNSNXDomain}
		}
		return wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200}
	}
	f.prepare()
	out, err := f.checkBatch(0, 0)
	require.NoError(t, err)
	require.Equal(t, activities.BatchOutput{Final: 2, Deferred: 2}, out)

	for pass, want := range []struct {
		wait  time.Duration
		batch activities.BatchOutput
	}{
		1: {5 * time.Second, activities.BatchOutput{Final: 1, Deferred: 1}},
		2: {30 * time.Second, activities.BatchOutput{Final: 1}},
	} {
		if pass == 0 {
			continue
		}
		next := activities.RetryInput{JobID: jobID, Pass: pass}
		wait, err := execute[activities.WaitOutput](f, f.acts.NextRetry, next)
		require.NoError(t, err)
		require.WithinDuration(t, f.now.Add(want.wait), wait.Earliest, time.Second)
		require.Equal(t, wsc.PhaseWaitingToRetry, f.job().Phase)
		require.NotNil(t, f.job().NextRetryAt)

		early, err := execute[wsc.PlanShape](f, f.acts.PlanRetry, next)
		require.NoError(t, err)
		require.Zero(t, early.Targets, "nothing is due yet")
		f.now = f.now.Add(want.wait)
		shape, err := execute[wsc.PlanShape](f, f.acts.PlanRetry, next)
		require.NoError(t, err)
		require.Equal(t, wait.Deferred, shape.Targets)
		for range 2 { // repeating the batch changes nothing
			out, err := f.checkBatch(pass, 0)
			require.NoError(t, err)
			require.Equal(t, want.batch, out, "pass %d", pass)
		}
	}
	attempts := map[string]int{}
	reasons := map[string][]string{}
	for _, result := range f.results() {
		attempts[result.Host] = result.Attempts
		for i, failed := range result.FailedAttempts {
			require.Equal(t, i+1, failed.Attempt)
			require.True(t, failed.CheckedAt.Before(result.CheckedAt))
			reasons[result.Host] = append(reasons[result.Host], failed.Reason)
		}
	}
	require.Equal(t, map[string]int{"flaky.test": 2, "down.test": 3, "gone.test": 1, "up.test": 1}, attempts)
	timeout := wsc.KindConnectTimeout.Sentence()
	require.Equal(t, map[string][]string{"flaky.test": {"HTTP 502 Bad Gateway"}, "down.test": {timeout, timeout}}, reasons)
	wait, err := execute[activities.WaitOutput](f, f.acts.NextRetry, activities.RetryInput{JobID: jobID, Pass: 3})
	require.NoError(t, err)
	require.Zero(t, wait.Deferred)
	f.requireCounted()
}

func TestAHostIsAskedNoFasterThanItsRate(t *testing.T) {
	f := newFixture(t)
	rate := 50.0
	f.cfg.Now, f.cfg.Checker = time.Now, f.checker
	acts, err := activities.New(f.cfg)
	require.NoError(t, err)
	f.acts = acts
	f.reset()
	f.upload("https://a.test/1\nhttps://a.test/2\nhttps://a.test/3\nhttps://a.test/4\nhttps://a.test/5\n", wsc.Options{HostRate: &rate})
	f.prepare()
	_, err = f.checkBatch(0, 0)
	require.NoError(t, err)
	var first, last time.Time
	for _, result := range f.results() {
		if first.IsZero() || result.CheckedAt.Before(first) {
			first = result.CheckedAt
		}
		if result.CheckedAt.After(last) {
			last = result.CheckedAt
		}
	}
	require.GreaterOrEqual(t, last.Sub(first), 75*time.Millisecond, "five requests at 50 per second")
}

func TestFinishKeepsTheFirstFinalStatus(t *testing.T) {
	f := newFixture(t)
	f.upload(sites(1), wsc.Options{RetentionHours: 48})
	f.prepare()
	out, err := execute[activities.FinishOutput](f, f.acts.Finish, activities.FinishInput{JobID: jobID, Status: wsc.JobCompleted})
	require.NoError(t, err)
	require.Equal(t, wsc.JobCompleted, out.Status)
	require.InDelta(t, 48, out.Retention.Hours(), 0.01)
	out, err = execute[activities.FinishOutput](f, f.acts.Finish, activities.FinishInput{JobID: jobID, Status: wsc.JobCancelled})
	require.NoError(t, err)
	require.Equal(t, wsc.JobCompleted, out.Status, "a cancellation that comes too late changes nothing")
}

func TestExportsHoldEveryResultAndCleanupLeavesNothing(t *testing.T) {
	f := newFixture(t)
	f.upload(sites(33)+"no url\n", wsc.Options{})
	shape := f.prepare().Plan
	for batch := range shape.Batches {
		_, err := f.checkBatch(0, batch)
		require.NoError(t, err)
	}
	for range 2 {
		out, err := execute[activities.ExportOutput](f, f.acts.Export, activities.ExportInput{JobID: jobID})
		require.NoError(t, err)
		require.EqualValues(t, 34, out.Rows)
	}
	job := f.job()
	require.Equal(t, wsc.PhaseDone, job.Phase)
	require.Len(t, job.ExportPaths, 3)
	data, err := f.blobs.ReadAll(t.Context(), job.ExportPaths["csv"])
	require.NoError(t, err)
	records, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 35)

	_, err = execute[struct{}](f, f.acts.ScheduleCleanup, activities.ScheduleCleanupInput{JobID: jobID, Delay: time.Hour})
	require.NoError(t, err)
	require.Equal(t, map[string]time.Duration{jobID: time.Hour}, f.cleanup.delays)
	for range 2 {
		_, err = execute[struct{}](f, f.acts.DeleteJob, activities.DeleteJobInput{JobID: jobID})
		require.NoError(t, err)
	}
	_, err = f.store.Job(t.Context(), jobID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	object, err := f.blobs.List(nil).Next(t.Context())
	require.Error(t, err, "%v is left", object)
	_, err = f.checkBatch(0, 0)
	require.Equal(t, activities.ErrJobGone, errorType(err))
}
