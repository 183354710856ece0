package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// A person opens /docs, enters a key, tries an operation and sees the answer, and the browser talks to this server only.
func TestTheDocumentationSendsRequests(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	job, err := p.client.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: []string{"http://127.0.0.1/"}, Name: "shown in the browser"})
	require.NoError(t, err)

	const (
		operation = "#operations-Jobs-list-jobs"
		answer    = operation + " .live-responses-table"
	)
	b := newBrowser(t)
	b.run("open /docs",
		chromedp.Navigate(p.url+"/docs"),
		chromedp.WaitVisible(operation, chromedp.ByQuery))
	b.picture("docs")
	b.run("enter a key",
		chromedp.Click(".auth-wrapper .authorize", chromedp.ByQuery),
		chromedp.SendKeys(`input[aria-label="auth-api-key"], #api_key_value`, adminKey, chromedp.ByQuery),
		chromedp.Click(".auth-btn-wrapper .authorize", chromedp.ByQuery),
		chromedp.Click(".auth-btn-wrapper .btn-done", chromedp.ByQuery))
	var status, body string
	b.run("try the operation",
		chromedp.Click(operation+" .opblock-summary-control", chromedp.ByQuery),
		chromedp.Click(operation+" .try-out__btn", chromedp.ByQuery),
		chromedp.Click(operation+" .execute", chromedp.ByQuery),
		chromedp.Text(answer+" .response .response-col_status", &status, chromedp.ByQuery, chromedp.NodeVisible),
		chromedp.Text(answer+" .highlight-code", &body, chromedp.ByQuery, chromedp.NodeVisible))
	require.Contains(t, status, "200")
	require.Contains(t, body, job.ID)
	b.picture("docs-answer")

	requests := b.requested()
	var sent []string
	for _, request := range requests {
		address, err := url.Parse(request.URL)
		require.NoError(t, err)
		require.Equal(t, p.url, address.Scheme+"://"+address.Host, request.URL)
		if address.Path == "/api/v1/jobs" {
			sent = append(sent, fmt.Sprint(request.Headers["X-API-Key"]))
		}
	}
	require.Equal(t, []string{adminKey}, sent, "keys of the requests for jobs")
	require.Empty(t, b.noticed(), "complaints of the browser")
}

// What the test above relies on: the browser notices a violated policy and a request to another host.
func TestTheBrowserNotices(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'self' "+other.URL)
		fmt.Fprintf(w, `<!doctype html><title>A page</title><script>document.title = "ran"</script><img src="%s/picture.png" alt="">`, other.URL)
	}))
	t.Cleanup(page.Close)
	b := newBrowser(t)
	var title string
	b.run("open the page", chromedp.Navigate(page.URL), chromedp.Title(&title))
	require.Equal(t, "A page", title)
	eventually(t, 10*time.Second, "the violation is noticed", func() bool {
		return strings.Contains(strings.Join(b.noticed(), "\n"), "policy violated: script-src-elem inline")
	})
	eventually(t, 10*time.Second, "the request is noticed", func() bool {
		return slices.ContainsFunc(b.requested(), func(request *network.Request) bool { return request.URL == other.URL+"/picture.png" })
	})
}
