package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	wsc "github.com/website-status-checker/wsc"
)

// Security are the metrics of security events and of anomalies.
type Security struct {
	events    map[wsc.SecurityEventKind]prometheus.Counter
	unstored  *prometheus.CounterVec
	anomaly   *prometheus.GaugeVec
	anomalies *prometheus.CounterVec
}

// NewSecurity registers the metrics, for every kind of event and for the given reasons and signals.
func NewSecurity(registry prometheus.Registerer, reasons, signals []string) (*Security, error) {
	events := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "wsc_security_events_total",
		Help: "Security events by kind, equal ones counted each time. Targets that the guard refused are one event for each job and minute, or one for each check of a single URL.",
	}, []string{"kind"})
	s := &Security{
		events: map[wsc.SecurityEventKind]prometheus.Counter{},
		unstored: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsc_security_events_unstored_total",
			Help: "Security events that stand in the log only: queue_full (too many waited), store_failed (the database did not take them) or closed (the process was ending).",
		}, []string{"reason"}),
		anomaly: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "wsc_anomaly", Help: "1 while the signal is much higher than usual in this process, and for five minutes after; otherwise 0.",
		}, []string{"signal"}),
		anomalies: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsc_anomalies_total", Help: "How often the signal jumped: failed_logins, blocked_targets or error_share.",
		}, []string{"signal"}),
	}
	for _, kind := range wsc.SecurityEventKinds() {
		s.events[kind] = events.WithLabelValues(string(kind))
	}
	for _, reason := range reasons {
		s.unstored.WithLabelValues(reason)
	}
	for _, signal := range signals {
		s.anomaly.WithLabelValues(signal)
		s.anomalies.WithLabelValues(signal)
	}
	return s, register(registry, events, s.unstored, s.anomaly, s.anomalies)
}

// Event counts a security event; one of an unknown kind is left out.
func (s *Security) Event(kind wsc.SecurityEventKind) {
	if counter, known := s.events[kind]; known {
		counter.Inc()
	}
}

// Unstored counts events that stand in the log only.
func (s *Security) Unstored(reason string, events int) {
	s.unstored.WithLabelValues(reason).Add(float64(events))
}

// Anomaly says whether a signal is much higher than usual, and whether that has just begun.
func (s *Security) Anomaly(signal string, anomalous, began bool) {
	value := 0.0
	if anomalous {
		value = 1
	}
	s.anomaly.WithLabelValues(signal).Set(value)
	if began {
		s.anomalies.WithLabelValues(signal).Inc()
	}
}
