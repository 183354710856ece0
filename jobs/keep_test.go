package jobs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// ended is a completed job of one URL.
func (b *bundle) ended(t *testing.T) *wsc.Job {
	t.Helper()
	job, err := b.submit(t, "a.example\n")
	require.NoError(t, err)
	b.end(t, job, wsc.JobCompleted, 1, outcome(t, 0, "a.example", wsc.StatusActive))
	job, err = b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	return job
}

func (b *bundle) requireGone(t *testing.T, id string) {
	t.Helper()
	_, err := b.store.Job(t.Context(), id)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	results, err := b.store.Results(t.Context(), id, wsc.ResultFilter{Limit: 1})
	require.NoError(t, err)
	require.Empty(t, results)
}

func TestTheExpiryMovesLaterAndEarlier(t *testing.T) {
	b := newBundle(t)
	job := b.ended(t)
	expire := func(in time.Duration) (*wsc.Job, error) {
		return b.service.Change(t.Context(), job.ID, wsc.JobChange{ExpiresAt: new(b.now.Add(in))})
	}
	for _, in := range []time.Duration{365 * 24 * time.Hour, time.Minute, 48 * time.Hour} {
		changed, err := expire(in)
		require.NoError(t, err)
		require.Equal(t, b.now.Add(in).UTC().Truncate(time.Microsecond), *changed.ExpiresAt)
	}
	for _, in := range []time.Duration{59 * time.Second, -time.Hour, 365*24*time.Hour + time.Second} {
		_, err := expire(in)
		require.Equal(t, wsc.CodeInvalidRequest, wsc.CodeOf(err), in)
	}
	same, err := b.service.Change(t.Context(), job.ID, wsc.JobChange{})
	require.NoError(t, err)
	require.Equal(t, b.now.Add(48*time.Hour).UTC().Truncate(time.Microsecond), *same.ExpiresAt, "what is not named stays")

	// Kept, it outlives its first expiry; shortened, it goes soon after the new one without waiting for its clean-up.
	b.now = job.ExpiresAt.Add(24 * time.Hour)
	require.NoError(t, b.service.Reconcile(t.Context()))
	_, err = expire(time.Minute)
	require.NoError(t, err)
	b.now = b.now.Add(3 * time.Minute)
	_, err = expire(time.Hour)
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err), "it has expired")
	require.NoError(t, b.service.Reconcile(t.Context()))
	b.requireGone(t, job.ID)
	_, err = expire(time.Hour)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
}

func TestTheExpiryOfARunningJobIsNotKnownYet(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "a.example\n")
	require.NoError(t, err)
	_, err = b.service.Change(t.Context(), job.ID, wsc.JobChange{ExpiresAt: new(b.now.Add(time.Hour))})
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err))
	require.ErrorContains(t, err, "still pending")
}

func TestADeletionHappensWhenItIsDue(t *testing.T) {
	b := newBundle(t)
	job, keep := b.ended(t), b.ended(t)
	asked, err := b.service.DeleteIn(t.Context(), job.ID, 30*time.Second)
	require.NoError(t, err)
	at := b.now.Add(30 * time.Second).UTC().Truncate(time.Microsecond)
	require.Equal(t, &at, asked.DeleteAt)

	b.now = at.Add(time.Second)
	require.NoError(t, b.service.Reconcile(t.Context()))
	_, err = b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	_, err = b.service.Restore(t.Context(), job.ID)
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err), "whoever was told that the job is restored must find it")
	_, err = b.service.DeleteIn(t.Context(), job.ID, time.Hour)
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err))

	b.now = at.Add(3 * time.Second)
	require.NoError(t, b.service.Reconcile(t.Context()))
	b.requireGone(t, job.ID)
	require.Equal(t, []string{job.ID}, b.workflows.terminated)
	require.Len(t, b.files(t, b.blobDir), 1, "the upload of the other job")
	_, err = b.store.Job(t.Context(), keep.ID)
	require.NoError(t, err)
	_, err = b.service.Restore(t.Context(), job.ID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
}

func TestADeletionIsTakenBack(t *testing.T) {
	b := newBundle(t)
	job, err := b.submit(t, "a.example\n") // one that has not ended goes on meanwhile
	require.NoError(t, err)
	_, err = b.service.DeleteIn(t.Context(), job.ID, time.Minute)
	require.NoError(t, err)
	for range 2 {
		restored, err := b.service.Restore(t.Context(), job.ID)
		require.NoError(t, err)
		require.Nil(t, restored.DeleteAt)
	}
	b.now = b.now.Add(10 * time.Minute)
	require.NoError(t, b.service.Reconcile(t.Context()))
	_, err = b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Empty(t, b.workflows.cancelled)

	// Asked for again, it can be brought forward, and done at once.
	for _, undo := range []time.Duration{time.Hour, time.Second} {
		asked, err := b.service.DeleteIn(t.Context(), job.ID, undo)
		require.NoError(t, err)
		require.Equal(t, b.now.Add(undo).UTC().Truncate(time.Microsecond), *asked.DeleteAt)
	}
	require.NoError(t, b.service.Delete(t.Context(), job.ID))
	b.requireGone(t, job.ID)
}
