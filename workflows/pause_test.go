package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
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

// afterBatches calls fn when so many batches were done.
func afterBatches(env *testsuite.TestWorkflowEnvironment, n int, fn func()) {
	done := 0
	env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
		if info.ActivityType.Name != "CheckBatch" {
			return
		}
		if done++; done == n {
			fn()
		}
	})
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

// ran are the batches that ran so far. The test environment lets those that were broken off run on, without effect.
func (w *world) ran() []activities.BatchInput {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.batches)
}

// times is how often a batch ran.
func (w *world) times(batch int) (times int) {
	for _, in := range w.ran() {
		if in.Batch == batch {
			times++
		}
	}
	return times
}

// pauseInBatch asks for a pause while the nth batch is under way, which ends when it was broken off. The batch is the
// first one in the channel.
func pauseInBatch(t *testing.T, w *world, env *testsuite.TestWorkflowEnvironment, n int) <-chan int {
	t.Helper()
	brokenOff, batch := make(chan struct{}), make(chan int, 1)
	var once sync.Once
	env.SetOnActivityCanceledListener(func(*activity.Info) { once.Do(func() { close(brokenOff) }) })
	w.batch = func(in activities.BatchInput) error {
		if n--; n > 0 {
			return nil
		}
		w.batch = nil
		batch <- in.Batch
		signal(env, true)
		select {
		case <-brokenOff:
		case <-time.After(5 * time.Second):
			t.Error("the batch was not broken off")
		}
		return nil
	}
	return batch
}

// requireEveryBatchDone checks that the job completed with each of its batches, of which a broken off one ran again.
func requireEveryBatchDone(t *testing.T, env *testsuite.TestWorkflowEnvironment, w *world, brokenOff int) {
	t.Helper()
	require.NoError(t, env.GetWorkflowError())
	seen, ran := map[int]bool{}, w.ran()
	for _, in := range ran {
		seen[in.Batch] = true
	}
	require.Len(t, seen, w.plan.Batches)
	require.LessOrEqual(t, len(ran), w.plan.Batches+brokenOff)
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
		{"while it checks", nil, wsc.PhaseChecking, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{plan: lanes(wsc.LaneRun{Count: 2, Batches: 20}, wsc.LaneRun{Count: 60, Batches: 1})}
			env := newEnvironment(t, w)
			seen := statuses(env)
			var inBatch <-chan int
			if test.begun {
				inBatch = pauseInBatch(t, w, env, 20)
			} else {
				test.pause(w, env)
			}
			resumed := false
			env.RegisterDelayedCallback(func() {
				resumed = true
				p := progress(t, env)
				require.True(t, p.Paused)
				require.Equal(t, test.phase, p.Phase)
				require.Equal(t, test.begun, len(w.ran()) > 0)
				require.Less(t, len(w.ran()), 60)
				require.Equal(t, []bool{true}, w.pauses)
				signal(env, false)
			}, 1000*time.Hour)
			env.ExecuteWorkflow(workflows.JobWorkflow, input())
			require.True(t, resumed, "the job was over before")
			requireEveryBatchDone(t, env, w, 16)
			require.Equal(t, []bool{true, false}, w.pauses)
			if test.begun {
				require.Equal(t, 2, w.times(<-inBatch), "the batch under way was broken off and goes on after the pause")
			}
			last := (*seen)[len(*seen)-3:]
			require.Equal(t, []string{"paused", "processing", "completed"}, last)
		})
	}
}

func TestBatchesOfALaneStillRunOneAfterAnotherAfterAPause(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 60})}
	env := newEnvironment(t, w)
	asked := map[int]bool{}
	w.batch = func(in activities.BatchInput) error {
		if in.Batch%7 == 3 && !asked[in.Batch] {
			asked[in.Batch] = true
			signal(env, true, false)
		}
		return nil
	}
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	requireEveryBatchDone(t, env, w, 9)
	ran := w.ran()
	for n := 1; n < len(ran); n++ {
		step := ran[n].Batch - ran[n-1].Batch
		require.True(t, step == 0 || step == 1, "batch %d follows %d", ran[n].Batch, ran[n-1].Batch)
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
	pauseInBatch(t, w, env, 1)
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
				require.Empty(t, w.ran())
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
	pauseInBatch(t, w, env, 20)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()), "%v", env.GetWorkflowError())
	require.Equal(t, []activities.FinishInput{{JobID: jobID, Status: wsc.JobCancelled}}, w.finishes)
	require.Equal(t, 1, w.exports)
	require.Len(t, w.cleanups, 1)
	require.Less(t, len(w.ran()), 50)
	require.False(t, progress(t, env).Paused)
}

// continued runs a job until it continues as new, which it shall do once it was paused, and returns what it carries along.
func continued(t *testing.T, env *testsuite.TestWorkflowEnvironment) *workflows.JobState {
	t.Helper()
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == "SetPaused" {
			env.SetContinueAsNewSuggested(true)
		}
	})
	env.ExecuteWorkflow(workflows.JobWorkflow, input())
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &next)
	var in workflows.JobInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Equal(t, input().Filename, in.Filename)
	return in.State
}

func TestAPausedJobContinuesAsNewPaused(t *testing.T) {
	for _, test := range []struct {
		name  string
		world func() *world
		pause func(env *testsuite.TestWorkflowEnvironment)
	}{
		{"while it checks", func() *world {
			return &world{plan: lanes(wsc.LaneRun{Count: 1, Batches: 20}, wsc.LaneRun{Count: 30, Batches: 1})}
		}, func(env *testsuite.TestWorkflowEnvironment) {
			afterBatches(env, 20, func() {
				signal(env, true)
			})
		}},
		{"while it waits to retry", func() *world {
			w := &world{plan: lanes(wsc.LaneRun{Count: 50, Batches: 1}), retry: lanes(wsc.LaneRun{Count: 1, Batches: 1}), deferred: map[int]int64{0: 5}}
			w.retry.Targets = 250
			return w
		}, func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterDelayedCallback(func() {
				signal(env, true)
			}, time.Hour)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := test.world()
			env := newEnvironment(t, w)
			test.pause(env)
			in := input()
			in.State = continued(t, env)
			require.True(t, in.State.Paused)
			require.True(t, w.pauses[len(w.pauses)-1])
			require.Empty(t, w.finishes)

			env = newEnvironment(t, w)
			begun := 0
			env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { begun++ })
			env.RegisterDelayedCallback(func() {
				require.True(t, progress(t, env).Paused)
				require.Zero(t, begun)
				signal(env, false)
			}, 100*time.Hour)
			env.ExecuteWorkflow(workflows.JobWorkflow, in)
			require.NoError(t, env.GetWorkflowError())
			seen := map[activities.BatchInput]bool{}
			for _, in := range w.ran() {
				seen[in] = true
			}
			batches := w.plan.Batches
			if w.deferred != nil {
				batches++
			}
			require.Len(t, seen, batches)
			require.LessOrEqual(t, len(w.ran()), batches+16)
			require.Equal(t, wsc.JobCompleted, w.finishes[0].Status)
		})
	}
}

func TestARequestThatWasNotCarriedOutYetIsBeforeAJobContinuesAsNew(t *testing.T) {
	w := &world{plan: lanes(wsc.LaneRun{Count: 50, Batches: 1})}
	env := newEnvironment(t, w)
	afterBatches(env, 20, func() { signal(env, true, false) })
	state := continued(t, env)
	require.False(t, state.Paused)
	require.Equal(t, []bool{true, false}, w.pauses)
}
