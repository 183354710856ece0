package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// hostileText holds what breaks careless pages: markup, scripts, a text that runs backwards, codes of terminals, a formula,
// and no place to break the line.
const hostileText = `"><img src=x onerror=pwned()><script>pwned()</script>` + "\u202Egpj.exe\u2066\x1b[31mred\x07{{7*7}}${7*7}" + `=cmd|' /C calc'!A0`

// Wherever a list or a website can put text, nothing of it runs, nothing leaves its place, and it can be read.
func TestGUIShowsHostileTexts(t *testing.T) {
	s := newSites(t, 3, 0)
	s.title = hostileText + strings.Repeat("W", 10_000)
	p := newProduct(t, s, nil).start()
	g := newGUI(t, p)
	g.run("be told of what runs", chromedp.Evaluate(`window.pwned = () => console.error("pwned")`, nil))

	var list strings.Builder
	list.WriteString("Name" + strings.ReplaceAll(hostileText, `"`, `""`) + ",URL\n")
	for n := range 5 {
		fmt.Fprintf(&list, "Site,%s\n", s.url("/ok", n))
	}
	fmt.Fprintf(&list, "Site,%s/%s\n", s.url("/missing", 1), strings.Repeat("A", 1500))
	fmt.Fprintf(&list, "Site,\"%s\"\n", strings.ReplaceAll(hostileText, `"`, `""`))
	fmt.Fprintf(&list, "Site,%s\n", strings.Repeat("no-url-", 1000))
	fmt.Fprint(&list, "Site,javascript:pwned()\n")
	g.drop(file(t, "<b>\u202Elist"+strings.Repeat("x", 200)+".csv", []byte(list.String())))
	g.arrives(`^/uploads/`)
	g.looked("hostile-upload")
	g.click("details.options > summary")
	g.click(`label[for="capture_title"]`)
	path := g.startAndWait()
	g.looked("hostile-job")
	g.open(path + "/results?cols=line,url,status,problem,host,title,final_url,content_type")
	g.looked("hostile-results")
	require.Equal(t, "0", g.value(`document.querySelectorAll('main a[href^="javascript:"], main img, main script').length`))
	for line := range 9 {
		g.open(fmt.Sprintf("%s/results/%d", path, line))
		require.Equal(t, "0", g.value(`document.querySelectorAll('main a[href^="javascript:"], main img, main script').length`))
		if line == 0 || line >= 5 {
			g.looked(fmt.Sprint("hostile-result-", line))
		}
	}
	require.Contains(t, g.value(`document.querySelector("#result-raw").value`), "javascript:pwned()", "the text of the list can be seen and copied")
	g.open("/jobs")
	g.looked("hostile-jobs")
	g.requireQuiet()
}

// Without scripts the way from a file to the results is the same, with the buttons that it takes.
func TestGUIWorksWithoutScripts(t *testing.T) {
	s := newSites(t, 5, 0)
	p := newProduct(t, s, nil).start()
	g := newGUI(t, p)
	g.run("forbid scripts", emulation.SetScriptExecutionDisabled(true))
	looked := func(name string) { // axe is a script itself; those of the page do not begin after the page was loaded
		t.Helper()
		g.run("allow scripts", emulation.SetScriptExecutionDisabled(false))
		g.looked(name)
		g.run("forbid scripts", emulation.SetScriptExecutionDisabled(true))
	}
	g.open("/")
	g.run("choose a file", chromedp.SetUploadFiles("#file", []string{file(t, "shops.csv", []byte(shops(s)))}, chromedp.ByQuery))
	looked("scriptless-check")
	g.click("#upload noscript button")
	g.arrives(`^/uploads/`)
	require.Equal(t, "1 URL to check", g.text("#totals .figure"))
	g.run("choose another column", chromedp.SetValue("#url_column", "Shop", chromedp.ByQuery))
	g.click("#reading noscript button")
	g.holds("the other column is counted", `document.querySelector("#totals .figure").innerText === "22 URLs to check"`)
	looked("scriptless-upload")
	g.click("[data-start]")
	path := g.arrives(`^/jobs/[^/]+$`)
	p.awaitDone(strings.TrimPrefix(path, "/jobs/"))
	g.open(path)
	require.Contains(t, g.text(".job-state"), "completed")
	require.Equal(t, "none", g.value(`getComputedStyle(document.querySelector(".chart")).display`), "no empty frames of charts")
	looked("scriptless-job")
	g.open(path + "/stats")
	looked("scriptless-stats")
	g.open(path)
	require.Len(t, workbook(t, g.downloads()(resultsFile("xlsx"))), 1+23)
	g.run("filter by outcome", chromedp.Click(`label:has(#results-status-inactive)`, chromedp.ByQuery))
	g.click("#results-view button.scriptless")
	g.holds("two are inactive", `document.querySelectorAll("#results-list tbody tr").length === 2`)
	g.click("#results-list tbody tr:first-child [data-open]")
	g.arrives(`/results/\d+$`)
	require.Contains(t, g.text("main"), "HTTP 404 Not Found")

	// A single URL is answered on the next page.
	g.open("/")
	g.run("type a URL", chromedp.SendKeys("#urls", s.url("/missing", 1), chromedp.ByQuery))
	g.click("#check-now")
	g.holds("the answer is there", `document.querySelector("article.answer")?.innerText.includes("404")`)
	g.requireQuiet()
}
