package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/workflows"
)

const jobID = "0198c0de-0000-7000-8000-000000000001"

// world stands in for the activities: it records what the workflow asks for and answers as told.
type world struct {
	mu sync.Mutex

	plan     wsc.PlanShape
	prepare  error
	deferred map[int]int64 // by pass: how many targets each batch defers
	retry    wsc.PlanShape // the plan of later passes
	batch    func(in activities.BatchInput) error
	reading  func() // while the list is read

	batches  []activities.BatchInput
	queues   map[string]int // batches by task queue
	finishes []activities.FinishInput
	passes   []int
	exports  int
	export   error
	cleanups []activities.ScheduleCleanupInput
	pauses   []bool // what the job's row was made to show
}

func (w *world) Prepare(context.Context, activities.PrepareInput) (activities.PrepareOutput, error) {
	if w.reading != nil {
		w.reading()
	}
	return activities.PrepareOutput{Plan: w.plan, Invalid: 3}, w.prepare
}

func (w *world) SetPaused(_ context.Context, in activities.PauseInput) error {
	w.pauses = append(w.pauses, in.Paused)
	return nil
}

func (w *world) CheckBatch(ctx context.Context, in activities.BatchInput) (activities.BatchOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.batch != nil {
		if err := w.batch(in); err != nil {
			return activities.BatchOutput{}, err
		}
	}
	w.batches = append(w.batches, in)
	if w.queues == nil {
		w.queues = map[string]int{}
	}
	w.queues[activity.GetInfo(ctx).TaskQueue]++
	deferred := w.deferred[in.Pass]
	return activities.BatchOutput{Final: 10 - deferred, Deferred: deferred}, ctx.Err()
}

func (w *world) NextRetry(_ context.Context, _ activities.RetryInput) (activities.WaitOutput, error) {
	return activities.WaitOutput{Deferred: w.retry.Targets, Earliest: time.Now().Add(24 * time.Hour)}, nil
}

func (w *world) PlanRetry(_ context.Context, in activities.RetryInput) (wsc.PlanShape, error) {
	w.passes = append(w.passes, in.Pass)
	return w.retry, nil
}

func (w *world) Finish(_ context.Context, in activities.FinishInput) (activities.FinishOutput, error) {
	w.finishes = append(w.finishes, in)
	return activities.FinishOutput{Status: in.Status, Retention: 24 * time.Hour}, nil
}

func (w *world) Export(context.Context, activities.ExportInput) (activities.ExportOutput, error) {
	w.exports++
	return activities.ExportOutput{}, w.export
}

func (w *world) ScheduleCleanup(_ context.Context, in activities.ScheduleCleanupInput) error {
	w.cleanups = append(w.cleanups, in)
	return nil
}

func lanes(runs ...wsc.LaneRun) wsc.PlanShape {
	var shape wsc.PlanShape
	for _, run := range runs {
		for range run.Count {
			shape.AddLane(run.Batches)
		}
	}
	shape.Targets = int64(shape.Batches) * 10
	return shape
}

func newEnvironment(t *testing.T, w *world) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(workflows.JobWorkflow, workflow.RegisterOptions{Name: workflows.JobWorkflowName})
	env.RegisterActivity(w)
	env.SetTestTimeout(20 * time.Second)
	return env
}

func input() workflows.JobInput {
	return workflows.JobInput{JobID: jobID, Owner: "local", Filename: "list.csv"}
}

func progress(t *testing.T, env *testsuite.TestWorkflowEnvironment) workflows.Progress {
	t.Helper()
	value, err := env.QueryWorkflow(workflows.QueryProgress)
	require.NoError(t, err)
	var p workflows.Progress
	require.NoError(t, value.Get(&p))
	return p
}

func TestAJobChecksEveryBatchOnceAndConcludes(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 2, Batches: 5}, wsc.LaneRun{Count: 40, Batches: 1})}
	env := newEnvironment(t, w)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.NoError(t, env.GetWorkflowError())

	seen := map[int]int{}
	for _, in := range w.batches {
		require.Equal(t, activities.BatchInput{JobID: jobID, Pass: 0, Batch: in.Batch}, in)
		seen[in.Batch]++
	}
	require.Len(t, seen, 50)
	require.Len(t, w.batches, 50)
	require.Equal(t, []activities.FinishInput{{JobID: jobID, Status: wsc.JobCompleted}}, w.finishes)
	require.Equal(t, 1, w.exports)
	require.Equal(t, []activities.ScheduleCleanupInput{{JobID: jobID, Delay: 24 * time.Hour}}, w.cleanups)
	require.Equal(t, workflows.Progress{Phase: wsc.PhaseDone, Batches: 50, BatchesDone: 50, Final: 500, Invalid: 3}, progress(t, env))
}

func TestSmallListsAreCheckedApartFromOthers(t *testing.T) {
	for _, test := range []struct {
		name    string
		targets int64
		queue   string
	}{
		{"at most 100 targets", 100, workflows.QueueSmallChecks},
		{"more than 100 targets", 101, workflows.QueueChecks},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{plan: lanes(wsc.LaneRun{Count: 5, Batches: 1})}
			w.plan.Targets = test.targets
			env := newEnvironment(t, w)
			env.ExecuteWorkflow(workflows.JobWorkflow, input())
			require.NoError(t, env.GetWorkflowError())
			require.Equal(t, map[string]int{test.queue: 5}, w.queues)
		})
	}
	t.Run("a scheduled list", func(t *testing.T) {
		w := &world{plan: lanes(wsc.LaneRun{Count: 5, Batches: 1})}
		in := input()
		in.Scheduled = true
		env := newEnvironment(t, w)
		env.ExecuteWorkflow(workflows.JobWorkflow, in)
		require.NoError(t, env.GetWorkflowError())
		require.Equal(t, map[string]int{workflows.QueueChecks: 5}, w.queues)
	})
}

func TestBatchesOfALaneRunOneAfterAnother(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 30}, wsc.LaneRun{Count: 3, Batches: 2})}
	env := newEnvironment(t, w)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.NoError(t, env.GetWorkflowError())
	position := map[int]int{}
	for n, in := range w.batches {
		position[in.Batch] = n
	}
	for batch := 1; batch < 30; batch++ {
		require.Greater(t, position[batch], position[batch-1], "batch %d overtook its predecessor", batch)
	}
	for first := 30; first < 36; first += 2 {
		require.Greater(t, position[first+1], position[first])
	}
}

func TestNoMoreBatchesThanTheWindowAreUnderWay(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 100, Batches: 1})}
	env := newEnvironment(t, w)
	var mu sync.Mutex
	running, most := 0, 0
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == "CheckBatch" {
			mu.Lock()
			defer mu.Unlock()
			running++
			most = max(most, running)
		}
	})
	env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
		if info.ActivityType.Name == "CheckBatch" {
			mu.Lock()
			defer mu.Unlock()
			running--
		}
	})
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, w.batches, 100)
	require.LessOrEqual(t, most, 16)
	require.Positive(t, most)
}

func TestDeferredTargetsAreRetriedInLaterPasses(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 2, Batches: 1}), retry: lanes(wsc.LaneRun{Count: 1, Batches: 1}), deferred: map[int]int64{0: 5, 1: 2}}
	w.retry.Targets = 10
	env := newEnvironment(t, w)
	start := env.Now()
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []int{1, 2}, w.passes)
	require.Equal(t, activities.BatchInput{JobID: jobID, Pass: 2, Batch: 0}, w.batches[len(w.batches)-1])
	require.Len(t, w.batches, 4)
	require.GreaterOrEqual(t, env.Now().Sub(start), 23*time.Hour, "the pass waited for a durable timer")
	require.Equal(t, wsc.JobCompleted, w.finishes[0].Status)
	require.Equal(t, 2, progress(t, env).Pass)
}

func TestInfrastructureFaultsOfABatchAreRetried(t *testing.T) {
	failures := 0
	w := &world{plan: lanes(wsc.LaneRun{Count: 3, Batches: 1})}
	w.batch = func(in activities.BatchInput) error {
		if in.Batch == 1 && failures < 7 {
			failures++
			return errors.New("the database is away")
		}
		return nil
	}
	env := newEnvironment(t, w)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 7, failures)
	require.Len(t, w.batches, 3)
	require.Equal(t, wsc.JobCompleted, w.finishes[0].Status)
}

func TestACancelledJobKeepsItsPartialResults(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 1}), retry: lanes(wsc.LaneRun{Count: 1, Batches: 1}), deferred: map[int]int64{0: 5}}
	env := newEnvironment(t, w)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour) // while it waits to retry
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()), "%v", env.GetWorkflowError())
	require.Equal(t, []activities.FinishInput{{JobID: jobID, Status: wsc.JobCancelled}}, w.finishes)
	require.Equal(t, 1, w.exports)
	require.Len(t, w.cleanups, 1)
	require.Empty(t, w.passes)
}

func TestAListThatCannotBeReadFailsTheJobWithItsReason(t *testing.T) {
	w := &world{prepare: temporal.NewNonRetryableApplicationError("line 3: A quote is not closed.", activities.ErrBadList, nil)}
	env := newEnvironment(t, w)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.ErrorContains(t, env.GetWorkflowError(), "A quote is not closed")
	require.Equal(t, []activities.FinishInput{{JobID: jobID, Status: wsc.JobFailed, ErrorMessage: "line 3: A quote is not closed."}}, w.finishes)
	require.Len(t, w.cleanups, 1)
}

func TestTheWorkflowOfADeletedJobEndsQuietly(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 30, Batches: 1})}
	w.batch = func(activities.BatchInput) error {
		return temporal.NewNonRetryableApplicationError("gone", activities.ErrJobGone, nil)
	}
	env := newEnvironment(t, w)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.NoError(t, env.GetWorkflowError())
	require.Empty(t, w.finishes)
	require.Zero(t, w.exports)
}

func TestAFailingExportDoesNotFailTheJob(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 1}), export: errors.New("no space left on device")}
	env := newEnvironment(t, w)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 10, w.exports)
	require.Equal(t, wsc.JobCompleted, w.finishes[0].Status)
	require.Len(t, w.cleanups, 1)
}

func TestALongJobContinuesAsNewWithoutLosingABatch(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 60}, wsc.LaneRun{Count: 50, Batches: 1})}
	in, runs := input(), 0
	for {
		runs++
		require.Less(t, runs, 50)
		env := newEnvironment(t, w)
		done := 0
		env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) {
			if done++; done == 20 {
				env.SetContinueAsNewSuggested(true)
			}
		})
		env.ExecuteWorkflow(workflows.JobWorkflow, in)
		err := env.GetWorkflowError()
		if err == nil {
			break
		}
		var next *workflow.ContinueAsNewError
		require.ErrorAs(t, err, &next)
		in = workflows.JobInput{}
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
		require.NotNil(t, in.State)
		require.Empty(t, w.finishes)
	}
	require.Greater(t, runs, 3)
	seen := map[int]int{}
	for _, in := range w.batches {
		seen[in.Batch]++
	}
	require.Len(t, seen, 110)
	require.Len(t, w.batches, 110, "a batch ran twice")
	require.Len(t, w.finishes, 1)
}

func TestTheStateOfTheLargestJobIsSmall(t *testing.T) {
	var shape wsc.PlanShape
	for lane := range 1000 { // more different lanes than a million targets can make
		shape.AddLane(2 + lane)
	}
	state := workflows.JobState{Plan: shape}
	for range 16 {
		state.OpenLanes = append(state.OpenLanes, workflows.LaneCursor{Next: 1 << 20, End: 1 << 21})
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(state)
	require.NoError(t, err)
	require.Less(t, len(payload.GetData()), 100_000, fmt.Sprint(len(payload.GetData())))
}
