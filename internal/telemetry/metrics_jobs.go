package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// jobsFresh is how long the jobs that were counted are shown, however often somebody scrapes.
	jobsFresh = 15 * time.Second
	// jobsTimeout bounds one count, so that a database that is away does not hold up a scrape.
	jobsTimeout = 2 * time.Second
)

// JobCounter counts the jobs of a store by status.
type JobCounter interface {
	CountJobs(ctx context.Context) (map[wsc.JobStatus]int64, error)
}

// RegisterJobs registers the number of jobs by status. They are counted when somebody looks, at most every 15 seconds and
// for at most 2. When they can't be counted they are missing, which tells more than an old number.
func RegisterJobs(registry prometheus.Registerer, store JobCounter) error {
	failures := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "wsc_jobs_count_errors_total", Help: "How often the jobs could not be counted; wsc_jobs is missing then.",
	})
	return register(registry, failures, &jobs{
		store: store, failures: failures, now: time.Now,
		desc: prometheus.NewDesc("wsc_jobs",
			"Jobs in the database by status, those of all processes; at most 15 seconds old.", []string{"status"}, nil),
	})
}

type jobs struct {
	store    JobCounter
	failures prometheus.Counter
	now      func() time.Time
	desc     *prometheus.Desc

	mu      sync.Mutex // held while counting: who comes meanwhile gets what comes out
	counted time.Time
	counts  map[wsc.JobStatus]int64 // nil when they could not be counted
}

// Describe is for the registry.
func (j *jobs) Describe(descs chan<- *prometheus.Desc) { descs <- j.desc }

// Collect is for the registry.
func (j *jobs) Collect(metrics chan<- prometheus.Metric) {
	counts := j.current()
	if counts == nil {
		return
	}
	for _, status := range wsc.JobStatuses() {
		metrics <- prometheus.MustNewConstMetric(j.desc, prometheus.GaugeValue, float64(counts[status]), string(status))
	}
}

func (j *jobs) current() map[wsc.JobStatus]int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if now := j.now(); j.counted.IsZero() || now.Sub(j.counted) >= jobsFresh {
		ctx, cancel := context.WithTimeout(context.Background(), jobsTimeout)
		defer cancel()
		counts, err := j.store.CountJobs(ctx)
		if err != nil {
			j.failures.Inc()
			counts = nil
		}
		j.counts, j.counted = counts, now
	}
	return j.counts
}
