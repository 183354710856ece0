package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// processed is how many results the page of a job shows.
const shownCount = `Number(document.querySelector('[data-live="processed"] data').value)`

// press presses a button with the keyboard.
func (g *gui) press(selector string) {
	g.t.Helper()
	g.run("press "+selector, chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
}

// listen returns a function that says whether a sentence was announced last, on the page that is open now.
func (g *gui) listen() func(sentence string) {
	g.t.Helper()
	g.run("listen", chromedp.Evaluate(`window.said = [];
		for (const id of ["announcer", "messages"]) {
			const region = document.getElementById(id);
			new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true });
		}`, nil))
	return func(sentence string) {
		g.t.Helper()
		g.holds("it is announced: "+sentence, "new RegExp("+strconv.Quote(sentence)+").test(window.said.at(-1))")
	}
}

// focused waits until an element has the focus.
func (g *gui) focused(selector string) {
	g.t.Helper()
	g.holds(selector+" has the focus", "document.activeElement === document.querySelector("+strconv.Quote(selector)+")")
}

// A job is watched, paused, resumed and cancelled on its page, by keyboard and with what a screen reader says.
func TestGUIWatchesAndStopsAJob(t *testing.T) {
	s := newSites(t, 20, 500*time.Millisecond)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": "20"}).start()
	g := newGUI(t, p)
	job := submit(t, p, "long.txt", s.list("/slow", 4000), wsc.Options{})
	g.open("/jobs/" + job.ID)
	g.holds("results come", shownCount+" > 20")
	g.holds("the title tells", `/^\d+% · long\.txt/.test(document.title)`)
	g.holds("the icon is that of a running job", `document.querySelector('link[rel="icon"]').href.includes("icon-running")`)
	g.holds("rate, time left and strip", `document.querySelector('[data-live="rate"]').innerText !== "–" &&
		document.querySelector('[data-live="eta"]').innerText !== "–" && document.querySelectorAll("#strip rect").length > 1`)
	g.holds("results appear by themselves", `document.querySelectorAll("#results-list tbody tr").length > 0`)
	g.holds("newer ones are offered", `!document.querySelector("#results-new").hidden`)
	g.looked("job-running")

	announced := g.listen()
	g.holds("files are there", `document.querySelector("#downloads a[data-export]")`)
	before := g.value(shownCount)
	require.NotEmpty(t, g.downloads()(resultsFile("csv")))
	g.holds("the page goes on after a download", "window.said && document.querySelector('#offline').hidden && "+shownCount+" > "+before)

	g.press("#do-pause")
	g.holds("the job is paused", `document.querySelector("#job").dataset.status === "paused"`)
	g.focused("#do-resume")
	announced(`^The job is paused\.$`)
	g.looked("job-paused")
	before = g.value(shownCount)
	g.open("/jobs")
	g.holds("the list says so", `document.querySelector("#job-list").innerText.includes("paused")`)
	g.open("/jobs/" + job.ID)
	g.listen()
	g.press("#do-resume")
	g.holds("the job goes on", `document.querySelector("#job").dataset.status === "processing"`)
	g.focused("#do-pause")
	g.holds("that is announced", `window.said.includes("The job goes on.")`)
	g.holds("further results come", shownCount+" > "+before)

	g.open("/jobs")
	g.holds("the row follows", `(() => { const now = document.querySelector("#job-list progress").value; window.first ??= now; return now > window.first; })()`)
	g.looked("jobs-running")

	g.open("/jobs/" + job.ID)
	announced = g.listen()
	g.press("#ask-cancel")
	g.press("#do-cancel")
	g.holds("the job is cancelled", `document.querySelector("#job").dataset.status === "cancelled" && document.querySelector("#job").dataset.phase === "done"`)
	g.focused("#actions-title")
	announced(`^The job is cancelled: [\d,]+ active, 0 inactive, 0 errors\.$`)
	g.looked("job-cancelled")
	g.press("#ask-keep")
	g.press("#keep-30")
	g.focused("#ask-keep")
	announced(`^Kept until .+\.$`)
	g.holds("the day is shown", `document.querySelector("#kept").classList.contains("changed") && window.said.at(-1) === document.querySelector("#kept").textContent`)
	g.looked("job-kept")
	require.Less(t, p.awaitDone(job.ID).ProcessedURLs, int64(4000))
	g.requireQuiet()
}

// What failed is checked again after the repair, compared with the first run, and the first run is deleted and brought back.
func TestGUIRepeatsComparesAndDeletes(t *testing.T) {
	var repaired atomic.Bool
	s := newSites(t, 3, 0)
	s.authorize = func(r *http.Request) bool {
		return repaired.Load() && !strings.HasPrefix(r.URL.Path, "/page/3") || strings.HasPrefix(r.URL.Path, "/ok")
	}
	p := newProduct(t, s, nil).start()
	g := newGUI(t, p)
	job := submit(t, p, "leads.txt", s.list("/ok", 6)+s.list("/page", 4), wsc.Options{Retries: new(0)})
	p.awaitDone(job.ID)
	repaired.Store(true)

	g.open("/jobs/" + job.ID)
	g.click("#do-retry")
	g.holds("another job is shown", `document.querySelector("#job")?.dataset.id !== undefined && document.querySelector("#job").dataset.id !== "`+job.ID+`"`)
	g.holds("it ends", `document.querySelector("#job").dataset.phase === "done"`)
	require.Equal(t, "4", g.value(`document.querySelector("#job").dataset.total`))
	require.Contains(t, g.text(".job-state"), "an earlier run")
	g.holds("the runs to compare with have the reader's times", `document.querySelector("#with").options[0].text.endsWith("· leads.txt · 10 results") &&
		!document.querySelector("#with").options[0].text.includes("UTC")`)
	g.click(".compare-form button")
	g.arrives(`/compare$`)
	require.Equal(t, "What changed", g.text("main h1"))
	require.Contains(t, g.text("main .cards"), "3")
	require.Contains(t, g.text(".compared-note"), "6 URLs were active, and were left out on purpose.")
	g.looked("compare")
	g.holds("three were fixed", `[...document.querySelectorAll(".cards a")].some((card) => card.innerText.includes("Fixed") && card.innerText.includes("3"))`)
	g.holds("one is shown as still broken after a click",
		`[...document.querySelectorAll(".cards a")].find((card) => card.innerText.includes("Still broken"))?.click() ?? true`)
	g.arrives(`/compare$`)
	g.holds("one is still broken", `document.querySelectorAll(".compare-table tbody tr").length === 1 && document.querySelector(".compare-table").innerText.includes("/page/3")`)

	g.open("/jobs/" + job.ID)
	g.holds("a short job fills the chart over time, whose last mark is not cut off", `(() => {
		const chart = document.querySelector('[data-chart="throughput"]'), plot = chart.querySelector(".u-over"), canvas = chart.querySelector("canvas");
		const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
		const coloured = new Set();
		for (let i = 0; i < data.length; i += 4) if (Math.max(data[i], data[i + 1]) - data[i + 2] > 80) coloured.add(i / 4 % canvas.width);
		return coloured.size > 120 && chart.clientWidth - plot.offsetLeft - plot.offsetWidth > 32;
	})()`)
	announced := g.listen()
	g.press("#do-delete")
	g.focused("#do-restore")
	announced(`^The job will be deleted in \d+ s\. Undo takes that back\.$`)
	g.holds("the page counts down", `document.querySelector("#deleting")?.innerText.includes("will be deleted in")`)
	g.looked("job-deleted")
	g.press("#do-restore")
	g.holds("the job is back", `!document.querySelector("#deleting") && document.querySelector("#do-delete")`)
	g.focused("#do-delete")
	announced(`^The job will not be deleted\.$`)
	requireWhole(t, p, job.ID, 10)

	g.run("end the session", network.ClearBrowserCookies())
	g.click(resultsFile("csv"))
	g.arrives(`^/sign-in$`) // no file is saved that is none
	g.requireQuiet()
}

// A key is made, used by another browser, and revoked, which ends the other browser's session.
func TestGUIMakesAndRevokesAKey(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	g := newGUI(t, p)
	asked := g.answers()
	g.open("/keys")
	g.looked("keys-none")
	g.run("fill the form with a wrong address", chromedp.SendKeys("#name", "CRM import", chromedp.ByQuery), chromedp.SendKeys("#allowed_ips", "everywhere", chromedp.ByQuery))
	g.click("details.new-key form button.primary")
	g.holds("the form says what is wrong", `document.querySelector('#allowed_ips[aria-invalid="true"]') && document.querySelector("#name").value === "CRM import"`)
	g.looked("keys-problem")
	g.run("correct it", chromedp.Clear("#allowed_ips", chromedp.ByQuery))
	g.click("details.new-key form button.primary")
	g.holds("the secret is shown", `document.querySelector("#secret")`)
	secret := g.text("#secret")
	require.Regexp(t, `^wsc_\w{20,}$`, secret)
	g.looked("secret")
	g.run("go back", chromedp.NavigateBack())
	g.arrives(`^/keys$`)
	require.Equal(t, "Keys", g.text("main h1"), "the form that was refused is not sent again")

	other := &gui{browser: newBrowser(t), p: p}
	other.open("/sign-in")
	other.run("sign in with the new key", chromedp.SendKeys("#key", secret+"\n", chromedp.ByQuery))
	other.arrives(`^/$`)
	require.NotContains(t, other.text("header.top nav"), "Keys", "it is no admin")
	other.open("/jobs")
	other.looked("jobs-none")
	program, err := client.New(p.url, client.WithKey(secret))
	require.NoError(t, err)
	t.Cleanup(program.Close)
	_, err = program.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: []string{"http://127.0.0.1/"}})
	require.NoError(t, err)
	other.holds("the list tells of a job that a program started", `document.querySelector("#jobs-new:not([hidden])")?.innerText.includes("1 new job")`)
	other.click("#jobs-new a")
	other.holds("it is shown", `document.querySelectorAll("[data-job]").length === 1`)

	g.open("/keys")
	require.Contains(t, g.text("table.keys"), "CRM import")
	require.NotContains(t, g.text("main"), secret, "the secret was shown once")
	g.looked("keys")
	g.click("table.keys tbody a")
	g.arrives(`^/keys/[^/]+$`)
	g.looked("key")
	g.click(`form[action$="/rotate"] button`)
	g.holds("a new secret is shown", `document.querySelector("#secret") && document.querySelector("#secret").innerText !== "`+secret+`"`)
	g.open("/keys")
	g.click("table.keys tbody a")
	g.arrives(`^/keys/[^/]+$`)
	g.click(`form[action$="/revoke"] button`)
	g.holds("the key is revoked", `document.querySelector('form[action$="/activate"]')`)
	require.Len(t, *asked, 1)
	require.Contains(t, (*asked)[0], "Revoke it?")
	g.looked("key-revoked")

	eventually(t, 15*time.Second, "the other browser is signed out", func() bool {
		other.run("load the jobs", chromedp.Navigate(p.url+"/jobs"), chromedp.WaitVisible("main h1", chromedp.ByQuery))
		return strings.HasPrefix(other.path(), "/sign-in")
	})
	g.open("/audit")
	require.Contains(t, g.text("table.audit"), "CRM import")
	g.looked("audit")
	g.requireQuiet("422")
	other.requireQuiet("401")
}
