package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// The start page is usable after five requests and 150 KB at most, with nothing in the browser's cache.
func TestGUIStartPageIsLight(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	g := newGUI(t, p)
	var mu sync.Mutex
	requests, received := 0, 0.0
	chromedp.ListenTarget(g.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		if event, finished := event.(*network.EventLoadingFinished); finished {
			requests++
			received += event.EncodedDataLength
		}
	})
	g.run("load the start page with an empty cache",
		network.Enable(), network.SetCacheDisabled(true),
		chromedp.Navigate(p.url+"/"),
		chromedp.WaitVisible("#urls", chromedp.ByQuery),
		chromedp.Poll(`document.readyState === "complete"`, nil))
	mu.Lock()
	defer mu.Unlock()
	t.Logf("%d requests, %.0f bytes", requests, received)
	require.LessOrEqual(t, requests, 5)
	require.LessOrEqual(t, received, 150_000.0)
	require.GreaterOrEqual(t, requests, 3, "they are counted")
}

// A hundred tabs on one running job cost one query per second.
func TestGUITabsShareTheQueries(t *testing.T) {
	s := newSites(t, 2, 4*time.Second)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": "5"}).start()
	job := submit(t, p, "slow.txt", s.list("/slow", 300), wsc.Options{})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	tabs := &http.Client{Jar: jar, Transport: &http.Transport{MaxConnsPerHost: 0}}
	t.Cleanup(tabs.CloseIdleConnections)
	answer, err := tabs.PostForm(p.url+"/sign-in", url.Values{"key": {adminKey}})
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())

	ctx, cancel := context.WithCancel(t.Context())
	var open sync.WaitGroup
	defer open.Wait()
	defer cancel()
	events := make(chan struct{}, 10_000)
	for range 100 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/jobs/"+job.ID+"/events", http.NoBody)
		require.NoError(t, err)
		stream, err := tabs.Do(request)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, stream.StatusCode)
		require.Equal(t, "text/event-stream", stream.Header.Get("Content-Type"))
		open.Go(func() {
			defer stream.Body.Close()
			lines := bufio.NewScanner(stream.Body)
			for lines.Scan() {
				if strings.HasPrefix(lines.Text(), "event: progress") {
					events <- struct{}{}
				}
			}
		})
	}
	require.Equal(t, 100, p.metric("wsc_http_event_streams"))
	before, began := p.metric("wsc_progress_queries_total"), time.Now()
	received := 0
	for deadline := time.After(6 * time.Second); received >= 0; {
		select {
		case <-events:
			received++
			continue
		case <-deadline:
		}
		break
	}
	queries, seconds := p.metric("wsc_progress_queries_total")-before, time.Since(began).Seconds()
	t.Logf("%d queries in %.1f s, %d events", queries, seconds, received)
	require.GreaterOrEqual(t, queries, 3, "the job is read while it runs")
	require.LessOrEqual(t, float64(queries), seconds/0.9+1, "one read every 900 ms, for all tabs")
	require.GreaterOrEqual(t, received, 300, "every tab is told")
}

// metric is the value of a metric without labels.
func (p *product) metric(name string) int {
	p.t.Helper()
	response, err := http.Get(p.url + "/metrics")
	require.NoError(p.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	match := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(text)
	require.NotNil(p.t, match, name)
	value, err := strconv.ParseFloat(string(match[1]), 64)
	require.NoError(p.t, err)
	return int(value)
}

// What websites and lists bring along is shown as the text that it is, and fits.
func TestGUIShowsHostileTexts(t *testing.T) {
	const script = `<script>window.hacked = true</script><img src=x onerror="window.hacked = true">`
	s := newSites(t, 1, 0)
	s.title = script + "\u202egnp.exe" + strings.Repeat("\U0001f600W", 200)
	p := newProduct(t, s, nil).start()
	g := newGUI(t, p)
	lines := []string{
		s.url("/ok", 1), s.url("/ok", 2) + "?q=" + url.QueryEscape(script), "javascript:window.hacked=true", "data:text/html," + script, script,
		"\u202ehttp://evil.example/\u202c", "\x1b[31mred\x1b[0m.example", "{{.}}", s.url("/ok", 3) + "/" + strings.Repeat("x", 2000), strings.Repeat("y", 9_000),
	}
	name := `"><svg onload=window.hacked=true>` + strings.Repeat("n", 150) + ".txt"
	job := submit(t, p, name, strings.Join(lines, "\n"), wsc.Options{CaptureTitle: true})
	p.awaitDone(job.ID)

	pages := []string{"/jobs", "/jobs/" + job.ID, "/jobs/" + job.ID + "/results?cols=line,url,status,problem,title,final_url,host"}
	for seq := range len(lines) {
		pages = append(pages, fmt.Sprintf("/jobs/%s/results/%d", job.ID, seq))
	}
	for _, path := range pages {
		g.open(path)
		g.requireNoSidewaysScrolling(path)
		var hacked bool
		g.run("look for traces of scripts", chromedp.Evaluate(`window.hacked === true`, &hacked))
		require.False(t, hacked, path)
		var schemes []string
		g.run("look at the links", chromedp.Evaluate(`[...new Set([...document.links].map((a) => a.protocol))]`, &schemes))
		require.Subset(t, []string{"http:", "https:"}, schemes, path)
	}
	g.open("/jobs/" + job.ID)
	g.picture("job-hostile")
	g.requireNoBarriers("job with hostile texts")
	g.open(fmt.Sprintf("/jobs/%s/results/%d", job.ID, len(lines)-1))
	require.Contains(t, g.text("main"), lines[len(lines)-1], "the whole text can be seen")
	g.picture("result-hostile")
	g.requireQuiet()
}
