package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
)

const carets = "Firm^Website\nA, Inc; x^a.example\nB^b.example\n"

func TestASeparatorCanBeChosen(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("carets.csv", carets)
	found := b.get(path)
	require.Contains(t, found.body, "The list can't be checked as it is read now.")
	require.Contains(t, found.body, `<option value="" selected>Detected (none)</option>`)

	typed := b.get(path + "?" + url.Values{"delimiter": {"other"}, "other_delimiter": {"^"}, "shown_delimiter": {""}, "encoding": {""}, "shown_encoding": {""}}.Encode())
	for _, want := range []string{
		`<option value="other" selected>Another character</option>`, `name="other_delimiter" maxlength="1" autocomplete="off" spellcheck="false" autocapitalize="none" value="^"`,
		`<option value="">Detect it</option>`, `<option value="Website" selected>Website</option>`, `<td class="url"><span class="raw cell" title="a.example">`,
		`<input type="hidden" name="delimiter" value="^">`, `cells apart by <span class="raw">^</span>`, "Start checking",
	} {
		require.Contains(t, typed.body, want)
	}

	part := b.script(http.MethodGet, path+"?delimiter=other&other_delimiter=%5E", "reading")
	require.Equal(t, path+"?delimiter=%5E", part.header.Get("HX-Replace-Url"))
	require.Contains(t, part.body, `<input type="hidden" name="delimiter" value="^">`, "the start reads it the same way")
	require.Contains(t, b.get(path+"?delimiter=%5E").body, `<option value="other" selected>`, "the address shows it again")

	leadsPath := b.uploaded("leads.csv", leads)
	require.Contains(t, b.get(leadsPath).body, `<option value="" selected>Detected (semicolon)</option>`)
	for value, label := range map[string]string{";": "Semicolon", ",": "Comma", "tab": "Tab", "|": "Vertical bar", " ": "Space"} {
		page := b.get(leadsPath + "?delimiter=" + url.QueryEscape(value))
		require.Contains(t, page.body, `<option value="`+value+`" selected>`+label+`</option>`)
		require.NotRegexp(t, `<select id="delimiter"[^>]* aria-invalid`, page.body, label)
	}
	require.Contains(t, b.get(leadsPath+"?delimiter=%09").body, `<option value="tab" selected>Tab</option>`)
}

func TestAListIsStartedAsItWasRead(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("carets.csv", carets)
	form := url.Values{"url_column": {""}, "sheet": {""}, "delimiter": {"^"}, "encoding": {"windows-1250"}, "follow_redirects": {"on"}}
	form.Set("retries", "six")
	refused := b.post(path+"/start", form)
	require.Equal(t, http.StatusUnprocessableEntity, refused.status)
	require.Contains(t, refused.body, `<option value="windows-1250" selected>`, "the list is shown as it was")
	form.Set("retries", "")
	require.Equal(t, http.StatusSeeOther, b.post(path+"/start", form).status)
	job := jobsOf(t, server)[0]
	require.Equal(t, wsc.Options{Delimiter: "^", Encoding: "windows-1250"}, job.Options)
	require.Equal(t, []string{"^", "windows-1250"}, []string{job.List.Delimiter, job.List.Encoding})
	page := b.get("/jobs/" + job.ID)
	require.Contains(t, page.body, "Windows-1250")
}

// The field for a separator must not be replaced while a person types into it.
func TestNothingIsReadBeforeASeparatorIsTyped(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("leads.csv", leads)
	form := url.Values{
		"delimiter": {"other"}, "other_delimiter": {""}, "shown_delimiter": {""}, "encoding": {""}, "shown_encoding": {""},
		"url_column": {"Main site"}, "shown_column": {"Main site"},
	}
	require.Equal(t, http.StatusNoContent, b.script(http.MethodGet, path+"?"+form.Encode(), "reading").status)
	single := b.uploaded("carets.csv", carets)
	_, hidden, found := strings.Cut(b.get(single).body, `name="shown_column" value="`)
	require.True(t, found && strings.HasPrefix(hidden, `"`), "there is no column to choose")
	require.Equal(t, http.StatusNoContent, b.script(http.MethodGet, single+"?delimiter=other&other_delimiter=&shown_column=&encoding=&shown_encoding=", "reading").status)

	page := b.get(path + "?" + form.Encode())
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, `<option value="other" selected>`, "without scripts the page comes back with the field")
	require.Contains(t, page.body, `<option value="Main site" selected>`)
	form.Set("url_column", "C")
	part := b.script(http.MethodGet, path+"?"+form.Encode(), "reading")
	require.Equal(t, http.StatusOK, part.status)
	require.Contains(t, part.body, `<option value="other" selected>`)
	require.Contains(t, part.body, `<option value="C" selected>`)
}

func TestAnEncodingCanBeChosen(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path := b.uploaded("czech.csv", "n\xe1zev,url\nP\xf8\xedbram,a.example\nx,b.example\n")
	found := b.get(path)
	require.Contains(t, found.body, `<option value="" selected>Detected (Windows-1252)</option>`)
	require.NotContains(t, found.body, "Příbram")
	chosen := b.get(path + "?" + url.Values{
		"encoding": {"windows-1250"}, "shown_encoding": {""}, "delimiter": {""}, "shown_delimiter": {""}, "url_column": {"názevx"},
	}.Encode())
	for _, want := range []string{
		`<option value="windows-1250" selected>Windows-1250 (Central European)</option>`, "Příbram", "Read as CSV table, Windows-1250, cells apart by",
		`<option value="url" selected>`, `<input type="hidden" name="encoding" value="windows-1250">`,
	} {
		require.Contains(t, chosen.body, want)
	}

	wide := strings.Join(strings.Split("Firm,url\nA,a.example\n", ""), "\x00") + "\x00"
	path = b.uploaded("wide.csv", wide)
	unmarked := b.get(path)
	require.Regexp(t, `<select id="encoding"[^>]* aria-invalid="true"`, unmarked.body)
	require.Contains(t, unmarked.body, "The file is encoded as UTF-16 without a byte order mark.")
	require.NotContains(t, unmarked.body, "data-start")
	require.Contains(t, b.get(path+"?encoding=utf-16le").body, "data-start")
}

// Whatever is asked for, the page says at the field what is wrong, and lets one choose again.
func TestAReadingThatIsNotPossibleIsRefusedAtItsChoice(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	path, long := b.uploaded("leads.csv", leads), b.uploaded("long.csv", strings.Repeat("Firm,a.example\n", 100_000))
	for _, test := range []struct{ path, field, value, want string }{
		{path, "delimiter", ",;", "It is &#34;,;&#34;."},
		{path, "delimiter", "x", "delimiter must be a single ASCII character"},
		{path, "delimiter", "7", "no letter, digit or quotation mark"},
		{path, "delimiter", `"`, "It is &#34;\\&#34;&#34;."},
		{path, "delimiter", "\n", "It is &#34;\\n&#34;."},
		{path, "delimiter", "\x00", "It is &#34;\\x00&#34;."},
		{path, "delimiter", "<b>", "It is &#34;&lt;b&gt;&#34;."},
		{path, "encoding", "klingon", "&#34;klingon&#34; is not an encoding that is read."},
		{path, "encoding", "replacement", "is not an encoding that is read."},
		{long, "encoding", "utf-16le", "This line is longer than 1 MiB"},
	} {
		page := b.get(test.path + "?" + test.field + "=" + url.QueryEscape(test.value))
		require.Equal(t, http.StatusOK, page.status, test.value)
		require.Regexp(t, `<select id="`+test.field+`"[^>]* aria-invalid="true" aria-describedby="`+test.field+`-problem"`, page.body, test.value)
		require.Equal(t, 1, strings.Count(page.body, test.want), "%s: %s", test.value, page.body)
		require.Contains(t, page.body, "The list can't be checked as it is read now.")
		require.NotContains(t, page.body, "data-start")
		require.Contains(t, page.body, `id="rows-title"`, "the rows are shown as they are found")
	}
	for _, value := range []string{strings.Repeat(";", 10_000), strings.Repeat("é", 10_000)} {
		require.Equal(t, http.StatusUnprocessableEntity, b.get(path+"?delimiter="+url.QueryEscape(value)).status)
	}
}

func TestWorkbooksAndJSONHaveNoSeparatorToChoose(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	book := excelize.NewFile()
	require.NoError(t, book.SetSheetRow("Sheet1", "A1", &[]any{"name", "url"}))
	require.NoError(t, book.SetSheetRow("Sheet1", "A2", &[]any{"A", "a.example"}))
	var content bytes.Buffer
	require.NoError(t, book.Write(&content))
	page := b.get(b.uploaded("book.xlsx", content.String()))
	require.Contains(t, page.body, "Read as Excel workbook, sheet")
	require.NotContains(t, page.body, "UTF-8")
	path := b.uploaded("list.json", `["a.example"]`)
	for _, body := range []string{page.body, b.get(path).body} {
		require.NotContains(t, body, `<select id="delimiter"`)
		require.NotContains(t, body, `<select id="encoding"`)
	}
	refused := b.get(path + "?delimiter=%3B")
	require.Equal(t, http.StatusOK, refused.status)
	require.Contains(t, refused.body, "JSON has no delimiter to choose; leave delimiter out.")
}
