package e2e

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	wsc "github.com/website-status-checker/wsc"
	wscclient "github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/pgtest"
)

// newNamespace registers a namespace in a product's Temporal server, so that production processes use the server
// without getting in touch with the product's own worker.
func newNamespace(t *testing.T, address, name string) {
	t.Helper()
	c, err := client.NewNamespaceClient(client.Options{HostPort: address})
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Register(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	}))
	connection, err := client.Dial(client.Options{HostPort: address, Namespace: name})
	require.NoError(t, err)
	defer connection.Close()
	eventually(t, time.Minute, "the namespace is known to all services", func() bool {
		_, err := connection.WorkflowService().CountWorkflowExecutions(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: name})
		return err == nil
	})
}

// cluster is the production set-up: PostgreSQL, a Temporal server, one API process and workers.
type cluster struct {
	*product
	workers []*worker
}

// worker is a worker process and where it is watched.
type worker struct {
	*process
	operations string
}

// startWorker starts a worker on ports of its own.
func startWorker(t *testing.T, env map[string]string) *worker {
	t.Helper()
	address := "127.0.0.1:" + strconv.Itoa(freePorts(t, 1)[0])
	env = maps.Clone(env)
	env["WSC_OPS_LISTEN"] = address
	return &worker{process: start(t, env, built.wsc, "worker"), operations: "http://" + address}
}

func newCluster(t *testing.T, s *sites, workers int, extra map[string]string) *cluster {
	t.Helper()
	temporal := newProduct(t, nil, nil).start()
	newNamespace(t, temporal.temporalAddress, "cluster")
	p := newProduct(t, s, extra)
	if p.env["WSC_DATABASE_URL"] == "" {
		p.env["WSC_DATABASE_URL"] = pgtest.NewEmptyDatabase(t)
	}
	p.env["TEMPORAL_ADDRESS"] = temporal.temporalAddress
	p.env["TEMPORAL_NAMESPACE"] = "cluster"
	p.env["WSC_BLOB_URL"] = "file://" + t.TempDir()

	migrate := start(t, p.env, built.wsc, "migrate")
	<-migrate.exited
	require.NoError(t, migrate.err, migrate.output.String())
	c := &cluster{product: p}
	for range workers {
		c.workers = append(c.workers, startWorker(t, p.env))
	}
	p.process = start(t, p.env, built.wsc, "api")
	eventually(t, time.Minute, "the API is ready", func() bool { return p.client.Ready(t.Context()) == nil })
	return c
}

func TestNothingIsLostWhenOneOfTwoWorkersIsKilled(t *testing.T) {
	const lines = 4000
	s := newSites(t, 20, 25*time.Millisecond)
	c := newCluster(t, s, 2, map[string]string{"WSC_CHECK_CONCURRENCY": "20"})
	job := submit(t, c.product, "many.txt", s.list("/slow", lines), wsc.Options{})
	c.awaitResults(job.ID, lines/4)
	c.workers[0].kill()
	watch(t, c.product, job.ID)
	c.awaitDone(job.ID)
	for _, result := range requireWhole(t, c.product, job.ID, lines) {
		require.Equal(t, wsc.StatusActive, result.Status, "%s: %s", result.URL, result.ErrorMessage)
	}
	require.NoError(t, c.workers[1].terminate())
	require.NoError(t, c.terminate())
}

func TestAStoppingWorkerHandsItsBatchesOver(t *testing.T) {
	const lines = 1500
	s := newSites(t, 10, 50*time.Millisecond)
	c := newCluster(t, s, 1, map[string]string{"WSC_CHECK_CONCURRENCY": "20"})
	job := submit(t, c.product, "many.txt", s.list("/slow", lines), wsc.Options{})
	c.awaitResults(job.ID, lines/5)
	require.NoError(t, c.workers[0].terminate())
	startWorker(t, c.env)
	watch(t, c.product, job.ID)
	requireWhole(t, c.product, job.ID, lines)
	require.LessOrEqual(t, s.total(), lines+20, strconv.Itoa(s.total())+" requests: what was done before the stop is not done again")
}

func TestTheAPIStartsJobsThatItAcceptedWithoutTemporal(t *testing.T) {
	s := newSites(t, 1, 0)
	temporal := newProduct(t, nil, nil)
	temporal.start()
	newNamespace(t, temporal.temporalAddress, "cluster")
	p := newProduct(t, s, nil)
	p.env["WSC_DATABASE_URL"] = pgtest.NewDatabase(t)
	p.env["TEMPORAL_ADDRESS"], p.env["TEMPORAL_NAMESPACE"] = temporal.temporalAddress, "cluster"
	startWorker(t, p.env)
	p.process = start(t, p.env, built.wsc, "api")
	eventually(t, time.Minute, "the API is ready", func() bool { return p.client.Ready(t.Context()) == nil })

	temporal.kill()
	job, err := p.client.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: []string{s.url("/ok", 1)}})
	require.NoError(t, err, "a job is accepted while Temporal is away")
	require.Error(t, p.client.Ready(t.Context()))
	page, err := p.client.Jobs(t.Context(), wscclient.JobQuery{})
	require.NoError(t, err)
	require.Len(t, page.Jobs, 1)
	require.Equal(t, wsc.JobPending, page.Jobs[0].Status)

	temporal.start()
	eventually(t, 90*time.Second, "the job was started and completed", func() bool {
		current, err := p.client.Job(t.Context(), job.ID)
		require.NoError(t, err)
		return current.Status == wsc.JobCompleted
	})
}
