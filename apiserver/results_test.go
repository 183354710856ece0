package apiserver_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
)

// checked is a job of five rows, one of them a duplicate and one invalid, with results for all.
func checked(t *testing.T, b *bundle) wsc.Job {
	t.Helper()
	job := b.submit(t, "leads.csv", "name,url\nA,a.example\nB,b.example\nA2,https://a.example/\nX,not a url\n,\nC,c.example\n")
	at := time.Now().UTC()
	b.results(t, job.ID,
		wsc.Result{Seq: 0, Line: 2, URL: "a.example", NormalizedURL: "https://a.example/", Host: "a.example", Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 30, Slow: true, Title: "Ünïcode", Attempts: 1, CheckedAt: at},
		wsc.Result{Seq: 1, Line: 3, URL: "b.example", NormalizedURL: "https://b.example/", Host: "b.example", Status: wsc.StatusInactive, HTTPStatus: 404, ResponseTimeMS: 10, Attempts: 1, CheckedAt: at},
		wsc.Result{Seq: 2, Line: 5, URL: "not a url", Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL, ErrorMessage: "no", CheckedAt: at},
		wsc.Result{Seq: 3, Line: 7, URL: "c.example", NormalizedURL: "https://c.example/", Host: "c.example", Status: wsc.StatusError, ErrorKind: wsc.KindDNSNXDomain, ErrorMessage: "gone", Attempts: 1, CheckedAt: at},
	)
	return job
}

func seqs(results []wsc.Result) []int64 {
	var list []int64
	for _, r := range results {
		list = append(list, r.Seq)
	}
	return list
}

func TestResultsAreFilteredAndSorted(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	for query, want := range map[string][]int64{
		"":                           {0, 1, 2, 3},
		"sort=-seq":                  {3, 2, 1, 0},
		"status=error":               {2, 3},
		"status=error&status=active": {0, 2, 3},
		"status=error,inactive":      {1, 2, 3},
		"error_kind=dns_nxdomain":    {3},
		"http_status=404,500":        {1},
		"slow=true":                  {0},
		"slow=false":                 {1, 2, 3},
		"host=B.Example.":            {1},
		"q=EXAMPLE":                  {0, 1, 3},
		"sort=-response_time&http_status=&q=example&limit=2": {0, 1},
	} {
		a := b.get(t, "/api/v1/jobs/"+job.ID+"/results?"+query)
		var page wsc.ResultPage
		a.decode(t, &page)
		require.Equal(t, want, seqs(page.Results), query)
	}
	for _, query := range []string{"status=up", "error_kind=x", "http_status=99", "http_status=abc", "host=a%20b", "host=x:99", "sort=title", "slow=1", "limit=0", "limit=1001", "q=%00", "stauts=error"} {
		a := b.get(t, "/api/v1/jobs/"+job.ID+"/results?"+query)
		require.Equal(t, wsc.CodeInvalidRequest, a.problem(t).Code, query)
	}
}

func TestResultsPageByPageInEveryOrder(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	for _, sort := range []string{"seq", "url", "host", "status", "http_status", "response_time"} {
		for _, direction := range []string{"", "-"} {
			path := "/api/v1/jobs/" + job.ID + "/results?sort=" + direction + sort
			var all wsc.ResultPage
			b.get(t, path).decode(t, &all)
			require.Len(t, all.Results, 4)
			var got []int64
			for cursor := ""; ; {
				var page wsc.ResultPage
				b.get(t, path+"&limit=1&cursor="+cursor).decode(t, &page)
				require.Len(t, page.Results, 1)
				got = append(got, page.Results[0].Seq)
				if cursor = page.NextCursor; cursor == "" {
					break
				}
			}
			require.Equal(t, seqs(all.Results), got, direction+sort)
		}
	}
}

func TestPagesForthAndBackInEveryOrder(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	for _, sort := range []string{"seq", "url", "host", "status", "http_status", "response_time", "-seq", "-url", "-host", "-status", "-http_status", "-response_time"} {
		for _, query := range []string{"", "&q=e", "&slow=false"} {
			path := "/api/v1/jobs/" + job.ID + "/results?sort=" + sort + query
			get := func(parameters string) (page wsc.ResultPage) {
				b.get(t, path+parameters).decode(t, &page)
				return page
			}
			all := seqs(get("").Results)
			for _, limit := range []int{1, 2, 3} {
				var forth, back [][]int64
				page := get(fmt.Sprintf("&limit=%d", limit))
				require.Empty(t, page.PrevCursor, "nothing is before the first page")
				for forth = append(forth, seqs(page.Results)); page.NextCursor != ""; forth = append(forth, seqs(page.Results)) {
					page = get(fmt.Sprintf("&limit=%d&cursor=%s", limit, page.NextCursor))
				}
				require.Equal(t, all, slices.Concat(forth...), path)
				for page.PrevCursor != "" {
					page = get(fmt.Sprintf("&limit=%d&cursor=%s", limit, page.PrevCursor))
					back = append(back, seqs(page.Results))
					require.NotEmpty(t, page.NextCursor)
				}
				slices.Reverse(back)
				require.Equal(t, slices.Concat(forth[:len(forth)-1]...), slices.Concat(back...), path)
				require.Len(t, back, len(forth)-1)
			}
		}
	}
}

func TestBackFromAPageWithoutResults(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	for _, sort := range []string{"seq", "-seq", "url", "-url"} {
		get := func(parameters string) (page wsc.ResultPage) {
			b.get(t, "/api/v1/jobs/"+job.ID+"/results?sort="+sort+parameters).decode(t, &page)
			return page
		}
		all := seqs(get("").Results)
		// The filter is another one than the cursor's and selects nothing behind it.
		empty := get("&q=nothing-has-this&cursor=" + get("&limit=3").NextCursor)
		require.Empty(t, empty.Results)
		require.Empty(t, empty.NextCursor)
		page := get("&limit=10&cursor=" + empty.PrevCursor)
		require.Equal(t, all[:3], seqs(page.Results), sort)
		require.Empty(t, page.PrevCursor)

		page = get("&limit=1&cursor=" + page.NextCursor)
		require.Equal(t, all[3:], seqs(page.Results))
		empty = get("&q=nothing-has-this&cursor=" + page.PrevCursor)
		require.Empty(t, empty.Results)
		require.Empty(t, empty.PrevCursor)
		require.Equal(t, all[3:], seqs(get("&limit=1&cursor="+empty.NextCursor).Results), sort)
	}
}

func TestPageSaysHowManyResultsMatch(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	check := func(why string) {
		for query, want := range map[string]int64{
			"":                           4,
			"limit=1":                    4,
			"status=error":               2,
			"status=error,error":         2,
			"status=error,active":        3,
			"http_status=404":            1,
			"http_status=404,404,200":    2,
			"http_status=500":            0,
			"error_kind=dns_nxdomain":    1,
			"slow=true":                  1,
			"slow=false":                 3,
			"slow=false&status=inactive": 1,
			"host=b.example":             1,
			"host=none.example":          0,
		} {
			var page wsc.ResultPage
			b.get(t, "/api/v1/jobs/"+job.ID+"/results?"+query).decode(t, &page)
			require.NotNil(t, page.Matching, query)
			require.Equal(t, want, *page.Matching, "%s: %s", why, query)
		}
	}
	check("counted")
	finish := wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
	require.NoError(t, b.store.FinishJob(t.Context(), job.ID, finish))
	require.Equal(t, http.StatusOK, b.get(t, "/api/v1/jobs/"+job.ID+"/stats").status)
	check("from the summary")
	var page wsc.ResultPage
	b.get(t, "/api/v1/jobs/"+job.ID+"/results?q=example").decode(t, &page)
	require.Nil(t, page.Matching, "a search is not counted")
}

func TestCursorOfAnotherOrderIsRefused(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	var page wsc.ResultPage
	b.get(t, "/api/v1/jobs/"+job.ID+"/results?sort=url&limit=1").decode(t, &page)
	for _, query := range []string{"sort=-url&cursor=" + page.NextCursor, "cursor=" + page.NextCursor, "cursor=abc", "sort=url&cursor=" + page.NextCursor + "x"} {
		a := b.get(t, "/api/v1/jobs/"+job.ID+"/results?"+query)
		require.Equal(t, http.StatusUnprocessableEntity, a.status)
		require.Equal(t, wsc.CodeInvalidCursor, a.problem(t).Code, query)
	}
}

func TestStats(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	var stats wsc.Stats
	b.get(t, "/api/v1/jobs/"+job.ID+"/stats").decode(t, &stats)
	require.EqualValues(t, 4, stats.Total)
	require.EqualValues(t, 2, stats.ByStatus["error"])
	require.EqualValues(t, 2, stats.ResponseTime.Count)
}

func TestExportResults(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	path := "/api/v1/jobs/" + job.ID + "/export"

	a := b.get(t, path)
	require.Equal(t, "private, no-store", a.header.Get("Cache-Control"))
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	require.Contains(t, a.header.Get("Content-Disposition"), `attachment; filename="leads-results.csv"`)
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 5)

	a = b.get(t, path+"?format=json&status=error")
	var results []wsc.Result
	a.decode(t, &results)
	require.Equal(t, []int64{2, 3}, seqs(results))

	a = b.get(t, path+"?format=ndjson&sort=-seq")
	lines := strings.Split(strings.TrimSpace(string(a.body)), "\n")
	require.Len(t, lines, 4)
	require.Contains(t, lines[0], "c.example")

	a = b.get(t, path+"?format=xlsx")
	book, err := excelize.OpenReader(strings.NewReader(string(a.body)))
	require.NoError(t, err)
	defer func() { require.NoError(t, book.Close()) }()
	sheet, err := book.GetRows(book.GetSheetName(0))
	require.NoError(t, err)
	require.Len(t, sheet, 5)

	require.Equal(t, wsc.CodeInvalidRequest, b.get(t, path+"?format=pdf").problem(t).Code)
	require.Equal(t, wsc.CodeInvalidRequest, b.get(t, path+"?layout=original&sort=url").problem(t).Code)
	head := b.do(t, http.MethodHead, path, nil)
	require.Equal(t, http.StatusOK, head.status)
	require.NotEmpty(t, head.header.Get("Content-Disposition"))
	require.Empty(t, files(t, b.spool))
}

func TestExportInTheOriginalLayout(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	path := "/api/v1/jobs/" + job.ID + "/export?layout=original"
	read := func(query string) []map[string]string {
		a := b.get(t, path+query)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
		require.NoError(t, err)
		var list []map[string]string
		for _, row := range rows[1:] {
			cells := map[string]string{}
			for i, name := range rows[0] {
				cells[name] = row[i]
			}
			list = append(list, cells)
		}
		return list
	}
	rows := read("")
	var names, statuses []string
	for _, row := range rows {
		names, statuses = append(names, row["name"]), append(statuses, row["status"])
	}
	require.Equal(t, []string{"A", "B", "A2", "X", "", "C"}, names, "every line, in its order")
	require.Equal(t, "active", statuses[0])
	require.Equal(t, "inactive", statuses[1])
	require.Equal(t, "active", statuses[2], "a duplicate has the result of the first")
	require.Equal(t, "error", statuses[3])
	require.Equal(t, "error", statuses[5])
	require.Len(t, read("&status=active"), 2, "a row and its duplicate")
	require.Len(t, read("&q=%C3%BCn%C3%8F"), 2, "case is ignored beyond ASCII")

	var objects []map[string]any
	a := b.get(t, path+"&format=json")
	require.NoError(t, json.Unmarshal(a.body, &objects))
	require.Len(t, objects, 6)
	require.Contains(t, a.header.Get("Content-Disposition"), "leads-original.json")
	require.Empty(t, files(t, b.spool))
}

func TestOriginalLayoutJoinsManyRows(t *testing.T) {
	b := newBundle(t)
	const rows = 2500
	var list strings.Builder
	var results []wsc.Result
	for i := range rows {
		fmt.Fprintf(&list, "https://h%d.example/\n", i)
		results = append(results, wsc.Result{Seq: int64(i), Line: int64(i + 1), URL: fmt.Sprintf("https://h%d.example/", i), Status: wsc.StatusActive, HTTPStatus: 200, CheckedAt: time.Now()})
	}
	fmt.Fprint(&list, "https://h0.example/\n")
	job := b.submit(t, "l.txt", list.String())
	b.results(t, job.ID, results...)
	a := b.get(t, "/api/v1/jobs/"+job.ID+"/export?layout=original")
	table, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, rows+1, strings.Count(string(a.body), ",active,"), "every row has a result")
	require.GreaterOrEqual(t, len(table), rows+1)
}

func TestStoredExportIsSentAsItIs(t *testing.T) {
	b := newBundle(t)
	job := checked(t, b)
	key := wsc.JobFolder(job.ID) + "export.csv"
	require.NoError(t, b.blobs.WriteAll(t.Context(), key, []byte("stored\n"), nil))
	require.NoError(t, b.store.SetJobExports(t.Context(), job.ID, map[string]string{"csv": key}))
	path := "/api/v1/jobs/" + job.ID + "/export"

	a := b.get(t, path)
	require.Equal(t, "stored\n", string(a.body))
	require.Equal(t, "7", a.header.Get("Content-Length"))
	require.NotEqual(t, "stored\n", string(b.get(t, path+"?status=error").body), "filters make a new one")
	require.NotEqual(t, "stored\n", string(b.get(t, path+"?layout=original").body))
	require.NoError(t, b.blobs.Delete(t.Context(), key))
	require.Contains(t, string(b.get(t, path).body), "a.example", "a lost export is made anew")
}

// A client must see that a download broke off, not take a part for the whole.
func TestDownloadThatFailsHalfWayBreaksOff(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.Store = failingExport{Store: s.api.Store, after: 5000} })
	job := b.submit(t, "l.txt", "example.com\n")
	request := b.request(t, http.MethodGet, "/api/v1/jobs/"+job.ID+"/export?format=ndjson", nil)
	response, err := b.server.Client().Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	_, err = readAll(response)
	require.Error(t, err)
	require.Contains(t, b.log.String(), "download broke off")
}

func TestExportThatFailsAtOnceIsAProblem(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.Store = failingExport{Store: s.api.Store} })
	job := b.submit(t, "l.txt", "example.com\n")
	a := b.get(t, "/api/v1/jobs/"+job.ID+"/export")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Equal(t, wsc.CodeStorageUnavailable, a.problem(t).Code)
	require.Empty(t, a.header.Get("Content-Disposition"))
}
