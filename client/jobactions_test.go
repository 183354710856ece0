package client_test

import (
	"fmt"
	"net/http"
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
