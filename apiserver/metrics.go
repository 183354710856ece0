package apiserver

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	wsc "github.com/website-status-checker/wsc"
)

// metrics are the rate, errors and duration of every route.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	streams  prometheus.Gauge
	// progress counts the reads of watched jobs.
	progress prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsc_http_requests_total", Help: "Requests by method, route and HTTP status.",
		}, []string{"method", "route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wsc_http_request_duration_seconds", Help: "Time to answer by method and route, event streams left out.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "wsc_http_requests_in_flight", Help: "Requests that are being answered, event streams included.",
		}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "wsc_http_event_streams", Help: "Open event streams.",
		}),
		progress: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "wsc_progress_queries_total", Help: "Reads of jobs for open event streams: about one per second and watched job, however many watch it.",
		}),
	}
	for _, collector := range []prometheus.Collector{m.requests, m.duration, m.inFlight, m.streams, m.progress} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("apiserver: register metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) observe(method, route string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete:
	default:
		method = "other" // anything can stand there
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if !strings.HasSuffix(route, "/events") {
		m.duration.WithLabelValues(method, route).Observe(took.Seconds())
	}
}

// metricsHandler shows the metrics. They tell of all owners, so that on a server which others reach they need an admin key.
func (s *Server) metricsHandler(cfg Config) http.Handler {
	show := promhttp.HandlerFor(cfg.Registry, promhttp.HandlerOpts{})
	if !cfg.MetricsNeedKey {
		return s.limitPublic(show)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.admit(w, r, wsc.ScopeAdmin); err != nil {
			s.writeProblem(w, r, err)
			return
		}
		show.ServeHTTP(w, r)
	})
}
