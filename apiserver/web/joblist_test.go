package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/apitest"
)

// hostile is text that tries whatever text can.
const hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egnp.exe\x1b[31m" + "{{.Secret}}"

// listed makes a job of an owner, named and as old as told.
func listed(t testing.TB, server *apitest.Server, owner, name string, age time.Duration) string {
	t.Helper()
	job := wsc.Job{ID: wsc.NewID(), Owner: owner, Filename: name, CreatedAt: time.Now().Add(-age)}
	require.NoError(t, server.Store.CreateJob(t.Context(), &job, wsc.JobQuota{}))
	return job.ID
}

// names are the names of the jobs on a page, in its order.
func names(body string) []string {
	var found []string
	for _, match := range regexp.MustCompile(`<a class="raw clip" href="/jobs/[^"]*" title="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		found = append(found, html.UnescapeString(match[1]))
	}
	return found
}

func TestAnEmptyListShowsTheWay(t *testing.T) {
	t.Parallel()
	server := start(t)
	body := signedIn(t, server, apitest.AdminKey).get("/jobs").body
	require.Contains(t, body, "No lists yet")
	require.Contains(t, body, "Check your first list")
	reader := server.CreateKey(t, wsc.KeyRequest{Scopes: []wsc.Scope{wsc.ScopeRead}})
	body = signedIn(t, server, reader.Secret).get("/jobs").body
	require.Contains(t, body, "may not start any")
	require.NotContains(t, body, "Check your first list")
}

func TestTheListShowsWhatJobsDo(t *testing.T) {
	t.Parallel()
	server := start(t)
	id := listed(t, server, wsc.AdminKeyID, "leads.csv", 3*time.Hour)
	began := time.Now().Add(-150 * time.Second)
	require.NoError(t, server.Store.StartJob(t.Context(), id, began))
	require.NoError(t, server.Store.SetJobPhase(t.Context(), id, wsc.PhaseChecking, 0, nil))
	require.NoError(t, server.Store.SetJobTotals(t.Context(), id, wsc.JobTotals{TotalURLs: 4000}))
	results := make([]wsc.Result, 1000)
	for i := range results {
		results[i] = wsc.Result{JobID: id, Seq: int64(i), Line: int64(i + 1), URL: "a.example", Status: wsc.StatusActive, CheckedAt: time.Now(), Attempts: 1}
		if i >= 990 {
			results[i].Status, results[i].ErrorKind = wsc.StatusError, wsc.KindTimeout
		}
	}
	_, err := server.Store.InsertResults(t.Context(), id, results)
	require.NoError(t, err)
	b := signedIn(t, server, apitest.AdminKey)
	body := b.get("/jobs").body
	for _, want := range []string{
		`href="/jobs/` + id + `"`, "leads.csv", "processing", "Checking", `<progress value="1000" max="4000"`, "25%",
		`<data value="990">990</data></strong> active`, `<data value="10">10</data></strong> errors`, "3 h ago", "2 min 3",
		"admin key of the configuration", "data-live", `formaction="/jobs/` + id + `/pause"`, `formaction="/jobs/` + id + `/cancel"`,
		`action="/jobs/` + id + `/delete"`, `name="next" value="/jobs"`,
	} {
		require.Contains(t, body, want)
	}

	finished := time.Now()
	finish := wsc.JobFinish{Status: wsc.JobFailed, ErrorMessage: "The list " + hostile, FinishedAt: finished, ExpiresAt: finished.Add(72 * time.Hour)}
	require.NoError(t, server.Store.FinishJob(t.Context(), id, finish))
	require.NoError(t, server.Store.SetJobPhase(t.Context(), id, wsc.PhaseDone, 0, nil))
	body = b.get("/jobs").body
	require.Contains(t, body, "failed")
	require.Contains(t, body, "in 2 days")
	require.Contains(t, body, "&lt;script&gt;")
	require.NotContains(t, body, "/pause")
	require.NotContains(t, body, " data-live")
}

func TestTheListIsFilteredSortedAndPaged(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	var newest []string
	for i := range 60 {
		name := fmt.Sprintf("list-%02d.csv", (i*7)%60)
		id := listed(t, server, wsc.AdminKeyID, name, time.Duration(i)*time.Minute)
		newest = append(newest, name)
		if i < 2 {
			require.NoError(t, server.Store.PauseJob(t.Context(), id))
		}
	}
	first := b.get("/jobs")
	require.Equal(t, newest[:25], names(first.body))
	link := func(body, rel string) string {
		match := regexp.MustCompile(`rel="` + rel + `" href="([^"]+)"`).FindStringSubmatch(body)
		require.NotNil(t, match, rel)
		return html.UnescapeString(match[1])
	}
	require.NotContains(t, first.body, `rel="prev"`)
	second := b.get(link(first.body, "next"))
	require.Equal(t, newest[25:50], names(second.body))
	third := b.get(link(second.body, "next"))
	require.Equal(t, newest[50:], names(third.body))
	require.NotContains(t, third.body, `rel="next"`)
	require.Equal(t, newest[25:50], names(b.get(link(third.body, "prev")).body))
	require.NotContains(t, first.body, "First page")
	require.Contains(t, second.body, `<a class="button" href="/jobs">First page</a>`)
	require.NotContains(t, b.get(link(second.body, "prev")).body, "First page", "that is where it leads")

	byName := names(b.get("/jobs?sort=filename&q=LIST-0").body)
	require.Equal(t, []string{"list-00.csv", "list-01.csv", "list-02.csv"}, byName[:3])
	require.Len(t, byName, 10)
	paused := b.get("/jobs?status=paused").body
	require.Len(t, names(paused), 2)
	require.Contains(t, paused, "/resume")
	require.Contains(t, paused, `href="/jobs" `+"") // the way back to all

	require.Contains(t, b.get("/jobs?q="+url.QueryEscape(hostile)).body, "No job fits")
	require.NotContains(t, b.get("/jobs?q="+url.QueryEscape(hostile)).body, "<script>alert")
	require.Equal(t, http.StatusOK, b.get("/jobs?sort=nonsense&status=nonsense").status)
	answer := b.get("/jobs?q=list&cursor=nonsense")
	require.Equal(t, http.StatusSeeOther, answer.status)
	require.Equal(t, "/jobs?q=list", answer.header.Get("Location"))
}

func TestAScriptGetsTheListAlone(t *testing.T) {
	t.Parallel()
	server := start(t)
	listed(t, server, wsc.AdminKeyID, "a.csv", 0)
	b := signedIn(t, server, apitest.AdminKey)
	request := b.request(http.MethodGet, "/jobs?sort=-created_at&q=a", http.NoBody)
	request.Header.Set("HX-Request", "true")
	answer := b.do(request)
	require.Equal(t, "/jobs?q=a", answer.header.Get("HX-Push-Url"))
	require.True(t, strings.HasPrefix(strings.TrimSpace(answer.body), `<section id="job-list"`), answer.body)
	require.Contains(t, answer.body, "a.csv")

	request = b.request(http.MethodGet, "/jobs?q=a.c", http.NoBody)
	request.Header.Set("HX-Request", "true")
	request.Header.Set("HX-Current-URL", server.URL+"/jobs?q=a")
	answer = b.do(request)
	require.Equal(t, "/jobs?q=a.c", answer.header.Get("HX-Replace-Url"), "the way back leads to before the typing")
	require.Empty(t, answer.header.Get("HX-Push-Url"))
}

func TestRowsOfSeveralJobsComeAtOnce(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	mine, gone := listed(t, server, key.ID, "mine.csv", 0), wsc.NewID()
	other := listed(t, server, wsc.AdminKeyID, "other.csv", 0)
	body := signedIn(t, server, key.Secret).get("/job-rows?id=" + mine + "&id=" + other + "&id=" + gone + "&id=nonsense&next=https://evil.example/").body
	require.Contains(t, body, "mine.csv")
	require.NotContains(t, body, "other.csv", "the job of another key")
	require.NotContains(t, body, "evil")
	require.NotContains(t, body, "<html")
	require.Empty(t, names(signedIn(t, server, key.Secret).get("/job-rows").body))
}

func TestTheListShowsOwnJobsOnly(t *testing.T) {
	t.Parallel()
	server := start(t)
	one, other := member(t, server), member(t, server)
	listed(t, server, one.ID, "one.csv", 0)
	listed(t, server, other.ID, "other.csv", 0)
	b := signedIn(t, server, one.Secret)
	body := b.get("/jobs").body
	require.Equal(t, []string{"one.csv"}, names(body))
	require.NotContains(t, body, one.ID, "who owns it is no question")
	require.Empty(t, names(b.get("/jobs?key="+other.ID).body))
	admin := signedIn(t, server, apitest.AdminKey)
	require.Len(t, names(admin.get("/jobs").body), 2)
	of := admin.get("/jobs?key=" + other.ID).body
	require.Equal(t, []string{"other.csv"}, names(of))
	require.Contains(t, of, "Show the jobs of all keys")
}

func TestReadersGetNoActions(t *testing.T) {
	t.Parallel()
	server := start(t)
	reader := server.CreateKey(t, wsc.KeyRequest{Scopes: []wsc.Scope{wsc.ScopeRead}})
	id := listed(t, server, reader.ID, "a.csv", 0)
	b := signedIn(t, server, reader.Secret)
	body := b.get("/jobs").body
	require.NotContains(t, body, "data-act")
	require.NotContains(t, body, "Check a list")
	answer := b.post("/jobs/"+id+"/delete", url.Values{"next": {"/jobs"}})
	require.Equal(t, http.StatusForbidden, answer.status)
	require.Contains(t, answer.body, "Your key may not do this")
}

func TestADeletionIsTakenBackInTheList(t *testing.T) {
	t.Parallel()
	server := start(t)
	id := listed(t, server, wsc.AdminKeyID, hostile, 0)
	b := signedIn(t, server, apitest.AdminKey)
	answer := b.post("/jobs/"+id+"/delete", url.Values{"next": {"/jobs?q=a"}})
	require.Equal(t, http.StatusSeeOther, answer.status, answer.body)
	require.Equal(t, "/jobs?q=a", answer.header.Get("Location"))
	body := b.get("/jobs").body
	require.Regexp(t, `Deleted <time [^>]*>in (29|30) s`, body)
	require.Contains(t, body, "/restore")
	require.Contains(t, body, " data-live")
	require.NotContains(t, body, "<script>alert")
	answer = b.post("/jobs/"+id+"/restore", url.Values{"next": {"https://evil.example/"}})
	require.Equal(t, "/", answer.header.Get("Location"))
	require.NotContains(t, b.get("/jobs").body, "/restore")
}
