package web_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/apitest"
)

func TestDownloadsFollowTheFilterOfThePage(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{})
	advance(t, server, job, wsc.JobCompleted, 4)
	page := b.get("/jobs/" + job.ID + "?status=error&sort=-host&cursor=x&columns=url").body
	require.Contains(t, page, `href="/jobs/`+job.ID+`/export?format=xlsx&amp;sort=-host&amp;status=error"`)
	require.Contains(t, page, `href="/jobs/`+job.ID+`/export?format=csv&amp;layout=original&amp;status=error"`)
	require.NotContains(t, page, "data-filtered hidden")
	require.Contains(t, b.get("/jobs/"+job.ID).body, "data-filtered hidden")

	for format, begin := range map[string]string{"xlsx": "PK", "csv": "line,", "json": "["} {
		file := b.get("/jobs/" + job.ID + "/export?status=error&format=" + format)
		require.Equal(t, http.StatusOK, file.status, format)
		require.True(t, strings.HasPrefix(strings.TrimPrefix(file.body, "\ufeff"), begin), "%s: %.40q", format, file.body)
		require.Contains(t, file.header.Get("Content-Disposition"), "attachment", format)
	}
	lines := strings.Count(b.get("/jobs/"+job.ID+"/export?status=error&format=csv").body, ".example")
	require.Less(t, lines, strings.Count(b.get("/jobs/"+job.ID+"/export?format=csv").body, ".example"))

	refused := b.get("/jobs/" + job.ID + "/export?format=exe")
	require.Equal(t, http.StatusUnprocessableEntity, refused.status)
	require.Equal(t, "text/html; charset=utf-8", refused.header.Get("Content-Type"))
	require.Contains(t, refused.body, "<h1>")
}

// A browser saves what a link with the download attribute leads to, also a page that says why there is no file.
func TestADownloadThatFailsIsAPage(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{})
	advance(t, server, job, wsc.JobCompleted, 4)
	require.NotRegexp(t, `<a [^>]*\sdownload[\s>=]`, b.get("/jobs/"+job.ID).body)
	for path, status := range map[string]int{
		"/jobs/" + job.ID + "/export?format=exe":                              http.StatusUnprocessableEntity,
		"/jobs/01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f/export?format=csv":        http.StatusNotFound,
		"/jobs/" + job.ID + "/export?format=csv&http_status=many&status=none": http.StatusUnprocessableEntity,
	} {
		answer := b.get(path)
		require.Equal(t, status, answer.status, path)
		require.Equal(t, "text/html; charset=utf-8", answer.header.Get("Content-Type"), path)
		require.Empty(t, answer.header.Get("Content-Disposition"), path)
		require.Contains(t, answer.body, "<h1>", path)
	}
	require.Equal(t, http.StatusSeeOther, b.post("/sign-out", nil).status)
	answer := b.get("/jobs/" + job.ID + "/export?format=csv")
	require.Equal(t, http.StatusSeeOther, answer.status)
	require.True(t, strings.HasPrefix(answer.header.Get("Location"), "/sign-in"), answer.header.Get("Location"))
	require.Empty(t, answer.header.Get("Content-Disposition"))
}

func TestAJobIsFollowedThroughThePage(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{})
	advance(t, server, job, wsc.JobProcessing, 1)
	response, err := b.http.Do(b.request(http.MethodGet, "/jobs/"+job.ID+"/events", http.NoBody))
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	require.Empty(t, response.Header.Get("Content-Encoding"), "a stream is not collected by a compressor")

	var events []wsc.Progress
	done := false
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		line := lines.Text()
		done = done || line == "event: done"
		data, isData := strings.CutPrefix(line, "data: ")
		if !isData {
			continue
		}
		var progress wsc.Progress
		require.NoError(t, json.Unmarshal([]byte(data), &progress))
		events = append(events, progress)
		if len(events) == 1 { // the first came while the stream is open
			_, err := server.Store.InsertResults(t.Context(), job.ID, outcomes()[1:])
			require.NoError(t, err)
			require.NoError(t, server.Store.FinishJob(t.Context(), job.ID, wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}))
		}
	}
	require.True(t, done)
	require.EqualValues(t, 1, events[0].ProcessedURLs)
	require.EqualValues(t, 4, events[len(events)-1].ProcessedURLs)
	require.Equal(t, wsc.JobCompleted, events[len(events)-1].Status)
}

func TestStatisticsAreAPartAndAPage(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	job := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{Options: wsc.Options{SlowMS: 1000}})
	advance(t, server, job, wsc.JobCompleted, 4)
	page := b.get("/jobs/" + job.ID + "/stats")
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, "Statistics of")
	part := b.script(http.MethodGet, "/jobs/"+job.ID+"/stats", "stats")
	require.True(t, strings.HasPrefix(strings.TrimSpace(part.body), `<div id="stats"`), part.body)
	require.Contains(t, part.body, `data-slow="1"`)
	for _, text := range []string{"Results over time", "Hosts with the most failures", "Slowest hosts", "up to 200 ms", "above 10.00 s", `data-chart="times"`, `data-chart="throughput"`} {
		require.Contains(t, part.body, text)
	}
	require.Contains(t, b.get("/jobs/"+job.ID).body, "over 1.00 s")
}

func TestTwoRunsAreCompared(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	before := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{Name: "before.csv"})
	advance(t, server, before, wsc.JobCompleted, 4)
	after := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{Name: "after.csv"})
	advance(t, server, after, wsc.JobProcessing, 0)
	results := outcomes()
	results[0].Status, results[0].HTTPStatus = wsc.StatusInactive, 500                         // newly broken
	results[3].Status, results[3].ErrorKind, results[3].HTTPStatus = wsc.StatusActive, "", 200 // fixed
	_, err := server.Store.InsertResults(t.Context(), after.ID, results)
	require.NoError(t, err)
	require.NoError(t, server.Store.FinishJob(t.Context(), after.ID, wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}))

	require.Regexp(t, `<option value="`+before.ID+`" data-begun="[-0-9]+T[:0-9]+Z" data-name="before\.csv\.json" data-results="4">[-0-9]+ [:0-9]+ UTC · before\.csv\.json · 4 results</option>`,
		b.get("/jobs/"+after.ID).body)
	swapped := b.get("/jobs/" + before.ID + "/compare?with=" + after.ID)
	require.Equal(t, http.StatusSeeOther, swapped.status)
	require.Equal(t, "/jobs/"+after.ID+"/compare?with="+before.ID, swapped.header.Get("Location"))

	page := b.get(swapped.header.Get("Location"))
	require.Equal(t, http.StatusOK, page.status, page.body)
	for _, text := range []string{
		"What changed", "before.csv", "after.csv", "Newly broken", "Fixed", "Still broken", "https://one.example/", "https://four.example/",
		"/jobs/" + before.ID + "/results/0", "/jobs/" + after.ID + "/results/0", "change=new&amp;with=" + before.ID,
	} {
		require.Contains(t, page.body, text)
	}
	fixed := b.get("/jobs/" + after.ID + "/compare?change=fixed&with=" + before.ID)
	require.Contains(t, fixed.body, "https://four.example/")
	require.NotContains(t, fixed.body, "https://one.example/")
	require.Contains(t, fixed.body, `aria-current="true"`)
	require.Contains(t, b.get("/jobs/"+after.ID+"/compare?change=removed&with="+before.ID).body, "No URL is in this group.")

	for _, with := range []string{"", after.ID} {
		answer := b.get("/jobs/" + after.ID + "/compare?with=" + with)
		require.Equal(t, http.StatusUnprocessableEntity, answer.status)
		require.Contains(t, answer.body, "Choose another run to compare with.")
	}
	require.Equal(t, http.StatusNotFound, b.get("/jobs/"+after.ID+"/compare?with=00000000-0000-7000-8000-000000000000").status)
}

func TestARepetitionIsComparedAsOne(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	first := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{})
	advance(t, server, first, wsc.JobCompleted, 4)
	answer := b.post("/jobs/"+first.ID+"/retry", nil)
	require.Equal(t, http.StatusSeeOther, answer.status, answer.body)
	again := &wsc.Job{ID: strings.TrimPrefix(answer.header.Get("Location"), "/jobs/")}
	advance(t, server, again, wsc.JobProcessing, 0)
	address := "/jobs/" + again.ID + "/compare?with=" + first.ID
	require.Contains(t, b.get(address).body, "2 active, 2 not reached")
	require.Contains(t, b.get(address).body, "not reached yet")

	fixed := outcomes()[2:]
	fixed[0].Seq, fixed[0].Status, fixed[0].HTTPStatus = 0, wsc.StatusActive, 200
	fixed[1].Seq = 1
	_, err := server.Store.InsertResults(t.Context(), again.ID, fixed)
	require.NoError(t, err)
	require.NoError(t, server.Store.FinishJob(t.Context(), again.ID, wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}))
	page := b.get(address)
	require.Equal(t, http.StatusOK, page.status, page.body)
	require.Contains(t, page.body, "The later run is a repetition: it checks again only what was not active in the earlier one.")
	require.Contains(t, page.body, `<data value="2">2</data> URLs were active, and were left out on purpose.`)
	require.Contains(t, page.body, "Not checked again")
	require.Contains(t, page.body, "https://four.example/")
	for _, text := range []string{"Removed", "only in the earlier run", "not reached", "https://one.example/"} {
		require.NotContains(t, page.body, text)
	}
	left := b.get(address + "&change=removed")
	require.Contains(t, left.body, "https://one.example/")
	require.Contains(t, left.body, "not checked again: was active")

	other := newJob(t, server, apitest.AdminKey, wsc.SubmitRequest{URLs: []string{"https://four.example/"}})
	advance(t, server, other, wsc.JobCompleted, 0)
	require.Contains(t, b.get("/jobs/"+other.ID+"/compare?with="+first.ID).body, "only in the earlier run")
}
