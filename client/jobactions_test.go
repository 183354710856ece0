package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/apitest"
)

func TestPauseAndResumeAreIdempotentAndRefuseAFinishedJob(t *testing.T) {
	server := apitest.Start(t, apiserver.Limits{})
	c, err := client.New(server.URL, client.WithKey(apitest.AdminKey))
	require.NoError(t, err)
	defer c.Close()
	job, err := c.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: []string{"https://example.com/"}})
	require.NoError(t, err)

	for range 2 {
		paused, err := c.Pause(t.Context(), job.ID)
		require.NoError(t, err)
		require.Equal(t, job.ID, paused.ID)
		require.Equal(t, wsc.JobPaused, paused.Status)
	}
	for range 2 {
		resumed, err := c.Resume(t.Context(), job.ID)
		require.NoError(t, err)
		require.Equal(t, wsc.JobProcessing, resumed.Status)
	}
	_, err = c.Pause(t.Context(), "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f")
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))

	finish := wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
	require.NoError(t, server.Store.FinishJob(t.Context(), job.ID, finish))
	_, err = c.Pause(t.Context(), job.ID)
	require.Equal(t, wsc.CodeJobFinished, wsc.CodeOf(err))
	require.ErrorContains(t, err, "job "+job.ID+", pause: ")
	_, err = c.Resume(t.Context(), job.ID)
	require.Equal(t, wsc.CodeJobFinished, wsc.CodeOf(err))
}

func TestTheWatchOfAPausedJobGoesOn(t *testing.T) {
	statuses := []wsc.JobStatus{wsc.JobProcessing, wsc.JobPaused, wsc.JobPaused, wsc.JobProcessing}
	a := newAPI(t)
	a.mux.HandleFunc("GET /api/v1/jobs/1/events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, status := range statuses {
			fmt.Fprintf(w, "event: progress\ndata: {\"status\":%q}\n\n", status)
		}
		fmt.Fprint(w, "event: done\ndata: {\"status\":\"completed\"}\n\n")
	})
	var seen []wsc.JobStatus
	require.NoError(t, a.client(t).Watch(t.Context(), "1", func(p wsc.Progress) error {
		seen = append(seen, p.Status)
		return nil
	}))
	require.Equal(t, append(statuses, wsc.JobCompleted), seen)
}

func TestActionsOfAJobAskAndAnswer(t *testing.T) {
	a := newAPI(t)
	c := a.client(t)
	until := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, action := range []string{"pause", "resume", "retry", "restore"} {
		a.mux.HandleFunc("POST /api/v1/jobs/one/"+action, func(w http.ResponseWriter, _ *http.Request) {
			answer(t, w, http.StatusAccepted, wsc.Job{ID: action, RetryOf: "one"})
		})
	}
	a.mux.HandleFunc("PATCH /api/v1/jobs/one", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusOK, wsc.Job{ID: "one", ExpiresAt: &until})
	})
	a.mux.HandleFunc("DELETE /api/v1/jobs/one", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusAccepted, wsc.Job{ID: "one", DeleteAt: &until})
	})
	a.mux.HandleFunc("GET /api/v1/jobs/one/diff", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusOK, wsc.Diff{Earlier: "two", Later: "one", Counts: wsc.DiffCounts{New: 3}, NextCursor: "n"})
	})

	for action, call := range map[string]func() (*wsc.Job, error){
		"pause":   func() (*wsc.Job, error) { return c.Pause(t.Context(), "one") },
		"resume":  func() (*wsc.Job, error) { return c.Resume(t.Context(), "one") },
		"retry":   func() (*wsc.Job, error) { return c.Retry(t.Context(), "one") },
		"restore": func() (*wsc.Job, error) { return c.Restore(t.Context(), "one") },
	} {
		job, err := call()
		require.NoError(t, err)
		require.Equal(t, action, job.ID)
	}
	job, err := c.ChangeJob(t.Context(), "one", wsc.JobChange{ExpiresAt: &until})
	require.NoError(t, err)
	require.Equal(t, &until, job.ExpiresAt)
	require.NoError(t, c.DeleteIn(t.Context(), "one", 90*time.Second))
	diff, err := c.Diff(t.Context(), "one", "two", client.DiffQuery{Changes: []wsc.Change{wsc.ChangeNew, wsc.ChangeFixed}, Limit: 5, Cursor: "c"})
	require.NoError(t, err)
	require.EqualValues(t, 3, diff.Counts.New)
	require.Equal(t, "n", diff.NextCursor)

	asked := a.asked()
	require.Equal(t, "undo_seconds=90", asked[5].URL.RawQuery)
	require.Equal(t, "change=new%2Cfixed&cursor=c&limit=5&with=two", asked[6].URL.RawQuery)
}

func TestRefusedActionsKeepTheirCodes(t *testing.T) {
	a := newAPI(t)
	c := a.client(t)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusConflict, wsc.Problem{Status: 409, Code: wsc.CodeConflict, Detail: "The job is still processing."})
	})
	_, retryErr := c.Retry(t.Context(), "one")
	_, changeErr := c.ChangeJob(t.Context(), "one", wsc.JobChange{})
	_, diffErr := c.Diff(t.Context(), "one", "two", client.DiffQuery{})
	for _, err := range []error{retryErr, changeErr, diffErr, c.DeleteIn(t.Context(), "one", time.Second)} {
		require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err))
		require.True(t, strings.HasSuffix(err.Error(), "The job is still processing."), err.Error())
	}
}
