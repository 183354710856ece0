package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/apitest"
)

// newJob is a new job of a key.
func newJob(t testing.TB, server *apitest.Server, secret string, request wsc.SubmitRequest) *wsc.Job {
	t.Helper()
	if request.URLs == nil {
		request.URLs = []string{"https://one.example/", "https://two.example/", "https://three.example/", "https://four.example/"}
	}
	if request.Name == "" {
		request.Name = "list.csv"
	}
	api, err := client.New(server.URL, client.WithKey(secret))
	require.NoError(t, err)
	job, err := api.SubmitURLs(t.Context(), request)
	require.NoError(t, err)
	return job
}

// outcomes are results: an active one, a slow active one, an inactive one and an error.
func outcomes() []wsc.Result {
	at := time.Now().Add(-time.Minute)
	return []wsc.Result{
		{Seq: 0, Line: 1, URL: "https://one.example/", NormalizedURL: "https://one.example/", Host: "one.example", Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 120, Attempts: 1, CheckedAt: at},
		{Seq: 1, Line: 2, URL: "https://two.example/", NormalizedURL: "https://two.example/", Host: "two.example", Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 1900, Slow: true, Attempts: 1, CheckedAt: at},
		{Seq: 2, Line: 3, URL: "https://three.example/", NormalizedURL: "https://three.example/", Host: "three.example", Status: wsc.StatusInactive, HTTPStatus: 404, ResponseTimeMS: 80, Attempts: 1, CheckedAt: at},
		{Seq: 3, Line: 4, URL: "https://four.example/", NormalizedURL: "https://four.example/", Host: "four.example", Status: wsc.StatusError, ErrorKind: wsc.KindDNSNXDomain, ErrorMessage: "The host name does not exist.", Attempts: 1, CheckedAt: at},
	}
}

// advance brings a job to a status, with the first n results.
func advance(t testing.TB, server *apitest.Server, job *wsc.Job, status wsc.JobStatus, n int) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, server.Store.StartJob(ctx, job.ID, time.Now().Add(-2*time.Minute)))
	require.NoError(t, server.Store.SetJobTotals(ctx, job.ID, wsc.JobTotals{TotalURLs: 4, DuplicateCount: 2, List: &wsc.List{
		Format: "csv", Encoding: "utf-8", Delimiter: ";", HasHeader: true, Columns: []string{"name", "website"}, URLColumn: "website", ChosenBy: "header",
	}}))
	require.NoError(t, server.Store.SetJobPhase(ctx, job.ID, wsc.PhaseChecking, 0, nil))
	if n > 0 {
		_, err := server.Store.InsertResults(ctx, job.ID, outcomes()[:n])
		require.NoError(t, err)
	}
	switch {
	case status == wsc.JobPaused:
		require.NoError(t, server.Store.PauseJob(ctx, job.ID))
	case status.Terminal():
		finish := wsc.JobFinish{Status: status, FinishedAt: time.Now(), ExpiresAt: time.Now().Add(24 * time.Hour)}
		if status == wsc.JobFailed {
			finish.ErrorMessage = "The upload <b>could not</b> be read."
		}
		require.NoError(t, server.Store.FinishJob(ctx, job.ID, finish))
		require.NoError(t, server.Store.SetJobPhase(ctx, job.ID, wsc.PhaseDone, 0, nil))
	}
}

func TestTheJobPageShowsEveryState(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	buttons := map[string]string{
		"pause": `/pause"`, "resume": `/resume"`, "cancel": `/cancel"`, "retry": `/retry"`, "keep": `/keep"`, "delete": `/delete"`, "restore": `/restore"`,
	}
	for _, state := range []struct {
		name    string
		status  wsc.JobStatus
		results int
		title   string
		icon    string
		shows   []string
		hides   []string
		actions []string
	}{
		{"pending", wsc.JobPending, 0, "0% · pending.json", "running",
			[]string{"Waiting to start", "Charts appear with the first results.", `id="downloads"`, "There are no results to download yet.", `role="link" aria-disabled="true"`}, []string{"/export?"}, []string{"pause", "cancel", "delete"}},
		{"processing", wsc.JobProcessing, 2, "50% · processing.json", "running",
			[]string{
				`<progress id="bar" max="4" value="2"`, "<strong data-live=\"phase\">Checking</strong>", `data-live="remaining"><data value="2">`, "The results so far",
				`<noscript><meta http-equiv="refresh" content="5"></noscript>`, `sse-connect="/jobs/`, "a semicolon", "website (its name says so)", "Repeated lines",
			}, []string{"compare?"}, []string{"pause", "cancel", "delete"}},
		{"paused", wsc.JobPaused, 2, "50% · paused.json", "running", []string{"Paused", "sse-connect=", "The results so far; the job is paused."}, nil, []string{"resume", "cancel", "delete"}},
		{"completed", wsc.JobCompleted, 4, "Completed · completed.json", "good",
			[]string{
				`data-live="active"><data value="2">2</data>`, `data-live="inactive"><data value="1">`, `data-live="error"><data value="1">`, "The host name does not exist.",
				"?error_kind=dns_nxdomain#results", "?http_status=404#results", "?host=four.example#results", "?status=error#results", "within <strong>120 ms</strong>", "Half of the answers",
				`class="button primary large" data-export`, "Kept until",
			}, []string{"sse-connect", "http-equiv=\"refresh\"", `id="bar"`}, []string{"retry", "keep", "delete"}},
		{"failed", wsc.JobFailed, 1, "Failed · failed.json", "bad",
			[]string{"The upload &lt;b&gt;could not&lt;/b&gt; be read.", "Not checked"}, []string{"sse-connect", "<b>could"}, []string{"retry", "keep", "delete"}},
		{"cancelled", wsc.JobCancelled, 3, "Cancelled · cancelled.json", "", []string{"Not checked"}, []string{"sse-connect"}, []string{"retry", "keep", "delete"}},
	} {
		job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{Name: state.name})
		if state.status != wsc.JobPending {
			advance(t, server, job, state.status, state.results)
		}
		answer := b.get("/jobs/" + job.ID)
		require.Equal(t, http.StatusOK, answer.status, state.name)
		require.Contains(t, answer.body, "<title>"+state.title+" · Website Status Checker</title>", state.name)
		require.Contains(t, answer.body, `data-state="`+state.icon+`"`, state.name)
		for _, text := range state.shows {
			require.Contains(t, answer.body, text, state.name)
		}
		for _, text := range state.hides {
			require.NotContains(t, answer.body, text, state.name)
		}
		var offered []string
		for _, action := range []string{"pause", "resume", "cancel", "retry", "keep", "delete", "restore"} {
			if strings.Contains(answer.body, `action="/jobs/`+job.ID+buttons[action]) {
				offered = append(offered, action)
			}
		}
		require.Equal(t, state.actions, offered, state.name)
		require.NotContains(t, answer.body, " style=", state.name)
	}
}

func TestAJobCanBePausedResumedAndCancelledByForms(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{})
	advance(t, server, job, wsc.JobProcessing, 1)

	answer := b.post("/jobs/"+job.ID+"/pause", nil)
	require.Equal(t, http.StatusSeeOther, answer.status, answer.body)
	require.Equal(t, "/jobs/"+job.ID, answer.header.Get("Location"))
	require.Equal(t, wsc.JobPaused, stored(t, server, job).Status)

	fragment := b.script(http.MethodPost, "/jobs/"+job.ID+"/resume", "job")
	require.Equal(t, http.StatusOK, fragment.status)
	require.True(t, strings.HasPrefix(strings.TrimSpace(fragment.body), `<article id="job"`), "a script gets the part that changes")
	require.Contains(t, fragment.body, "/pause")
	require.Equal(t, wsc.JobProcessing, stored(t, server, job).Status)

	require.Equal(t, http.StatusSeeOther, b.post("/jobs/"+job.ID+"/cancel", nil).status)
	require.Eventually(t, func() bool { return stored(t, server, job).Status == wsc.JobCancelled }, 5*time.Second, 20*time.Millisecond)
	refused := b.post("/jobs/"+job.ID+"/pause", nil)
	require.Equal(t, http.StatusConflict, refused.status)
	require.Contains(t, refused.body, "The job")
	told := b.script(http.MethodPost, "/jobs/"+job.ID+"/pause", "job")
	require.Equal(t, "#messages", told.header.Get("HX-Retarget"))
	require.Contains(t, told.body, "data-message")
}

func stored(t testing.TB, server *apitest.Server, job *wsc.Job) *wsc.Job {
	t.Helper()
	found, err := server.Store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	return found
}

// script asks as htmx does, for an element of a page.
func (b *browser) script(method, path, target string) answer {
	b.t.Helper()
	request := b.request(method, path, http.NoBody)
	request.Header.Set("HX-Request", "true")
	request.Header.Set("HX-Target", target)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(request)
}

func TestADeletionCanBeTakenBack(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{})
	advance(t, server, job, wsc.JobCompleted, 4)

	require.Equal(t, http.StatusSeeOther, b.post("/jobs/"+job.ID+"/delete", nil).status)
	page := b.get("/jobs/" + job.ID).body
	require.Contains(t, page, "This job and its results will be deleted in")
	require.Contains(t, page, `action="/jobs/`+job.ID+`/restore"`)
	require.NotContains(t, page, `/retry"`)
	require.NotContains(t, page, `action="/jobs/`+job.ID+`/delete"`)
	require.WithinDuration(t, time.Now().Add(30*time.Second), *stored(t, server, job).DeleteAt, 10*time.Second)

	require.Equal(t, http.StatusSeeOther, b.post("/jobs/"+job.ID+"/restore", nil).status)
	require.Nil(t, stored(t, server, job).DeleteAt)
	require.NotContains(t, b.get("/jobs/"+job.ID).body, "will be deleted in")
}

func TestAJobIsKeptAsLongAsChosen(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{})
	advance(t, server, job, wsc.JobCompleted, 4)
	for _, days := range []int{1, 7, 30, 365} {
		answer := b.post("/jobs/"+job.ID+"/keep", url.Values{"days": {fmt.Sprint(days)}})
		require.Equal(t, http.StatusSeeOther, answer.status, answer.body)
		require.Equal(t, "/jobs/"+job.ID+"#kept", answer.header.Get("Location"))
		until := *stored(t, server, job).ExpiresAt
		require.WithinDuration(t, time.Now().Add(time.Duration(days)*24*time.Hour), until, time.Minute)
		told := `id="kept">Kept until <time datetime="` + until.UTC().Format("2006-01-02T15:04:05")
		require.Contains(t, b.get("/jobs/"+job.ID).body, told)
		require.Contains(t, b.script(http.MethodGet, "/jobs/"+job.ID, "job").body, told)
	}
	for _, days := range []string{"", "0", "366", "-1", "seven", "1e9"} {
		answer := b.post("/jobs/"+job.ID+"/keep", url.Values{"days": {days}})
		require.Equal(t, http.StatusUnprocessableEntity, answer.status, days)
		require.Contains(t, answer.body, "Choose how many days to keep the job", days)
	}
}

func TestWhatFailedIsCheckedAgainAsANewJob(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{})
	advance(t, server, job, wsc.JobCompleted, 4)
	answer := b.post("/jobs/"+job.ID+"/retry", nil)
	require.Equal(t, http.StatusSeeOther, answer.status, answer.body)
	location := answer.header.Get("Location")
	require.NotEqual(t, "/jobs/"+job.ID, location)
	page := b.get(location)
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, `checks again what failed in <a href="/jobs/`+job.ID+`">`)
}

func TestAReadOnlyKeySeesAJobAndChangesNothing(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	job := newJob(t, server, key.Secret, wsc.SubmitRequest{})
	advance(t, server, job, wsc.JobCompleted, 4)
	scopes := []wsc.Scope{wsc.ScopeRead}
	_, err := server.Keys.Change(t.Context(), key.ID, wsc.KeyChange{Scopes: scopes})
	require.NoError(t, err)
	b := signedIn(t, server, key.Secret)
	page := b.get("/jobs/" + job.ID)
	require.Equal(t, http.StatusOK, page.status)
	require.NotContains(t, page.body, `action="/jobs/`+job.ID+`/`)
	require.Contains(t, page.body, "/export?format=xlsx", "it may download")
	for _, action := range []string{"pause", "resume", "cancel", "retry", "delete", "restore"} {
		refused := b.post("/jobs/"+job.ID+"/"+action, nil)
		require.Equal(t, http.StatusForbidden, refused.status, action)
		require.Contains(t, refused.body, "Your key may not do this", action)
	}
	require.Nil(t, stored(t, server, job).DeleteAt)
}

func TestJobsOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	server := start(t)
	own, other := member(t, server), member(t, server)
	job := newJob(t, server, own.Secret, wsc.SubmitRequest{Name: "secret-name.csv"})
	advance(t, server, job, wsc.JobCompleted, 4)
	mine := newJob(t, server, other.Secret, wsc.SubmitRequest{Name: "secret-name.csv"})
	advance(t, server, mine, wsc.JobCompleted, 4)
	b := signedIn(t, server, other.Secret)
	for _, path := range []string{"", "/stats", "/export?format=csv", "/events", "/compare?with=" + mine.ID} {
		answer := b.get("/jobs/" + job.ID + path)
		if path == "/compare?with="+mine.ID { // the younger one is the later one
			require.Equal(t, http.StatusSeeOther, answer.status)
			answer = b.get(answer.header.Get("Location"))
		}
		require.Equal(t, http.StatusNotFound, answer.status, path)
		if path != "/events" {
			require.Contains(t, answer.body, "There is no such job", path)
		}
		require.NotContains(t, answer.body, "one.example", path)
	}
	for _, action := range []string{"pause", "resume", "cancel", "retry", "delete", "restore"} {
		require.Equal(t, http.StatusNotFound, b.post("/jobs/"+job.ID+"/"+action, nil).status, action)
	}
	require.Equal(t, http.StatusNotFound, b.post("/jobs/"+job.ID+"/keep", url.Values{"days": {"7"}}).status)
	require.Nil(t, stored(t, server, job).DeleteAt)
	require.NotContains(t, b.get("/jobs/"+mine.ID).body, job.ID, "it is not offered to compare with either")
	require.Contains(t, signedIn(t, server, apitest.AdminKey).get("/jobs/"+job.ID).body, "secret-name.csv")
}

func TestAJobThatIsGoneIsAPageInWords(t *testing.T) {
	t.Parallel()
	b := signedIn(t, start(t), apitest.AdminKey)
	for _, id := range []string{"01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f", "nonsense", "..%2f..%2fkeys", "%3Cscript%3E"} {
		answer := b.get("/jobs/" + id)
		require.Equal(t, http.StatusNotFound, answer.status, id)
		require.Contains(t, answer.body, "The job was deleted", id)
		require.NotContains(t, answer.body, "<script>", id)
	}
}

// A script that asks for a part of the page of a job which is gone gets one statement in place of the whole page.
func TestAJobThatVanishesTakesItsPageAlong(t *testing.T) {
	t.Parallel()
	b := signedIn(t, start(t), apitest.AdminKey)
	const job = "/jobs/01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"
	for _, asked := range []struct{ method, path, target, retarget string }{
		{http.MethodGet, job, "job", "#main"},
		{http.MethodGet, job + "/stats", "stats", "#main"},
		{http.MethodGet, job + "/results?on=job&status=active", "results-list", "#main"},
		{http.MethodPost, job + "/pause", "job", "#main"},
		{http.MethodPost, job + "/delete", "job", "#main"},
		{http.MethodGet, job + "/results?status=active", "results-list", "#messages"},
		{http.MethodPost, job + "/pause", "job-list", "#messages"},
	} {
		answer := b.script(asked.method, asked.path, asked.target)
		require.Equal(t, http.StatusNotFound, answer.status, asked)
		require.Equal(t, asked.retarget, answer.header.Get("HX-Retarget"), asked)
		require.Equal(t, asked.retarget == "#main", strings.Contains(answer.body, `id="job-gone"`), asked)
		require.Equal(t, asked.retarget == "#main", strings.Contains(answer.body, `href="/jobs"`), asked)
	}
}

func TestHostileNamesAreShownAsText(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	name := `<img src=x onerror=alert(1)>"'&{{.}}` + "\u202egnp.exe\u2066" + strings.Repeat("w", 150)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{Name: name})
	advance(t, server, job, wsc.JobCompleted, 4)
	again := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{Name: name})
	advance(t, server, again, wsc.JobCompleted, 4)
	for _, path := range []string{"", "/stats", "/compare?with=" + job.ID} {
		answer := b.get("/jobs/" + again.ID + path)
		require.Equal(t, http.StatusOK, answer.status, path)
		require.NotContains(t, answer.body, "<img", path)
		require.NotContains(t, answer.body, `onerror=alert(1)>"`, path)
		require.Contains(t, answer.body, "&lt;img src=x", path)
		require.Contains(t, answer.body, `class="raw`, path)
	}
}
