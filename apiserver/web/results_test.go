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
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/apitest"
)

// submitted is a job of the key, which stays pending.
func submitted(t testing.TB, server *apitest.Server, secret string) *wsc.Job {
	t.Helper()
	return submittedAs(t, server, secret, "leads.csv")
}

func submittedAs(t testing.TB, server *apitest.Server, secret, name string) *wsc.Job {
	t.Helper()
	c, err := client.New(server.URL, client.WithKey(secret))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	job, err := c.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: []string{"https://example.com/"}, Name: name})
	require.NoError(t, err)
	return job
}

// insert stores results of a job.
func insert(t testing.TB, server *apitest.Server, job *wsc.Job, results ...wsc.Result) {
	t.Helper()
	_, err := server.Store.InsertResults(t.Context(), job.ID, results)
	require.NoError(t, err)
}

// fourResults are an active one that is slow, one that is gone, a line that is no URL, and a host that does not exist.
func fourResults() []wsc.Result {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	return []wsc.Result{
		{Seq: 0, Line: 2, URL: "a.example", NormalizedURL: "https://a.example/", Host: "a.example", Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 30, Slow: true, Title: "Welcome", Attempts: 1, CheckedAt: at},
		{Seq: 1, Line: 3, URL: "b.example", NormalizedURL: "https://b.example/", Host: "b.example", Status: wsc.StatusInactive, HTTPStatus: 404, ResponseTimeMS: 10, Attempts: 1, CheckedAt: at},
		{Seq: 2, Line: 5, URL: "not a url", Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL, ErrorMessage: "There is a space in it.", CheckedAt: at},
		{Seq: 3, Line: 7, URL: "c.example", NormalizedURL: "https://c.example/", Host: "c.example", Status: wsc.StatusError, ErrorKind: wsc.KindDNSNXDomain, ResponseTimeMS: 5, Attempts: 1, CheckedAt: at},
	}
}

// checked is a browser of a member, and the member's job with four results.
func checked(t testing.TB) (*browser, *wsc.Job) {
	t.Helper()
	server := start(t)
	key := member(t, server)
	job := submitted(t, server, key.Secret)
	insert(t, server, job, fourResults()...)
	return signedIn(t, server, key.Secret), job
}

var rowPattern = regexp.MustCompile(`<tr id="result-(\d+)">`)

// rows are the seqs of the rows that a page shows, in their order.
func rows(body string) string {
	var seqs []string
	for _, match := range rowPattern.FindAllStringSubmatch(body, -1) {
		seqs = append(seqs, match[1])
	}
	return strings.Join(seqs, " ")
}

func (b *browser) fragment(path string, headers ...string) answer {
	b.t.Helper()
	request := b.request(http.MethodGet, path, http.NoBody)
	request.Header.Set("HX-Request", "true")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return b.do(request)
}

func TestEachFilterAndSortIsInTheAddress(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	for query, want := range map[string]string{
		"":                                    "0 1 2 3",
		"status=&error_kind=&q=&host=":        "0 1 2 3",
		"status=error":                        "2 3",
		"status=inactive,error":               "1 2 3",
		"status=inactive&status=active":       "0 1",
		"error_kind=dns_nxdomain":             "3",
		"error_kind=dns_nxdomain,invalid_url": "2 3",
		"http_status=404,+500":                "1",
		"slow=true":                           "0",
		"slow=false":                          "1 2 3",
		"host=B.Example":                      "1",
		"q=EXAMPLE":                           "0 1 3",
		"q=welcome":                           "0",
		"sort=seq":                            "0 1 2 3",
		"sort=-seq":                           "3 2 1 0",
		"sort=url":                            "0 1 3 2",
		"sort=-url":                           "2 3 1 0",
		"sort=host":                           "2 0 1 3",
		"sort=-host":                          "3 1 0 2",
		"sort=status":                         "0 2 3 1",
		"sort=-status":                        "1 3 2 0",
		"sort=http_status":                    "2 3 0 1",
		"sort=-http_status":                   "1 0 3 2",
		"sort=response_time":                  "2 3 1 0",
		"sort=-response_time":                 "0 1 3 2",
		"status=error&sort=-seq&limit=50":     "3 2",
	} {
		answer := b.get("/jobs/" + job.ID + "/results?" + query)
		require.Equal(t, http.StatusOK, answer.status, "%s: %s", query, answer.body)
		require.Equal(t, want, rows(answer.body), query)
	}
}

func TestWrongFiltersAreToldAtTheirFields(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	for query, words := range map[string]string{
		"http_status=abc":                    "Write HTTP statuses from 100 to 599",
		"http_status=404,99":                 "Write HTTP statuses from 100 to 599",
		"host=a+b":                           "Write one host name or IP address",
		"host=" + strings.Repeat("h", 300):   "Write one host name or IP address",
		"q=" + strings.Repeat("%C3%BC", 201): "Search for at most 200 characters.",
		"q=a%00b":                            "The text holds a character that can&#39;t be searched for.",
		"q=%ff":                              "The text holds a character that can&#39;t be searched for.",
	} {
		path := "/jobs/" + job.ID + "/results?" + query
		answer := b.get(path)
		require.Equal(t, http.StatusUnprocessableEntity, answer.status, query)
		require.Contains(t, answer.body, words, query)
		name, value, _ := strings.Cut(query, "=")
		field := regexp.MustCompile(`<input id="results-[a-z]+" name="` + name + `"[^>]*aria-invalid="true" aria-describedby="(results-[a-z]+-problem)"`).FindStringSubmatch(answer.body)
		require.NotEmpty(t, field, query)
		require.Contains(t, answer.body, `<p id="`+field[1]+`"`, query)
		require.Empty(t, rows(answer.body), query)
		if value == "abc" {
			require.Contains(t, answer.body, `value="abc"`, "what was typed stays")
		}
		require.Equal(t, http.StatusOK, b.fragment(path).status, "a script shows it as an ordinary answer")
	}
}

func TestWhatCantBeTypedIsLeftOutWithAHint(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	for query, words := range map[string]string{
		"status=up":         "asks for an outcome",
		"error_kind=x":      "asks for a kind of error",
		"sort=title":        "asks for an order",
		"slow=maybe":        "asks for a speed",
		"limit=7":           "asks for a page size",
		"cursor=abc":        "names a page that does not fit",
		"cursor=abc&back=1": "names a page that does not fit",
	} {
		answer := b.get("/jobs/" + job.ID + "/results?" + query)
		require.Equal(t, http.StatusOK, answer.status, query)
		require.Contains(t, answer.body, words, query)
		require.Equal(t, "0 1 2 3", rows(answer.body), query)
	}
}

var hrefPattern = regexp.MustCompile(`id="results-(first|previous|next|last)" href="([^"]+)" hx-get="([^"]+)"`)

// pageLinks are the links to other pages by their names.
func pageLinks(body string) map[string]string {
	links := map[string]string{}
	for _, match := range hrefPattern.FindAllStringSubmatch(body, -1) {
		links[match[1]] = html.UnescapeString(match[2])
	}
	return links
}

// span is the first and the last seq of the rows.
func span(body string) string {
	all := strings.Fields(rows(body))
	if len(all) == 0 {
		return ""
	}
	return all[0] + "-" + all[len(all)-1]
}

func TestPagesLeadForwardAndBack(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	job := submitted(t, server, key.Secret)
	var results []wsc.Result
	for i := range int64(120) {
		results = append(results, wsc.Result{
			Seq: i, Line: i + 1, URL: fmt.Sprintf("https://h%d.example/", i), Status: wsc.StatusActive, HTTPStatus: 200, Attempts: 1, CheckedAt: time.Now(),
		})
	}
	insert(t, server, job, results...)
	b := signedIn(t, server, key.Secret)

	for sort, spans := range map[string][]string{
		"seq":          {"0-49", "50-99", "100-119", "70-119", "20-69", "0-19"},
		"-http_status": {"119-70", "69-20", "19-0", "49-0", "99-50", "119-100"},
	} {
		first := b.get("/jobs/" + job.ID + "/results?limit=50&sort=" + sort)
		require.Equal(t, spans[0], span(first.body))
		require.Contains(t, first.body, `<data value="1">1</data>–<data value="50">50</data> of <data value="120">120</data>`)
		links := pageLinks(first.body)
		require.NotContains(t, links, "first")
		require.NotContains(t, links, "previous")

		second := b.get(links["next"])
		require.Equal(t, spans[1], span(second.body))
		third := b.get(pageLinks(second.body)["next"])
		require.Equal(t, spans[2], span(third.body))
		require.NotContains(t, pageLinks(third.body), "next")
		require.NotContains(t, pageLinks(third.body), "last")
		require.Equal(t, spans[0], span(b.get(pageLinks(third.body)["first"]).body))

		last := b.get(links["last"])
		require.Equal(t, spans[3], span(last.body), "the last page stands in the order asked for")
		require.NotContains(t, pageLinks(last.body), "next")
		require.NotContains(t, pageLinks(last.body), "last")
		before := b.get(pageLinks(last.body)["previous"])
		require.Equal(t, spans[4], span(before.body))
		begin := b.get(pageLinks(before.body)["previous"])
		require.Equal(t, spans[5], span(begin.body))
		require.NotContains(t, pageLinks(begin.body), "previous")
	}
}

func TestAFragmentIsThePartAlone(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	own := "/jobs/" + job.ID
	page := b.get(own + "/results?status=error")
	require.Contains(t, page.body, "<!doctype html>")
	require.Contains(t, page.body, "Results of leads.csv")
	require.Contains(t, page.body, `<dialog id="result-dialog"`)

	fragment := b.fragment(own+"/results?status=error&error_kind=&http_status=&host=&slow=&sort=seq&limit=100&q=", "HX-Current-URL", b.server.URL+own+"/results")
	require.Equal(t, http.StatusOK, fragment.status)
	require.NotContains(t, fragment.body, "<html")
	require.NotContains(t, fragment.body, "<dialog")
	require.True(t, strings.HasPrefix(strings.TrimSpace(fragment.body), `<section id="results-list"`), fragment.body)
	require.Equal(t, "2 3", rows(fragment.body))
	require.Equal(t, own+"/results?status=error", fragment.header.Get("HX-Push-Url"), "the address has only what was chosen")
	require.Contains(t, strings.Join(fragment.header.Values("Vary"), ","), "HX-Request")

	restored := b.fragment(own+"/results?status=error", "HX-History-Restore-Request", "true")
	require.Contains(t, restored.body, "<!doctype html>", "the way back needs a whole page")
}

func TestAFragmentOfTheJobPageLeadsToTheJobPage(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	own := "/jobs/" + job.ID
	fragment := b.fragment(own+"/results?on=job&status=error", "HX-Current-URL", b.server.URL+own)
	require.Equal(t, own+"?status=error", fragment.header.Get("HX-Push-Url"))
	require.Contains(t, fragment.body, `hx-vals='{"on":"job"}'`)
	require.Contains(t, fragment.body, `href="`+own+`?sort=url&amp;status=error#results" hx-get="`+own+`/results?sort=url&amp;status=error"`)
}

func TestTypingReplacesTheAddress(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	own := "/jobs/" + job.ID + "/results"
	header := b.fragment(own+"?q=e", "HX-Current-URL", b.server.URL+own).header
	require.Equal(t, own+"?q=e", header.Get("HX-Push-Url"), "the first letter: the way back leads to the list without a search")
	header = b.fragment(own+"?q=ex", "HX-Current-URL", b.server.URL+own+"?q=e").header
	require.Equal(t, own+"?q=ex", header.Get("HX-Replace-Url"))
	require.Empty(t, header.Get("HX-Push-Url"))
	header = b.fragment(own+"?q=ex&status=error", "HX-Current-URL", b.server.URL+own+"?q=e").header
	require.Equal(t, own+"?q=ex&status=error", header.Get("HX-Push-Url"), "more than typing")
	header = b.fragment(own+"?q=ex", "HX-Current-URL", b.server.URL+own+"?q=ex").header
	require.Equal(t, "false", header.Get("HX-Push-Url"), "what is there already is no new place")
}

func TestTheFormHoldsWhatTheAddressAsksFor(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	own := "/jobs/" + job.ID + "/results"
	body := b.get(own + "?status=error&error_kind=dns_nxdomain,dns_error&http_status=404,500&host=a.example&q=x%22y&slow=false&sort=-response_time&limit=250").body
	require.Contains(t, body, `method="get" action="`+own+`"`, "the form works without a script")
	for _, part := range []string{
		`value="error" checked>`,
		`<option value="dns_nxdomain,dns_error" selected>Any of these</option>`,
		`name="http_status" value="404,500"`, `name="host" value="a.example"`, `value="x&#34;y"`,
		`<option value="false" selected>Not slow</option>`,
		`<option value="-response_time" selected>`, `<option value="250" selected>`,
		`<span class="count" data-count="error"><data value="2">2</data></span>`,
		`aria-label="Remove the filter Problem: Name lookup (DNS)"`, `aria-label="Remove the filter HTTP status: 404,500"`,
		"No result matches these filters so far.",
	} {
		require.Contains(t, body, part)
	}
	reset := regexp.MustCompile(`id="results-clear" href="([^"]+)"`).FindStringSubmatch(body)
	require.NotEmpty(t, reset)
	require.Equal(t, own+"?limit=250&sort=-response_time", html.UnescapeString(reset[1]))
	remove := regexp.MustCompile(`href="([^"]+)"[^>]*aria-label="Remove the filter Host`).FindStringSubmatch(body)
	require.NotEmpty(t, remove)
	require.NotContains(t, remove[1], "host=")
	require.Contains(t, remove[1], "status=error")

	two := b.get(own + "?status=inactive,error").body
	require.Contains(t, two, `value="inactive,error" checked><span>Inactive or Error <span class="count" data-count="inactive,error"><data value="3">3</data>`)
}

func TestSortLinksTurnTheOrderRound(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	own := "/jobs/" + job.ID + "/results"
	body := b.get(own + "?sort=url&q=example").body
	require.Contains(t, body, `aria-sort="ascending"><a class="order-link" id="sort-url" href="`+own+`?q=example&amp;sort=-url"`)
	require.Contains(t, body, `aria-sort="none"><a class="order-link" id="sort-line" href="`+own+`?q=example"`)
	require.Contains(t, body, `id="sort-response_time" href="`+own+`?q=example&amp;sort=-response_time"`, "the slowest are looked for first")
	body = b.get(own + "?sort=-url").body
	require.Contains(t, body, `aria-sort="descending"><a class="order-link" id="sort-url" href="`+own+`?sort=url"`)
}

func TestColumnsComeFromTheAddressOrTheBrowser(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	own := "/jobs/" + job.ID + "/results"
	columns := func(body string) string {
		var names []string
		for _, match := range regexp.MustCompile(`<th scope="col" class="col-([a-z_]+)`).FindAllStringSubmatch(body, -1) {
			names = append(names, match[1])
		}
		return strings.Join(names, " ")
	}
	require.Equal(t, "line url status http_status problem response_time open", columns(b.get(own).body))
	chosen := b.get(own + "?cols=host&cols=title,nonsense").body
	require.Equal(t, "url status host title open", columns(chosen))
	require.Contains(t, chosen, "Welcome")
	require.Contains(t, chosen, `value="host" checked`)
	require.Contains(t, chosen, own+`?cols=host%2Ctitle&amp;sort=url`, "links keep the choice")

	address, err := url.Parse(b.server.URL)
	require.NoError(t, err)
	b.http.Jar.SetCookies(address, []*http.Cookie{{Name: "wsc_columns", Value: "attempts.checked_at"}})
	require.Equal(t, "url status checked_at attempts open", columns(b.get(own).body))
	require.Equal(t, "line url status open", columns(b.get(own+"?cols=line").body), "the address is stronger")
	b.http.Jar.SetCookies(address, []*http.Cookie{{Name: "wsc_columns", Value: "none"}})
	require.Equal(t, "url status open", columns(b.get(own).body))
}

func TestResultsOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	stranger := signedIn(t, b.server, member(t, b.server).Secret)
	for _, path := range []string{"/results", "/results/0", "/results?status=error"} {
		require.Equal(t, http.StatusOK, b.get("/jobs/"+job.ID+path).status, path)
		answer := stranger.get("/jobs/" + job.ID + path)
		require.Equal(t, http.StatusNotFound, answer.status, path)
		require.NotContains(t, answer.body, "leads.csv")
		require.NotContains(t, answer.body, "a.example")
		fragment := stranger.fragment("/jobs/" + job.ID + path)
		require.Equal(t, http.StatusNotFound, fragment.status, path)
		require.Equal(t, "#messages", fragment.header.Get("HX-Retarget"))
	}
	require.Equal(t, http.StatusSeeOther, newBrowser(t, b.server).get("/jobs/"+job.ID+"/results").status)
	require.Equal(t, http.StatusNotFound, b.get("/jobs/"+job.ID+"/results/99").status)
	require.Equal(t, http.StatusNotFound, b.get("/jobs/"+job.ID+"/results/-1").status)
	require.Equal(t, http.StatusNotFound, b.get("/jobs/"+job.ID+"/results/x").status)
	require.Equal(t, http.StatusNotFound, b.get("/jobs/nothing/results").status)
}
