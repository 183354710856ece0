package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// exercise submits, watches, reads and exports, and causes errors of every kind that clients can cause.
func (c *canary) exercise(s *sites) {
	t, ctx := c.t, c.t.Context()
	noRetries := 0
	options := wsc.Options{Headers: c.headers, Retries: &noRetries}
	key := c.newKey("writer", wsc.KeyRequest{})
	writer := c.as(key.Secret)
	job, err := writer.SubmitFile(ctx, c.planted+".csv", strings.NewReader(c.list(s)), options, client.WithIdempotencyKey("one"))
	require.NoError(t, err)
	require.NoError(t, writer.Watch(ctx, job.ID, func(wsc.Progress) error { return nil }))
	job = c.p.awaitDone(job.ID)
	require.Equal(t, wsc.JobCompleted, job.Status)
	require.EqualValues(t, 2, job.ActiveCount, "the sites were sent the headers")
	for result, err := range writer.AllResults(ctx, job.ID, client.ResultQuery{}) {
		require.NoError(t, err)
		require.NotEmpty(t, result.Status)
	}
	for _, format := range []string{"csv", "json", "ndjson", "xlsx"} {
		for _, layout := range []string{client.LayoutResults, client.LayoutOriginal} {
			file, err := writer.Export(ctx, job.ID, client.ExportRequest{Format: format, Layout: layout})
			require.NoError(t, err)
			data, err := io.ReadAll(file)
			require.NoError(t, err)
			require.NoError(t, file.Close())
			c.add("export/"+layout+"."+format, data)
		}
	}
	for _, target := range []string{s.url("/ok", 4), refusing(s) + "?token=" + url.QueryEscape(c.parameter), "http://user:" + url.PathEscape(c.userinfo) + "@example.com/"} {
		_, _ = writer.Check(ctx, target, options) // answered or refused: what counts is what it writes
	}
	c.causeErrors(job.ID, key, options)
	c.changeKeys(key)
	c.runCommands(s, job.ID, key.Secret)
}

// causeErrors causes each error that a client can cause.
func (c *canary) causeErrors(jobID string, key *wsc.KeyWithSecret, options wsc.Options) {
	t, ctx := c.t, c.t.Context()
	writer, jobs, job := c.as(key.Secret), "/api/v1/jobs", "/api/v1/jobs/"+jobID
	reader := c.newKey("reader", wsc.KeyRequest{Scopes: []wsc.Scope{wsc.ScopeRead}})
	once := int64(1)
	limited := c.newKey("limited", wsc.KeyRequest{RateLimitHour: &once})
	mistyped := key.Secret[:len(key.Secret)-1] + "!"
	unknown := wsc.NewKeySecret()
	c.hide("an unknown key", hiddenPart(unknown))
	bearer := secretText()
	c.hide("an unknown bearer token", bearer)
	header := func(name, value string) map[string]string { return map[string]string{name: value} }
	own := header("X-API-Key", key.Secret)
	sealed := func(text string) string { return strings.ReplaceAll(text, "MARK", c.headers["X-Custom"]) }
	for _, request := range []struct {
		status       int
		method, path string
		header       map[string]string
		body         string
	}{
		{401, "GET", jobs, nil, ""},
		{401, "GET", jobs, header("X-API-Key", mistyped), ""},
		{401, "GET", jobs, header("X-API-Key", unknown), ""},
		{401, "GET", jobs, header("Authorization", "Bearer "+bearer), ""},
		{401, "GET", jobs + "?api_key=" + key.Secret, nil, ""},
		{401, "GET", jobs, map[string]string{"X-API-Key": key.Secret, "Authorization": "Bearer " + reader.Secret}, ""},
		{422, "GET", job + "?api_key=" + key.Secret, header("Authorization", "Bearer "+key.Secret), ""},
		{404, "GET", job, header("X-API-Key", reader.Secret), ""},
		{403, "DELETE", job, header("X-API-Key", reader.Secret), ""},
		{404, "GET", "/" + c.planted + "?api_key=" + key.Secret, own, ""},
		{405, "PUT", jobs, own, ""},
		{409, "POST", job + "/cancel", own, ""},
		{422, "POST", jobs, own, sealed(`{"urls":["https://example.com/"],"options":{"headers":["Authorization: MARK"]}}`)},
		{422, "POST", jobs, own, sealed(`{"urls":["https://example.com/"],"options":{"headers":{"X-Custom":"MARK\n"}}}`)},
		{422, "POST", jobs, own, sealed(`{"urls":["https://example.com/"],"options":{"headers":{"X-Custom":{"value":"MARK"}}}}`)},
		{422, "POST", "/api/v1/checks", own, sealed(`{"url":"https://example.com/","options":{"headers":{"X-Custom":"MARK\u0000"}}}`)},
		{422, "POST", "/api/v1/checks", own, sealed(`{"url":"https://example.com/","options":{"headers":"X-Custom: MARK"}}`)},
		{422, "POST", "/api/v1/checks", own, sealed(`{"url":"https://example.com/","options":{"header":{"X-Custom":"MARK"}}}`)},
		{400, "POST", "/api/v1/checks", own, sealed(`{"url":"https://example.com/","options":{"headers":{"X-Custom":"MARK`)},
		{200, "GET", "/api/v1/me", header("X-API-Key", limited.Secret), ""},
		{429, "GET", "/api/v1/me", header("X-API-Key", limited.Secret), ""},
	} {
		status := c.send(request.method, request.path, request.header, request.body)
		assert.Equal(t, request.status, status, "%s %s %s", request.method, request.path, request.body)
	}
	_, err := writer.SubmitFile(ctx, "other.csv", strings.NewReader("https://example.com/\n"), options, client.WithIdempotencyKey("one"))
	require.Equal(t, wsc.CodeIdempotencyConflict, wsc.CodeOf(err))
	_, err = writer.SubmitFile(ctx, "big.csv", strings.NewReader(strings.Repeat("https://example.com/"+c.parameter+"\n", 10000)), options)
	require.Equal(t, wsc.CodeUploadTooLarge, wsc.CodeOf(err))
	aborted, abort := context.WithCancel(ctx)
	_, err = writer.SubmitFile(aborted, "aborted.csv", io.MultiReader(strings.NewReader(c.list(&sites{hosts: []string{"example.com"}})), readerFunc(func([]byte) (int, error) {
		abort()
		return 0, errors.New("the client goes away")
	})), options)
	require.Error(t, err)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// changeKeys rotates and revokes keys, uses what works no longer, and reads what is recorded about it.
func (c *canary) changeKeys(key *wsc.KeyWithSecret) {
	t, ctx, admin := c.t, c.t.Context(), c.p.client
	rotated, err := admin.RotateKey(ctx, key.ID, wsc.KeyRotation{})
	require.NoError(t, err)
	c.hide("rotated API key", hiddenPart(rotated.Secret))
	for _, secret := range []string{key.Secret, rotated.Secret} {
		_, err = c.as(secret).Me(ctx)
		require.NoError(t, err, "both work for a while")
	}
	revoked := c.newKey("revoked", wsc.KeyRequest{})
	require.NoError(t, admin.RevokeKey(ctx, revoked.ID))
	_, err = c.as(revoked.Secret).Me(ctx)
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err))
	page, err := admin.Keys(ctx, client.KeyQuery{})
	require.NoError(t, err)
	require.Len(t, page.Keys, 4)
	eventually(t, 10*time.Second, "security events are stored", func() bool {
		events, err := admin.SecurityEvents(ctx, client.SecurityEventQuery{Kinds: []wsc.SecurityEventKind{wsc.EventKeyRevoked, wsc.EventAuthFailed}})
		require.NoError(t, err)
		return len(events.Events) >= 2
	})
}

// runCommands runs the command line with keys and headers in its arguments.
func (c *canary) runCommands(s *sites, jobID, key string) {
	t := c.t
	dir := t.TempDir()
	list := filepath.Join(dir, "list.txt")
	require.NoError(t, os.WriteFile(list, []byte(s.url("/ok", 5)+"\n"), 0o600))
	header := "X-Custom: " + c.headers["X-Custom"]
	server := []string{"--server", c.p.url, "--key"}
	mistyped := key[:len(key)-1] + "!"
	password := secretText()
	c.hide("password in --server", password)
	allow := map[string]string{"WSC_ALLOW_NETS": c.p.env["WSC_ALLOW_NETS"], "WSC_ALLOW_PORTS": c.p.env["WSC_ALLOW_PORTS"]}
	for n, run := range []struct {
		code int
		args []string
	}{
		{0, append([]string{"submit", list, "--header", header, "--watch"}, append(server, key)...)},
		{0, append([]string{"jobs"}, append(server, key)...)},
		{0, append([]string{"me"}, append(server, key)...)},
		{2, append([]string{"me"}, append(server, mistyped)...)},
		{2, append([]string{"me"}, append(server, key+"\n"+key)...)},
		{2, append([]string{"key", "list"}, append(server, key)...)},
		{0, append([]string{"key", "list"}, append(server, c.p.env["WSC_ADMIN_KEY"])...)},
		{0, append([]string{"export", jobID, "--output", filepath.Join(dir, "out.csv")}, append(server, key)...)},
		{1, append([]string{"cancel", jobID}, append(server, key)...)},
		{1, []string{"jobs", "--server", "http://127.0.0.1:1", "--key", key}},
		{2, []string{"jobs", "--server", "http://user:" + url.PathEscape(password) + "@127.0.0.1:1", "--key", key}},
		{2, []string{"jobs", "--server", "http://user:" + password + "@127.0.0.1:port", "--key", key}},
		{2, append([]string{"submit", list, "--header", strings.ReplaceAll(header, ":", "")}, append(server, key)...)},
		{2, append([]string{"submit", list, "--header", header + "\x01"}, append(server, key)...)},
		{1, []string{"check", refusing(s), "--retries", "0", "--header", header}},
		{2, []string{"check", "http://127.0.0.1:1/", "--proxy", "http://user:" + password + "@127.0.0.1:port"}},
		{1, []string{"check", s.url("/ok", 5), "--retries", "0", "--header", header, "--proxy", "http://user:" + url.PathEscape(password) + "@127.0.0.1:1"}},
	} {
		p := addRun(t, c.searcher, fmt.Sprintf("command/%d %s", n, run.args[0]), allow, built.wsc, run.args...)
		assert.Equal(t, run.code, p.cmd.ProcessState.ExitCode(), "%v: %s", run.args, p.output)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out.csv"))
	require.NoError(t, err)
	c.add("results/by command", data)
}
