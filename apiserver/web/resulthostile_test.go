package web_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	markup "golang.org/x/net/html"

	wsc "github.com/website-status-checker/wsc"
)

// requireHarmless is what must hold for every page, whatever the texts of a list and of websites are.
func requireHarmless(t *testing.T, body string) {
	t.Helper()
	require.NotContains(t, body, "ZgotmplZ", "an address that the template had to replace")
	copied := false // the text that "Copy" copies, which nobody sees
	tokens := markup.NewTokenizer(strings.NewReader(body))
	for kind := tokens.Next(); kind != markup.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		if kind == markup.TextToken && !copied {
			require.False(t, strings.ContainsAny(token.Data, "\x00\x1b\x7f\u200b\u202e"), "%q does something in place of being seen", token.Data)
		}
		if kind != markup.StartTagToken && kind != markup.SelfClosingTagToken {
			continue
		}
		require.NotContains(t, []string{"img", "iframe", "object", "style", "b"}, token.Data)
		attributes := map[string]string{}
		for _, attribute := range token.Attr {
			attributes[attribute.Key] = attribute.Val
			require.False(t, strings.HasPrefix(attribute.Key, "on") || attribute.Key == "style", "%s", token)
		}
		require.Equal(t, token.Data == "script", strings.HasPrefix(attributes["src"], "/assets/"), "%s", token)
		for _, name := range []string{"href", "action", "hx-get"} {
			require.Regexp(t, `^(https?://|/[a-z]|/$|#|$)`, attributes[name], "%s", token)
		}
		if strings.HasPrefix(attributes["href"], "http") {
			require.Equal(t, "_blank noopener noreferrer nofollow", attributes["target"]+" "+attributes["rel"], "%s", token)
		}
		copied = attributes["id"] == "result-raw"
	}
}

func TestHostileTextIsText(t *testing.T) {
	t.Parallel()
	texts := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=x>`, `' onmouseover='alert(1)`, "javascript:alert(1)", "JaVaScRiPt:alert(1)",
		" javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "//evil.example/x",
		"http://", "http:evil", "https://a.example/\u202egpj.exe", "\x1b[31mred\x1b[0m", "a\x01b\x7f", "{{.Job}}", "</textarea><script>alert(1)</script>",
		"https://a.example/<script>alert(1)</script>?a=\"'`", "file:///etc/passwd", "Z\u0300\u0301\u0302\u0303", "\u200bx\ufeff",
		"https://a.example/" + strings.Repeat("x", 10_000), strings.Repeat("<b>", 4000),
	}
	server := start(t)
	key := member(t, server)
	job := submitted(t, server, key.Secret)
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i, text := range texts {
		insert(t, server, job, wsc.Result{
			Seq: int64(i), Line: int64(i + 1), URL: text, NormalizedURL: text, Host: text, Status: wsc.StatusError, ErrorKind: wsc.KindTimeout,
			ErrorMessage: text, Title: text, FinalURL: text, ContentType: text, Headers: map[string]string{text: text}, RemoteIP: "203.0.113.7", Protocol: "h2", Attempts: 2, CheckedAt: at,
			Redirects:      []wsc.Redirect{{URL: text, HTTPStatus: 302, TimeMS: 5}},
			TLS:            &wsc.TLSInfo{Subject: text, Issuer: text, Problem: text, NotAfter: at, DaysLeft: 1},
			FailedAttempts: []wsc.FailedAttempt{{Attempt: 1, CheckedAt: at, Reason: text}},
		})
	}
	b := signedIn(t, server, key.Secret)
	list := b.get("/jobs/" + job.ID + "/results?cols=line,http_status,problem,response_time,host,title,final_url,checked_at,attempts,remote_ip,content_type,certificate")
	require.Equal(t, http.StatusOK, list.status)
	requireHarmless(t, list.body)
	require.Contains(t, list.body, "&lt;script&gt;alert(1)&lt;/script&gt;", "the text can be read")
	require.Contains(t, list.body, "⟨U&#43;202E⟩gpj.exe")
	require.Contains(t, list.body, "␛[31mred")
	require.Contains(t, list.body, "a␁b␡")
	for i, text := range texts {
		details := b.get(fmt.Sprintf("/jobs/%s/results/%d", job.ID, i))
		require.Equal(t, http.StatusOK, details.status)
		requireHarmless(t, details.body)
		raw := regexp.MustCompile(`(?s)<textarea id="result-raw" hidden readonly>(.*?)</textarea>`).FindStringSubmatch(details.body)
		require.NotEmpty(t, raw, text)
		if !strings.ContainsAny(text, "\x1b") {
			require.Equal(t, text, html.UnescapeString(raw[1]), "the text is there in full")
		}
	}
	for _, query := range []string{"q=%3Cscript%3Ealert(1)%3C/script%3E", "host=%22%3E%3Cimg+src=x+onerror=x%3E", "http_status=%3Cscript%3E", "cols=%3Cscript%3E", "sort=%3Cscript%3E", "cursor=%22%3E%3Cscript%3E"} {
		requireHarmless(t, b.get("/jobs/"+job.ID+"/results?"+query).body)
	}
}

func TestAJobsNameIsText(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	job := submittedAs(t, server, key.Secret, `<b>"x"<script>.csv`)
	insert(t, server, job, fourResults()...)
	b := signedIn(t, server, key.Secret)
	for _, path := range []string{"/results", "/results/0"} {
		answer := b.get("/jobs/" + job.ID + path)
		require.Equal(t, http.StatusOK, answer.status)
		requireHarmless(t, answer.body)
		require.Contains(t, answer.body, "&lt;b&gt;&#34;x&#34;&lt;script&gt;")
	}
}
