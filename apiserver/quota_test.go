package apiserver_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
)

// requireQuotaExceeded is what must hold of an answer to a key that takes too much.
func requireQuotaExceeded(t *testing.T, a answer) {
	t.Helper()
	require.Equal(t, http.StatusTooManyRequests, a.status, "%s", a.body)
	require.Equal(t, wsc.CodeQuotaExceeded, a.problem(t).Code)
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, seconds)
}

func TestAKeyHasNoMoreJobsThanItMay(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.jobs.Quota = wsc.JobQuota{ActiveJobs: 2, StoredURLs: 10} })
	first := b.submit(t, "a.txt", "example.com\n")
	second := b.submit(t, "b.txt", "example.com\n")
	stored := len(files(t, b.blobDir))
	requireQuotaExceeded(t, b.upload(t, part{name: "file", filename: "c.txt", content: "example.com\n"}))
	require.Len(t, files(t, b.blobDir), stored, "the refused upload is gone")

	for _, job := range []wsc.Job{first, second} {
		require.NoError(t, b.store.FinishJob(t.Context(), job.ID, wsc.JobFinish{Status: wsc.JobCompleted}))
	}
	requireQuotaExceeded(t, b.upload(t, part{name: "file", filename: "c.txt", content: "1.example\n2.example\n3.example\n4.example\n5.example\n6.example\n7.example\nno url\nb.example\n"}))
	require.Equal(t, http.StatusNoContent, b.do(t, http.MethodDelete, "/api/v1/jobs/"+first.ID, nil).status)
	b.submit(t, "c.txt", "1.example\n2.example\n3.example\n4.example\n5.example\n6.example\n7.example\nno url\nb.example\n")

	b.security.Close()
	events, err := b.store.Events(t.Context(), wsc.AuditFilter{Kinds: []wsc.SecurityEventKind{wsc.EventQuotaExceeded}, Limit: 10})
	require.NoError(t, err)
	require.Len(t, events, 1, "the second within a minute is the same event")
	require.Equal(t, wsc.AdminKeyID, events[0].KeyID)
}

func TestAKeyHasNoMoreStreamsThanItMay(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.Limits = apiserver.Limits{Streams: 2} })
	job := b.submit(t, "a.txt", "example.com\n")
	address := "/api/v1/jobs/" + job.ID + "/events"
	first, second := b.stream(t.Context(), t, job.ID), b.stream(t.Context(), t, job.ID)
	defer second.close()
	requireQuotaExceeded(t, b.get(t, address))
	require.Equal(t, http.StatusOK, b.get(t, "/api/v1/jobs/"+job.ID).status, "the rest of the API works")

	first.close()
	require.Eventually(t, func() bool {
		return strings.Contains(string(b.get(t, "/metrics").body), "wsc_http_event_streams 1\n")
	}, 10*time.Second, 10*time.Millisecond)
	b.stream(t.Context(), t, job.ID).close()
}

// concurrentJobsQuota plays the row concurrent_jobs_quota.
func concurrentJobsQuota(t *testing.T) {
	const jobs, quota, workers = 1000, 50, 16
	b := newBundle(t, func(s *setup) { s.jobs.Quota = wsc.JobQuota{ActiveJobs: quota} })
	key, other := b.newKey(t, "greedy"), b.newKey(t, "other")
	var accepted, refused atomic.Int64
	inParallel(jobs, workers, func(int) {
		a := b.as(t, key.Secret, http.MethodPost, "/api/v1/jobs", strings.NewReader(`{"urls":["example.com"]}`), "Content-Type", "application/json")
		if a.status == http.StatusAccepted {
			accepted.Add(1)
			return
		}
		requireQuotaExceeded(t, a)
		refused.Add(1)
	})
	require.EqualValues(t, quota, accepted.Load())
	require.EqualValues(t, jobs-quota, refused.Load())
	b.submitAs(t, other.Secret, "untouched")
}

// streamsOfOneKey plays the row sse_limit.
func streamsOfOneKey(t *testing.T) {
	const streams, quota, workers = 10_000, 100, 16
	b := newBundle(t, func(s *setup) { s.api.Limits = apiserver.Limits{Streams: quota} })
	key, other := b.newKey(t, "greedy"), b.newKey(t, "other")
	job := b.submitAs(t, key.Secret, "watched")
	var mu sync.Mutex
	var open []*stream
	defer func() {
		for _, s := range open {
			s.close()
		}
	}()
	inParallel(quota, workers, func(int) {
		s := b.stream(t.Context(), t, job.ID, "X-API-Key", key.Secret)
		mu.Lock()
		defer mu.Unlock()
		open = append(open, s)
	})
	inParallel(streams-quota, workers, func(int) {
		requireQuotaExceeded(t, b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs/"+job.ID+"/events", nil))
	})
	require.Equal(t, http.StatusOK, b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs/"+job.ID, nil).status)
	theirs := b.submitAs(t, other.Secret, "theirs")
	b.stream(t.Context(), t, theirs.ID, "X-API-Key", other.Secret).close()
}
