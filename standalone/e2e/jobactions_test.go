package e2e

import (
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	temporal "go.temporal.io/sdk/client"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/store/sqlite"
	"github.com/website-status-checker/wsc/workflows"
)

// filesOf counts the files of a product that belong to a job.
func filesOf(t *testing.T, p *product, jobID string) int {
	t.Helper()
	count := 0
	require.NoError(t, filepath.WalkDir(p.dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.Contains(path, jobID) {
			count++
		}
		return nil // what disappears meanwhile is no error
	}))
	return count
}

// Sites are down, are repaired, and are checked again; what came of it is compared, and the jobs are deleted.
func TestWhatWasBrokenIsCheckedAgainComparedAndDeleted(t *testing.T) {
	const up, down = 6, 4
	var repaired atomic.Bool
	s := newSites(t, 3, 0)
	s.authorize = func(r *http.Request) bool {
		return strings.HasPrefix(r.URL.Path, "/ok") || repaired.Load() && r.Header.Get("X-Token") == "of-the-job"
	}
	p := newProduct(t, s, nil).start()
	options := wsc.Options{Retries: new(0), Headers: map[string]string{"X-Token": "of-the-job"}}
	job := submit(t, p, "leads.txt", s.list("/ok", up)+s.list("/page", down)+"no url at all\n", options)
	_, err := p.client.Retry(t.Context(), job.ID)
	if err != nil { // it may have ended already
		require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err))
	}
	watch(t, p, job.ID)
	done := p.awaitDone(job.ID)
	require.Equal(t, wsc.JobCounts{TotalURLs: 11, ProcessedURLs: 11, ActiveCount: up, InactiveCount: down, ErrorCount: 1, InvalidCount: 1}, done.JobCounts)

	repaired.Store(true)
	again, err := p.client.Retry(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, job.ID, again.RetryOf)
	require.Equal(t, "leads (again).ndjson", again.Filename)
	watch(t, p, again.ID)
	require.Equal(t, wsc.JobCounts{TotalURLs: down, ProcessedURLs: down, ActiveCount: down}, p.awaitDone(again.ID).JobCounts)
	requireWhole(t, p, again.ID, down)
	_, err = p.client.Retry(t.Context(), again.ID)
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err), "nothing is left to be checked again")

	diff, err := p.client.Diff(t.Context(), again.ID, job.ID, client.DiffQuery{Changes: []wsc.Change{wsc.ChangeFixed}})
	require.NoError(t, err)
	require.Equal(t, wsc.DiffCounts{Fixed: down, Removed: up}, diff.Counts)
	require.Len(t, diff.Entries, down)
	require.Equal(t, http.StatusUnauthorized, diff.Entries[0].Before.HTTPStatus)
	require.Equal(t, http.StatusOK, diff.Entries[0].After.HTTPStatus)

	require.NoError(t, p.client.DeleteIn(t.Context(), job.ID, 10*time.Minute))
	shown, err := p.client.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.NotNil(t, shown.DeleteAt)
	restored, err := p.client.Restore(t.Context(), job.ID)
	require.NoError(t, err)
	require.Nil(t, restored.DeleteAt)
	requireWhole(t, p, job.ID, up+down+1)

	require.Positive(t, filesOf(t, p, job.ID))
	require.NoError(t, p.client.DeleteIn(t.Context(), job.ID, time.Second))
	eventually(t, time.Minute, "the job is deleted", func() bool {
		_, err := p.client.Job(t.Context(), job.ID)
		return wsc.CodeOf(err) == wsc.CodeNotFound
	})
	_, err = p.client.Restore(t.Context(), job.ID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	require.Zero(t, filesOf(t, p, job.ID))
	requireWhole(t, p, again.ID, down)

	require.NoError(t, p.terminate())
	store, err := sqlite.Open(t.Context(), filepath.Join(p.dir, "wsc.db"))
	require.NoError(t, err)
	defer store.Close()
	results, err := store.Results(t.Context(), job.ID, wsc.ResultFilter{Limit: 1})
	require.NoError(t, err)
	require.Empty(t, results)
	results, err = store.Results(t.Context(), again.ID, wsc.ResultFilter{Limit: 100})
	require.NoError(t, err)
	require.Len(t, results, down)
}

// The clean-up of a job waits until the time to which its expiry was moved.
func TestAJobThatIsKeptOutlivesItsFirstExpiry(t *testing.T) {
	s := newSites(t, 1, 0)
	p := newProduct(t, s, map[string]string{"WSC_RETENTION": "15s"}).start()
	job := submit(t, p, "list.txt", s.list("/ok", 3), wsc.Options{Retries: new(0)})
	watch(t, p, job.ID)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	kept, err := p.client.ChangeJob(t.Context(), job.ID, wsc.JobChange{ExpiresAt: &until})
	require.NoError(t, err)
	require.Equal(t, &until, kept.ExpiresAt)

	connection, err := temporal.Dial(temporal.Options{HostPort: p.temporalAddress})
	require.NoError(t, err)
	defer connection.Close()
	eventually(t, time.Minute, "the clean-up looked and waits", func() bool {
		events := connection.GetWorkflowHistory(t.Context(), workflows.CleanupWorkflowID(job.ID), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				return false // it is not scheduled yet
			}
			if event.GetEventType() == enums.EVENT_TYPE_TIMER_STARTED {
				return true
			}
		}
		return false
	})
	requireWhole(t, p, job.ID, 3)
}
