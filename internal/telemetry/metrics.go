package telemetry

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/website-status-checker/wsc/internal/version"
)

// Registry takes the metrics of a process and shows them. A *prometheus.Registry is one.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// RegisterProcess registers what every process tells of itself: its build, the Go runtime, and what the operating system
// says about it.
func RegisterProcess(registry prometheus.Registerer, build version.Info) error {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "wsc_build_info", Help: "The build that runs; always 1.",
	}, []string{"version", "commit", "go_version"})
	info.WithLabelValues(build.Version, build.Commit, build.Go).Set(1)
	return register(registry, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// register registers all collectors, or says which could not be.
func register(registry prometheus.Registerer, all ...prometheus.Collector) error {
	var errs []error
	for _, collector := range all {
		if err := registry.Register(collector); err != nil {
			errs = append(errs, fmt.Errorf("register metrics: %w", err))
		}
	}
	return errors.Join(errs...)
}
