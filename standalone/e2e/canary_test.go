package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/pgserver"
	"github.com/website-status-checker/wsc/internal/pgtest"
	"github.com/website-status-checker/wsc/internal/telemetrytest"
)

// canary is a product that is run with marked secrets.
type canary struct {
	*searcher
	t *testing.T
	p *product
	// planted is no secret: it stands where names, paths and lists do, to show that the search reaches those places.
	planted string
	answers *answers
	spans   *telemetrytest.Collector
	reports *telemetrytest.Sentry
	dsn     string
	headers map[string]string
	// userinfo and parameter are secrets in the lines of a list, which belong to the list's owner.
	userinfo, parameter string
}

// ofLists are the places that show the lines of lists by design.
var ofLists = []string{"results/", "export/", "file/", "table/url_check_results", "table/deferred_checks"}

// hiddenPart is the part of an API key's secret that is shown to nobody, but for the last character.
func hiddenPart(secret string) string { return secret[len(wsc.KeyPrefix(secret)) : len(secret)-1] }

// newCanary prepares secrets and receivers; settings returns the variables of a process that has them.
func newCanary(t *testing.T) *canary {
	t.Helper()
	c := &canary{
		searcher: &searcher{}, t: t, planted: "planted-" + strings.ToLower(secretText()[3:20]), answers: &answers{},
		spans: telemetrytest.StartCollector(t), reports: telemetrytest.StartSentry(t),
		headers: map[string]string{}, userinfo: secretText(), parameter: secretText(),
	}
	for _, name := range []string{"Authorization", "Cookie", "X-Custom"} {
		value := secretText()
		c.hide("header "+name, value)
		c.headers[name] = "Bearer " + value
	}
	c.hide("userinfo of a line", c.userinfo, ofLists...)
	c.hide("parameter of a line", c.parameter, ofLists...)
	return c
}

// settings are the variables of a process under test.
func (c *canary) settings(format string) map[string]string {
	key := strings.ToLower(strings.NewReplacer("/", "a", "+", "b", "=", "c").Replace(secretText()))
	c.hide("key of SENTRY_DSN", key)
	c.dsn = strings.Replace(c.reports.DSN, "publickey", key, 1)
	admin := secretText() + secretText()
	c.hide("WSC_ADMIN_KEY", admin)
	return map[string]string{
		"WSC_LOG_LEVEL": "debug", "WSC_LOG_FORMAT": format, "WSC_ADMIN_KEY": admin, "SENTRY_DSN": c.dsn,
		"OTEL_EXPORTER_OTLP_ENDPOINT": c.spans.Endpoint, "WSC_MAX_UPLOAD_BYTES": "300000", "WSC_CHECK_CONCURRENCY": "10",
	}
}

// use makes the product the one to ask, with its admin key.
func (c *canary) use(p *product) {
	c.p = p
	p.client.Close()
	p.client = c.as(p.env["WSC_ADMIN_KEY"])
}

// as is a client with a key whose answers are kept.
func (c *canary) as(key string) *client.Client {
	c.t.Helper()
	with, err := client.New(c.p.url, client.WithKey(key), client.WithHTTPClient(&http.Client{Transport: c.answers}))
	require.NoError(c.t, err)
	return with
}

// send sends a request of its own and returns the status.
func (c *canary) send(method, path string, header map[string]string, body string) int {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.p.url+path, strings.NewReader(body))
	require.NoError(c.t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := c.answers.RoundTrip(request)
	require.NoError(c.t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(c.t, err)
	return response.StatusCode
}

// newKey makes an API key whose secret is looked for from then on.
func (c *canary) newKey(name string, request wsc.KeyRequest) *wsc.KeyWithSecret {
	c.t.Helper()
	request.Name = name
	key, err := c.p.client.CreateKey(c.t.Context(), request)
	require.NoError(c.t, err)
	c.hide("API key "+name, hiddenPart(key.Secret))
	return key
}

// list is a list with secrets in its lines.
func (c *canary) list(s *sites) string {
	return strings.Join([]string{
		"Website;" + c.planted, s.url("/ok", 1), s.url("/missing", 2), s.url("/ok", 3) + "?" + c.planted + "&token=" + url.QueryEscape(c.parameter),
		"http://user:" + url.PathEscape(c.userinfo) + "@example.com/", "http://127.0.0.1:1/refused?token=" + url.QueryEscape(c.parameter), "",
	}, "\n")
}

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
	for _, target := range []string{s.url("/ok", 4), "http://127.0.0.1:1/refused?token=" + url.QueryEscape(c.parameter), "http://user:" + url.PathEscape(c.userinfo) + "@example.com/"} {
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
		{1, []string{"check", "http://127.0.0.1:1/", "--retries", "0", "--header", header}},
		{2, []string{"check", "http://127.0.0.1:1/", "--proxy", "http://user:" + password + "@127.0.0.1:port"}},
		{1, []string{"check", "http://192.0.2.1/", "--retries", "0", "--header", header, "--proxy", "http://user:" + url.PathEscape(password) + "@127.0.0.1:1"}},
	} {
		p := addRun(t, c.searcher, fmt.Sprintf("command/%d %s", n, run.args[0]), allow, built.wsc, run.args...)
		assert.Equal(t, run.code, p.cmd.ProcessState.ExitCode(), "%v: %s", run.args, p.output)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out.csv"))
	require.NoError(t, err)
	c.add("results/by command", data)
}

// stopAndCollect adds what the processes wrote and sent, and ends them.
func (c *canary) stopAndCollect(namespace, temporalAddress string, workflows int, processes ...*process) {
	t := c.t
	eventually(t, 20*time.Second, "all workflows are listed", func() bool {
		probe := &searcher{}
		return addHistories(t, probe, temporalAddress, namespace) >= workflows
	})
	addHistories(t, c.searcher, temporalAddress, namespace)
	for n, p := range processes {
		require.NoError(t, p.terminate())
		c.add(fmt.Sprintf("log/%d %s", n, strings.Join(p.cmd.Args[1:], " ")), []byte(p.output.String()))
	}
	c.answers.addTo(c.searcher)
	addTelemetry(c.searcher, c.spans, c.reports, c.dsn)
}

// requireNoLeaks checks that no secret was found, and that planted ones are found in every kind of place.
func (c *canary) requireNoLeaks(places ...string) {
	t := c.t
	t.Logf("searched for %d marks in bytes: %v; answers by status: %v", len(c.marks), c.sizes(), c.answers.codes)
	require.Empty(t, strings.Join(c.leaks(), "\n"))
	planted := &searcher{evidence: c.evidence}
	planted.hide("planted", c.planted)
	require.Subset(t, kinds(planted.leaks()), places, "what is no secret is found")
}

// plant writes a mark to where the product writes nothing of what users bring: metrics, traces and reports.
func (c *canary) plant() {
	t := c.t
	registry := prometheus.NewRegistry()
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "planted"}, []string{"host"})
	registry.MustRegister(gauge)
	gauge.WithLabelValues(c.planted).Set(1)
	page := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	t.Cleanup(page.Close)
	c.add("metrics/planted", []byte(scrape(t, page.URL).text))

	spans, err := proto.Marshal(&collector.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{
		{ScopeSpans: []*trace.ScopeSpans{{Spans: []*trace.Span{{Name: "planted", TraceState: c.planted}}}}},
	}})
	require.NoError(t, err)
	event := `{"transaction":"planted","exception":[{"type":"planted","value":"` + c.planted + `"}]}`
	for address, body := range map[string][]byte{
		c.spans.Endpoint + "/v1/traces": spans, strings.Replace(c.reports.DSN, "publickey@", "", 1)[:strings.LastIndex(strings.Replace(c.reports.DSN, "publickey@", "", 1), "/")] + "/api/7/envelope/": []byte("{}\n{\"type\":\"event\"}\n" + event),
	} {
		response, err := http.Post(address, "application/octet-stream", bytes.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
}

// marked are sites that answer 401 to requests without the marked headers.
func (c *canary) marked() *sites {
	s := newSites(c.t, 3, 0)
	s.authorize = func(r *http.Request) bool {
		for name, value := range c.headers {
			if r.Header.Get(name) != value {
				return false
			}
		}
		return true
	}
	return s
}

func TestCanaryStandaloneShowsNoSecrets(t *testing.T) {
	c := newCanary(t)
	s := c.marked()
	c.use(newProduct(t, s, c.settings("json")).start())
	p := c.p
	secretsKey, err := os.ReadFile(filepath.Join(p.dir, "secrets.key"))
	require.NoError(t, err)
	encoded := strings.TrimPrefix(strings.TrimSpace(string(secretsKey)), "base64key://")
	raw, err := base64.URLEncoding.DecodeString(encoded)
	require.NoError(t, err)
	c.hide("secrets.key", string(raw), "file/secrets.key")
	c.exercise(s)

	// The plan of a job breaks, which is a fault of the product's own.
	s.mu.Lock()
	s.delay = 50 * time.Millisecond
	s.mu.Unlock()
	job := submit(t, p, "broken.txt", s.list("/slow?token="+url.QueryEscape(c.parameter)+"&", 1500), wsc.Options{Headers: c.headers})
	p.awaitResults(job.ID, 10)
	blobs := filepath.Join(p.dir, "blobs")
	plan := filepath.Join(blobs, filepath.FromSlash(wsc.JobFolder(job.ID)), "plan-0")
	info, err := os.Stat(plan)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(plan, make([]byte, info.Size()), 0o600))
	c.reports.Await("activity CheckBatch")
	_, err = p.client.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	p.awaitDone(job.ID)

	// The blob store is gone.
	require.NoError(t, os.Rename(blobs, blobs+".away"))
	require.NoError(t, os.WriteFile(blobs, nil, 0o600))
	_, err = p.client.SubmitFile(t.Context(), "list.csv", strings.NewReader(c.list(s)), wsc.Options{Headers: c.headers})
	require.Error(t, err)
	require.Error(t, p.client.Ready(t.Context()))
	require.NoError(t, os.Remove(blobs))
	require.NoError(t, os.Rename(blobs+".away", blobs))

	c.plant()
	c.add("metrics/standalone", []byte(scrape(t, p.url).text))
	c.stopAndCollect("default", p.temporalAddress, 5, p.process)
	addFiles(t, c.searcher, p.dir)
	c.requireNoLeaks("answer", "export", "file", "history", "log", "metrics", "results", "sentry", "trace")
}

func TestCanaryClusterShowsNoSecrets(t *testing.T) {
	c := newCanary(t)
	s := c.marked()
	settings := c.settings("text")
	password := secretText()
	c.hide("password of the database", password)
	plainURL := pgtest.NewEmptyDatabase(t)
	settings["WSC_DATABASE_URL"] = strings.Replace(plainURL, "postgres@", "postgres:"+url.PathEscape(password)+"@", 1)
	temporalKey, secretsKey := secretText()[:32], secretText()[:32]
	c.hide("WSC_TEMPORAL_KEYS", temporalKey)
	c.hide("WSC_SECRETS_URL", secretsKey)
	settings["WSC_TEMPORAL_KEYS"] = "first:" + base64.StdEncoding.EncodeToString([]byte(temporalKey))
	settings["WSC_SECRETS_URL"] = "base64key://" + base64.URLEncoding.EncodeToString([]byte(secretsKey))
	cluster := newCluster(t, s, 1, settings)
	c.use(cluster.product)
	c.exercise(s)
	writer := c.newKey("for the proxy", wsc.KeyRequest{})

	// The database refuses a row, of which it quotes the values; then it takes no connections.
	execute := func(databaseURL, statement string) {
		connection, err := pgx.Connect(t.Context(), databaseURL)
		require.NoError(t, err)
		_, err = connection.Exec(t.Context(), statement)
		require.NoError(t, errors.Join(err, connection.Close(t.Context())))
	}
	execute(plainURL, `ALTER TABLE jobs ADD CONSTRAINT canary CHECK (filename <> 'refused.csv')`)
	_, err := c.as(writer.Secret).SubmitFile(t.Context(), "refused.csv", strings.NewReader(c.list(s)), wsc.Options{Headers: c.headers})
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	config, err := pgx.ParseConfig(plainURL)
	require.NoError(t, err)
	maintenance, name := pgserver.DatabaseURL(plainURL, "postgres"), pgx.Identifier{config.Database}.Sanitize()
	execute(maintenance, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`)
	execute(maintenance, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+config.Database+`'`)
	require.Equal(t, http.StatusServiceUnavailable, c.send("GET", "/readyz?verbose", nil, ""))
	_, err = c.as(writer.Secret).Jobs(t.Context(), client.JobQuery{})
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	c.failToStart(cluster.env, databaseURLs(cluster.env))
	execute(maintenance, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS true`)
	eventually(t, 20*time.Second, "the API is ready", func() bool { return c.p.client.Ready(t.Context()) == nil })
	c.failToStart(cluster.env, otherSettings())

	// The API checks through a proxy that is not there.
	require.NoError(t, cluster.terminate())
	c.add("log/api", []byte(cluster.output.String()))
	proxyPassword := secretText()
	c.hide("password of the proxy", proxyPassword)
	cluster.env["WSC_PROXY"] = "http://user:" + url.PathEscape(proxyPassword) + "@127.0.0.1:1"
	cluster.process = start(t, cluster.env, built.wsc, "api")
	eventually(t, time.Minute, "the API is ready", func() bool { return c.p.client.Ready(t.Context()) == nil })
	result, err := c.as(writer.Secret).Check(t.Context(), s.url("/ok", 6), wsc.Options{Headers: c.headers})
	require.NoError(t, err)
	require.Contains(t, result.ErrorMessage, "proxy")

	c.add("metrics/api", []byte(scrape(t, c.p.url).text))
	c.add("metrics/worker", []byte(scrape(t, cluster.workers[0].operations).text))
	c.stopAndCollect("cluster", cluster.env["TEMPORAL_ADDRESS"], 3, cluster.process, cluster.workers[0].process)
	addFiles(t, c.searcher, strings.TrimPrefix(cluster.env["WSC_BLOB_URL"], "file://"))
	addFiles(t, c.searcher, cluster.dir)
	addTables(t, c.searcher, plainURL)
	c.requireNoLeaks("answer", "export", "file", "log", "results", "table")
}

// wrongSetting is a setting that holds a secret and is wrong, or leads nowhere. SECRET stands for the secret, and ESCAPED
// for it in a URL.
type wrongSetting struct{ variable, value string }

// databaseURLs are for a database that takes no connections.
func databaseURLs(env map[string]string) []wrongSetting {
	return []wrongSetting{
		{"WSC_DATABASE_URL", "postgres://user:ESCAPED@127.0.0.1:port/wsc"},
		{"WSC_DATABASE_URL", "postgres://user:SECRET@127.0.0.1:1/wsc?sslmode=disable"},
		{"WSC_DATABASE_URL", "postgres://user:ESCAPED@127.0.0.1:1/wsc?sslmode=ESCAPED"},
		{"WSC_DATABASE_URL", "postgres://user:ESCAPED@127.0.0.1:1/wsc?sslmode=disable"},
		{"WSC_DATABASE_URL", "postgres://user@127.0.0.1:port/wsc?password=ESCAPED"},
		{"WSC_DATABASE_URL", "host=127.0.0.1 port=none password=SECRET"},
		{"WSC_DATABASE_URL", "host=127.0.0.1 port=1 password='SECRET"},
		{"WSC_DATABASE_URL", env["WSC_DATABASE_URL"]},
	}
}

func otherSettings() []wrongSetting {
	return []wrongSetting{
		{"WSC_PROXY", "http://user:ESCAPED@127.0.0.1:port"},
		{"WSC_PROXY", "ftp://user:ESCAPED@127.0.0.1:1"},
		{"WSC_PROXY", "http://user:ESCAPED@127.0.0.1:1/path"},
		{"WSC_CONTROL_URL", "http://user:ESCAPED@127.0.0.1:port/"},
		{"WSC_CONTROL_URL", "http://user:ESCAPED@example.com/"},
		{"SENTRY_DSN", "https://SECRET@sentry.example.com/none"},
		{"SENTRY_DSN", "https://ESCAPED@sentry.example.com:port/1"},
		{"SENTRY_DSN", "SECRET"},
		{"WSC_TEMPORAL_KEYS", "first:SECRET"},
		{"WSC_TEMPORAL_KEYS", "SECRET"},
		{"WSC_SECRETS_URL", "base64key://ESCAPED"},
		{"WSC_SECRETS_URL", "SECRET"},
		{"WSC_ADMIN_KEY", "SECRET SECRET"},
		{"WSC_BLOB_URL", "s3://user:ESCAPED@bucket:port"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:ESCAPED@127.0.0.1:port"},
	}
}

// failToStart starts every program that has one of the settings.
func (c *canary) failToStart(env map[string]string, settings []wrongSetting) {
	t := c.t
	secret := secretText()
	c.hide("secret in a wrong setting", secret)
	fill := strings.NewReplacer("SECRET", secret, "ESCAPED", url.PathEscape(secret))
	for n, setting := range settings {
		database := setting.variable == "WSC_DATABASE_URL"
		for name, command := range map[string][]string{
			"api": {built.wsc, "api"}, "worker": {built.wsc, "worker"}, "migrate": {built.wsc, "migrate"}, "standalone": {built.standalone},
		} {
			if name == "migrate" && !database || name == "standalone" && database || name == "worker" && setting.variable == "WSC_ADMIN_KEY" {
				continue // it does not have that setting
			}
			wrong := maps.Clone(env)
			wrong["WSC_DATA_DIR"], wrong["WSC_LISTEN"], wrong[setting.variable] = t.TempDir(), "127.0.0.1:0", fill.Replace(setting.value)
			p := addRun(t, c.searcher, fmt.Sprintf("start/%d %s %s", n, name, setting.value), wrong, command[0], command[1:]...)
			assert.Error(t, p.err, "%s with %s=%s", name, setting.variable, setting.value)
		}
	}
}
