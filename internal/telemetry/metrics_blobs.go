package telemetry

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Blobs are the metrics of a blob store. The store's own library has metrics too, but of OpenTelemetry and for one global
// meter; a second metrics library and a global state would be dearer than the wrapping of a driver here.
type Blobs struct {
	operations *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	read       prometheus.Counter
	written    prometheus.Counter
}

// NewBlobs registers the metrics.
func NewBlobs(registry prometheus.Registerer) (*Blobs, error) {
	bytes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "wsc_blob_bytes_total", Help: "Bytes read from and written to the blob store, those of operations that fail later included, by direction: read or written.",
	}, []string{"direction"})
	b := &Blobs{
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsc_blob_operations_total",
			Help: "Operations on the blob store by operation (read, write, delete, list, attributes, copy) and outcome (ok, not_found, cancelled, error).",
		}, []string{"operation", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wsc_blob_operation_duration_seconds", Help: "Time that operations on the blob store took; reads and writes last from opening to closing, what the program does in between included.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"operation"}),
		read: bytes.WithLabelValues("read"), written: bytes.WithLabelValues("written"),
	}
	return b, register(registry, b.operations, b.duration, bytes)
}

// Count returns a bucket that counts what is done with the given one. Closing it closes that.
func (b *Blobs) Count(bucket *blob.Bucket) *blob.Bucket {
	return blob.NewBucket(&countedDriver{bucket: bucket, blobs: b})
}

// done counts an operation.
func (b *Blobs) done(ctx context.Context, operation string, began time.Time, err error) {
	b.operations.WithLabelValues(operation, blobOutcome(ctx, err)).Inc()
	b.duration.WithLabelValues(operation).Observe(time.Since(began).Seconds())
}

func blobOutcome(ctx context.Context, err error) string {
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return "ok"
	case gcerrors.Code(err) == gcerrors.NotFound:
		return "not_found"
	case ctx.Err() != nil:
		return "cancelled"
	default:
		return "error"
	}
}
