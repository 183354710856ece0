package apiserver_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// someResult is a result of a URL as a job has it.
func someResult(seq int64, url string, status wsc.Status) wsc.Result {
	return wsc.Result{
		Seq: seq, Line: seq + 1, URL: url, NormalizedURL: "https://" + url + "/", Host: url,
		Status: status, HTTPStatus: map[wsc.Status]int{wsc.StatusActive: 200, wsc.StatusInactive: 404}[status], Attempts: 1, CheckedAt: time.Now(),
	}
}

// checked is a finished job of one URL that is active and one that is not, of the owner of a key.
func (b *bundle) checked(t testing.TB, secret, name string) wsc.Job {
	t.Helper()
	job := b.submitAs(t, secret, name)
	b.begin(t, job.ID, 2)
	b.results(t, job.ID, someResult(0, "up.example", wsc.StatusActive), someResult(1, "down.example", wsc.StatusInactive))
	b.finish(t, job.ID)
	return job
}

func TestRetry(t *testing.T) {
	b := newBundle(t)
	job := b.checked(t, adminKey, "leads")
	path := "/api/v1/jobs/" + job.ID + "/retry"
	a := b.do(t, http.MethodPost, path, nil)
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	var again wsc.Job
	a.decode(t, &again)
	require.Equal(t, "/api/v1/jobs/"+again.ID, a.header.Get("Location"))
	require.Equal(t, job.ID, again.RetryOf)
	require.Equal(t, wsc.AdminKeyID, again.Owner)
	require.Equal(t, wsc.JobPending, again.Status)
	content, err := b.blobs.ReadAll(t.Context(), wsc.UploadPath(again.ID))
	require.NoError(t, err)
	require.Equal(t, "{\"url\":\"down.example\"}\n", string(content))

	a = b.do(t, http.MethodPost, "/api/v1/jobs/"+again.ID+"/retry", nil)
	require.Equal(t, http.StatusConflict, a.status)
	require.Equal(t, wsc.CodeConflict, a.problem(t).Code)
	require.Contains(t, a.problem(t).Detail, "still pending")

	first := b.do(t, http.MethodPost, path, nil, "Idempotency-Key", "k")
	replayed := b.do(t, http.MethodPost, path, nil, "Idempotency-Key", "k")
	require.Equal(t, "", first.header.Get("Idempotency-Replayed"))
	require.Equal(t, "true", replayed.header.Get("Idempotency-Replayed"))
	require.Equal(t, string(first.body), string(replayed.body))
	require.Equal(t, wsc.CodeInvalidRequest, b.do(t, http.MethodPost, path, nil, "Idempotency-Key", strings.Repeat("k", 256)).problem(t).Code)
}

func TestRetryKeepsToTheQuota(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.jobs.Quota = wsc.JobQuota{StoredURLs: 2} })
	key := b.newKey(t, "small")
	job := b.checked(t, key.Secret, "leads")
	b.checked(t, key.Secret, "more")
	requireQuotaExceeded(t, b.as(t, key.Secret, http.MethodPost, "/api/v1/jobs/"+job.ID+"/retry", nil))
	requireEvent(t, b, wsc.EventQuotaExceeded, func(e wsc.SecurityEvent) { require.Equal(t, key.ID, e.KeyID) })
	// An administrator's repetition is the administrator's job, who has a quota of their own.
	var again wsc.Job
	b.do(t, http.MethodPost, "/api/v1/jobs/"+job.ID+"/retry", nil).decode(t, &again)
	require.Equal(t, wsc.AdminKeyID, again.Owner)
	require.Equal(t, http.StatusNotFound, b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs/"+again.ID, nil).status)
}

func TestKeep(t *testing.T) {
	b := newBundle(t)
	running := b.submit(t, "l.txt", "example.com\n")
	job := b.checked(t, adminKey, "leads")
	change := func(id, body string) answer {
		return b.do(t, http.MethodPatch, "/api/v1/jobs/"+id, strings.NewReader(body), "Content-Type", "application/json")
	}
	until := time.Now().Add(720 * time.Hour).UTC().Truncate(time.Second)
	for range 2 {
		a := change(job.ID, `{"expires_at":"`+until.Format(time.RFC3339)+`"}`)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var changed wsc.Job
		a.decode(t, &changed)
		require.Equal(t, &until, changed.ExpiresAt)
	}
	require.Equal(t, wsc.CodeConflict, change(running.ID, `{"expires_at":"`+until.Format(time.RFC3339)+`"}`).problem(t).Code)
	for body, code := range map[string]wsc.Code{
		`{"expires_at":"2020-01-01T00:00:00Z"}`: wsc.CodeInvalidRequest,
		`{"expires_at":"2999-01-01T00:00:00Z"}`: wsc.CodeInvalidRequest,
		`{"expires_at":"soon"}`:                 wsc.CodeInvalidRequest,
		`{"expires_at":5}`:                      wsc.CodeInvalidRequest,
		`{"status":"completed"}`:                wsc.CodeInvalidRequest,
		`{"owner":"me"}`:                        wsc.CodeInvalidRequest,
		`{"expires_at":`:                        wsc.CodeInvalidJSON,
	} {
		require.Equal(t, code, change(job.ID, body).problem(t).Code, body)
	}
	var same wsc.Job
	change(job.ID, `{}`).decode(t, &same)
	require.Equal(t, &until, same.ExpiresAt)
}

func TestDeletionWithUndo(t *testing.T) {
	b := newBundle(t)
	job := b.checked(t, adminKey, "leads")
	path := "/api/v1/jobs/" + job.ID
	a := b.do(t, http.MethodDelete, path+"?undo_seconds=60", nil)
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	var doomed wsc.Job
	a.decode(t, &doomed)
	require.WithinDuration(t, time.Now().Add(time.Minute), *doomed.DeleteAt, 10*time.Second)
	var shown wsc.Job
	b.get(t, path).decode(t, &shown)
	require.Equal(t, doomed, shown)
	require.Equal(t, doomed.DeleteAt, b.listAs(t, adminKey, "").Jobs[0].DeleteAt)
	requireEvent(t, b, wsc.EventJobDeleted, func(e wsc.SecurityEvent) {
		require.Equal(t, job.ID, e.Object)
		require.Contains(t, e.Detail, "unless it is restored")
	})

	for range 2 {
		var restored wsc.Job
		b.do(t, http.MethodPost, path+"/restore", nil).decode(t, &restored)
		require.Nil(t, restored.DeleteAt)
	}
	for _, query := range []string{"undo_seconds=-1", "undo_seconds=3601", "undo_seconds=x", "undo=5"} {
		require.Equal(t, wsc.CodeInvalidRequest, b.do(t, http.MethodDelete, path+"?"+query, nil).problem(t).Code, query)
	}
	require.Equal(t, http.StatusAccepted, b.do(t, http.MethodDelete, path+"?undo_seconds=3600", nil).status)
	a = b.do(t, http.MethodDelete, path+"?undo_seconds=0", nil)
	require.Equal(t, http.StatusNoContent, a.status)
	require.Empty(t, a.body)
	require.Equal(t, http.StatusNotFound, b.do(t, http.MethodPost, path+"/restore", nil).status)
	require.Empty(t, files(t, b.blobDir))
}

func TestADeletionThatIsDueIsNotTakenBack(t *testing.T) {
	b := newBundle(t)
	job := b.checked(t, adminKey, "leads")
	require.NoError(t, b.store.SetJobDeletion(t.Context(), job.ID, new(time.Now().Add(-time.Second)), time.Now()))
	a := b.do(t, http.MethodPost, "/api/v1/jobs/"+job.ID+"/restore", nil)
	require.Equal(t, http.StatusConflict, a.status)
	require.Contains(t, a.problem(t).Detail, "too late")
}
