package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
)

func TestCleanupKeepsAJobWhoseExpiryMoved(t *testing.T) {
	f := newFixture(t)
	f.upload(sites(3), wsc.Options{RetentionHours: 1})
	shape := f.prepare().Plan
	for batch := range shape.Batches {
		_, err := f.checkBatch(0, batch)
		require.NoError(t, err)
	}
	_, err := execute[activities.FinishOutput](f, f.acts.Finish, activities.FinishInput{JobID: jobID, Status: wsc.JobCompleted})
	require.NoError(t, err)
	require.NoError(t, f.store.SetJobExpiry(t.Context(), jobID, time.Now().Add(48*time.Hour), time.Now()))
	clean := func() activities.DeleteExpiredOutput {
		out, err := execute[activities.DeleteExpiredOutput](f, f.acts.DeleteExpired, activities.DeleteExpiredInput{JobID: jobID})
		require.NoError(t, err)
		return out
	}
	require.InDelta(t, 48, clean().Wait.Hours(), 0.01)
	require.Len(t, f.results(), 3)
	require.NotEmpty(t, f.job().UploadPath)
	exists, err := f.blobs.Exists(t.Context(), wsc.UploadPath(jobID))
	require.NoError(t, err)
	require.True(t, exists)

	require.NoError(t, f.store.SetJobExpiry(t.Context(), jobID, time.Now().Add(-time.Second), time.Now()))
	for range 2 { // the second time it is gone already
		require.Zero(t, clean().Wait)
	}
	_, err = f.store.Job(t.Context(), jobID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	object, err := f.blobs.List(nil).Next(t.Context())
	require.Error(t, err, "%v is left", object)
}
