package app

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/temporalclient"
	"github.com/website-status-checker/wsc/store/sqlite"
)

// testParts are the parts of a process with a real database and a real folder, and without Temporal.
func testParts(t *testing.T, metrics *Metrics) Parts {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "wsc.db")
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	blobs, err := OpenBlobs(t.Context(), config.Storage{DataDir: dir})
	require.NoError(t, err)
	blobs = metrics.CountBlobs(blobs)
	t.Cleanup(func() { require.NoError(t, blobs.Close()) })
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", MetricsHandler: metrics.Temporal, Logger: quietLogger{}})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	security, err := StartSecurity(store, metrics, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(security.Close)
	return Parts{
		Store: store, Temporal: &temporalclient.Connection{Client: temporal, Namespace: "default"}, Blobs: blobs, Logger: slog.New(slog.DiscardHandler), Metrics: metrics, Security: security,
		Listen: config.Listen{Listen: "127.0.0.1:0"}, Access: config.Access{AuditRetention: time.Hour}, Storage: config.Storage{DataDir: dir},
		Jobs:  config.Jobs{Retention: time.Hour, MaxUploadBytes: 1 << 20, MaxURLs: 100},
		Check: config.Check{CheckConcurrency: 1},
	}
}

// quietLogger is for a client that is to find no server.
type quietLogger struct{}

func (quietLogger) Debug(string, ...any) {}
func (quietLogger) Info(string, ...any)  {}
func (quietLogger) Warn(string, ...any)  {}
func (quietLogger) Error(string, ...any) {}

// lockedLog is a log that is written and read at once.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// watched starts listeners and returns where they are, by what they are for.
func watched(t *testing.T, watch Watch) (operations, profiling string) {
	t.Helper()
	metrics, err := NewMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	parts, log := testParts(t, metrics), &lockedLog{}
	parts.Logger = slog.New(slog.NewTextHandler(log, nil))
	stop, err := StartWatch(t.Context(), watch, parts)
	require.NoError(t, err)
	t.Cleanup(stop)
	address := func(what string) string {
		found := regexp.MustCompile(`for="?` + what + `"? address=(\S+)`).FindStringSubmatch(log.String())
		if found == nil {
			return ""
		}
		return found[1]
	}
	return address("health and metrics"), address("profiles")
}

// get reads a page, under another host name if that is given.
func get(t *testing.T, address, host string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	request.Host = host
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

func TestAWorkerIsWatchedOnListenersOfItsOwn(t *testing.T) {
	operations, profiling := watched(t, Watch{Operations: "127.0.0.1:0", Profiling: "127.0.0.1:0"})

	status, body := get(t, operations+"/healthz", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"status":"ok"`)
	status, body = get(t, operations+"/readyz?verbose", "")
	require.Equal(t, http.StatusServiceUnavailable, status, "there is no Temporal")
	require.Contains(t, body, `"status":"error","database":"ok","temporal":"error","blob_store":"ok"`)
	require.Contains(t, body, `"namespace":"default"`)
	require.Contains(t, body, `"kind":"file"`)
	require.NotContains(t, body, "127.0.0.1")
	status, body = get(t, operations+"/metrics", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "wsc_build_info{")
	require.Contains(t, body, `wsc_blob_operations_total{operation="write",outcome="ok"} 1`, "of the question whether the blob store takes any")
	require.Contains(t, body, `temporal_request_failure_total{operation="GetSystemInfo",status_code="UNAVAILABLE"} `, "the SDK tells its metrics in the same registry")
	status, _ = get(t, operations+"/debug/pprof/", "")
	require.Equal(t, http.StatusNotFound, status, "profiles are elsewhere")

	for _, page := range []string{"", "heap", "goroutine?debug=1", "cmdline", "profile?seconds=1", "trace?seconds=0.1", "symbol"} {
		status, body = get(t, profiling+"/debug/pprof/"+page, "")
		require.Equal(t, http.StatusOK, status, page)
		require.NotEmpty(t, body, page)
	}
	status, _ = get(t, profiling+"/metrics", "")
	require.Equal(t, http.StatusNotFound, status)
}

func TestLoopbackListenersAnswerToLoopbackNamesOnly(t *testing.T) {
	operations, profiling := watched(t, Watch{Operations: "127.0.0.1:0", Profiling: "127.0.0.1:0"})
	for _, page := range []string{operations + "/metrics", profiling + "/debug/pprof/heap"} {
		for host, want := range map[string]int{
			"localhost": 200, "localhost:1234": 200, "127.0.0.1": 200, "[::1]:80": 200,
			"attacker.example": 403, "attacker.example:9464": 403, "192.168.1.1": 403, "127.0.0.1.attacker.example": 403,
		} {
			status, _ := get(t, page, host)
			require.Equal(t, want, status, "%s as %s", page, host)
		}
	}
	public, _ := watched(t, Watch{Operations: "0.0.0.0:0"})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(public, "http://"))
	require.NoError(t, err)
	status, _ := get(t, "http://127.0.0.1:"+port+"/healthz", "worker-3.internal")
	require.Equal(t, http.StatusOK, status, "what others may reach has names that only its operator knows")
}

func TestNothingIsServedUnlessItIsWanted(t *testing.T) {
	operations, profiling := watched(t, Watch{})
	require.Empty(t, operations)
	require.Empty(t, profiling)
}

func TestATakenAddressNamesTheSetting(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	metrics, err := NewMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	parts := testParts(t, metrics)
	_, err = StartWatch(t.Context(), Watch{Operations: taken.Addr().String()}, parts)
	require.ErrorContains(t, err, "--ops-listen, WSC_OPS_LISTEN")
	_, err = StartWatch(t.Context(), Watch{Operations: "127.0.0.1:0", Profiling: taken.Addr().String()}, parts)
	require.ErrorContains(t, err, "--pprof-listen, WSC_PPROF_LISTEN")
	require.NotContains(t, err.Error(), "\n")
}
