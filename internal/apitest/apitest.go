// Package apitest starts the real API for tests of what talks to it: on a real SQLite database with the real services,
// behind a real socket. Only the workflow engine is missing, so that jobs are accepted and stay
// pending until a test changes them.
package apitest

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/fileblob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/audit"
	"github.com/website-status-checker/wsc/expect"
	"github.com/website-status-checker/wsc/jobs"
	"github.com/website-status-checker/wsc/keys"
	"github.com/website-status-checker/wsc/store/sqlite"
)

// AdminKey is the admin key of the configuration.
const AdminKey = "the-admin-key-of-all-tests-0123456789"

// RateLimitHour is the requests per hour of keys that do not say otherwise.
const RateLimitHour = 1000

// Server is a running API.
type Server struct {
	*httptest.Server
	Store *sqlite.Store
	Keys  *keys.Service

	checker *answers
}

// Start starts an API that is stopped when the test ends. The limits are those of apiserver.Limits.
func Start(t testing.TB, limits apiserver.Limits) *Server {
	t.Helper()
	dir := t.TempDir()
	logger := slog.New(slog.DiscardHandler)
	path := filepath.Join(dir, "wsc.db")
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	blobs, err := fileblob.OpenBucket(filepath.Join(dir, "blobs"), &fileblob.Options{CreateDir: true, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, blobs.Close()) })
	spool := filepath.Join(dir, "spool")
	require.NoError(t, os.Mkdir(spool, 0o700))

	compiler, err := expect.NewCompiler()
	require.NoError(t, err)
	defaults := wsc.Defaults{HostRate: 10, Retention: time.Hour, CompileExpect: expect.NewCache(compiler, 10).Validate}
	service, err := jobs.New(jobs.Config{
		Store: store, Workflows: noWorkflows{store}, Blobs: blobs, Defaults: defaults,
		MaxURLs: 20_000, MaxUploadBytes: 4 << 20, SpoolDir: spool, Logger: logger,
	})
	require.NoError(t, err)
	keyService, err := keys.New(keys.Config{Store: store, AdminKey: AdminKey, RateLimitHour: RateLimitHour, Logger: logger})
	require.NoError(t, err)
	t.Cleanup(keyService.Close)
	security, err := audit.New(audit.Config{Store: store, Logger: logger})
	require.NoError(t, err)
	t.Cleanup(security.Close)
	checker := &answers{byHost: map[string]wsc.Result{}}
	api, err := apiserver.New(apiserver.Config{
		Store: store, Jobs: service, Keys: keyService, Security: security, Checker: checker, Blobs: blobs,
		Workflows: noWorkflows{store}, Registry: prometheus.NewRegistry(), Logger: logger, Version: "1.2.3", TempDir: spool, Limits: limits,
	})
	require.NoError(t, err)
	s := &Server{Server: httptest.NewUnstartedServer(api.Handler()), Store: store, Keys: keyService, checker: checker}
	s.Config = api.HTTPServer("")
	s.Start()
	t.Cleanup(func() { api.Close(); s.Close() })
	return s
}

// CreateKey makes a key; without a name it is called test.
func (s *Server) CreateKey(t testing.TB, request wsc.KeyRequest) *wsc.KeyWithSecret {
	t.Helper()
	if request.Name == "" {
		request.Name = "test"
	}
	key, err := s.Keys.Create(t.Context(), request)
	require.NoError(t, err)
	return key
}

// noWorkflows stands for the workflow engine: it starts nothing, and shows at once what it is asked to pause.
type noWorkflows struct{ store *sqlite.Store }

func (noWorkflows) Start(context.Context, *wsc.Job) error { return nil }

func (noWorkflows) Cancel(context.Context, string) error {
	return wsc.Errorf(wsc.CodeNotFound, "There is no such workflow.")
}

func (w noWorkflows) Pause(ctx context.Context, id string) error { return w.store.PauseJob(ctx, id) }

func (w noWorkflows) Resume(ctx context.Context, id string) error { return w.store.ResumeJob(ctx, id) }

func (noWorkflows) Terminate(context.Context, string, string) error { return nil }

func (noWorkflows) Ping(context.Context) error { return nil }

// Answer makes single checks of a host end with this result; without one every website is active.
func (s *Server) Answer(host string, result wsc.Result) {
	s.checker.mu.Lock()
	defer s.checker.mu.Unlock()
	s.checker.byHost[host] = result
}

// answers stands for the checker.
type answers struct {
	mu     sync.Mutex
	byHost map[string]wsc.Result
}

// Check returns what Answer set for the host.
func (a *answers) Check(_ context.Context, target wsc.Target, _ wsc.CheckOptions) wsc.Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	result, set := a.byHost[target.Host]
	if !set {
		result = wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200}
	}
	result.URL, result.NormalizedURL, result.Host, result.Attempts = target.URL, target.NormalizedURL, target.Host, 1
	return result
}
