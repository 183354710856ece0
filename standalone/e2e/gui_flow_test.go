package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
)

// A person drops a file, chooses a column, watches, filters, opens a row and takes the results home in every format.
func TestGUIFromAFileToASpreadsheet(t *testing.T) {
	s := newSites(t, 5, 0)
	p := newProduct(t, s, nil).start()
	g := newGUI(t, p)
	g.picture("check")
	g.requireNoBarriers("check")

	g.drop(write(t, "leads.csv", mixedList(s)))
	g.await("#reading")
	require.Contains(t, g.path(), "/uploads/")
	require.Contains(t, g.text("#totals"), "50 URLs to check")
	g.picture("upload")
	g.requireNoBarriers("upload")
	g.choose("#url_column", "Name")
	g.await("#column-hint.problem")
	g.requireNoBarriers("upload with another column")
	g.choose("#url_column", "Website")
	g.await("#totals [data-start]")
	g.click("#totals [data-start]")
	g.await("#job")
	g.awaitStatus("completed")
	g.holds("the title says how it ended", `/^(Completed|Done|✓|.*leads\.csv)/.test(document.title)`)
	g.picture("job-completed")
	g.requireNoBarriers("job")

	g.click(".tally.warn a")
	g.holds("only inactive results are shown", `location.search.includes("status=inactive") && document.querySelectorAll(".results-table tbody tr").length === 5`)
	g.requireNoBarriers("job with a filter")
	g.press("j")
	g.press(kb.Enter)
	g.await("#result-dialog .result")
	require.Contains(t, g.text("#result-dialog"), "HTTP 404")
	g.picture("result-dialog")
	g.requireNoBarriers("result dialog")
	g.press(kb.Escape)
	g.run("the dialog is closed", chromedp.WaitNotVisible("#result-dialog", chromedp.ByQuery))

	name, filtered := g.download(`#downloads a[href*="format=csv"][href*="status=inactive"]`)
	require.Equal(t, ".csv", filepath.Ext(name))
	records, err := csv.NewReader(bytes.NewReader(filtered)).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 6, "the five that the filter selects")
	g.open("/jobs/" + g.jobID())
	name, workbook := g.download(`#downloads a.primary`)
	require.Equal(t, ".xlsx", filepath.Ext(name))
	book, err := excelize.OpenReader(bytes.NewReader(workbook))
	require.NoError(t, err)
	defer book.Close()
	rows, err := book.GetRows("Results")
	require.NoError(t, err)
	require.Len(t, rows, mixedRows+1)
	_, document := g.download(`#downloads a[href*="format=json"]`)
	var list []wsc.Result
	require.NoError(t, json.Unmarshal(document, &list))
	require.Len(t, list, mixedRows)
	g.requireQuiet()
}

// A workbook is dropped the same way, and its sheet can be chosen.
func TestGUITakesAWorkbook(t *testing.T) {
	s := newSites(t, 2, 0)
	p := newProduct(t, s, nil).start()
	g := newGUI(t, p)
	book := excelize.NewFile()
	defer book.Close()
	for sheet, path := range map[string]string{"Sheet1": "/ok", "Old": "/missing"} {
		_, err := book.NewSheet(sheet)
		require.NoError(t, err)
		for row, cells := range [][]any{{"Company", "Website"}, {"A", s.url(path, 1)}, {"B", s.url(path, 2)}} {
			cell, err := excelize.CoordinatesToCellName(1, row+1)
			require.NoError(t, err)
			require.NoError(t, book.SetSheetRow(sheet, cell, &cells))
		}
	}
	path := filepath.Join(t.TempDir(), "leads.xlsx")
	require.NoError(t, book.SaveAs(path))
	g.drop(path)
	g.await("#sheet")
	g.choose("#sheet", "Old")
	g.holds("the other sheet is read", `document.querySelector("#reading table").textContent.includes("/missing/")`)
	g.picture("upload-workbook")
	g.click("#totals [data-start]")
	g.awaitStatus("completed")
	g.holds("both pages are missing", `document.querySelector('[data-live="inactive"]').textContent.trim() === "2"`)
	g.requireQuiet()
}

// One pasted URL is answered in place.
func TestGUIAnswersOneURL(t *testing.T) {
	s := newSites(t, 1, 0)
	p := newProduct(t, s, nil).start()
	g := newGUI(t, p)
	g.run("paste a URL", chromedp.SendKeys("#urls", s.url("/missing", 0), chromedp.ByQuery))
	g.click("#check-now")
	g.await("#answer .answer")
	require.Contains(t, g.text("#answer"), "404")
	require.Equal(t, "/", g.path())
	g.picture("check-answer")
	g.requireNoBarriers("check with an answer")
	g.requireQuiet()
}

// A running job is paused, resumed and cancelled; what failed is checked again, and two runs are compared.
func TestGUISteersAJob(t *testing.T) {
	s := newSites(t, 4, 1500*time.Millisecond)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": "10"}).start()
	g := newGUI(t, p)
	list := s.list("/missing", 3) + s.list("/slow", 400)
	g.drop(write(t, "slow.txt", list))
	g.click("#totals [data-start]")
	g.awaitStatus("processing")
	g.holds("results come in", `Number(document.querySelector('[data-live="processed"]').textContent.replace(/\D/g, "")) > 5`)
	g.picture("job-running")
	g.requireNoBarriers("running job")
	g.click("#do-pause")
	g.awaitStatus("paused")
	g.picture("job-paused")
	g.requireNoBarriers("paused job")
	g.click("#do-resume")
	g.awaitStatus("processing")
	g.click(".job-actions summary") // Cancel asks
	g.click("#do-cancel")
	g.awaitStatus("cancelled")
	first := g.jobID()

	g.await("#do-retry")
	p.awaitDone(first)
	g.click("#do-retry")
	g.holds("the page shows the new job", `document.querySelector("#job") && document.querySelector("#job").dataset.id !== "`+first+`"`)
	g.awaitStatus("completed")
	second := g.jobID()
	require.Contains(t, g.text(".job-state"), "an earlier run")
	g.click(".compare-form button")
	g.await(".compared")
	require.Contains(t, g.path(), "/jobs/"+second+"/compare?with="+first)
	require.Contains(t, g.text("main"), "What changed")
	g.picture("compare")
	g.requireNoBarriers("compare")

	g.open("/jobs/" + second)
	g.click("#do-delete")
	g.await("#deleting")
	g.picture("job-deleting")
	g.requireNoBarriers("job that is being deleted")
	g.click("#do-restore")
	g.run("the deletion is taken back", chromedp.WaitNotPresent("#deleting", chromedp.ByQuery))
	g.requireQuiet()
}

// An administrator makes a key, somebody signs in with it, and the key is revoked.
func TestGUIManagesKeys(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	admin := newGUI(t, p)
	admin.open("/keys")
	admin.picture("keys-empty")
	admin.run("name the key", chromedp.SendKeys("#name", "Sales team", chromedp.ByQuery))
	admin.click(`form[action="/keys"] button.primary`)
	admin.await("[data-copy]")
	secret := ""
	admin.run("read the secret", chromedp.Evaluate(`(() => { const s = document.getElementById(document.querySelector("[data-copy]").dataset.copy); return s.value ?? s.textContent; })()`, &secret))
	require.True(t, wsc.WellFormedKeySecret(strings.TrimSpace(secret)), "the secret is shown")
	admin.requireNoBarriers("new key")

	member := &gui{browser: newBrowser(t), p: p}
	member.run("sign in", chromedp.Navigate(p.url+"/sign-in"), chromedp.SendKeys("#key", strings.TrimSpace(secret)+"\n", chromedp.ByQuery), chromedp.WaitVisible("main h1", chromedp.ByQuery))
	member.open("/jobs")
	require.NotContains(t, member.text("header.top"), "Audit log")
	member.picture("jobs-empty")
	member.requireNoBarriers("no jobs")

	admin.open("/keys")
	require.NotContains(t, admin.text("main"), strings.TrimSpace(secret), "shown once")
	admin.picture("keys")
	admin.requireNoBarriers("keys")
	admin.click(".keys a")
	admin.await(`form[action$="/revoke"]`)
	admin.picture("key")
	admin.requireNoBarriers("key")
	admin.run("answer the question", chromedp.Evaluate(`window.confirm = () => true; 0`, nil))
	admin.click(`form[action$="/revoke"] button`)
	admin.await(`form[action$="/activate"]`)
	eventually(t, 20*time.Second, "the other browser is signed out", func() bool {
		member.run("ask for a page", chromedp.Navigate(p.url+"/jobs"), chromedp.WaitVisible("main h1", chromedp.ByQuery))
		return strings.HasPrefix(member.path(), "/sign-in")
	})
	admin.open("/audit")
	admin.picture("audit")
	admin.requireNoBarriers("audit log")
	admin.requireQuiet()
	member.requireQuiet()
}
