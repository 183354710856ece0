package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

func TestNewRefusesWhatIsNoServer(t *testing.T) {
	for _, address := range []string{"", "localhost:8080", "ftp://example.com", "http://", "http://user:secret@example.com", "http://[::1", "/api"} {
		_, err := client.New(address)
		require.Error(t, err, address)
		require.Equal(t, wsc.CodeInvalidRequest, wsc.CodeOf(err), address)
	}
	_, err := client.New("http://127.0.0.1", client.WithKey("wsc_abc\r\nX-Evil: 1"))
	require.ErrorContains(t, err, "API key")
	_, err = client.New("http://127.0.0.1", client.WithHTTPClient(&http.Client{Timeout: time.Second}))
	require.ErrorContains(t, err, "Timeout")
}

func TestRequestsCarryKeyAndUserAgentBelowThePathPrefix(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("GET /checker/api/v1/jobs/{id}", func(w http.ResponseWriter, r *http.Request) {
		answer(t, w, 200, wsc.Job{ID: r.PathValue("id")})
	})
	c, err := client.New(a.URL+"/checker/", client.WithKey("wsc_secret"), client.WithUserAgent("test/1"))
	require.NoError(t, err)
	defer c.Close()

	job, err := c.Job(t.Context(), "../a b/ü")
	require.NoError(t, err)
	require.Equal(t, "../a b/ü", job.ID, "an id is one path segment, whatever it holds")
	request := a.asked()[0]
	require.Equal(t, "wsc_secret", request.Header.Get("X-API-Key"))
	require.Equal(t, "test/1", request.Header.Get("User-Agent"))
}

func TestTheKeyStaysOnTheServer(t *testing.T) {
	stranger := newAPI(t)
	a := newAPI(t)
	a.mux.Handle("GET /", http.RedirectHandler(stranger.URL, http.StatusFound))
	_, err := a.client(t, client.WithKey("wsc_secret")).Job(t.Context(), "1")
	require.ErrorContains(t, err, "redirects to another address")
	require.Empty(t, stranger.asked())
}

func TestRedirectsOnTheServerAreFollowed(t *testing.T) {
	a := newAPI(t)
	a.mux.Handle("GET /api/v1/jobs/old", http.RedirectHandler("/api/v1/jobs/new", http.StatusMovedPermanently))
	a.mux.HandleFunc("GET /api/v1/jobs/new", func(w http.ResponseWriter, _ *http.Request) { answer(t, w, 200, wsc.Job{ID: "new"}) })
	job, err := a.client(t).Job(t.Context(), "old")
	require.NoError(t, err)
	require.Equal(t, "new", job.ID)
}

func TestErrors(t *testing.T) {
	problem := func(status int, code wsc.Code) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			answer(t, w, status, wsc.Problem{
				Title: http.StatusText(status), Status: status, Code: code, Detail: "No such thing.",
				Place: wsc.Place{Sheet: "Leads", Line: 3}, Errors: []wsc.FieldError{{Field: "body.urls", Message: "too short"}},
			})
		}
	}
	plain := func(status int, mediaType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, test := range map[string]struct {
		handler   http.HandlerFunc
		code      wsc.Code
		temporary bool
		contains  []string
	}{
		"a problem document":        {problem(404, wsc.CodeNotFound), wsc.CodeNotFound, false, []string{`sheet "Leads", line 3: No such thing.`, "[body.urls: too short]"}},
		"unavailable":               {problem(503, wsc.CodeStorageUnavailable), wsc.CodeStorageUnavailable, true, []string{"No such thing."}},
		"a proxy's page":            {plain(502, "text/html", "<h1>Bad Gateway</h1>"), wsc.CodeInternal, true, []string{"answered 502 Bad Gateway"}},
		"half a problem document":   {plain(409, "application/problem+json", `{"detail":"Half`), wsc.CodeConflict, false, []string{"answered 409 Conflict"}},
		"another server's 404":      {plain(404, "text/plain", "404 page not found"), wsc.CodeNotFound, false, []string{"is this the address"}},
		"an unknown client error":   {plain(418, "", ""), wsc.CodeInvalidRequest, false, []string{"418"}},
		"too large without a word":  {plain(413, "", ""), wsc.CodeUploadTooLarge, false, nil},
		"a type nobody can read":    {plain(415, "text/;;", ""), wsc.CodeUnsupportedMediaType, false, nil},
		"a timeout without a word":  {plain(408, "", ""), wsc.CodeRequestTimeout, true, nil},
		"method refused by a proxy": {plain(405, "", ""), wsc.CodeMethodNotAllowed, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t)
			a.mux.HandleFunc("/", test.handler)
			_, err := a.client(t).Job(t.Context(), "1")
			var refused *client.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.code, wsc.CodeOf(err))
			require.Equal(t, test.temporary, refused.Temporary())
			for _, text := range test.contains {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

func TestRetryAfterIsReadAsSecondsAndAsDate(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": 0, "soon": 0, "-3": 0,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
	} {
		require.Equal(t, want, retryAfterOf(t, header), header)
	}
	date := retryAfterOf(t, time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
	require.InDelta(t, time.Minute.Seconds(), date.Seconds(), 5)
}

func retryAfterOf(t *testing.T, header string) time.Duration {
	t.Helper()
	a := newAPI(t)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", header)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	var refused *client.Error
	require.ErrorAs(t, a.client(t).Ready(t.Context()), &refused)
	return refused.RetryAfter
}

func TestAnAnswerThatIsNotJSONIsNamed(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>Welcome to nginx</html>"))
	})
	_, err := a.client(t).Job(t.Context(), "1")
	require.ErrorContains(t, err, "is this the address of a Website Status Checker?")
}

func TestNoServer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c, err := client.New(gone.URL)
	require.NoError(t, err)
	require.ErrorContains(t, c.Ready(t.Context()), "connection refused")
}

func TestCallsEndWithTheirContext(t *testing.T) {
	a := newAPI(t)
	arrived := make(chan struct{})
	a.mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := a.client(t).Stats(ctx, "1")
	require.ErrorIs(t, err, context.Canceled)
}

func TestJobsPagesAndIterator(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("GET /api/v1/jobs", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			answer(t, w, 200, wsc.JobPage{Jobs: []wsc.Job{{ID: "3"}, {ID: "2"}}, NextCursor: "p2"})
		case "p2":
			answer(t, w, 200, wsc.JobPage{Jobs: []wsc.Job{{ID: "1"}}})
		default:
			answer(t, w, 422, wsc.Problem{Code: wsc.CodeInvalidCursor, Detail: "bad cursor"})
		}
	})
	c := a.client(t)
	query := client.JobQuery{Statuses: []wsc.JobStatus{wsc.JobCompleted, wsc.JobFailed}, Query: "a&b", Limit: 2}
	page, err := c.Jobs(t.Context(), query)
	require.NoError(t, err)
	require.Len(t, page.Jobs, 2)
	require.Equal(t, "limit=2&q=a%26b&status=completed%2Cfailed", a.asked()[0].URL.RawQuery)

	var ids []string
	for job, err := range c.AllJobs(t.Context(), query) {
		require.NoError(t, err)
		ids = append(ids, job.ID)
	}
	require.Equal(t, "3 2 1", strings.Join(ids, " "))

	for job, err := range c.AllJobs(t.Context(), client.JobQuery{Cursor: "nonsense"}) {
		require.Nil(t, job)
		require.Equal(t, wsc.CodeInvalidCursor, wsc.CodeOf(err))
	}
	for range c.AllJobs(t.Context(), query) {
		break // an iterator that is left early asks for no more
	}
	require.Len(t, a.asked(), 5)
}

func TestACursorThatLeadsNowhereEndsTheWalk(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("GET /api/v1/jobs/1/results", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, 200, wsc.ResultPage{Results: []wsc.Result{{Seq: 1}}, NextCursor: "again"})
	})
	var last error
	for _, err := range a.client(t).AllResults(t.Context(), "1", client.ResultQuery{}) {
		last = err
	}
	require.ErrorContains(t, last, "leads back")
}

func TestResultsCarryTheirFilter(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("GET /api/v1/jobs/1/results", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, 200, wsc.ResultPage{Results: []wsc.Result{{Seq: 1}}})
	})
	_, err := a.client(t).Results(t.Context(), "1", client.ResultQuery{
		ResultFilter: client.ResultFilter{
			Statuses: wsc.Statuses(), ErrorKinds: []wsc.ErrorKind{wsc.KindTimeout}, HTTPStatuses: []int{404, 500},
			Host: "example.com", Query: "shop", Sort: wsc.SortResponseTime, Desc: true,
		},
		Limit: 50, Cursor: "c",
	})
	require.NoError(t, err)
	query := a.asked()[0].URL.Query()
	require.Equal(t, "active,inactive,error", query.Get("status"))
	require.Equal(t, "timeout", query.Get("error_kind"))
	require.Equal(t, "404,500", query.Get("http_status"))
	require.Equal(t, "example.com", query.Get("host"))
	require.Equal(t, "shop", query.Get("q"))
	require.Equal(t, "-response_time", query.Get("sort"))
	require.Equal(t, "50", query.Get("limit"))
	require.Equal(t, "c", query.Get("cursor"))
}

func TestAResultIsFoundByItsSeq(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("GET /api/v1/jobs/{id}/results/{seq}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("seq") != "7" {
			answer(t, w, 404, wsc.Problem{Status: 404, Code: wsc.CodeNotFound, Detail: "Not yet."})
			return
		}
		answer(t, w, 200, wsc.Result{Seq: 7, URL: r.PathValue("id")})
	})
	c := a.client(t)
	result, err := c.Result(t.Context(), "a/b", 7)
	require.NoError(t, err)
	require.EqualValues(t, 7, result.Seq)
	require.Equal(t, "a/b", result.URL)
	_, err = c.Result(t.Context(), "a/b", 8)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	require.ErrorContains(t, err, "getting result 8 of job a/b")
}

func TestCancelDeleteStatsCheckAndReady(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("POST /api/v1/jobs/1/cancel", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, 202, wsc.Job{ID: "1", Status: wsc.JobCancelled})
	})
	a.mux.HandleFunc("DELETE /api/v1/jobs/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	a.mux.HandleFunc("GET /api/v1/jobs/1/stats", func(w http.ResponseWriter, _ *http.Request) { answer(t, w, 200, wsc.Stats{Total: 9}) })
	a.mux.HandleFunc("POST /api/v1/checks", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, 200, wsc.Result{Status: wsc.StatusActive})
	})
	a.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	c := a.client(t)

	job, err := c.Cancel(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, wsc.JobCancelled, job.Status)
	require.NoError(t, c.Delete(t.Context(), "1"))
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(c.Delete(t.Context(), "2")))
	stats, err := c.Stats(t.Context(), "1")
	require.NoError(t, err)
	require.EqualValues(t, 9, stats.Total)
	result, err := c.Check(t.Context(), "example.com", wsc.Options{TimeoutMS: 500})
	require.NoError(t, err)
	require.Equal(t, wsc.StatusActive, result.Status)
	require.NoError(t, c.Ready(t.Context()))
}

func TestAWrongAddressIsNotRepeatedWithItsPassword(t *testing.T) {
	for _, address := range []string{"http://user:hunter2@127.0.0.1:1", "http://user:hunter2@127.0.0.1:port", "user:hunter2@127.0.0.1", "ftp://hunter2@127.0.0.1"} {
		_, err := client.New(address)
		require.ErrorContains(t, err, "***@127.0.0.1")
		require.NotContains(t, err.Error(), "hunter2")
	}
}
