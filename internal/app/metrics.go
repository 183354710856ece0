package app

import (
	"errors"

	"go.temporal.io/sdk/client"
	"gocloud.dev/blob"

	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/audit"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/version"
	"github.com/website-status-checker/wsc/runner"
	"github.com/website-status-checker/wsc/workflows"
)

// Metrics are the metrics of a process, all in one registry. What API and worker have in common is there from the start;
// each adds its own.
type Metrics struct {
	Registry telemetry.Registry
	// Temporal goes to the connection with Temporal; see temporalclient.WithMetrics.
	Temporal client.MetricsHandler

	checks   *telemetry.Checks
	blobs    *telemetry.Blobs
	security *telemetry.Security
}

// NewMetrics registers the metrics that every process has. The registry must be empty.
func NewMetrics(registry telemetry.Registry) (*Metrics, error) {
	process := telemetry.RegisterProcess(registry, version.Read())
	checks, checksErr := telemetry.NewChecks(registry)
	blobs, blobsErr := telemetry.NewBlobs(registry)
	temporal, temporalErr := telemetry.NewTemporal(registry, workflows.Queues())
	security, securityErr := newSecurityMetrics(registry)
	if err := errors.Join(process, checksErr, blobsErr, temporalErr, securityErr); err != nil {
		return nil, err
	}
	return &Metrics{Registry: registry, Temporal: temporal, checks: checks, blobs: blobs, security: security}, nil
}

// WatchStore shows how much the store's connections are in use.
func (m *Metrics) WatchStore(store telemetry.Pooled) error {
	return telemetry.RegisterPools(m.Registry, store)
}

// CountBlobs returns a bucket that counts what is done with the given one. Closing it closes that.
func (m *Metrics) CountBlobs(bucket *blob.Bucket) *blob.Bucket { return m.blobs.Count(bucket) }

// watchJobs shows the jobs of the store.
func (m *Metrics) watchJobs(store telemetry.JobCounter) error {
	return telemetry.RegisterJobs(m.Registry, store)
}

// watchWorker shows what a worker does and returns the observer of its activities, which tells the monitor too.
func (m *Metrics) watchWorker(limiter *runner.Limiter, monitor *audit.Monitor) (activities.Observer, error) {
	batches, err := telemetry.NewBatches(m.Registry)
	if err := errors.Join(err, telemetry.RegisterSlots(m.Registry, limiter)); err != nil {
		return nil, err
	}
	for _, outcome := range activities.BatchOutcomes() {
		batches.Expect(outcome)
	}
	return workerObserver{batches, monitor}, nil
}
