package apiserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/audit"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/jobs"
	"github.com/website-status-checker/wsc/keys"
	"github.com/website-status-checker/wsc/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is a migrated, empty database file; migrating one for every test would take most of the tests' time.
var database = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "wsc-test-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "wsc.db")
	if _, err := sqlite.Migrate(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// fakeWorkflows stands for the workflow engine: it starts nothing.
type fakeWorkflows struct {
	started atomic.Int64
	down    atomic.Bool
}

func (f *fakeWorkflows) Start(context.Context, *wsc.Job) error { f.started.Add(1); return nil }

func (f *fakeWorkflows) Cancel(context.Context, string) error {
	return wsc.Errorf(wsc.CodeNotFound, "no workflow")
}

func (f *fakeWorkflows) Terminate(context.Context, string, string) error { return nil }

func (f *fakeWorkflows) Ping(context.Context) error {
	if f.down.Load() {
		return fmt.Errorf("dial tcp 10.0.0.7:7233: connection refused")
	}
	return nil
}

// fakeChecker answers every check with 200.
type fakeChecker struct{ takes time.Duration }

func (c fakeChecker) Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) wsc.Result {
	select {
	case <-time.After(c.takes):
	case <-ctx.Done():
	}
	return wsc.Result{
		URL: target.URL, NormalizedURL: target.NormalizedURL, Host: target.Host, Status: wsc.StatusActive, HTTPStatus: 200,
		Attempts: 1, CheckedAt: time.Now().UTC(), ResponseTimeMS: float64(opts.Timeout.Milliseconds()),
	}
}

// adminKey is the key that requests of tests are made with unless they say otherwise.
const adminKey = "the-admin-key-of-all-tests-0123456789"

// bundle is the API on a real database and a real folder, behind a real socket.
type bundle struct {
	url       string
	api       *apiserver.Server
	server    *httptest.Server
	store     *sqlite.Store
	blobs     *blob.Bucket
	service   *jobs.Service
	keys      *keys.Service
	security  *audit.Recorder
	workflows *fakeWorkflows
	registry  *prometheus.Registry
	spool     string
	blobDir   string
	log       *lockedBuffer
	// target is the address that upload sends files to.
	target string
}

type setup struct {
	jobs jobs.Config
	keys keys.Config
	api  apiserver.Config
	// listener wraps the server's, if set.
	listener func(net.Listener) net.Listener
}

func newBundle(t testing.TB, adjust ...func(*setup)) *bundle {
	t.Helper()
	dir := t.TempDir()
	b := &bundle{
		workflows: &fakeWorkflows{}, registry: prometheus.NewRegistry(), log: &lockedBuffer{}, target: "/api/v1/jobs",
		spool: filepath.Join(dir, "spool"), blobDir: filepath.Join(dir, "blobs"),
	}
	require.NoError(t, os.Mkdir(b.spool, 0o700))
	path := filepath.Join(dir, "wsc.db")
	migrated, err := database()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, migrated, 0o600))
	b.store, err = sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.store.Close() }) // some tests close it themselves
	b.blobs, err = fileblob.OpenBucket(b.blobDir, &fileblob.Options{CreateDir: true, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.blobs.Close()) })

	logger := telemetry.NewLogger(b.log, telemetry.LogText, slog.LevelDebug)
	s := &setup{
		jobs: jobs.Config{
			Store: b.store, Workflows: b.workflows, Blobs: b.blobs, Defaults: wsc.Defaults{HostRate: 10, Retention: time.Hour},
			MaxURLs: 20_000, MaxUploadBytes: 4 << 20, SpoolDir: b.spool, Logger: logger,
		},
		keys: keys.Config{Store: b.store, AdminKey: adminKey, RateLimitHour: 1000, Logger: logger},
		api: apiserver.Config{
			Store: b.store, Checker: fakeChecker{}, Blobs: b.blobs, Workflows: b.workflows, Registry: b.registry,
			Logger: logger, Version: "1.2.3", TempDir: b.spool,
			Limits: apiserver.Limits{PollInterval: 20 * time.Millisecond},
		},
	}
	for _, change := range adjust {
		change(s)
	}
	b.service, err = jobs.New(s.jobs)
	require.NoError(t, err)
	b.keys, err = keys.New(s.keys)
	require.NoError(t, err)
	t.Cleanup(b.keys.Close)
	b.security, err = audit.New(audit.Config{Store: b.store, Logger: logger})
	require.NoError(t, err)
	t.Cleanup(b.security.Close)
	s.api.Jobs, s.api.Keys, s.api.Security = b.service, b.keys, b.security
	b.api, err = apiserver.New(s.api)
	require.NoError(t, err)
	b.server = httptest.NewUnstartedServer(b.api.Handler())
	b.server.Config = b.api.HTTPServer("")
	if s.listener != nil {
		b.server.Listener = s.listener(b.server.Listener)
	}
	b.server.Start()
	b.url = b.server.URL
	t.Cleanup(func() { b.api.Close(); b.server.Close() })
	return b
}

// inParallel runs fn n times, workers at once.
func inParallel(n, workers int, fn func(i int)) {
	var wait sync.WaitGroup
	var next atomic.Int64
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	wait.Wait()
}

// lockedBuffer is a log that tests can read.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedBuffer) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(data)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem(t testing.TB) wsc.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), "%s", a.body)
	var p wsc.Problem
	require.NoError(t, json.Unmarshal(a.body, &p), "%s", a.body)
	require.Equal(t, a.status, p.Status)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	require.NotEmpty(t, p.Code)
	require.Equal(t, a.header.Get("X-Request-Id"), p.RequestID)
	return p
}

func (a answer) decode(t testing.TB, target any) {
	t.Helper()
	require.Less(t, a.status, 300, "%s", a.body)
	require.NoError(t, json.Unmarshal(a.body, target), "%s", a.body)
}

func (b *bundle) do(t testing.TB, method, path string, body io.Reader, header ...string) answer {
	t.Helper()
	request := b.request(t, method, path, body)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return b.send(t, request)
}

// request is a request with the admin key.
func (b *bundle) request(t testing.TB, method, path string, body io.Reader) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, b.url+path, body)
	require.NoError(t, err)
	request.Header.Set("X-Api-Key", adminKey)
	return request
}

func (b *bundle) send(t testing.TB, request *http.Request) answer {
	t.Helper()
	response, err := b.server.Client().Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, data}
}

func (b *bundle) get(t testing.TB, path string) answer {
	t.Helper()
	return b.do(t, http.MethodGet, path, nil)
}

// part is a part of a form; one without a disposition is a file.
type part struct{ name, filename, disposition, content string }

func form(t testing.TB, parts ...part) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for _, p := range parts {
		disposition := p.disposition
		switch {
		case disposition == "" && p.filename == "":
			disposition = fmt.Sprintf(`form-data; name="%s"`, p.name)
		case disposition == "":
			disposition = fmt.Sprintf(`form-data; name="%s"; filename="%s"`, p.name, strings.ReplaceAll(p.filename, `\`, `\\`))
		}
		out, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		require.NoError(t, err)
		_, err = io.WriteString(out, p.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return body, w.FormDataContentType()
}

func (b *bundle) upload(t testing.TB, parts ...part) answer {
	t.Helper()
	body, contentType := form(t, parts...)
	return b.do(t, http.MethodPost, b.target, body, "Content-Type", contentType)
}

// keepAs uploads a list to look at it, with the given key.
func (b *bundle) keepAs(t testing.TB, secret, filename, content string) answer {
	t.Helper()
	body, contentType := form(t, part{name: "file", filename: filename, content: content})
	return b.as(t, secret, http.MethodPost, "/api/v1/uploads", body, "Content-Type", contentType)
}

func (b *bundle) postJSON(t testing.TB, path, body string) answer {
	t.Helper()
	return b.do(t, http.MethodPost, path, strings.NewReader(body), "Content-Type", "application/json")
}

// submit uploads a list that must be accepted.
func (b *bundle) submit(t testing.TB, filename, content string) wsc.Job {
	t.Helper()
	var job wsc.Job
	a := b.upload(t, part{name: "file", filename: filename, content: content})
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	a.decode(t, &job)
	return job
}

// results stores results of a job.
func (b *bundle) results(t testing.TB, jobID string, results ...wsc.Result) {
	t.Helper()
	_, err := b.store.InsertResults(t.Context(), jobID, results)
	require.NoError(t, err)
}

// requireNothingLeft is what must hold after a refused submission.
func (b *bundle) requireNothingLeft(t testing.TB) {
	t.Helper()
	found, err := b.store.Jobs(t.Context(), wsc.JobFilter{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, found, "job rows")
	uploads, err := b.store.ExpiredUploads(t.Context(), time.Now().AddDate(1, 0, 0), 10)
	require.NoError(t, err)
	require.Empty(t, uploads, "upload rows")
	require.Empty(t, files(t, b.blobDir), "blobs")
	require.Empty(t, files(t, b.spool), "spool files")
	require.Zero(t, b.workflows.started.Load(), "workflows")
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return err
	}))
	return names
}
