package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gocloud.dev/blob/fileblob"

	"github.com/website-status-checker/wsc/internal/health"
	"github.com/website-status-checker/wsc/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// temporal stands for the connection to Temporal.
type temporal struct{ down atomic.Bool }

func (p *temporal) Ping(context.Context) error {
	if p.down.Load() {
		return errors.New("dial tcp 10.0.0.7:7233: connection refused")
	}
	return nil
}

// served is a process's health on a real socket, with a real database and a real folder.
type served struct {
	url      string
	store    *sqlite.Store
	temporal *temporal
	blobDir  string
	log      *strings.Builder
}

func serve(t *testing.T) *served {
	t.Helper()
	dir := t.TempDir()
	s := &served{temporal: &temporal{}, blobDir: filepath.Join(dir, "blobs"), log: &strings.Builder{}}
	path := filepath.Join(dir, "wsc.db")
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	s.store, err = sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.store.Close() }) // a test closes it itself
	blobs, err := fileblob.OpenBucket(s.blobDir, &fileblob.Options{CreateDir: true, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, blobs.Close()) })
	checker := health.New(health.Config{
		Database: s.store, Temporal: s.temporal, Blobs: blobs, Version: "1.2.3",
		Facts: health.Facts{Namespace: "default", BlobStore: "file"}, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", checker.HandleLive)
	mux.HandleFunc("/readyz", checker.HandleReady)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *served) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(s.url + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

func TestAProcessLivesWhateverIsAway(t *testing.T) {
	s := serve(t)
	s.temporal.down.Store(true)
	require.NoError(t, s.store.Close())
	status, body := s.get(t, "/healthz")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status":"ok","version":"1.2.3"}`, body)
}

func TestReadinessNamesWhatIsAway(t *testing.T) {
	s := serve(t)
	expect := func(wantStatus int, want string) {
		t.Helper()
		status, body := s.get(t, "/readyz")
		require.Equal(t, wantStatus, status)
		require.JSONEq(t, want, body)
	}
	expect(http.StatusOK, `{"status":"ok","database":"ok","temporal":"ok","blob_store":"ok"}`)
	s.temporal.down.Store(true)
	expect(http.StatusServiceUnavailable, `{"status":"error","database":"ok","temporal":"error","blob_store":"ok"}`)
	require.Contains(t, s.log.String(), "10.0.0.7", "why stands in the log only")
	require.NoError(t, s.store.Close())
	require.NoError(t, os.RemoveAll(s.blobDir))
	require.NoError(t, os.WriteFile(s.blobDir, nil, 0o600), "a file in the folder's place")
	expect(http.StatusServiceUnavailable, `{"status":"error","database":"error","temporal":"error","blob_store":"error"}`)
}

func TestDetailsAreForThoseWhoAsk(t *testing.T) {
	s := serve(t)
	status, body := s.get(t, "/readyz?verbose")
	require.Equal(t, http.StatusOK, status)
	var ready health.Readiness
	require.NoError(t, json.Unmarshal([]byte(body), &ready))
	require.NotNil(t, ready.Details)
	version, err := s.store.SchemaVersion(t.Context())
	require.NoError(t, err)
	require.Positive(t, version)
	require.Equal(t, version, ready.Details.Database.SchemaVersion)
	require.Positive(t, ready.Details.Database.LatencyMS)
	require.Less(t, ready.Details.Database.LatencyMS, 2000.0)
	require.Positive(t, ready.Details.BlobStore.LatencyMS)
	require.Equal(t, "default", ready.Details.Temporal.Namespace)
	require.Equal(t, "file", ready.Details.BlobStore.Kind)
	require.Equal(t, "1.2.3", ready.Details.Version)
	require.NotContains(t, body, s.blobDir, "no place is told")

	require.NoError(t, s.store.Close())
	status, body = s.get(t, "/readyz?verbose=1")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.NotContains(t, body, "schema_version")
	_, body = s.get(t, "/readyz?verbose=false")
	require.NotContains(t, body, "details")
}

func TestVerboseNeedsNoValue(t *testing.T) {
	tests := []struct {
		query string
		want  bool
	}{{"", false}, {"verbose", true}, {"verbose=", true}, {"verbose=true", true}, {"verbose=yes", true}, {"verbose=0", false}, {"verbose=false", false}, {"v", false}}
	for _, test := range tests {
		query, err := url.ParseQuery(test.query)
		require.NoError(t, err)
		require.Equal(t, test.want, health.Verbose(query), test.query)
	}
}
