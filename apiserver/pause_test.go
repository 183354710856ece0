package apiserver_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestPauseAndResume(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	b.begin(t, job.ID, 1)
	path := "/api/v1/jobs/" + job.ID
	for _, step := range []struct {
		action string
		status wsc.JobStatus
	}{{"pause", wsc.JobPaused}, {"pause", wsc.JobPaused}, {"resume", wsc.JobProcessing}, {"resume", wsc.JobProcessing}} {
		a := b.do(t, http.MethodPost, path+"/"+step.action, nil)
		require.Equal(t, http.StatusAccepted, a.status, step.action)
		a.decode(t, &job)
		require.Equal(t, step.status, job.Status, step.action)
		b.get(t, path).decode(t, &job)
		require.Equal(t, step.status, job.Status, "what is read later says the same")
	}
	b.finish(t, job.ID)
	for _, action := range []string{"pause", "resume"} {
		a := b.do(t, http.MethodPost, path+"/"+action, nil)
		require.Equal(t, http.StatusConflict, a.status)
		require.Equal(t, wsc.CodeJobFinished, a.problem(t).Code)
		for _, id := range []string{unknownID, "x"} {
			a = b.do(t, http.MethodPost, "/api/v1/jobs/"+id+"/"+action, nil)
			require.Equal(t, wsc.CodeNotFound, a.problem(t).Code)
		}
	}
}

func TestPausingNeedsTheScopeAndTheOwner(t *testing.T) {
	b := newBundle(t)
	owner, other := b.newKey(t, "owner"), b.newKey(t, "other")
	reader := b.newKey(t, "reader", func(r *wsc.KeyRequest) { r.Scopes = []wsc.Scope{wsc.ScopeRead} })
	job := b.submitAs(t, owner.Secret, "list")
	for _, action := range []string{"pause", "resume"} {
		path := "/api/v1/jobs/" + job.ID + "/" + action
		require.Equal(t, wsc.CodeInsufficientScope, b.as(t, reader.Secret, http.MethodPost, path, nil).problem(t).Code)
		require.Equal(t, wsc.CodeNotFound, b.as(t, other.Secret, http.MethodPost, path, nil).problem(t).Code)
		stored, err := b.store.Job(t.Context(), job.ID)
		require.NoError(t, err)
		require.Equal(t, wsc.JobPending, stored.Status)
	}
	require.Equal(t, http.StatusAccepted, b.as(t, owner.Secret, http.MethodPost, "/api/v1/jobs/"+job.ID+"/pause", nil).status)
}

func TestEventsOfAPausedJob(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	b.begin(t, job.ID, 100)
	s := b.stream(t.Context(), t, job.ID)
	defer s.close()
	until := func(what string, reached func(wsc.Progress) bool) wsc.Progress {
		t.Helper()
		for range 100 {
			e, open := s.next(t)
			require.True(t, open)
			require.Equal(t, "progress", e.name)
			if reached(e.progress) {
				return e.progress
			}
		}
		require.Fail(t, "never "+what)
		return wsc.Progress{}
	}
	until("open", func(wsc.Progress) bool { return true })
	advance(t, b, job.ID, 0, 50)
	until("with an end in sight", func(p wsc.Progress) bool { return p.ETASeconds != nil })
	require.NoError(t, b.store.PauseJob(t.Context(), job.ID))
	paused := until("paused", func(p wsc.Progress) bool { return p.Status == wsc.JobPaused })
	require.Zero(t, paused.Rate, "nothing is checked")
	require.Nil(t, paused.ETASeconds, "nobody knows when it goes on")
	require.InDelta(t, 50, paused.Percent, 0.01)
	require.NoError(t, b.store.ResumeJob(t.Context(), job.ID))
	until("resumed", func(p wsc.Progress) bool { return p.Status == wsc.JobProcessing })
	advance(t, b, job.ID, 50, 10)
	until("fast again", func(p wsc.Progress) bool { return p.Rate > 0 })
}
