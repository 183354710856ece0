package e2e

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// fetch reads a page of a process, or returns status 0 while it does not answer.
func fetch(t *testing.T, address string) (status int, body string) {
	t.Helper()
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Get(address)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

// scraped is what a process shows to Prometheus.
type scraped struct {
	t    *testing.T
	text string
}

func scrape(t *testing.T, base string) scraped {
	t.Helper()
	status, body := fetch(t, base+"/metrics")
	require.Equal(t, http.StatusOK, status, body)
	return scraped{t, body}
}

// sum adds up the series whose name, and labels as far as given, are these.
func (s scraped) sum(name string, labels ...string) float64 {
	s.t.Helper()
	total := 0.0
	for _, line := range regexp.MustCompile(`(?m)^`+name+`(\{.*\})? (.*)$`).FindAllStringSubmatch(s.text, -1) {
		fits := true
		for _, label := range labels {
			fits = fits && strings.Contains(line[1], label)
		}
		if fits {
			value, err := strconv.ParseFloat(line[2], 64)
			require.NoError(s.t, err)
			total += value
		}
	}
	return total
}

// requireDocumented checks that every metric stands in the documentation.
func (s scraped) requireDocumented() {
	s.t.Helper()
	documentation, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(s.t, err)
	names := regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(s.text, -1)
	require.Greater(s.t, len(names), 50)
	for _, name := range names {
		if !strings.HasPrefix(name[1], "promhttp_") {
			require.Contains(s.t, string(documentation), "| `"+name[1]+"` |")
		}
	}
}

// keep leaves a copy where WSC_KEEP_METRICS says, for a look at it with promtool.
func (s scraped) keep(name string) {
	s.t.Helper()
	if dir := os.Getenv("WSC_KEEP_METRICS"); dir != "" {
		require.NoError(s.t, os.WriteFile(filepath.Join(dir, name+".prom"), []byte(s.text), 0o600))
	}
}

func TestMetricsSayWhatAJobDid(t *testing.T) {
	s := newSites(t, 5, 0)
	p := newProduct(t, s, map[string]string{"WSC_PPROF_LISTEN": "127.0.0.1:" + strconv.Itoa(freePorts(t, 1)[0])}).start()
	job := submit(t, p, "leads.csv", mixedList(s), wsc.Options{})
	watch(t, p, job.ID)
	p.awaitDone(job.ID)

	m := scrape(t, p.url)
	m.keep("standalone")
	m.requireDocumented()
	require.InDelta(t, mixedRows, m.sum("wsc_results_total"), 0, "one for each line")
	require.InDelta(t, 45, m.sum("wsc_results_total", `status="active"`), 0)
	require.InDelta(t, 5, m.sum("wsc_results_total", `status="inactive"`), 0)
	require.InDelta(t, mixedTargets+5, m.sum("wsc_checks_total"), 0, "flaky pages twice")
	require.InDelta(t, mixedTargets+5, m.sum("wsc_check_duration_seconds_count"), 0)
	require.InDelta(t, 5, m.sum("wsc_deferred_total", `reason="transient"`), 0)
	require.Positive(t, m.sum("wsc_host_wait_seconds_count"))
	batches := m.sum("wsc_batch_duration_seconds_count", `outcome="done"`)
	require.Positive(t, batches)
	require.InDelta(t, batches, m.sum("wsc_batch_duration_seconds_count"), 0)
	require.InDelta(t, batches, m.sum("temporal_activity_schedule_to_start_latency_seconds_count", `activity_type="CheckBatch"`), 0, "the queue latency")
	require.InDelta(t, 1, m.sum("temporal_activity_execution_latency_seconds_count", `activity_type="Prepare"`), 0)
	require.Positive(t, m.sum("temporal_workflow_task_schedule_to_start_latency_seconds_count", `task_queue="wsc-jobs"`))
	require.Positive(t, m.sum("temporal_worker_task_slots_available", `task_queue="wsc-checks"`, `worker_type="ActivityWorker"`))
	require.Positive(t, m.sum("temporal_request_total", `operation="StartWorkflowExecution"`))
	require.NotContains(t, m.text, job.ID)
	for _, queue := range regexp.MustCompile(`task_queue="([^"]*)"`).FindAllStringSubmatch(m.text, -1) {
		require.Contains(t, []string{"", "wsc-jobs", "wsc-files", "wsc-checks", "wsc-checks-small", "other"}, queue[1])
	}
	require.Positive(t, m.sum("wsc_blob_operations_total", `operation="write"`, `outcome="ok"`))
	require.Positive(t, m.sum("wsc_blob_bytes_total", `direction="read"`))
	require.Zero(t, m.sum("wsc_blob_operations_total", `outcome="error"`))
	require.Positive(t, m.sum("wsc_db_connections_limit"))
	require.InDelta(t, 1, m.sum("wsc_jobs"), 0)
	require.Positive(t, m.sum("wsc_http_requests_total", `route="/api/v1/jobs"`))

	status, body := fetch(t, "http://"+p.env["WSC_PPROF_LISTEN"]+"/debug/pprof/goroutine?debug=1")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "goroutine profile:")
}

func TestAPIAndWorkerAreWatchedAlike(t *testing.T) {
	s := newSites(t, 5, 0)
	c := newCluster(t, s, 1, nil)
	operations := c.workers[0].operations
	eventually(t, 30*time.Second, "the worker is ready", func() bool {
		status, _ := fetch(t, operations+"/readyz")
		return status == http.StatusOK
	})
	for _, path := range []string{"/healthz", "/readyz"} {
		_, ofAPI := fetch(t, c.url+path)
		_, ofWorker := fetch(t, operations+path)
		require.JSONEq(t, ofAPI, ofWorker, path)
	}
	for _, base := range []string{c.url, operations} {
		_, body := fetch(t, base+"/readyz?verbose")
		var ready struct {
			Details struct {
				Database struct {
					LatencyMS     float64 `json:"latency_ms"`
					SchemaVersion int     `json:"schema_version"`
				} `json:"database"`
				Temporal struct {
					Namespace string `json:"namespace"`
				} `json:"temporal"`
				BlobStore struct {
					Kind string `json:"kind"`
				} `json:"blob_store"`
			} `json:"details"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &ready))
		require.Positive(t, ready.Details.Database.SchemaVersion)
		require.Positive(t, ready.Details.Database.LatencyMS)
		require.Equal(t, "cluster", ready.Details.Temporal.Namespace)
		require.Equal(t, "file", ready.Details.BlobStore.Kind)
		for _, secret := range []string{c.env["WSC_DATABASE_URL"], c.env["TEMPORAL_ADDRESS"], strings.TrimPrefix(c.env["WSC_BLOB_URL"], "file://")} {
			require.NotContains(t, body, secret)
		}
	}

	job := submit(t, c.product, "leads.csv", mixedList(s), wsc.Options{})
	watch(t, c.product, job.ID)
	c.awaitDone(job.ID)
	worker, api := scrape(t, operations), scrape(t, c.url)
	worker.keep("worker")
	api.keep("api")
	worker.requireDocumented()
	api.requireDocumented()
	require.InDelta(t, mixedRows, worker.sum("wsc_results_total"), 0)
	require.Positive(t, worker.sum("wsc_db_connections", `pool="main"`))
	require.NotContains(t, worker.text, "wsc_jobs{", "jobs are counted by the API")
	require.InDelta(t, 1, api.sum("wsc_jobs"), 0)
	require.NotContains(t, api.text, "wsc_results_total", "the API checks no jobs")
	require.Positive(t, api.sum("wsc_db_connections", `pool="main"`))

	// With a listener of its own the API shows its metrics there only.
	env := maps.Clone(c.env)
	env["WSC_OPS_LISTEN"] = "127.0.0.1:" + strconv.Itoa(freePorts(t, 1)[0])
	require.NoError(t, c.terminate())
	start(t, env, built.wsc, "api")
	eventually(t, 30*time.Second, "the API is ready", func() bool { return c.client.Ready(t.Context()) == nil })
	status, _ := fetch(t, c.url+"/metrics")
	require.Equal(t, http.StatusNotFound, status)
	scrape(t, "http://"+env["WSC_OPS_LISTEN"]).requireDocumented()
	require.NoError(t, c.workers[0].terminate())
}

func TestProfilesAreForThisMachineOnly(t *testing.T) {
	for _, command := range [][]string{{built.wsc, "worker"}, {built.wsc, "api"}, {built.standalone}} {
		env := map[string]string{
			"WSC_PPROF_LISTEN": "0.0.0.0:6060", "WSC_DATA_DIR": t.TempDir(), "WSC_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
		}
		p := start(t, env, command[0], command[1:]...)
		<-p.exited
		require.Error(t, p.err)
		text := strings.TrimSpace(p.output.String())
		require.NotContains(t, text, "\n", "one line")
		require.Contains(t, text, "WSC_PPROF_LISTEN")
		require.Contains(t, text, "can be reached from other machines")
	}
}
