package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/internal/apitest"
)

const leads = "Firm;Main site;Shop;Shop\n" +
	"Müller;https://a.example/;shop.a.example;x\n" +
	"<img src=x onerror=alert(1)>;b.example;;\n" +
	"\u202egnp.exe;https://a.example/;c.example;\n" +
	"Mail;mail@d.example;;\n;;;\n"

// fileForm is a form with one file.
func fileForm(t testing.TB, name, content string) (body io.Reader, contentType string) {
	t.Helper()
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	part, err := writer.CreateFormFile("file", name)
	require.NoError(t, err)
	_, err = io.WriteString(part, content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return &form, writer.FormDataContentType()
}

func (b *browser) fileRequest(path, name, content string) *http.Request {
	b.t.Helper()
	body, contentType := fileForm(b.t, name, content)
	request := b.request(http.MethodPost, path, body)
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return request
}

// sendFile uploads a file as a browser without scripts does, and sendFileByScript as the page's script does.
func (b *browser) sendFile(path, name, content string) answer {
	b.t.Helper()
	return b.do(b.fileRequest(path, name, content))
}

func (b *browser) sendFileByScript(name, content string) answer {
	b.t.Helper()
	request := b.fileRequest("/uploads", name, content)
	request.Header.Set("HX-Request", "true")
	return b.do(request)
}

// uploaded uploads a list and returns the path of its page.
func (b *browser) uploaded(name, content string) string {
	b.t.Helper()
	answer := b.sendFile("/uploads", name, content)
	require.Equal(b.t, http.StatusSeeOther, answer.status, answer.body)
	path := answer.header.Get("Location")
	require.Regexp(b.t, `^/uploads/[0-9a-f-]{36}$`, path)
	return path
}

func TestAnUploadIsShownAsItIsUnderstood(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	page := b.get(b.uploaded(`leads.csv`, leads))
	require.Equal(t, http.StatusOK, page.status)
	for _, want := range []string{
		"<title>leads.csv · Website Status Checker</title>", "CSV table", "UTF-8", "cells apart by <span class=\"raw\">semicolon</span>",
		"first row taken as names", `<option value="Main site" selected>Main site</option>`,
		`<option value="C">Shop (C)</option>`, `<option value="D">Shop (D)</option>`,
		`<strong><data value="2">2</data></strong> URLs to check`, `<data value="3">3</data> lines hold a URL`,
		"repeats an earlier one and is not checked twice", "holds none; it stays in the results with the reason", "is blank",
		`<td class="url"><span class="raw cell" title="https://a.example/">https://a.example/</span></td>`,
		"is a mail address, not a web", "<span class=\"muted\">Line <data value=\"5\">5</data></span>",
		"Start checking <data value=\"2\">2</data> URLs",
		"&lt;img src=x onerror=alert(1)&gt;", `title="⟨U&#43;202E⟩gnp.exe"`,
	} {
		require.Contains(t, page.body, want)
	}
	require.NotContains(t, page.body, "<img")
}

func TestCommentsAreCalledSo(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	require.Contains(t, b.get(b.uploaded("notes.txt", "# one\n# two\n")).body, `<data value="2">2</data> are blank or comments`)
}

func TestAScriptGetsThePreviewAtOnce(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	part := b.sendFileByScript("leads.csv", leads)
	require.Equal(t, http.StatusCreated, part.status, part.body)
	path := part.header.Get("HX-Push-Url")
	require.NotContains(t, part.body, "<html")
	require.Contains(t, part.body, `data-upload="`+strings.TrimPrefix(path, "/uploads/")+`"`)
	require.Contains(t, part.body, "leads.csv was read: 2 URLs to check.")
	require.Equal(t, http.StatusOK, b.get(path).status, "the address is a page")
}

func TestAnotherColumnCanBeChosen(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("leads.csv", leads)
	page := b.get(path + "?url_column=C")
	require.Contains(t, page.body, `<option value="C" selected>Shop (C)</option>`)
	require.NotContains(t, page.body, `<option value="D" selected>`)
	require.Contains(t, page.body, `<input type="hidden" name="url_column" value="C">`, "the start reads it the same way")
	require.Contains(t, page.body, `<td class="url"><span class="raw cell" title="c.example">`)

	request := b.request(http.MethodGet, path+"?url_column=C", http.NoBody)
	request.Header.Set("HX-Request", "true")
	part := b.do(request)
	require.NotContains(t, part.body, "<html")
	require.Equal(t, path+"?url_column=C", part.header.Get("HX-Replace-Url"))
	require.Contains(t, part.body, `<section id="reading"`)
	require.Contains(t, part.body, `<div id="totals" hx-swap-oob="innerHTML">`)
	require.NotContains(t, part.body, `id="start"`, "what was typed into the options stays")

	wrong := b.get(path + "?url_column=" + url.QueryEscape("<b>none"))
	require.Equal(t, http.StatusOK, wrong.status)
	require.Regexp(t, `<select id="url_column"[^>]* aria-invalid="true"`, wrong.body)
	require.Contains(t, wrong.body, "There is no column &#34;&lt;b&gt;none&#34;.")
	require.Contains(t, wrong.body, "The list can't be checked as it is read now.")
	require.NotContains(t, wrong.body, "data-start")
}

func TestAnotherSheetCanBeChosen(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	book := excelize.NewFile()
	for sheet, rows := range map[string][][]any{
		"Sheet1": {{"url", "name"}, {"a.example", "A"}}, "More": {{"website", "name"}, {"b.example", "B"}, {"c.example", "C"}}, "Notes": {{"x", "y"}, {"word", "word"}},
	} {
		if sheet != "Sheet1" {
			_, err := book.NewSheet(sheet)
			require.NoError(t, err)
		}
		for i, row := range rows {
			cell, err := excelize.CoordinatesToCellName(1, i+1)
			require.NoError(t, err)
			require.NoError(t, book.SetSheetRow(sheet, cell, &row))
		}
	}
	var content bytes.Buffer
	require.NoError(t, book.Write(&content))
	path := b.uploaded("book.xlsx", content.String())
	page := b.get(path)
	require.Contains(t, page.body, `<option value="Sheet1" selected>Sheet1</option>`)
	require.Contains(t, page.body, "Excel workbook")
	more := b.get(path + "?sheet=More&shown_sheet=Sheet1&url_column=url")
	require.Contains(t, more.body, `<option value="More" selected>`)
	require.Contains(t, more.body, `<option value="website" selected>`, "a column of the sheet before is not looked for")
	require.Contains(t, more.body, `<strong><data value="2">2</data></strong> URLs to check`)
	notes := b.get(path + "?sheet=Notes")
	require.Contains(t, notes.body, "The list can't be checked as it is read now.")
	require.Contains(t, notes.body, `<option value="" selected>Choose a column</option>`)
	missing := b.get(path + "?sheet=Nowhere")
	require.Regexp(t, `<select id="sheet"[^>]* aria-invalid="true"`, missing.body)

	started := b.post(path+"/start", url.Values{"sheet": {"More"}, "follow_redirects": {"on"}})
	require.Equal(t, http.StatusSeeOther, started.status, started.body)
	require.Equal(t, "More", jobsOf(t, server)[0].List.Sheet)
}

func TestAListThatCanNotBeStartedSaysWhy(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	page := b.get(b.uploaded("words.txt", "one\ntwo\n"))
	require.Contains(t, page.body, "None of the 2 lines holds a URL that can be checked.")
	require.Contains(t, page.body, "The list can't be checked as it is read now.")
	many := b.get(b.uploaded("many.txt", strings.Repeat("a.example\n", 20_001)))
	require.Contains(t, many.body, "20000")
	require.NotContains(t, many.body, "data-start")
}

func TestWhatIsWrongWithAFileStandsBesideTheDropZone(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	for _, test := range []struct {
		name, content, want string
		status              int
	}{
		{"list.pdf", "%PDF", "are not read", http.StatusUnsupportedMediaType},
		{"", "", "No file was chosen.", http.StatusBadRequest},
		{"empty.csv", "", "The file is empty.", http.StatusBadRequest},
		{"book.xlsx", "no workbook", "workbook", http.StatusBadRequest},
		{`<img src=x>.exe`, "x", "are not read", http.StatusUnsupportedMediaType},
		{"large.txt", strings.Repeat("https://a.example/a-long-path\n", 200_000), "4 MiB", http.StatusRequestEntityTooLarge},
	} {
		page, part := b.sendFile("/uploads", test.name, test.content), b.sendFileByScript(test.name, test.content)
		require.Equal(t, test.status, page.status, test.name)
		require.Equal(t, test.status, part.status, test.name)
		require.Contains(t, page.body, `<form id="upload"`, test.name)
		for _, body := range []string{page.body, part.body} {
			_, problem, found := strings.Cut(body, "data-file-problem>")
			require.True(t, found, test.name)
			require.Contains(t, problem, test.want, test.name)
			require.NotContains(t, body, "<img", test.name)
		}
		require.NotContains(t, part.body, "<html", test.name)
	}
	request := b.request(http.MethodPost, "/uploads", strings.NewReader("file=x"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusBadRequest, b.do(request).status)
}

// An upload that stands still is refused by the API's rule, though the GUI reads its beginning.
func TestAnUploadThatStandsStillEnds(t *testing.T) {
	t.Parallel()
	server := apitest.Start(t, apiserver.Limits{UploadStall: 200 * time.Millisecond})
	b := signedIn(t, server, apitest.AdminKey)
	reader, writer := io.Pipe()
	request := b.request(http.MethodPost, "/uploads", reader)
	request.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	request.Header.Set("HX-Request", "true")
	go func() {
		// The server hangs up at some point; nothing is left to be said then.
		_, _ = io.WriteString(writer, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l.txt\"\r\n\r\na.example\n")
	}()
	answer := b.do(request)
	require.NoError(t, writer.Close())
	require.Equal(t, http.StatusRequestTimeout, answer.status, answer.body)
	require.Contains(t, answer.body, "The upload came to a halt")
}

func TestAnUploadIsItsOwners(t *testing.T) {
	t.Parallel()
	server := start(t)
	b, other := signedIn(t, server, member(t, server).Secret), signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("leads.csv", leads)
	require.Equal(t, http.StatusNotFound, other.get(path).status)
	require.Equal(t, http.StatusNotFound, other.post(path+"/start", url.Values{}).status)
	require.Equal(t, http.StatusSeeOther, other.post(path+"/delete", nil).status, "what is not there needs no deleting")
	require.Equal(t, http.StatusOK, b.get(path).status)

	deleted := b.post(path+"/delete", nil)
	require.Equal(t, "/", deleted.header.Get("Location"))
	gone := b.get(path)
	require.Equal(t, http.StatusNotFound, gone.status)
	require.Contains(t, gone.body, "This list does not wait any more")
	require.Contains(t, gone.body, `href="/jobs"`)
	require.Equal(t, http.StatusNotFound, b.get("/uploads/..%2f..%2fx").status)
}

// Without scripts nobody tidies up, so that the start page has to show what waits.
func TestWaitingUploadsAreShownAndDiscarded(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	b := signedIn(t, server, key.Secret)
	require.NotContains(t, b.get("/").body, `id="waiting"`)
	first := b.uploaded("<img>.csv", leads)
	body := b.get("/").body
	require.Contains(t, body, "A list waits to be started")
	require.Contains(t, body, `<details id="waiting" class="fold waiting">`)
	require.NotContains(t, signedIn(t, server, apitest.AdminKey).get("/").body, `id="waiting"`, "those of others are not shown")
	require.NotContains(t, signedIn(t, server, reader(t, server).Secret).get("/").body, `id="waiting"`)
	for range wsc.MaxWaitingUploads - 1 {
		b.uploaded("more.csv", leads)
	}

	refused := b.sendFile("/uploads", "one-too-many.csv", leads)
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.Contains(t, refused.body, `<details id="waiting" class="fold waiting" open>`)
	for _, want := range []string{"20 lists wait to be started", `title="&lt;img&gt;.csv"`, `href="` + first + `"`, `action="` + first + `/delete"`, "177 bytes"} {
		require.Contains(t, refused.body, want)
	}
	require.NotContains(t, refused.body, "<img>")
	for _, answer := range []answer{
		b.sendFileByScript("one-too-many.csv", leads), b.post("/check", url.Values{"urls": {"a.example\nb.example"}, "action": {"preview"}}),
	} {
		require.Equal(t, http.StatusTooManyRequests, answer.status)
		require.Contains(t, answer.body, `href="/?waiting#waiting"`, "a problem beside a form leads to the list")
	}

	discarded := b.post(first+"/delete", url.Values{"listed": {"yes"}})
	require.Equal(t, http.StatusSeeOther, discarded.status)
	require.Equal(t, "/?waiting#waiting", discarded.header.Get("Location"))
	body = b.get("/?waiting").body
	require.Contains(t, body, "19 lists wait to be started")
	require.Contains(t, body, `<details id="waiting" class="fold waiting" open>`)
	require.NotContains(t, body, first)
	b.uploaded("fits.csv", leads)
}

// A column that was chosen and has no URLs is refused where it was chosen.
func TestAColumnWithoutURLsIsRefusedAtItsChoice(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	page := b.get(b.uploaded("leads.csv", "Firm,Website\nOne,a.example\nTwo,b.example\n") + "?url_column=Firm")
	require.Contains(t, page.body, `<option value="Firm" selected>`)
	require.Regexp(t, `<p id="column-hint" class="problem">.*None of the 2 lines holds a URL that can be checked\.`, page.body)
	require.Equal(t, 1, strings.Count(page.body, "None of the 2 lines holds"))
}
