package telemetry

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// otherQueue stands for task queues that are not the product's own, such as those that a worker makes up for itself with
// a name that nobody else will ever have.
const otherQueue = "other"

// NewTemporal registers the metrics of the Temporal SDK, those of temporalFamilies, and returns what a client takes to
// fill them. Queues are the names of the task queues that are told apart.
//
// It is an adapter of our own, because the SDK gives the same metric different labels at different times, which
// Prometheus refuses, and labels without bounds; here each metric has the labels that say something about it. The one
// that comes with the SDK would also bring a metrics library with a reporting goroutine of its own.
func NewTemporal(registry prometheus.Registerer, queues []string) (client.MetricsHandler, error) {
	m := &temporalMetrics{
		queues: queues, counters: map[string]counterFamily{}, gauges: map[string]gaugeFamily{}, timers: map[string]timerFamily{},
	}
	var collectors []prometheus.Collector
	for _, f := range temporalFamilies() {
		switch f.kind {
		case temporalCounter:
			vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: f.exposed(), Help: f.help}, f.labels)
			m.counters[f.name] = counterFamily{f.labels, vec}
			collectors = append(collectors, vec)
		case temporalGauge:
			vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: f.exposed(), Help: f.help}, f.labels)
			m.gauges[f.name] = gaugeFamily{f.labels, vec}
			collectors = append(collectors, vec)
		case temporalTimer:
			vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: f.exposed(), Help: f.help, Buckets: f.buckets}, f.labels)
			m.timers[f.name] = timerFamily{f.labels, vec}
			collectors = append(collectors, vec)
		}
	}
	return &temporalHandler{metrics: m}, register(registry, collectors...)
}

type (
	counterFamily struct {
		labels []string
		vec    *prometheus.CounterVec
	}
	gaugeFamily struct {
		labels []string
		vec    *prometheus.GaugeVec
	}
	timerFamily struct {
		labels []string
		vec    *prometheus.HistogramVec
	}
)

// temporalMetrics are the families by the SDK's names.
type temporalMetrics struct {
	queues   []string
	counters map[string]counterFamily
	gauges   map[string]gaugeFamily
	timers   map[string]timerFamily
}

// temporalHandler is the metrics with some labels set. A metric that is in no family goes nowhere: a newer SDK may have
// some that this program does not know, and they are not worth an error.
type temporalHandler struct {
	metrics *temporalMetrics
	tags    map[string]string
}

// WithTags returns a handler with these labels too; they replace those of the same name.
func (h *temporalHandler) WithTags(tags map[string]string) client.MetricsHandler {
	all := make(map[string]string, len(h.tags)+len(tags))
	maps.Copy(all, h.tags)
	maps.Copy(all, tags)
	return &temporalHandler{metrics: h.metrics, tags: all}
}

// Counter returns the counter of that name.
func (h *temporalHandler) Counter(name string) client.MetricsCounter {
	family, known := h.metrics.counters[name]
	if !known {
		return client.MetricsNopHandler.Counter(name)
	}
	return promCounter{family.vec.WithLabelValues(h.values(family.labels)...)}
}

// Gauge returns the gauge of that name.
func (h *temporalHandler) Gauge(name string) client.MetricsGauge {
	family, known := h.metrics.gauges[name]
	if !known {
		return client.MetricsNopHandler.Gauge(name)
	}
	return promGauge{family.vec.WithLabelValues(h.values(family.labels)...)}
}

// Timer returns the histogram of that name.
func (h *temporalHandler) Timer(name string) client.MetricsTimer {
	family, known := h.metrics.timers[name]
	if !known {
		return client.MetricsNopHandler.Timer(name)
	}
	return promTimer{family.vec.WithLabelValues(h.values(family.labels)...)}
}

// values are those of the labels, "" where the SDK gave none.
func (h *temporalHandler) values(labels []string) []string {
	values := make([]string, len(labels))
	for i, label := range labels {
		value := h.tags[label]
		if value == "none" {
			value = ""
		}
		if label == taskQueueLabel && value != "" && !slices.Contains(h.metrics.queues, value) {
			value = otherQueue
		}
		values[i] = value
	}
	return values
}

type promCounter struct{ counter prometheus.Counter }

// Inc adds to the counter; what would take something away is ignored.
func (c promCounter) Inc(by int64) {
	if by > 0 {
		c.counter.Add(float64(by))
	}
}

type promGauge struct{ gauge prometheus.Gauge }

// Update sets the gauge.
func (g promGauge) Update(value float64) { g.gauge.Set(value) }

type promTimer struct{ timer prometheus.Observer }

// Record observes a duration. Clocks of two machines can differ, so that something seems to begin before it was due.
func (t promTimer) Record(took time.Duration) { t.timer.Observe(max(took, 0).Seconds()) }
