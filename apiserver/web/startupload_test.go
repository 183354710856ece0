package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestAnUploadIsStartedWithItsOptions(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("leads.csv", leads)
	form := url.Values{
		"key": {"once"}, "url_column": {"C"}, "name": {"Leads of March"}, "timeout": {"2,5"}, "retries": {"0"}, "method": {"HEAD"},
		"accept_status": {"200-299,304"}, "expect": {`status == 200`}, "slow": {"0.8"}, "host_rate": {"0"}, "host_concurrency": {"3"},
		"retention": {"48"}, "capture_title": {"on"},
	}
	first, again := b.post(path+"/start", form), b.post(path+"/start", form)
	require.Equal(t, http.StatusSeeOther, first.status, first.body)
	jobs := jobsOf(t, server)
	require.Len(t, jobs, 1)
	require.Equal(t, "/jobs/"+jobs[0].ID, first.header.Get("Location"))
	require.Equal(t, first.header.Get("Location"), again.header.Get("Location"), "a double click makes one job")
	require.Equal(t, "Leads of March.csv", jobs[0].Filename)
	require.Equal(t, wsc.Options{
		TimeoutMS: 2500, Retries: new(0), Method: "HEAD", FollowRedirects: new(false), AcceptStatus: "200-299,304", Expect: "status == 200",
		SlowMS: 800, HostRate: new(0.0), HostConcurrency: 3, RetentionHours: 48, CaptureTitle: true, URLColumn: "C",
	}, jobs[0].Options)
	require.Equal(t, http.StatusGone, b.get(path).status, "the upload is used up")
}

// Who comes back to the page of an upload after its start, with Back or a bookmark, finds the job.
func TestAnUploadThatWasStartedLeadsToItsJob(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	b, elsewhere := signedIn(t, server, key.Secret), signedIn(t, server, key.Secret)
	path, other := b.uploaded("<b>leads.csv", leads), b.uploaded("other.csv", leads)
	require.Equal(t, http.StatusOK, elsewhere.get(path).status)
	location := b.post(path+"/start", url.Values{"follow_redirects": {"on"}}).header.Get("Location")
	require.Regexp(t, "^/jobs/", location)

	page := b.get(path)
	require.Equal(t, http.StatusGone, page.status)
	for _, want := range []string{"This list was started", "&lt;b&gt;leads.csv", `href="` + location + `"`, `href="/"`, "pending"} {
		require.Contains(t, page.body, want)
	}
	again := b.post(path+"/start", url.Values{"key": {"another"}, "timeout": {"5"}})
	require.Equal(t, http.StatusGone, again.status, "a page that the browser kept starts nothing new")
	require.Contains(t, again.body, `href="`+location+`"`)
	require.Len(t, jobsOf(t, server), 1)
	part := b.script(http.MethodGet, path+"?url_column=C", "reading")
	require.Equal(t, path, part.header.Get("HX-Redirect"), "a script shows the page")
	require.Equal(t, http.StatusOK, b.get(other).status, "another upload still waits")

	unknown := elsewhere.get(path)
	require.Equal(t, http.StatusNotFound, unknown.status, "another browser does not know the job")
	require.Contains(t, unknown.body, `href="/jobs"`)
	require.Contains(t, unknown.body, `href="/"`)
	require.NotContains(t, unknown.body, location)

	require.NoError(t, server.Store.DeleteJob(t.Context(), jobsOf(t, server)[0].ID))
	require.Equal(t, http.StatusNotFound, b.get(path).status, "the job is gone as well")
}

func TestOptionsNobodyTouchedAreTheDefaults(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("leads.csv", leads)
	form := url.Values{"follow_redirects": {"on"}}
	for _, name := range []string{"url_column", "sheet", "name", "timeout", "retries", "method", "accept_status", "expect", "slow", "host_rate", "host_concurrency", "retention", "user_agent", "headers", "max_redirects"} {
		form.Set(name, "")
		require.Contains(t, b.get(path).body, `name="`+name+`"`)
	}
	require.Equal(t, http.StatusSeeOther, b.post(path+"/start", form).status)
	require.Equal(t, wsc.Options{}, jobsOf(t, server)[0].Options)
	require.Equal(t, "leads.csv", jobsOf(t, server)[0].Filename)
}

func TestWrongOptionsStandAtTheirFields(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("leads.csv", leads)
	for field, test := range map[string]struct{ value, want string }{
		"timeout":          {"121", "Write a number from 0.1 to 120."},
		"retries":          {"six", "Write a number from 0 to 5."},
		"slow":             {"0.00151", "Write at most three decimals."},
		"host_rate":        {"NaN", "Write a number from 0 to 1000."},
		"host_concurrency": {"1.5", "Write a whole number."},
		"retention":        {"1e9", "Write a number from 1 to 8760."},
		"accept_status":    {"2xx", "is not an HTTP status between 100 and 599"},
		"expect":           {`status == "`, "line 1, column"},
		"method":           {"BREW", "Request must be GET, HEAD or HEAD_THEN_GET."},
		"name":             {"a/../../b", "must not contain folders"},
		"user_agent":       {"a\x01b", "User-Agent must not contain control characters."},
		"max_redirects":    {"21", "Write a number from 0 to 20."},
		"headers":          {"Accept-Language: en\nno colon", "Line 2 is no header."},
	} {
		form := url.Values{"key": {"kept-key"}, "url_column": {"C"}, "follow_redirects": {""}, "capture_title": {"on"}, "user": {"x"}}
		form.Set("name", "Kept <name>")
		form.Set(field, test.value)
		page := b.post(path+"/start", form)
		require.Equal(t, http.StatusUnprocessableEntity, page.status/100*100+22, "%s: %d", field, page.status)
		_, problem, found := strings.Cut(page.body, `<p id="`+field+`-problem" class="problem">`)
		require.True(t, found, "%s: %s", field, page.body)
		problem, _, _ = strings.Cut(problem, "</p>")
		require.Contains(t, problem, test.want, field)
		require.Regexp(t, `name="`+field+`"[^>]* aria-invalid="true"`, page.body, field)
		require.Contains(t, page.body, `<details class="fold options" open>`, field)
		more := field == "user_agent" || field == "max_redirects" || field == "headers"
		require.Equal(t, more, strings.Contains(page.body, `<details class="more-options" open>`), field)
		require.Contains(t, page.body, `data-page="`+path+`?url_column=C"`, "the page takes the address of the upload")
		require.Contains(t, page.body, `value="kept-key"`, field)
		require.Contains(t, page.body, `<option value="C" selected>`, field)
		require.Regexp(t, `<input id="capture_title"[^>]* checked`, page.body, field)
		require.NotRegexp(t, `<input id="follow_redirects"[^>]* checked`, page.body, field)
		require.NotContains(t, page.body, "data-fresh", "scripts leave alone what was typed")
		if field != "name" {
			require.Contains(t, page.body, `value="Kept &lt;name&gt;"`, field)
		}
		if field != "method" {
			require.Contains(t, page.body, strings.ReplaceAll(test.value, `"`, "&#34;"), field)
		}
	}
	require.Empty(t, jobsOf(t, server))
	require.Equal(t, http.StatusOK, b.get(path).status, "the upload still waits")
}

func TestARefusalOfTheStartIsSaidOnThePage(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("leads.csv", leads)
	column := b.post(path+"/start", url.Values{"url_column": {"none"}})
	require.Equal(t, http.StatusBadRequest, column.status)
	require.Regexp(t, `<select id="url_column"[^>]* aria-invalid="true"`, column.body)
	key := b.post(path+"/start", url.Values{"key": {strings.Repeat("x", 300)}})
	require.Equal(t, http.StatusUnprocessableEntity, key.status)
	require.Contains(t, key.body, `<div class="banner bad" role="alert">`)
	require.Equal(t, http.StatusNotFound, b.post("/uploads/01980f5e-6c1d-7a2e-8b3f-4a5b6c7d8e9f/start", url.Values{}).status)
	require.Equal(t, http.StatusBadRequest, b.post(path+"/start", url.Values{"name": {strings.Repeat("x", 70_000)}}).status)
}

func TestTheOptionsThatFewListsNeed(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("leads.csv", leads)
	require.NotContains(t, b.get(path).body, "data-page", "the page has its own address")
	form := url.Values{
		"follow_redirects": {"on"}, "user_agent": {"Probe/1"}, "max_redirects": {"0"}, "insecure_tls": {"on"}, "respect_robots": {"on"}, "hash_body": {"on"},
		"headers": {"accept-language: en, de\r\n\r\nX-Empty:\r\n"},
	}
	refused := b.post(path+"/start", form)
	require.Regexp(t, `<p id="headers-problem" class="problem">.*This server stores no request headers`, refused.body, "it has no key for them")
	require.Contains(t, refused.body, "accept-language: en, de", "what was typed stays")
	form.Set("headers", "")
	require.Equal(t, http.StatusSeeOther, b.post(path+"/start", form).status)
	require.Equal(t, wsc.Options{
		UserAgent: "Probe/1", MaxRedirects: new(0), InsecureTLS: true, RespectRobots: true, HashBody: true,
	}, jobsOf(t, server)[0].Options)
}

func TestAllWrongOptionsAreSaidAtTheSameTime(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	wrong := url.Values{
		"timeout": {"0"}, "accept_status": {"2xx"}, "expect": {"status =="}, "host_rate": {"-1"}, "user_agent": {strings.Repeat("x", 256)},
		"headers": {"Host: other.example"},
	}
	body := b.post(b.uploaded("leads.csv", leads)+"/start", wrong).body
	for name := range wrong {
		require.Contains(t, body, `<p id="`+name+`-problem" class="problem">`, name)
	}
	require.Contains(t, body, "Write at most 255 characters; these are 256.")
	require.Contains(t, body, "Header Host is set by the checker")
	twice := b.post(b.uploaded("leads.csv", leads)+"/start", url.Values{"headers": {"A: 1\na: 2"}}).body
	require.Contains(t, twice, "Line 2 names A once more.")
}

// The bounds that the form tells are those of the API.
func TestTheBoundsOfNumbersAreThoseOfTheAPI(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	body := b.get(b.uploaded("leads.csv", leads)).body
	for name, test := range map[string]struct {
		low, high, step float64
		options         func(float64) wsc.Options
	}{
		"timeout":          {0.1, 120, 0.001, func(n float64) wsc.Options { return wsc.Options{TimeoutMS: int(n*1000 + 0.5)} }},
		"retries":          {0, 5, 1, func(n float64) wsc.Options { return wsc.Options{Retries: new(int(n))} }},
		"slow":             {0.001, 120, 0.001, func(n float64) wsc.Options { return wsc.Options{SlowMS: int(n*1000 + 0.5)} }},
		"host_rate":        {0, 1000, 0.01, func(n float64) wsc.Options { return wsc.Options{HostRate: &n} }},
		"max_redirects":    {0, 20, 1, func(n float64) wsc.Options { return wsc.Options{MaxRedirects: new(int(n))} }},
		"host_concurrency": {1, 1000, 1, func(n float64) wsc.Options { return wsc.Options{HostConcurrency: int(n)} }},
		"retention":        {1, 8760, 1, func(n float64) wsc.Options { return wsc.Options{RetentionHours: int(n)} }},
	} {
		bounds := ` min="` + strconv.FormatFloat(test.low, 'f', -1, 64) + `" max="` + strconv.FormatFloat(test.high, 'f', -1, 64) + `"`
		require.Regexp(t, `<input id="`+name+`"[^>]*`+bounds, body, name)
		resolve := func(n float64) error {
			_, err := test.options(n).Resolve(wsc.Defaults{Retention: time.Hour})
			return err
		}
		require.NoError(t, resolve(test.low), name)
		require.NoError(t, resolve(test.high), name)
		require.Error(t, resolve(test.high+test.step), name)
	}
}
