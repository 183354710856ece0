package apiserver_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// inside is what no answer may tell: where code stands, what the database is asked, where files are.
var inside = regexp.MustCompile(`(?i)goroutine \d|\.go:\d|runtime error|panic|\bSELECT\b|\bINSERT\b|\bsqlite|\bpgx|sql:|/tmp/|no such table|constraint`)

func errorsTellNothing(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	long := strings.Repeat("Z", 5000)
	odd := "a\x1b[31m\u202eb\u2066c\u0000d\nforged=1"
	var answers []answer
	for _, path := range []string{
		"/api/v1/jobs?status=" + long, "/api/v1/jobs?cursor=" + long[:4000], "/api/v1/jobs?" + long + "=1", "/api/v1/jobs?q=" + url.QueryEscape(odd), "/api/v1/jobs?limit=" + url.QueryEscape(odd),
		"/api/v1/jobs?status=" + url.QueryEscape(odd), "/api/v1/jobs?" + url.QueryEscape(odd) + "=1", "/api/v1/jobs/" + url.PathEscape(odd), "/api/v1/jobs/%ff%fe", "/" + url.PathEscape(odd),
		"/api/v1/jobs/" + job.ID + "/results?sort=" + url.QueryEscape("1; DROP TABLE jobs"), "/api/v1/jobs/" + job.ID + "/results?host=" + url.QueryEscape("' OR '1'='1"),
		"/api/v1/jobs/" + job.ID + "/results?http_status=200%20OR%201=1", "/api/v1/jobs/" + job.ID + "/results?cursor=" + url.QueryEscape(`{"o":"seq"}`), "/api/v1/jobs/" + job.ID + "/export?format=" + long,
		"/api/v1/keys/" + long, "/api/v1/security-events?kind=" + long, "/api/v1/security-events?cursor=e30",
	} {
		answers = append(answers, b.get(t, path))
	}
	for _, body := range []string{
		"", "{", "[]", "null", `"x"`, "\x00", `{"urls":1}`, `{"urls":["a.example"],"` + long + `":1}`, `{"urls":["a.example"],"options":{"accept_status":"` + long + `"}}`,
		`{"urls":["a.example"],"options":{"method":"` + long + `"}}`, `{"urls":["a.example"],"options":{"headers":{"` + long + ` x":"1"}}}`, `{"urls":["a.example"],"options":{"url_column":"\u202e` + long[:200] + `"}}`,
		`{"urls":["a.example"],"options":{"expect":"` + long[:500] + `"}}`, `{"urls":["a.example"],"options":{"` + "a\u202eb" + `":1}}`, `{"url":"` + long + `","` + "\u2066" + `x":1}`,
	} {
		answers = append(answers, b.postJSON(t, "/api/v1/jobs", body), b.postJSON(t, "/api/v1/checks", body), b.postJSON(t, "/api/v1/keys", body))
	}
	for _, contentType := range []string{"", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + long[:200], "application/json; charset=utf-16", "a/b;;;=", long} {
		answers = append(answers, b.do(t, http.MethodPost, "/api/v1/jobs", strings.NewReader(`--x`), "Content-Type", contentType))
	}
	answers = append(answers,
		b.upload(t, part{name: "file", filename: "l." + long[:300], content: "a.example\n"}),
		b.upload(t, part{name: long, content: "x"}, part{name: "file", filename: "l.txt", content: "a.example\n"}),
		b.upload(t, part{name: "options", content: `{"url_column":"` + "\u202e" + long[:150] + `"}`}, part{name: "file", filename: "l.csv", content: "\u202ename," + long + "\nx,y\n"}),
		b.do(t, http.MethodGet, "/api/v1/jobs", nil, "Accept", long, "X-Request-ID", "forged\tid "+long),
	)
	refused := 0
	for i, a := range answers {
		require.NotRegexp(t, inside, string(a.body))
		if a.status < 400 {
			continue
		}
		refused++
		require.Less(t, a.status, 500, "answer %d: %s", i, a.body)
		a.problem(t)
		require.Less(t, len(a.body), 6000)
		require.NotContains(t, string(a.body), long[:101], "answer %d repeats more than 100 characters", i)
		for _, hidden := range []string{"\x1b", "\u202e", "\u2066", "\x00", `\u001b`} {
			require.NotContains(t, string(a.body), hidden, "answer %d", i)
		}
	}
	require.Greater(t, refused, 50)
	requireHonestLog(t, b)

	// What net/http refuses itself is as silent.
	for _, garbage := range []string{"\r\n\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"} {
		a := raw(t, b, func(conn net.Conn) { _, _ = io.WriteString(conn, garbage+"\r\n\r\n") }) // it may have closed already
		require.GreaterOrEqual(t, a.status, 400)
		require.Less(t, len(a.body), 200)
		require.NotRegexp(t, inside, string(a.body))
	}

	// Nor do failures of ours tell more.
	require.NoError(t, b.store.Close())
	for _, path := range []string{"/api/v1/jobs", "/api/v1/jobs/" + job.ID, "/api/v1/jobs/" + job.ID + "/results", "/api/v1/jobs/" + job.ID + "/stats", "/api/v1/keys", "/api/v1/security-events"} {
		a := b.get(t, path)
		require.GreaterOrEqual(t, a.status, 500, path)
		require.NotRegexp(t, inside, string(a.body))
		require.NotEmpty(t, a.problem(t).RequestID)
	}
}

// requireHonestLog checks that every line of the log is one that was written as such.
func requireHonestLog(t *testing.T, b *bundle) {
	t.Helper()
	log := b.log.String()
	for line := range strings.Lines(log) {
		require.True(t, strings.HasPrefix(line, "time="), "%q", line)
		require.Less(t, len(line), 2000, "%q", line)
	}
	for _, hidden := range []string{"\x1b", "\u202e", "\u2066", "\x00"} {
		require.NotContains(t, log, hidden)
	}
}

// A JSON log does not escape what turns text around; the values that are logged are therefore safe before.
func TestLogLinesCannotBeForged(t *testing.T) {
	lines := &lockedBuffer{}
	b := newBundle(t, func(s *setup) { s.api.Logger = slog.New(slog.NewJSONHandler(lines, nil)) })
	b.get(t, "/a%0a%7b%22level%22:%22INFO%22%7d%1b%5b31m%E2%80%AEgnp."+strings.Repeat("x", 1000))
	sendTarget(t, b, strings.Repeat("M", 5000), "/", adminKey)
	b.do(t, http.MethodGet, "/healthz", nil, "X-Request-ID", "a b", "User-Agent", "\u202e", "Referer", "x\u202e")
	for _, hidden := range []string{"\u202e", "\x1b", `\u001b`} {
		require.NotContains(t, lines.String(), hidden)
	}
	require.Equal(t, 2, strings.Count(lines.String(), "\n"), "one line for each request but the probe:\n%s", lines)
	for line := range strings.Lines(lines.String()) {
		require.Less(t, len(line), 600)
	}
	require.Contains(t, lines.String(), `\\u202egnp.`)
	require.Equal(t, wsc.CodeNotFound, b.get(t, "/%0a").problem(t).Code)
}

func TestAKeyInThePathIsNotLogged(t *testing.T) {
	lines := &lockedBuffer{}
	b := newBundle(t, func(s *setup) { s.api.Logger = slog.New(slog.NewJSONHandler(lines, nil)) })
	secret := b.newKey(t, "pasted").Secret
	require.Equal(t, http.StatusNotFound, b.get(t, "/api/v1/keys/"+secret).status)
	require.Contains(t, lines.String(), "/api/v1/keys/"+wsc.KeyPrefix(secret)+"…")
	require.NotContains(t, lines.String(), secret)
}
