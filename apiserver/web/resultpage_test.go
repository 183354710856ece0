package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// fullResult has everything that a result can have.
func fullResult() wsc.Result {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	return wsc.Result{
		Seq: 1, Line: 3, URL: "shop.example", NormalizedURL: "https://shop.example/", Host: "shop.example", Status: wsc.StatusInactive, HTTPStatus: 503,
		ResponseTimeMS: 640, Slow: true, Timings: &wsc.Timings{DNS: 10, Connect: 20, TLS: 30, TTFB: 120, Download: 20, Total: 200},
		FinalURL:  "https://www.shop.example/de/",
		Redirects: []wsc.Redirect{{URL: "https://shop.example/", HTTPStatus: 301, TimeMS: 40}, {URL: "https://www.shop.example/", HTTPStatus: 302, TimeMS: 41}},
		TLS:       &wsc.TLSInfo{Version: "TLS 1.3", Subject: "*.shop.example", Issuer: "Honest CA", NotAfter: at.AddDate(0, 0, 12), DaysLeft: 12, Problem: "The name does not match."},
		Protocol:  "h2", RemoteIP: "203.0.113.7", ContentType: "text/html", ContentLength: new(int64(12345)), Title: "Maintenance", Headers: map[string]string{"Server": "nginx", "Retry-After": "120"}, BodySHA256: strings.Repeat("ab", 32),
		Attempts: 2, CheckedAt: at.Add(5 * time.Second),
		FailedAttempts: []wsc.FailedAttempt{{Attempt: 1, CheckedAt: at, ErrorKind: wsc.KindConnectionReset, Reason: "The host broke the connection off.", ResponseTimeMS: 7}},
	}
}

func TestDetailsTellEverything(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	job := submitted(t, server, key.Secret)
	insert(t, server, job, append(fourResults()[:1], fullResult())...)
	b := signedIn(t, server, key.Secret)
	page := b.get("/jobs/" + job.ID + "/results/1")
	require.Equal(t, http.StatusOK, page.status)
	text := strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page.body, " ")), " ")
	for _, part := range []string{
		"Line 3 of leads.csv", "inactive HTTP 503 Service Unavailable slow in 640 ms",
		"What it means The site answered with a status that the job does not accept.", "What to do The server in front of the site works",
		"Redirects https://shop.example/ HTTP 301 Moved Permanently, 40 ms https://www.shop.example/ HTTP 302 Found, 41 ms https://www.shop.example/de/ HTTP 503 Service Unavailable",
		"Name lookup 10 ms Connection 20 ms Encryption (TLS) 30 ms Waiting for the answer 120 ms Download 20 ms Together 200 ms",
		"Of the last request; with its redirects the check took 640 ms.",
		"The name does not match.", "For *.shop.example Issued by Honest CA Valid until 2026-03-16 05:06:07 UTC 12 days left Encryption TLS 1.3",
		"failed Connection broken off The host broke the connection off. 7.0 ms", "Headers of the answer Retry-After 120 Server nginx", "Page title Maintenance Protocol h2 Address 203.0.113.7 Content type text/html Length 12,345 bytes",
		strings.Repeat("ab", 32), "Attempts 2", "Text of the list Copy shop.example", "Requested as https://shop.example/",
	} {
		require.Contains(t, text, part)
	}
	bars := regexp.MustCompile(`<rect class="phase-([a-z]+)" x="(\d+)" width="(\d+)"`).FindAllStringSubmatch(page.body, -1)
	require.Len(t, bars, 5)
	require.Equal(t, []string{"dns", "0", "50"}, bars[0][1:])
	require.Equal(t, []string{"ttfb", "300", "600"}, bars[3][1:])
	require.Equal(t, []string{"download", "900", "100"}, bars[4][1:])
	require.Contains(t, page.body, `data-before href="/jobs/`+job.ID+`/results/0"`)
	require.Contains(t, page.body, `data-after hidden`, "it is the last one")

	fragment := b.fragment("/jobs/" + job.ID + "/results/1")
	require.NotContains(t, fragment.body, "<html")
	require.Contains(t, fragment.body, `<h1 id="result-title" tabindex="-1">Line 3</h1>`)
	require.Contains(t, fragment.body, "data-close")
	require.NotContains(t, page.body, "data-close", "a page is left, not closed")
}

func TestDetailsOfALineThatWasNotRequested(t *testing.T) {
	t.Parallel()
	b, job := checked(t)
	body := b.get("/jobs/" + job.ID + "/results/2").body
	require.Contains(t, body, "The line holds no URL that can be checked.")
	require.Contains(t, body, "There is a space in it.")
	require.Contains(t, body, "Correct this line of the list")
	for _, absent := range []string{"Redirects", "Where the time went", "Certificate", `class="attempts"`, "HTTP 0", `target="_blank"`, " in 0 ms"} {
		require.NotContains(t, body, absent)
	}
}

func TestAKeyThatOnlyReadsSeesResults(t *testing.T) {
	t.Parallel()
	server := start(t)
	job := submitted(t, server, member(t, server).Secret)
	insert(t, server, job, fourResults()...)
	admin := server.CreateKey(t, wsc.KeyRequest{Scopes: []wsc.Scope{wsc.ScopeRead, wsc.ScopeAdmin}})
	b := signedIn(t, server, admin.Secret)
	require.Equal(t, "0 1 2 3", rows(b.get("/jobs/"+job.ID+"/results").body))
	require.Equal(t, http.StatusOK, b.get("/jobs/"+job.ID+"/results/0").status)
}
