package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	wsc "github.com/website-status-checker/wsc"
)

// Checker makes one attempt at a target; see runner.Checker.
type Checker interface {
	Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) wsc.Result
}

// Checks are the metrics of single checks, those of jobs and those that the API makes at once.
type Checks struct {
	outcomes  outcomes
	duration  map[wsc.Status]prometheus.Observer
	ownFaults prometheus.Counter
}

// NewChecks registers the metrics.
func NewChecks(registry prometheus.Registerer) (*Checks, error) {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "wsc_checks_total",
		Help: "Attempts at a URL that came to an end, by outcome. An attempt that is made again later counts each time.",
	}, outcomeLabels())
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "wsc_check_duration_seconds", Help: "Time that an attempt took, name lookup, redirects and body included, by status.",
		Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 60},
	}, []string{"status"})
	c := &Checks{
		outcomes: newOutcomes(total), duration: map[wsc.Status]prometheus.Observer{},
		ownFaults: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "wsc_check_own_faults_total",
			Help: "Attempts that failed for want of something of this machine, such as open files, ports or memory. They say nothing about the site.",
		}),
	}
	for _, status := range wsc.Statuses() {
		c.duration[status] = duration.WithLabelValues(string(status))
	}
	return c, register(registry, total, duration, c.ownFaults)
}

// Count returns a checker that counts what the given one does. It allocates nothing of its own.
func (c *Checks) Count(checker Checker) Checker { return countedChecker{checker, c} }

type countedChecker struct {
	next   Checker
	checks *Checks
}

// Check leaves out attempts that were broken off: they have no outcome.
func (c countedChecker) Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) wsc.Result {
	began := time.Now()
	result := c.next.Check(ctx, target, opts)
	if ctx.Err() == nil {
		c.checks.observe(&result, time.Since(began))
	}
	return result
}

func (c *Checks) observe(result *wsc.Result, took time.Duration) {
	if result.OwnFault {
		c.ownFaults.Inc()
		return
	}
	c.outcomes.count(result)
	if duration, known := c.duration[result.Status]; known {
		duration.Observe(took.Seconds())
	}
}

// outcome is what a check can come to: the labels of the counters of outcomes.
type outcome struct {
	status wsc.Status
	kind   wsc.ErrorKind
}

func outcomeLabels() []string { return []string{"status", "error_kind"} }

// outcomes counts results by outcome. Those that are usual are looked up without allocation, and are there from the
// start, since a rate can only be told from a counter that was seen before.
type outcomes struct {
	vec   *prometheus.CounterVec
	usual map[outcome]prometheus.Counter
}

func newOutcomes(vec *prometheus.CounterVec) outcomes {
	o := outcomes{vec: vec, usual: map[outcome]prometheus.Counter{}}
	add := func(status wsc.Status, kind wsc.ErrorKind) {
		o.usual[outcome{status, kind}] = vec.WithLabelValues(string(status), string(kind))
	}
	add(wsc.StatusActive, "")
	add(wsc.StatusInactive, "")
	for _, kind := range wsc.ErrorKinds() {
		add(wsc.StatusError, kind)
	}
	return o
}

func (o outcomes) count(result *wsc.Result) {
	counter, usual := o.usual[outcome{result.Status, result.ErrorKind}]
	if !usual {
		counter = o.vec.WithLabelValues(string(result.Status), string(result.ErrorKind))
	}
	counter.Inc()
}
