package apiserver_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
)

const unknownID = "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"

func TestUploadIsAccepted(t *testing.T) {
	b := newBundle(t)
	a := b.upload(t,
		part{name: "options", content: `{"timeout_ms": 2000, "url_column": "site"}`},
		part{name: "file", filename: "leads.csv", content: "name,site\nA,example.com\nB,example.org\n"})
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	var job wsc.Job
	a.decode(t, &job)
	require.Equal(t, "/api/v1/jobs/"+job.ID, a.header.Get("Location"))
	require.Equal(t, wsc.JobPending, job.Status)
	require.Equal(t, "leads.csv", job.Filename)
	require.Equal(t, 2000, job.Options.TimeoutMS)
	require.Equal(t, "site", job.List.URLColumn)
	require.EqualValues(t, 1, b.workflows.started.Load())

	var again wsc.Job
	b.get(t, a.header.Get("Location")).decode(t, &again)
	require.Equal(t, job, again)
	require.Empty(t, files(t, b.spool))
}

func TestOptionsMayFollowTheFile(t *testing.T) {
	b := newBundle(t)
	a := b.upload(t, part{name: "file", filename: "l.txt", content: "example.com\n"}, part{name: "options", content: `{"retries": 0}`})
	var job wsc.Job
	a.decode(t, &job)
	require.NotNil(t, job.Options.Retries)
	require.Zero(t, *job.Options.Retries)
}

func TestURLsAsJSON(t *testing.T) {
	b := newBundle(t)
	a := b.postJSON(t, "/api/v1/jobs", `{"urls":["https://example.com/","a\nb"],"name":"my list","options":{"method":"HEAD"}}`)
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	var job wsc.Job
	a.decode(t, &job)
	require.Equal(t, "my list.json", job.Filename)
	require.Equal(t, "HEAD", job.Options.Method)
	content, err := b.blobs.ReadAll(t.Context(), wsc.UploadPath(job.ID))
	require.NoError(t, err)
	require.JSONEq(t, `["https://example.com/","a\nb"]`, string(content))
}

func TestIdempotencyKey(t *testing.T) {
	b := newBundle(t)
	post := func(key, url string) answer {
		return b.do(t, http.MethodPost, "/api/v1/jobs", strings.NewReader(`{"urls":["`+url+`"]}`), "Content-Type", "application/json", "Idempotency-Key", key)
	}
	var first, second wsc.Job
	post("k", "example.com").decode(t, &first)
	post("k", "example.com").decode(t, &second)
	require.Equal(t, first.ID, second.ID)
	a := post("k", "example.org")
	require.Equal(t, http.StatusConflict, a.status)
	require.Equal(t, wsc.CodeIdempotencyConflict, a.problem(t).Code)
	require.Equal(t, wsc.CodeInvalidRequest, post(strings.Repeat("k", 256), "example.com").problem(t).Code)
	require.Equal(t, wsc.CodeInvalidRequest, post("k\xff", "example.com").problem(t).Code)
}

func TestUnknownJobIsTheSameAnswerEverywhere(t *testing.T) {
	b := newBundle(t)
	for _, id := range []string{unknownID, "x", "%00", "..%2f", strings.Repeat("a", 2000), "{" + unknownID + "}"} {
		for _, route := range []string{"", "/events", "/results", "/stats", "/export"} {
			a := b.get(t, "/api/v1/jobs/"+id+route)
			require.Equal(t, http.StatusNotFound, a.status, "%s %s", id, route)
			require.Equal(t, wsc.CodeNotFound, a.problem(t).Code)
		}
	}
	require.Equal(t, wsc.CodeNotFound, b.do(t, http.MethodDelete, "/api/v1/jobs/"+unknownID, nil).problem(t).Code)
	require.Equal(t, wsc.CodeNotFound, b.do(t, http.MethodPost, "/api/v1/jobs/"+unknownID+"/cancel", nil).problem(t).Code)
}

func TestCancelAndDelete(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	path := "/api/v1/jobs/" + job.ID
	a := b.do(t, http.MethodPost, path+"/cancel", nil)
	require.Equal(t, http.StatusAccepted, a.status)
	a.decode(t, &job)
	require.Equal(t, wsc.JobCancelled, job.Status)
	a = b.do(t, http.MethodPost, path+"/cancel", nil)
	require.Equal(t, http.StatusConflict, a.status)
	require.Equal(t, wsc.CodeJobFinished, a.problem(t).Code)

	a = b.do(t, http.MethodDelete, path, nil)
	require.Equal(t, http.StatusNoContent, a.status)
	require.Empty(t, a.body)
	require.Equal(t, http.StatusNotFound, b.get(t, path).status)
	require.Empty(t, files(t, b.blobDir))
}

func TestListJobsPageByPage(t *testing.T) {
	b := newBundle(t)
	var want []string
	for range 7 {
		want = append([]string{b.submit(t, "l.txt", "example.com\n").ID}, want...)
	}
	var got []string
	cursor := ""
	for {
		var page wsc.JobPage
		b.get(t, "/api/v1/jobs?limit=3&cursor="+cursor).decode(t, &page)
		for _, job := range page.Jobs {
			got = append(got, job.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, want, got)

	var page wsc.JobPage
	b.get(t, "/api/v1/jobs?status=completed,failed").decode(t, &page)
	require.Empty(t, page.Jobs)
	require.Contains(t, string(b.get(t, "/api/v1/jobs?status=completed").body), `"jobs":[]`)
	b.get(t, "/api/v1/jobs?status=completed&status=pending").decode(t, &page)
	require.Len(t, page.Jobs, 7)
	for _, query := range []string{"limit=0", "limit=-1", "limit=1000000000", "limit=abc", "status=done", "q=%00", "q=%ff", "nonsense=1"} {
		a := b.get(t, "/api/v1/jobs?"+query)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, query)
		require.Equal(t, wsc.CodeInvalidRequest, a.problem(t).Code, query)
	}
	for _, cursor := range []string{"x", "!!", "e30", "eyJ0IjoiMjAyNi0wMS0wMVQwMDowMDowMFoiLCJpIjoieCJ9"} {
		require.Equal(t, wsc.CodeInvalidCursor, b.get(t, "/api/v1/jobs?cursor="+cursor).problem(t).Code, cursor)
	}
}

func TestCheckNow(t *testing.T) {
	b := newBundle(t)
	var result wsc.Result
	b.postJSON(t, "/api/v1/checks", `{"url":"Example.com","options":{"timeout_ms":1500}}`).decode(t, &result)
	require.Equal(t, "https://example.com/", result.NormalizedURL)
	require.InDelta(t, 1500, result.ResponseTimeMS, 0)

	b.postJSON(t, "/api/v1/checks", `{"url":"ftp://example.com"}`).decode(t, &result)
	require.Equal(t, wsc.KindBlockedScheme, result.ErrorKind)

	for body, code := range map[string]wsc.Code{
		`{"url":"a.example","options":{"timeout_ms":5}}`:      wsc.CodeInvalidOptions,
		`{"url":"a.example","options":{"accept_status":"x"}}`: wsc.CodeInvalidOptions,
		`{"url":"a.example","options":{"Retries":1}}`:         wsc.CodeInvalidRequest,
		`{"url":"a.example","owner_id":"x"}`:                  wsc.CodeInvalidRequest,
		`{"url":"a.example","url":"b.example"}`:               wsc.CodeInvalidJSON,
		`{"url":5}`:                                           wsc.CodeInvalidRequest,
		`{}`:                                                  wsc.CodeInvalidRequest,
		`{"url":`:                                             wsc.CodeInvalidJSON,
		``:                                                    wsc.CodeInvalidJSON,
	} {
		a := b.postJSON(t, "/api/v1/checks", body)
		require.Equal(t, code, a.problem(t).Code, "%s: %s", body, a.body)
	}
	a := b.do(t, http.MethodPost, "/api/v1/checks", strings.NewReader(`{"url":"a.example"}`), "Content-Type", "text/plain")
	require.Equal(t, http.StatusUnsupportedMediaType, a.status, "%s", a.body)
	require.Equal(t, wsc.CodeUnsupportedMediaType, a.problem(t).Code)
}

// The read deadline of a body must not end what is done with the body afterwards.
func TestCheckMayTakeLongerThanTheBody(t *testing.T) {
	b := newBundle(t, func(s *setup) {
		s.api.Limits = apiserver.Limits{UploadStall: 50 * time.Millisecond}
		s.api.Checker = fakeChecker{takes: 300 * time.Millisecond}
	})
	a := b.postJSON(t, "/api/v1/checks", `{"url":"example.com"}`)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
}
