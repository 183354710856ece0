package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	wsc "github.com/website-status-checker/wsc"
)

// Batches are the metrics of a worker's jobs. They are the observer of package activities.
type Batches struct {
	results   outcomes
	retried   prometheus.Counter
	putOff    prometheus.Counter
	hostWait  prometheus.Histogram
	throttled prometheus.Counter
	duration  *prometheus.HistogramVec
}

// NewBatches registers the metrics.
func NewBatches(registry prometheus.Registerer) (*Batches, error) {
	results := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "wsc_results_total", Help: "Results of jobs that this worker stored, one for each target or invalid line, by outcome.",
	}, outcomeLabels())
	deferred := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "wsc_deferred_total",
		Help: "Targets that this worker left for a later pass: transient (the attempt failed for a passing reason) or host_busy (the host had no time soon; no attempt was made).",
	}, []string{"reason"})
	b := &Batches{
		results: newOutcomes(results),
		retried: deferred.WithLabelValues("transient"),
		putOff:  deferred.WithLabelValues("host_busy"),
		hostWait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "wsc_host_wait_seconds", Help: "How long targets wait for a start time of their host, as planned with its limit; those that are put off are not in it.",
			Buckets: []float64{.01, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60},
		}),
		throttled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "wsc_host_throttled_total", Help: "How often a host was left alone and slowed down because it answered 429 or 503.",
		}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "wsc_batch_duration_seconds",
			Help:    "Time that a batch of checks took, by how it ended: done, handed_over (the worker stops), blind (the network is away), cancelled (so was its job, or it was paused) or failed (another worker or attempt goes on).",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600},
		}, []string{"outcome"}),
	}
	return b, register(registry, results, deferred, b.hostWait, b.throttled, b.duration)
}

// Stored counts results that were stored.
func (b *Batches) Stored(results []wsc.Result) {
	for i := range results {
		b.results.count(&results[i])
	}
}

// Retried counts a target that is tried again in a later pass.
func (b *Batches) Retried() { b.retried.Inc() }

// PutOff counts a target that its host has no time for soon.
func (b *Batches) PutOff() { b.putOff.Inc() }

// HostWait observes how long a target waits for its host.
func (b *Batches) HostWait(wait time.Duration) { b.hostWait.Observe(wait.Seconds()) }

// Throttled counts a host that asked for quiet.
func (b *Batches) Throttled() { b.throttled.Inc() }

// Expect makes an outcome of batches visible before the first batch ends so.
func (b *Batches) Expect(outcome string) { b.duration.WithLabelValues(outcome) }

// BatchDone observes a batch. The outcome is one of a fixed list.
func (b *Batches) BatchDone(outcome string, took time.Duration) {
	b.duration.WithLabelValues(outcome).Observe(took.Seconds())
}

// Slots is the bound of the checks that run at once in a process; see runner.Limiter.
type Slots interface {
	InUse() int
	Capacity() int
}

// RegisterSlots registers how many checks run and how many can.
func RegisterSlots(registry prometheus.Registerer, slots Slots) error {
	return register(registry,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wsc_checks_running", Help: "Checks of jobs that this worker makes at the moment.",
		}, func() float64 { return float64(slots.InUse()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wsc_checks_running_limit", Help: "Checks of jobs that this worker makes at once at most; it adapts to what the machine can do.",
		}, func() float64 { return float64(slots.Capacity()) }),
	)
}
