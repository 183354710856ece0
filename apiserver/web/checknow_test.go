package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/apitest"
)

// postByScript posts a form as the page's script does.
func (b *browser) postByScript(path string, form url.Values) answer {
	b.t.Helper()
	request := b.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.Header.Set("HX-Request", "true")
	return b.do(request)
}

func jobsOf(t testing.TB, server *apitest.Server) []wsc.Job {
	t.Helper()
	jobs, err := server.Store.Jobs(t.Context(), wsc.JobFilter{Limit: 100})
	require.NoError(t, err)
	return jobs
}

func TestASingleURLIsAnsweredInPlace(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	server.Answer("moved.example", wsc.Result{
		Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 184.2, FinalURL: "https://www.moved.example/",
		Redirects: []wsc.Redirect{{URL: "https://moved.example/", HTTPStatus: 301, TimeMS: 12}},
		TLS:       &wsc.TLSInfo{NotAfter: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), DaysLeft: 9, Issuer: "Some CA"},
		CheckedAt: time.Date(2029, 12, 24, 0, 0, 0, 0, time.UTC),
	})
	answer := b.postByScript("/check", url.Values{"urls": {" moved.example\n\n"}})
	require.Equal(t, http.StatusOK, answer.status)
	require.NotContains(t, answer.body, "<html", "a part of the page only")
	for _, want := range []string{
		"active", "<strong>200</strong> OK", "184 ms", `valid for <strong class="warn-ink"><data value="9">9</data> days`,
		`>301</span> <span class="raw wrap clamp" title="https://moved.example/">`, "https://www.moved.example/", "Some CA",
		`<a href="https://moved.example/" rel="noopener noreferrer nofollow" target="_blank">moved.example</a>`,
	} {
		require.Contains(t, answer.body, want)
	}
	page := b.post("/check", url.Values{"urls": {"moved.example"}})
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, "<html", "without scripts the answer is a page")
	require.Contains(t, page.body, "moved.example</textarea>", "and the text is kept")
	require.Contains(t, page.body, "184 ms")
	require.Empty(t, jobsOf(t, server), "nothing is stored")
}

func TestAnAnswerSaysWhatToDo(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	server.Answer("gone.example", wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 404})
	server.Answer("late.example", wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindTimeout, ErrorMessage: "No answer within 10 s."})
	for text, wants := range map[string][]string{
		"gone.example":    {"inactive", "<strong>404</strong> Not Found", "which does not count as active.", "There is no page at this address."},
		"late.example":    {"error", "No answer", wsc.KindTimeout.Sentence(), "start the list with a longer “Timeout”.", "No answer within 10 s."},
		"nix":             {"error", "Not checked", "is not a web address; write it like example.com"},
		"ftp://a.example": {"error", "Not checked", "http"},
	} {
		answer := b.postByScript("/check", url.Values{"urls": {text}})
		require.Equal(t, http.StatusOK, answer.status, text)
		for _, want := range wants {
			require.Contains(t, answer.body, want, text)
		}
	}
}

func TestEveryKindHasAdvice(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	seen := map[string]bool{}
	for _, kind := range wsc.ErrorKinds() {
		server.Answer("x.example", wsc.Result{Status: wsc.StatusError, ErrorKind: kind})
		body := b.postByScript("/check", url.Values{"urls": {"x.example"}}).body
		require.Regexp(t, `<p class="advice">[A-Z][^<]+\.</p>`, body, kind)
		_, sentence, found := strings.Cut(body, `<p class="raw clamp">`)
		require.True(t, found, kind)
		sentence, _, _ = strings.Cut(sentence, "</p>")
		seen[sentence] = true
	}
	require.Len(t, seen, len(wsc.ErrorKinds()))
}

func TestSeveralURLsBecomeAJobAtOnce(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	form := url.Values{"key": {"once"}, "urls": {"a.example\r\n# a note\r\n\r\nb.example\r\nnix\r\n"}}
	first, again := b.post("/check", form), b.postByScript("/check", form)
	require.Equal(t, http.StatusSeeOther, first.status, first.body)
	jobs := jobsOf(t, server)
	require.Len(t, jobs, 1, "a second click is the same job")
	require.Equal(t, "/jobs/"+jobs[0].ID, first.header.Get("Location"))
	require.Equal(t, "/jobs/"+jobs[0].ID, again.header.Get("HX-Redirect"))
	require.Equal(t, "pasted-list.txt", jobs[0].Filename)
	require.EqualValues(t, 3, jobs[0].ClaimedURLs)

	form.Set("urls", "c.example\nd.example")
	require.Equal(t, http.StatusSeeOther, b.post("/check", form).status)
	require.Len(t, jobsOf(t, server), 2, "another text from the same page is another job")
	require.Equal(t, http.StatusSeeOther, b.post("/check", url.Values{"urls": {"e.example, f.example  https://g.example/;"}}).status)
	require.EqualValues(t, 3, jobsOf(t, server)[0].ClaimedURLs, "one line with three URLs")
}

func TestAPastedListCanBeLookedAtFirst(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	answer := b.post("/check", url.Values{"action": {"preview"}, "urls": {"Firm\tWebsite\nA\ta.example\nB\tb.example"}})
	require.Equal(t, http.StatusSeeOther, answer.status)
	page := b.get(answer.header.Get("Location"))
	require.Contains(t, page.body, "pasted-list.txt")
	require.Contains(t, page.body, `<option value="Website" selected>`, "a table that was copied from a spreadsheet is one")
	require.Empty(t, jobsOf(t, server))
}

func TestWhatIsWrongWithATextStandsBelowIt(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	hostile := "a <script>alert(1)</script>\n\u202egnp.exe\x1b[31m <b>"
	for text, want := range map[string]string{
		"":      "There is no URL yet.",
		"\n# x": "There is no URL yet.",
		hostile: "None of the 2 lines holds a URL that can be checked.",
	} {
		part := b.postByScript("/check", url.Values{"urls": {text}})
		require.Equal(t, http.StatusOK, part.status, "a browser would write a refusal to its console as an error")
		require.Contains(t, part.body, want)
		require.Contains(t, part.body, `role="alert" data-problem`)
		require.NotContains(t, part.body, "<html")

		page := b.post("/check", url.Values{"urls": {text}})
		require.Equal(t, http.StatusBadRequest, page.status)
		require.Contains(t, page.body, want)
		require.Contains(t, page.body, `aria-invalid="true"`)
		require.NotContains(t, page.body, "<script>alert")
	}
	require.Contains(t, b.post("/check", url.Values{"urls": {hostile}}).body, "a &lt;script&gt;alert(1)&lt;/script&gt;\n\u202egnp.exe", "nothing typed is lost")
	for _, text := range []string{"a.example/" + strings.Repeat("x", 5000), "a.example/" + strings.Repeat("ü", 4000)} {
		tooLong := b.postByScript("/check", url.Values{"urls": {text}})
		require.Regexp(t, `The URL is \d+ bytes long; at most 2048 are checked\.`, tooLong.body)
		require.NotContains(t, tooLong.body, "body.url")
	}
	long := b.postByScript("/check", url.Values{"urls": {strings.Repeat("a.example\n", 450_000)}})
	require.Equal(t, http.StatusOK, long.status)
	require.Contains(t, long.body, "Save it as a file")
	require.Empty(t, jobsOf(t, server))
}

// What a website says about itself is shown as text.
func TestAHostileAnswerIsShownAsText(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	server.Answer("evil.example", wsc.Result{
		Status: wsc.StatusActive, HTTPStatus: 200, Title: `</dd><img src=x onerror=alert(1)>`, ContentType: `text/html"><script>`,
		FinalURL: "javascript:alert(1)", Redirects: []wsc.Redirect{{URL: `https://evil.example/"onmouseover=alert(1)`, HTTPStatus: 302}},
		TLS: &wsc.TLSInfo{Issuer: "<b>CA</b>", Problem: "<i>", NotAfter: time.Now()},
	})
	body := b.postByScript("/check", url.Values{"urls": {"evil.example"}}).body
	for _, never := range []string{"<img", "<script", "<b>CA", "<i>", `href="javascript`, `"onmouseover`} {
		require.NotContains(t, body, never)
	}
	require.Contains(t, body, "&lt;img src=x onerror=alert(1)&gt;")
	require.Contains(t, body, `title="javascript:alert(1)"`, "the raw text can be read, but is no link")
}
