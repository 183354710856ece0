package e2e

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// pauseFelt is how soon after a pause nothing is checked any more.
	pauseFelt = 3 * time.Second
	// pauseHeld is how long the tests look whether that stays so.
	pauseHeld = 2 * time.Second
)

// requireStill checks that neither the job's counters nor the requests to its websites move from the given time on.
func requireStill(t *testing.T, p *product, s *sites, jobID string, from time.Time) {
	t.Helper()
	read := func() (*wsc.Job, int) {
		job, err := p.client.Job(t.Context(), jobID)
		require.NoError(t, err)
		require.Equal(t, wsc.JobPaused, job.Status)
		return job, s.total()
	}
	var job *wsc.Job
	requests := 0
	for polls := time.Tick(100 * time.Millisecond); time.Since(from) < pauseHeld; <-polls {
		if time.Until(from) > 0 {
			continue
		}
		now, asked := read()
		if job == nil {
			job, requests = now, asked
		}
		require.Equal(t, job.JobCounts, now.JobCounts)
		require.Equal(t, requests, asked)
	}
	require.NotNil(t, job)
	require.Less(t, job.ProcessedURLs, job.TotalURLs)
}

func TestAPausedJobStandsStillSurvivesARestartAndLosesNothing(t *testing.T) {
	// The sites take longer than a pause may, so that it is not felt unless checks under way are broken off.
	const lines, atOnce = 2000, 400
	s := newSites(t, 200, pauseFelt+time.Second)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": strconv.Itoa(atOnce)}).start()
	job := submit(t, p, "long.txt", s.list("/slow", lines), wsc.Options{})
	p.awaitResults(job.ID, 200)

	paused, err := p.client.Pause(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobPaused, paused.Status)
	requireStill(t, p, s, job.ID, time.Now().Add(pauseFelt))

	require.NoError(t, p.terminate())
	p.start()
	requireStill(t, p, s, job.ID, time.Now())
	p.kill()
	p.start()
	requireStill(t, p, s, job.ID, time.Now())
	held, err := p.client.Job(t.Context(), job.ID)
	require.NoError(t, err)
	before := s.total()

	resumed, err := p.client.Resume(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobProcessing, resumed.Status)
	eventually(t, pauseFelt, "the job goes on", func() bool { return s.total() > before })
	watch(t, p, job.ID)
	require.Equal(t, wsc.JobCompleted, p.awaitDone(job.ID).Status)
	recordHistory(t, p, job.ID, "paused")
	for _, result := range requireWhole(t, p, job.ID, lines) {
		require.Equal(t, wsc.StatusActive, result.Status, "%s: %s", result.URL, result.ErrorMessage)
		require.Equal(t, 1, result.Attempts, "a check that a pause broke off is no attempt")
	}
	require.EqualValues(t, lines-held.ProcessedURLs, s.total()-before, "what is left is asked once after the pause, and nothing else")

	_, err = p.client.Pause(t.Context(), job.ID)
	require.Equal(t, wsc.CodeJobFinished, wsc.CodeOf(err))
}

func TestAPauseIsAcceptedWithoutAWorkerAndHeldLater(t *testing.T) {
	s := newSites(t, 5, 0)
	c := newCluster(t, s, 0, nil)
	job := submit(t, c.product, "list.txt", s.list("/ok", 300), wsc.Options{})
	asked := time.Now()
	job, err := c.client.Pause(t.Context(), job.ID)
	require.NoError(t, err)
	require.Less(t, time.Since(asked), 5*time.Second)
	require.Equal(t, wsc.JobPending, job.Status)

	startWorker(t, c.env)
	eventually(t, time.Minute, "the job is paused with its list read", func() bool {
		job, err = c.client.Job(t.Context(), job.ID)
		require.NoError(t, err)
		return job.Status == wsc.JobPaused && job.Phase == wsc.PhaseChecking
	})
	require.EqualValues(t, 300, job.TotalURLs)
	requireStill(t, c.product, s, job.ID, time.Now())
	require.Zero(t, s.total())

	job, err = c.client.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.JobCancelled, c.awaitDone(job.ID).Status)
	require.Zero(t, s.total())
}
