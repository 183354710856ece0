package workflows_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/workflows"
)

func signal(env *testsuite.TestWorkflowEnvironment, paused ...bool) {
	for _, request := range paused {
		env.SignalWorkflow(workflows.SignalPause, workflows.PauseRequest{Paused: request})
	}
}

// statuses records what the search attribute says of the job's status, each change once.
func statuses(env *testsuite.TestWorkflowEnvironment) *[]string {
	var seen []string
	key := temporal.NewSearchAttributeKeyKeyword(workflows.AttributeJobStatus)
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Run(func(call mock.Arguments) {
		attributes, _ := call.Get(0).(temporal.SearchAttributes)
		status, _ := attributes.GetKeyword(key)
		if len(seen) == 0 || seen[len(seen)-1] != status {
			seen = append(seen, status)
		}
	})
	return &seen
}

// requireEveryBatchDone checks that the job completed with each of its batches, of which a broken off one ran again.
func requireEveryBatchDone(t *testing.T, env *testsuite.TestWorkflowEnvironment, w *world, brokenOff int) {
	t.Helper()
	require.NoError(t, env.GetWorkflowError())
	seen := map[int]bool{}
	for _, in := range w.batches {
		seen[in.Batch] = true
	}
	require.Len(t, seen, w.plan.Batches)
	require.LessOrEqual(t, len(w.batches), w.plan.Batches+brokenOff)
	require.Equal(t, []activities.FinishInput{{JobID: jobID, Status: wsc.JobCompleted}}, w.finishes)
	p := progress(t, env)
	require.Equal(t, w.plan.Batches, p.BatchesDone)
	require.EqualValues(t, 10*w.plan.Batches, p.Final, "a batch that ran twice counts once")
	require.False(t, p.Paused)
}

func TestAPausedJobBeginsNoBatchUntilItIsResumed(t *testing.T) {
	for _, test := range []struct {
		name string
		// pause has the job paused at some time before the first hour is over.
		pause func(w *world, env *testsuite.TestWorkflowEnvironment)
		phase wsc.JobPhase
		begun bool
	}{
		{"before it began", func(_ *world, env *testsuite.TestWorkflowEnvironment) {
			env.RegisterDelayedCallback(func() { signal(env, true) }, 0)
		}, wsc.PhaseChecking, false},
		{"while the list is read", func(w *world, env *testsuite.TestWorkflowEnvironment) {
			w.reading = func() { signal(env, true) }
		}, wsc.PhaseChecking, false},
		{"while it checks", func(w *world, env *testsuite.TestWorkflowEnvironment) {
			w.batch = func(in activities.BatchInput) error {
				if in.Batch == 20 {
					w.batch = nil
					signal(env, true)
				}
				return nil
			}
		}, wsc.PhaseChecking, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{plan: lanes(wsc.LaneRun{Count: 2, Batches: 20}, wsc.LaneRun{Count: 60, Batches: 1})}
			env := newEnvironment(t, w)
			seen := statuses(env)
			test.pause(w, env)
			resumed := false
			env.RegisterDelayedCallback(func() {
				resumed = true
				p := progress(t, env)
				require.True(t, p.Paused)
				require.Equal(t, test.phase, p.Phase)
				require.Equal(t, test.begun, len(w.batches) > 0)
				require.Less(t, len(w.batches), 60)
				require.Equal(t, []bool{true}, w.pauses)
				signal(env, false)
			}, 1000*time.Hour)
			env.ExecuteWorkflow(workflows.JobWorkflow, input())
			require.True(t, resumed, "the job was over before")
			requireEveryBatchDone(t, env, w, 16)
			require.Equal(t, []bool{true, false}, w.pauses)
			last := (*seen)[len(*seen)-3:]
			require.Equal(t, []string{"paused", "processing", "completed"}, last)
		})
	}
}

func TestBatchesOfALaneStillRunOneAfterAnotherAfterAPause(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 60})}
	env := newEnvironment(t, w)
	w.batch = func(in activities.BatchInput) error {
		if in.Batch%7 == 3 {
			signal(env, true, false)
		}
		return nil
	}
	env.SetTestTimeout(time.Minute)
	// Each of these batches would pause the job again when it is repeated.
	asked := map[int]bool{}
	pause := w.batch
	w.batch = func(in activities.BatchInput) error {
		if asked[in.Batch] {
			return nil
		}
		asked[in.Batch] = true
		return pause(in)
	}
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	requireEveryBatchDone(t, env, w, 9)
	for n := 1; n < len(w.batches); n++ {
		step := w.batches[n].Batch - w.batches[n-1].Batch
		require.True(t, step == 0 || step == 1, "batch %d follows %d", w.batches[n].Batch, w.batches[n-1].Batch)
	}
	require.Len(t, w.pauses, 2*9)
}

func TestNoPassBeginsWhileTheJobIsPaused(t *testing.T) {
	// The retry is due after a day.
	for _, test := range []struct {
		name    string
		resumed time.Duration
		ends    time.Duration
	}{
		{"resumed when the retry is due", 100 * time.Hour, 100 * time.Hour},
		{"resumed before", 2 * time.Hour, 24 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{plan: lanes(wsc.LaneRun{Count: 2, Batches: 1}), retry: lanes(wsc.LaneRun{Count: 1, Batches: 1}), deferred: map[int]int64{0: 5}}
			w.retry.Targets = 10
			env := newEnvironment(t, w)
			start := env.Now()
			env.RegisterDelayedCallback(func() { signal(env, true) }, time.Hour)
			env.RegisterDelayedCallback(func() {
				require.Equal(t, workflows.Progress{
					Phase: wsc.PhaseWaitingToRetry, Paused: true, Batches: 2, BatchesDone: 2, Final: 10, Waiting: 10, Invalid: 3,
				}, progress(t, env))
				require.Empty(t, w.passes)
				signal(env, false)
			}, test.resumed)
			env.ExecuteWorkflow(workflows.JobWorkflow, input())
			require.NoError(t, env.GetWorkflowError())
			require.Equal(t, []int{1}, w.passes)
			require.InDelta(t, test.ends.Hours(), env.Now().Sub(start).Hours(), 0.1)
			require.Equal(t, wsc.JobCompleted, w.finishes[0].Status)
		})
	}
}

func TestAJobThatIsPausedInItsLastBatchStaysPaused(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 1})}
	env := newEnvironment(t, w)
	w.batch = func(activities.BatchInput) error {
		w.batch = nil
		signal(env, true)
		return nil
	}
	env.RegisterDelayedCallback(func() {
		require.Empty(t, w.finishes)
		signal(env, false)
	}, time.Hour)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	requireEveryBatchDone(t, env, w, 1)
}

func TestAJobThatEndsIsNotPausedAnyMore(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 1}), export: errors.New("no space left on device")}
	env := newEnvironment(t, w)
	env.RegisterDelayedCallback(func() { // while the export is tried again
		require.Len(t, w.finishes, 1)
		signal(env, true)
	}, 10*time.Second)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	requireEveryBatchDone(t, env, w, 0)
	require.Empty(t, w.pauses)
}

func TestRequestsAreCarriedOutInTheirOrder(t *testing.T) {
	for _, test := range []struct {
		requests []bool
		pauses   []bool
	}{
		{[]bool{true, true, true}, []bool{true}},
		{[]bool{true, false, true}, []bool{true, false, true}},
		{[]bool{false, false, true}, []bool{true}},
	} {
		t.Run(fmt.Sprint(test.requests), func(t *testing.T) {
			w := &world{plan: lanes(wsc.LaneRun{Count: 20, Batches: 1})}
			env := newEnvironment(t, w)
			w.reading = func() { signal(env, test.requests...) }
			env.RegisterDelayedCallback(func() {
				require.True(t, progress(t, env).Paused)
				require.Empty(t, w.batches)
				require.Equal(t, test.pauses, w.pauses)
				signal(env, false, false)
			}, time.Hour)
			env.ExecuteWorkflow(workflows.JobWorkflow, input())
			requireEveryBatchDone(t, env, w, 0)
			require.Equal(t, append(test.pauses, false), w.pauses)
		})
	}
}

func TestAPausedJobCanBeCancelled(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 50, Batches: 1})}
	env := newEnvironment(t, w)
	w.batch = func(in activities.BatchInput) error {
		if in.Batch == 20 {
			signal(env, true)
		}
		return nil
	}
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()), "%v", env.GetWorkflowError())
	require.Equal(t, []activities.FinishInput{{JobID: jobID, Status: wsc.JobCancelled}}, w.finishes)
	require.Equal(t, 1, w.exports)
	require.Len(t, w.cleanups, 1)
	require.Less(t, len(w.batches), 50)
	require.False(t, progress(t, env).Paused)
}

func TestABatchThatFindsItsJobDeletedEndsAPausedJob(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 5})}
	env := newEnvironment(t, w)
	gone := temporal.NewNonRetryableApplicationError("gone", activities.ErrJobGone, nil)
	w.reading = func() { signal(env, true) }
	w.batch = func(activities.BatchInput) error { return gone }
	env.RegisterDelayedCallback(func() { signal(env, false) }, time.Hour)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.NoError(t, env.GetWorkflowError())
	require.Empty(t, w.finishes)
}

func TestAPausedJobContinuesAsNewPaused(t *testing.T) {
	for _, test := range []struct {
		name  string
		world func() *world
		pause func(w *world, env *testsuite.TestWorkflowEnvironment)
	}{
		{"while it checks", func() *world {
			return &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 20}, wsc.LaneRun{Count: 30, Batches: 1})}
		}, func(w *world, env *testsuite.TestWorkflowEnvironment) {
			w.batch = func(in activities.BatchInput) error {
				if in.Batch == 10 {
					w.batch = nil
					env.SetContinueAsNewSuggested(true)
					signal(env, true)
				}
				return nil
			}
		}},
		{"while it waits to retry", func() *world {
			w := &world{plan: lanes(wsc.LaneRun{Count: 50, Batches: 1}), retry: lanes(wsc.LaneRun{Count: 1, Batches: 1}), deferred: map[int]int64{0: 5}}
			w.retry.Targets = 250
			return w
		}, func(_ *world, env *testsuite.TestWorkflowEnvironment) {
			env.RegisterDelayedCallback(func() {
				env.SetContinueAsNewSuggested(true)
				signal(env, true)
			}, time.Hour)
		}},
		{"with requests that were not carried out yet", func() *world {
			return &world{plan: lanes(wsc.LaneRun{Count: 50, Batches: 1})}
		}, func(w *world, env *testsuite.TestWorkflowEnvironment) {
			w.batch = func(in activities.BatchInput) error {
				if in.Batch == 10 {
					w.batch = nil
					env.SetContinueAsNewSuggested(true)
					signal(env, true, false, true, false, true)
				}
				return nil
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := test.world()
			env := newEnvironment(t, w)
			test.pause(w, env)
			env.ExecuteWorkflow(workflows.JobWorkflow, input())
			var next *workflow.ContinueAsNewError
			require.ErrorAs(t, env.GetWorkflowError(), &next)
			var in workflows.JobInput
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
			require.True(t, in.State.Paused)
			require.True(t, w.pauses[len(w.pauses)-1])
			require.Empty(t, w.finishes)
			before := len(w.batches)

			env = newEnvironment(t, w)
			env.RegisterDelayedCallback(func() {
				require.True(t, progress(t, env).Paused)
				require.Len(t, w.batches, before)
				signal(env, false)
			}, 100*time.Hour)
			env.ExecuteWorkflow(workflows.JobWorkflow, in)
			require.NoError(t, env.GetWorkflowError())
			seen := map[activities.BatchInput]bool{}
			for _, in := range w.batches {
				seen[in] = true
			}
			batches := w.plan.Batches
			if w.deferred != nil {
				batches++
			}
			require.Len(t, seen, batches)
			require.LessOrEqual(t, len(w.batches), batches+16)
			require.Equal(t, wsc.JobCompleted, w.finishes[0].Status)
		})
	}
}
