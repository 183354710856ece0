package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
)

func (f *fixture) setPaused(paused bool) error {
	_, err := execute[any](f, f.acts.SetPaused, activities.PauseInput{JobID: jobID, Paused: paused})
	return err
}

func TestAPausedJobIsShownAsPausedAlsoWhileItsListIsRead(t *testing.T) {
	f := newFixture(t)
	require.Equal(t, activities.ErrJobGone, errorType(f.setPaused(true)))
	f.upload(sites(3), wsc.Options{})
	for range 2 {
		require.NoError(t, f.setPaused(true))
		require.Equal(t, wsc.JobPaused, f.job().Status)
	}
	f.prepare()
	job := f.job()
	require.Equal(t, wsc.JobPaused, job.Status)
	require.Equal(t, wsc.PhaseChecking, job.Phase)
	require.NotNil(t, job.StartedAt)
	for range 2 {
		require.NoError(t, f.setPaused(false))
		require.Equal(t, wsc.JobProcessing, f.job().Status)
	}
}

func TestAJobThatEndedIsNotShownAsPaused(t *testing.T) {
	f := newFixture(t)
	f.upload(sites(3), wsc.Options{})
	require.NoError(t, f.store.FinishJob(t.Context(), jobID, wsc.JobFinish{Status: wsc.JobCancelled, FinishedAt: f.now, ExpiresAt: f.now.Add(time.Hour)}))
	require.NoError(t, f.setPaused(true))
	require.NoError(t, f.setPaused(false))
	require.Equal(t, wsc.JobCancelled, f.job().Status)
}
