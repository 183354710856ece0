package web_test

import (
	"fmt"
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
func submitted(t testing.TB, server *apitest.Server, secret string, urls ...string) *wsc.Job {
	t.Helper()
	c, err := client.New(server.URL, client.WithKey(secret))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	if len(urls) == 0 {
		urls = []string{"https://example.com/"}
	}
	job, err := c.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: urls, Name: "leads.csv"})
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

var _ = fmt.Sprint
var _ = url.Values{}
