package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// carryOut has requests to pause and resume carried out as the workflow does it.
func (b *bundle) carryOut(t *testing.T) {
	t.Helper()
	b.workflows.ask = func(id string, paused bool) error {
		if paused {
			return b.store.PauseJob(t.Context(), id)
		}
		return b.store.ResumeJob(t.Context(), id)
	}
}

func TestPauseAndResumeReturnTheJobAsItIsThen(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	require.NoError(t, b.store.StartJob(t.Context(), job.ID, b.now))
	b.carryOut(t)
	for range 2 { // repeating it is no error
		paused, err := b.service.Pause(t.Context(), job.ID)
		require.NoError(t, err)
		require.Equal(t, wsc.JobPaused, paused.Status)
		require.Nil(t, paused.ExpiresAt)
	}
	for range 2 {
		resumed, err := b.service.Resume(t.Context(), job.ID)
		require.NoError(t, err)
		require.Equal(t, wsc.JobProcessing, resumed.Status)
	}
	require.Equal(t, []string{"pause " + job.ID, "pause " + job.ID, "resume " + job.ID, "resume " + job.ID}, b.workflows.asked,
		"also what is so already is asked for, since an earlier request may be under way")
}

func TestARequestIsAcceptedWithoutAWorker(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	began := time.Now()
	job, err = b.service.Pause(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobPending, job.Status)
	require.Less(t, time.Since(began), 5*time.Second)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.service.Pause(ctx, job.ID)
	require.ErrorIs(t, err, context.Canceled, "nobody waits for the answer")
}

func TestPausingStartsAJobThatWasNotStarted(t *testing.T) {
	b := newBundle(t)
	b.workflows.startErr = errors.New("connection refused")
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	b.workflows.ask = func(id string, _ bool) error {
		if len(b.workflows.started) == 0 {
			return wsc.Errorf(wsc.CodeNotFound, "none")
		}
		return b.store.PauseJob(t.Context(), id)
	}
	_, err = b.service.Pause(t.Context(), job.ID)
	require.Equal(t, wsc.CodeTemporalUnavailable, wsc.CodeOf(err))

	b.workflows.startErr = nil
	paused, err := b.service.Pause(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobPaused, paused.Status)
	require.Equal(t, []string{job.ID}, b.workflows.starts())
}

func TestWhatCannotBePaused(t *testing.T) {
	for name, call := range map[string]func(*bundle) func(context.Context, string) (*wsc.Job, error){
		"pause":  func(b *bundle) func(context.Context, string) (*wsc.Job, error) { return b.service.Pause },
		"resume": func(b *bundle) func(context.Context, string) (*wsc.Job, error) { return b.service.Resume },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBundle(t)
			ask := func(id string) wsc.Code {
				_, err := call(b)(t.Context(), id)
				require.Error(t, err)
				return wsc.CodeOf(err)
			}
			require.Equal(t, wsc.CodeNotFound, ask("01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"))
			require.Empty(t, b.workflows.asked)

			job, err := b.submit(t, "example.com\n")
			require.NoError(t, err)
			b.workflows.ask = func(string, bool) error { return errors.New("connection refused") }
			require.Equal(t, wsc.CodeTemporalUnavailable, ask(job.ID))

			require.NoError(t, b.store.StartJob(t.Context(), job.ID, b.now))
			b.workflows.ask = func(string, bool) error { return wsc.Errorf(wsc.CodeNotFound, "none") }
			require.Equal(t, wsc.CodeConflict, ask(job.ID), "the workflow was terminated by hand")
			require.Len(t, b.workflows.starts(), 1)

			finish := wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: b.now, ExpiresAt: b.now.Add(time.Hour)}
			b.workflows.ask = func(string, bool) error { // the workflow ends just now
				require.NoError(t, b.store.FinishJob(t.Context(), job.ID, finish))
				return wsc.Errorf(wsc.CodeNotFound, "none")
			}
			require.Equal(t, wsc.CodeJobFinished, ask(job.ID))
			before := len(b.workflows.asked)
			require.Equal(t, wsc.CodeJobFinished, ask(job.ID))
			require.Len(t, b.workflows.asked, before, "a job that ended is not asked")
		})
	}
}

func TestAJobThatEndsWhileItIsAsked(t *testing.T) {
	b := newBundle(t)
	finished := func(id string, _ bool) error {
		return b.store.FinishJob(t.Context(), id, wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: b.now})
	}
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	b.workflows.ask = finished
	_, err = b.service.Pause(t.Context(), job.ID)
	require.Equal(t, wsc.CodeJobFinished, wsc.CodeOf(err), "it was not paused")

	job, err = b.submit(t, "example.com\n")
	require.NoError(t, err)
	require.NoError(t, b.store.PauseJob(t.Context(), job.ID))
	resumed, err := b.service.Resume(t.Context(), job.ID)
	require.NoError(t, err, "it went on, to its end")
	require.Equal(t, wsc.JobCompleted, resumed.Status)
}

func TestReconcileLeavesPausedJobsAlone(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	b.carryOut(t)
	_, err = b.service.Pause(t.Context(), job.ID)
	require.NoError(t, err)
	started := b.workflows.starts()
	b.now = b.now.Add(365 * 24 * time.Hour)
	require.NoError(t, b.service.Reconcile(t.Context()))
	require.Equal(t, started, b.workflows.starts())
	require.Empty(t, b.workflows.terminated)
	stored, err := b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobPaused, stored.Status)
	require.Len(t, b.files(t, b.blobDir), 1, "the upload stays")
}
