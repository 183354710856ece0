package telemetry

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
)

// Pooled has connections to a database, in pools by name.
type Pooled interface {
	PoolStats() map[string]sql.DBStats
}

// RegisterPools registers how much the connections to the database are in use.
func RegisterPools(registry prometheus.Registerer, store Pooled) error {
	labels := []string{"pool"}
	return register(registry, &pools{
		store: store,
		connections: prometheus.NewDesc("wsc_db_connections",
			"Open connections to the database by pool and state: in_use or idle. The pool is main with PostgreSQL, writer and readers with SQLite.", []string{"pool", "state"}, nil),
		limit:  prometheus.NewDesc("wsc_db_connections_limit", "Connections that the pool opens at most.", labels, nil),
		waits:  prometheus.NewDesc("wsc_db_waits_total", "Queries that found no idle connection and waited for one.", labels, nil),
		waited: prometheus.NewDesc("wsc_db_wait_seconds_total", "Time that queries waited for a connection.", labels, nil),
	})
}

type pools struct {
	store                             Pooled
	connections, limit, waits, waited *prometheus.Desc
}

// Describe is for the registry.
func (p *pools) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{p.connections, p.limit, p.waits, p.waited} {
		descs <- desc
	}
}

// Collect is for the registry.
func (p *pools) Collect(metrics chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value int, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
	}
	for name, stats := range p.store.PoolStats() {
		gauge(p.connections, stats.InUse, name, "in_use")
		gauge(p.connections, stats.Idle, name, "idle")
		gauge(p.limit, stats.MaxOpenConnections, name)
		metrics <- prometheus.MustNewConstMetric(p.waits, prometheus.CounterValue, float64(stats.WaitCount), name)
		metrics <- prometheus.MustNewConstMetric(p.waited, prometheus.CounterValue, stats.WaitDuration.Seconds(), name)
	}
}
