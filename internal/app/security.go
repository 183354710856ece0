package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/audit"
	"github.com/website-status-checker/wsc/internal/telemetry"
)

// Security records the security events of a process, and watches for anomalies.
type Security struct {
	recorder *audit.Recorder
	monitor  *audit.Monitor
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// StartSecurity starts recording into the store. Close it before the store, and after all who report.
func StartSecurity(store audit.Store, metrics *Metrics, logger *slog.Logger) (*Security, error) {
	return startSecurity(store, metrics, logger, nil)
}

// startSecurity takes the ticks of the monitor's minutes, which are the clock's if nil.
func startSecurity(store audit.Store, metrics *Metrics, logger *slog.Logger, minutes <-chan time.Time) (*Security, error) {
	counted := metrics.security
	monitor := audit.NewMonitor(audit.MonitorConfig{
		Minutes: minutes,
		Changed: func(signal audit.Signal, anomalous, began bool) { counted.Anomaly(string(signal), anomalous, began) },
	})
	recorder, err := audit.New(audit.Config{
		Store: store, Logger: logger, Unstored: counted.Unstored,
		Observe: func(event wsc.SecurityEvent) {
			counted.Event(event.Kind)
			monitor.Observe(event)
		},
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Security{recorder: recorder, monitor: monitor, stop: stop}
	s.running.Go(func() { monitor.Run(ctx, recorder) })
	return s, nil
}

// Close records what was counted and stores what waits.
func (s *Security) Close() {
	s.stop()
	s.running.Wait()
	s.recorder.Close()
}

// newSecurityMetrics registers the metrics of security events and anomalies.
func newSecurityMetrics(registry telemetry.Registry) (*telemetry.Security, error) {
	signals := make([]string, 0, len(audit.Signals()))
	for _, signal := range audit.Signals() {
		signals = append(signals, string(signal))
	}
	return telemetry.NewSecurity(registry, audit.UnstoredReasons(), signals)
}

// workerObserver tells metrics and monitor what the activities do.
type workerObserver struct {
	*telemetry.Batches
	monitor *audit.Monitor
}

var _ activities.Observer = workerObserver{}

// Stored counts results that were stored.
func (o workerObserver) Stored(results []wsc.Result) {
	o.Batches.Stored(results)
	o.monitor.Stored(results)
}

// Refused counts a target that the guard refused.
func (o workerObserver) Refused(jobID, owner string, kind wsc.ErrorKind) {
	o.monitor.Refused(jobID, owner, kind)
}
