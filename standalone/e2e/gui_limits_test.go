package e2e

import (
	"bufio"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// The first visit of the start page is a few small requests.
func TestGUIStartPageIsLight(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	g := newGUI(t, p)
	var mu sync.Mutex
	var bytes float64
	requests := map[network.RequestID]string{}
	chromedp.ListenTarget(g.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch event := event.(type) {
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(event.Request.URL, "data:") {
				requests[event.RequestID] = event.Request.URL
			}
		case *network.EventLoadingFinished:
			bytes += event.EncodedDataLength
		}
	})
	g.run("visit with an empty cache", network.ClearBrowserCache(), network.SetCacheDisabled(true), chromedp.Navigate(p.url+"/"))
	g.holds("everything is loaded", `document.readyState === "complete" && window.htmx && window.wsc`)
	<-time.After(time.Second) // what comes late is counted as well
	mu.Lock()
	defer mu.Unlock()
	t.Logf("%d requests, %.1f KB: %v", len(requests), bytes/1000, requests)
	require.LessOrEqual(t, len(requests), 5)
	require.LessOrEqual(t, bytes, 150_000.0)
	require.Greater(t, bytes, 10_000.0, "the transfers were seen")
}

// session signs a client of the standard library in, as a browser does.
func (p *product) session() *http.Client {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(p.t, err)
	transport := &http.Transport{}
	p.t.Cleanup(transport.CloseIdleConnections)
	browser := &http.Client{Jar: jar, Transport: transport}
	response, err := browser.PostForm(p.url+"/sign-in", url.Values{"key": {adminKey}})
	require.NoError(p.t, err)
	require.NoError(p.t, response.Body.Close())
	require.Equal(p.t, http.StatusOK, response.StatusCode)
	return browser
}

// longJob is a product with a job that runs for minutes.
func longJob(t *testing.T) (*product, *wsc.Job) {
	t.Helper()
	s := newSites(t, 20, 500*time.Millisecond)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": "10"}).start()
	job := submit(t, p, "long.txt", s.list("/slow", 4000), wsc.Options{})
	p.awaitResults(job.ID, 5)
	return p, job
}

// A hundred open pages of a running job read the job once per second, not a hundred times.
func TestGUITabsShareTheQueries(t *testing.T) {
	const tabs, seconds = 100, 10
	p, job := longJob(t)
	browser := p.session()
	var mu sync.Mutex
	events := make([]int, tabs)
	var open sync.WaitGroup
	t.Cleanup(open.Wait) // after the bodies are closed
	for tab := range tabs {
		response, err := browser.Get(p.url + "/jobs/" + job.ID + "/events")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode)
		t.Cleanup(func() { _ = response.Body.Close() })
		open.Go(func() {
			lines := bufio.NewScanner(response.Body)
			for lines.Scan() { // until the body is closed
				if strings.HasPrefix(lines.Text(), "event: progress") {
					mu.Lock()
					events[tab]++
					mu.Unlock()
				}
			}
		})
	}
	total := func() (sum int) {
		mu.Lock()
		defer mu.Unlock()
		for _, n := range events {
			sum += n
		}
		return sum
	}
	queries, heard, began := scrape(t, p.url).sum("wsc_progress_queries_total"), total(), time.Now()
	<-time.After(seconds * time.Second)
	spent, passed := scrape(t, p.url).sum("wsc_progress_queries_total")-queries, time.Since(began).Seconds()
	t.Logf("%.0f queries and %d events in %.1f s", spent, total()-heard, passed)
	require.LessOrEqual(t, spent, passed+1, "one query per second")
	require.Greater(t, total()-heard, tabs*seconds/2, "every tab is told")
}

// A browser has six connections to a server over HTTP/1.1. Tabs in the background leave them to the one that is looked at,
// and tell how the job goes all the same, until it is gone.
func TestGUITabsInTheBackgroundHoldNoConnection(t *testing.T) {
	p, job := longJob(t)
	g := newGUI(t, p)
	var tabs [8]*gui
	for i := range tabs {
		ctx, cancel := chromedp.NewContext(g.ctx)
		t.Cleanup(cancel)
		require.NoError(t, chromedp.Run(ctx)) // the tab lives as long as the context of its first action
		tabs[i] = &gui{browser: &browser{t: t, ctx: ctx}, p: p}
		tabs[i].open("/jobs/" + job.ID)
		tabs[i].holds("the page is live", `/^\d+% · /.test(document.title)`)
	}
	g.run("come to the front", devtools.BringToFront())
	g.open("/jobs")
	background := tabs[0]
	require.Equal(t, "hidden", background.value("document.visibilityState"))
	background.holds("the title goes on", `(() => { window.shown ??= document.title; return document.title !== window.shown; })()`)
	require.Equal(t, "hidden", background.value("document.visibilityState"))

	// When the job is deleted, its pages say that once and rest.
	g.open("/jobs/" + job.ID)
	g.holds("the page is live", `/^\d+% · /.test(document.title)`)
	require.NoError(t, p.client.Delete(t.Context(), job.ID))
	g.holds("the page says that the job is gone", `document.querySelector("#job-gone")?.innerText.includes("long.txt") && document.title.startsWith("Deleted · long.txt")`)
	g.focused("#job-gone h1")
	g.holds("the icon is that of no job", `!document.querySelector('link[rel="icon"]').href.includes("icon-running")`)
	g.looked("job-gone")
	asked := len(g.requested())
	<-time.After(6 * time.Second) // longer than any pause between two looks
	require.Len(t, g.requested(), asked, "nothing is asked for any more")
	require.Empty(t, g.value(`document.querySelector("#messages").textContent`))
	g.holds("there is one statement", `document.querySelector("main").children.length === 1 && document.querySelector("#offline").hidden`)
	background.holds("the tab in the background says so as well", `document.title.startsWith("Deleted · long.txt")`)
	g.requireQuiet("404", "[object Event]")
}

// While the server is away the page says so, and goes on by itself when it is back.
func TestGUIHealsALostConnection(t *testing.T) {
	p, job := longJob(t)
	g := newGUI(t, p)
	g.open("/jobs/" + job.ID)
	g.holds("results come", shownCount+" > 5")
	p.kill()
	g.holds("the page says that the connection is lost", `!document.querySelector("#offline").hidden`)
	g.looked("job-offline")
	before := g.value(shownCount)
	p.start()
	g.holds("the page is live again", `document.querySelector("#offline").hidden && `+shownCount+" > "+before)

	// A page that asks for nothing by itself heals as well, and what was asked for meanwhile comes.
	g.open("/jobs/" + job.ID + "/results")
	p.kill()
	g.click(`label:has(#results-status-active)`)
	g.holds("the page says that the connection is lost", `!document.querySelector("#offline").hidden`)
	p.start()
	g.holds("the filter is applied", `document.querySelector("#offline").hidden && location.search === "?status=active"`)
	g.requireQuiet("htmx:sendError", "htmx:afterRequest", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "503", "[object Event]")
}
