package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdp "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
)

// shops is a table with two columns of URLs. That of the second has 20 pages that answer, 2 that do not, one that is
// repeated and a line without a URL.
func shops(s *sites) string {
	var b strings.Builder
	b.WriteString("Name;Website;Shop\n")
	for n := range 20 {
		fmt.Fprintf(&b, "Shop %d;%s;%s\n", n, s.url("/ok", 0), s.url("/ok", n))
	}
	fmt.Fprintf(&b, "Gone;%s;%s\n", s.url("/ok", 0), s.url("/missing", 1))
	fmt.Fprintf(&b, "Gone too;%s;%s\n", s.url("/ok", 0), s.url("/missing", 2))
	fmt.Fprintf(&b, "Twice;%s;%s\n", s.url("/ok", 0), s.url("/ok", 3))
	fmt.Fprintf(&b, "None;%s;closed for good\n", s.url("/ok", 0))
	return b.String()
}

// downloads takes the files of the browser from now on, and returns a function that clicks a link and returns the file that
// it leads to.
func (g *gui) downloads() func(link string) []byte {
	g.t.Helper()
	dir := g.t.TempDir()
	g.run("take downloads", cdp.SetDownloadBehavior(cdp.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(dir))
	return func(link string) []byte {
		g.t.Helper()
		g.click(link)
		var path string
		g.eventually("the file of "+link, func() bool {
			entries, err := os.ReadDir(dir)
			require.NoError(g.t, err)
			if len(entries) != 1 || strings.HasSuffix(entries[0].Name(), ".crdownload") || strings.HasPrefix(entries[0].Name(), ".") {
				return false
			}
			path = filepath.Join(dir, entries[0].Name())
			return true
		})
		content, err := os.ReadFile(path)
		require.NoError(g.t, err)
		require.NoError(g.t, os.Remove(path))
		return content
	}
}

// resultsFile is the link to the results in a format.
func resultsFile(format string) string {
	return `#downloads a[data-export][href*="format=` + format + `"]:not([href*="original"])`
}

// workbook opens an Excel file and returns the rows of its first sheet.
func workbook(t *testing.T, content []byte) [][]string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(content))
	require.NoError(t, err)
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	require.NoError(t, err)
	return rows
}

// startAndWait presses the button of the preview and waits for the end of the job, whose path it returns.
func (g *gui) startAndWait() string {
	g.t.Helper()
	g.click("[data-start]")
	path := g.arrives(`^/jobs/[^/]+$`)
	g.holds("the job ends", `document.querySelector("#job").dataset.phase === "done"`)
	require.Equal(g.t, "completed", g.value(`document.querySelector("#job").dataset.status`))
	g.holds("the results are there", `document.querySelector("#results-list tbody tr") && document.querySelector("#stats")`)
	return path
}

func TestGUIFromACSVFileToEveryDownload(t *testing.T) {
	s := newSites(t, 5, 0)
	p := newProduct(t, s, map[string]string{"WSC_SLOW_MS": "2000"}).start()
	g := newGUI(t, p)
	g.looked("check")

	g.drop(file(t, "shops.csv", []byte(shops(s))))
	g.arrives(`^/uploads/`)
	require.Equal(t, "shops.csv", g.text("main h1"))
	require.Equal(t, "1 URL to check", g.text("#totals .figure"), "the column Website has the same URL in every line")
	require.Contains(t, g.text(".preview th.url"), "Website")
	g.choose("#url_column", "Shop")
	g.holds("the other column is counted", `document.querySelector("#totals .figure").innerText === "22 URLs to check"`)
	require.Contains(t, g.text(".preview th.url"), "Shop")
	require.Contains(t, g.text("#totals"), "1 holds none")
	g.looked("upload")
	g.click("details.options > summary")
	g.looked("upload-options")
	g.run("give the job a name", chromedp.SendKeys("#name", "Shops of the autumn", chromedp.ByQuery))
	upload := g.path()
	// What is wrong with an option is said at its field, in the group that it stands in; Back and a reload send no form again.
	g.click(".more-options > summary")
	g.run("write a wrong header", chromedp.SendKeys("#headers", "no colon", chromedp.ByQuery))
	g.click("[data-start]")
	g.holds("the header is refused", `document.querySelector('.more-options[open] #headers[aria-invalid="true"]')`)
	require.Equal(t, upload, g.path(), "the address is that of the page")
	g.looked("upload-refused")
	g.run("take it out", chromedp.Clear("#headers", chromedp.ByQuery))
	path := g.startAndWait()
	g.run("go back", chromedp.NavigateBack())
	g.arrives(`^/uploads/`)
	require.Contains(t, g.text("main"), "This list was started")
	g.run("go to the job again", chromedp.NavigateForward())
	g.arrives(`^/jobs/[^/]+$`)
	require.Equal(t, "Shops of the autumn.csv", g.text("main h1"))
	require.Contains(t, g.value("document.title"), "Shops of the autumn")
	g.holds("the icon is that of a job that is done", `document.querySelector('link[rel="icon"]').href.includes("icon-good")`)
	g.looked("job")
	g.printed("job")

	download := g.downloads()
	require.Len(t, workbook(t, download(resultsFile("xlsx"))), 1+23)
	records, err := csv.NewReader(bytes.NewReader(download(resultsFile("csv")))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 1+23)
	var results []wsc.Result
	require.NoError(t, json.Unmarshal(download(resultsFile("json")), &results))
	require.Len(t, results, 23)
	original := workbook(t, download(`[data-export][href*="xlsx"][href*="original"]`))
	require.Len(t, original, 1+24, "every line of the upload")
	require.Equal(t, []string{"Name", "Website", "Shop"}, original[0][:3])

	rows := `document.querySelectorAll("#results-list tbody tr").length`
	g.run("filter by outcome", chromedp.Click(`label:has(#results-status-inactive)`, chromedp.ByQuery))
	g.holds("two are inactive", rows+" === 2")
	require.Equal(t, path+"?status=inactive", g.path(), "the filter is in the address")
	g.looked("job-filtered")
	require.Len(t, workbook(t, download(resultsFile("xlsx"))), 1+2, "the download follows the filter")

	g.click("#results-list tbody tr:first-child [data-open]")
	g.holds("the details are open", `document.querySelector("#result-dialog").open && location.pathname.includes("/results/")`)
	require.Contains(t, g.text("#result-dialog"), "HTTP 404 Not Found")
	require.Contains(t, g.text("#result-dialog"), "What to do")
	g.looked("result-drawer")
	g.run("go back", chromedp.NavigateBack())
	g.holds("the details are closed", `!document.querySelector("#result-dialog").open`)
	require.Equal(t, path+"?status=inactive", g.path())

	g.click("#results-clear")
	g.holds("all are shown again", rows+" === 23")
	g.run("move with the keyboard", chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"))
	require.Equal(t, "result-0", g.value(`document.activeElement.closest("tr").id`))
	g.run("open with the keyboard", chromedp.KeyEvent(kb.Enter))
	g.holds("the details are open", `document.querySelector("#result-dialog").open`)
	g.run("close with the keyboard", chromedp.KeyEvent(kb.Escape))
	g.holds("the details are closed, the row has the focus",
		`!document.querySelector("#result-dialog").open && document.activeElement.closest("tr")?.id === "result-0"`)
	// As a keyboard does, without the character, which chromedp would type into the field that has the focus by then.
	g.run("press the slash", input.DispatchKeyEvent(input.KeyRawDown).WithKey("/").WithCode("Slash"), input.DispatchKeyEvent(input.KeyUp).WithKey("/").WithCode("Slash"))
	g.holds("the search has the focus", `document.activeElement.id === "results-q"`)
	g.run("search", chromedp.KeyEvent("/ok/1"))
	g.holds("eleven fit", rows+" === 11")
	g.holds("the text is in the address", `new URLSearchParams(location.search).get("q")?.endsWith("/ok/1")`)

	g.open(path + "/results")
	g.looked("results")
	g.click("#sort-url")
	g.holds("ordered by URL", `new URLSearchParams(location.search).get("sort") === "url"`)
	g.open(path + "/results?status=error&error_kind=invalid_url")
	require.Contains(t, g.text("#results-list tbody"), "closed for good")
	g.open(path + "/results?q=nothing-like-this")
	g.looked("results-none")
	g.open(path + "/results/1")
	g.looked("result")
	g.open("/jobs")
	require.Contains(t, g.text("#job-list"), "Shops of the autumn")
	g.looked("jobs")
	g.open(upload)
	require.Contains(t, g.text("main"), "This list was started")
	g.looked("upload-started")
	g.requireQuiet("410", "422")
}

func TestGUIFromAWorkbookToTheResults(t *testing.T) {
	s := newSites(t, 5, 0)
	p := newProduct(t, s, nil).start()
	book := excelize.NewFile()
	require.NoError(t, book.SetSheetName("Sheet1", "Customers"))
	_, err := book.NewSheet("Suppliers")
	require.NoError(t, err)
	for n := range 8 {
		require.NoError(t, book.SetSheetRow("Customers", fmt.Sprint("A", n+1), &[]any{"Customer", s.url("/ok", n)}))
	}
	for n := range 5 {
		require.NoError(t, book.SetSheetRow("Suppliers", fmt.Sprint("A", n+1), &[]any{"Supplier", s.url("/missing", n), s.url("/ok", n)}))
	}
	var content bytes.Buffer
	require.NoError(t, book.Write(&content))

	g := newGUI(t, p)
	g.drop(file(t, "addresses.xlsx", content.Bytes()))
	g.arrives(`^/uploads/`)
	require.Equal(t, "8 URLs to check", g.text("#totals .figure"))
	g.choose("#sheet", "Suppliers")
	g.holds("the other sheet is counted", `document.querySelector("#totals .figure").innerText === "5 URLs to check"`)
	g.looked("upload-workbook")
	g.startAndWait()
	require.Equal(t, "5", g.value(`document.querySelector('[data-live="inactive"]').innerText`), "the first column with URLs of that sheet")

	// A file that can't be read says so where it was dropped, and the page is as it was.
	g.open("/")
	g.drop(file(t, "picture.png", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")))
	g.holds("the refusal is shown", `document.querySelector("#file-problem").innerText.length > 20`)
	g.looked("check-refused-file")
	require.Equal(t, "/", g.path())

	// What stands between the cells and the encoding can be chosen where they are not found.
	g.drop(file(t, "carets.csv", []byte("Firm^Website\nP\xf8\xedbram, s.r.o.^"+s.url("/ok", 1)+"\nB^"+s.url("/ok", 2)+"\n")))
	g.arrives(`^/uploads/`)
	require.Contains(t, g.text("#totals"), "can't be checked as it is read now")
	require.Equal(t, "none", g.value(`getComputedStyle(document.querySelector("#other_delimiter")).display`))
	g.choose("#delimiter", "Another character")
	g.run("type the separator", chromedp.SendKeys("#other_delimiter", "^"+kb.Enter, chromedp.ByQuery))
	g.holds("the list is cut by it", `document.querySelector("#totals .figure").innerText === "2 URLs to check"`)
	require.Contains(t, g.text(".preview th.url"), "Website")
	g.choose("#encoding", "Windows-1250")
	g.holds("the letters are right", `document.querySelector(".preview").innerText.includes("Příbram")`)
	require.Equal(t, "^", g.value(`document.querySelector("#other_delimiter").value`))
	require.Contains(t, g.value("location.search"), "delimiter=%5E&encoding=windows-1250")
	g.looked("upload-separator")
	g.choose("#delimiter", "Semicolon")
	g.holds("why it can't be started is said, and another can be chosen", `document.querySelector("#reading .banner.bad") && document.querySelector("#delimiter").value === ";"`)
	g.open("/")

	// A single URL is answered in place.
	g.run("type a URL", chromedp.SendKeys("#urls", s.url("/missing", 1), chromedp.ByQuery))
	g.click("#check-now")
	g.holds("the answer is there", `document.querySelector("article.answer")?.innerText.includes("404")`)
	g.looked("check-answer")
	require.Equal(t, "/", g.path())
	g.run("empty the box", chromedp.Evaluate(`document.querySelector("#urls").value = ""`, nil))
	g.click("#check-now")
	g.holds("nothing to check is said", `document.querySelector("#answer [data-problem]") && document.querySelector("#urls[aria-invalid]")`)
	g.run("type what is no list", chromedp.SendKeys("#urls", "hello. world.", chromedp.ByQuery))
	require.Equal(t, "Check this URL", g.text("#check-now"), "it is one line, as the server reads it")

	// A page that sends a file asks before it is left, and takes no second one.
	asked := g.answers()
	g.run("make the network slow", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := network.EmulateNetworkConditionsByRule(false, []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: 10_000}}).Do(ctx)
		return err
	}))
	g.drop(file(t, "long.csv", []byte(strings.Repeat("https://example.com/\n", 20_000))))
	g.holds("it is on its way", `!document.querySelector("#sending").hidden`)
	g.drop(file(t, "second.csv", []byte("https://example.com/\n")))
	g.holds("the second one is refused", `document.querySelector("#file-problem").innerText.startsWith("second.csv was not taken: long.csv is still on its way.")`)
	g.click(`header.top a[href="/jobs"]`)
	g.arrives(`^/jobs$`)
	require.Len(t, *asked, 1)
	g.requireQuiet("415")
}
