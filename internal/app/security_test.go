package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
)

// value is that of the series of the metric with this value of its only label.
func value(t *testing.T, registry prometheus.Gatherer, metric, label string) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, series := range family.GetMetric() {
			if family.GetName() == metric && series.GetLabel()[0].GetValue() == label {
				return series.GetCounter().GetValue() + series.GetGauge().GetValue()
			}
		}
	}
	require.Fail(t, "there is no such series", "%s of %s", metric, label)
	return 0
}

func TestSecurityEventsOfAPIAndWorkerAreCountedAndWatched(t *testing.T) {
	metrics, err := NewMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	parts := testParts(t, metrics)
	for _, kind := range wsc.SecurityEventKinds() {
		require.Zero(t, value(t, metrics.Registry, "wsc_security_events_total", string(kind)), "there from the start")
	}
	minutes := make(chan time.Time)
	parts.Security, err = startSecurity(parts.Store, metrics, slog.New(slog.DiscardHandler), minutes)
	require.NoError(t, err)
	defer parts.Security.Close()
	api, err := NewAPI(parts)
	require.NoError(t, err)
	defer api.Close()
	observer, err := metrics.watchWorker(runner.NewLimiter(1), parts.Security.monitor)
	require.NoError(t, err)

	for range 6 {
		minutes <- time.Time{}
	}
	for range 60 {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/api/v1/me", nil)
		request.Header.Set("X-API-Key", "wrong")
		answer := httptest.NewRecorder()
		api.HTTPServer().Handler.ServeHTTP(answer, request)
		require.Contains(t, []int{http.StatusUnauthorized, http.StatusTooManyRequests}, answer.Code, answer.Body)
	}
	for range 150 {
		observer.Refused("job-1", "anna", wsc.KindBlockedAddress)
	}
	observer.Stored([]wsc.Result{{Status: wsc.StatusActive}})
	minutes <- time.Time{}
	parts.Security.Close() // the minute is over when the monitor ends

	count := func(metric, label string) float64 { return value(t, metrics.Registry, metric, label) }
	require.InDelta(t, 60, count("wsc_security_events_total", "auth_failed")+count("wsc_security_events_total", "auth_throttled"), 0)
	require.InDelta(t, 1, count("wsc_security_events_total", "ssrf_blocked"), 0)
	require.InDelta(t, 2, count("wsc_security_events_total", "anomaly"), 0)
	for signal, want := range map[string]float64{"failed_logins": 1, "blocked_targets": 1, "error_share": 0} {
		require.InDelta(t, want, count("wsc_anomaly", signal), 0, signal)
		require.InDelta(t, want, count("wsc_anomalies_total", signal), 0, signal)
	}
	events, err := parts.Store.Events(t.Context(), wsc.AuditFilter{Kinds: []wsc.SecurityEventKind{wsc.EventAnomaly, wsc.EventSSRFBlocked}, Limit: 10})
	require.NoError(t, err)
	var details []string
	for _, event := range events {
		details = append(details, event.Object+" "+event.Detail)
	}
	require.ElementsMatch(t, []string{
		"job-1 blocked_address: 150", "failed_logins failed_logins: 60 in a minute, usually 0.0", "blocked_targets blocked_targets: 150 in a minute, usually 0.0",
	}, details)
	parts.Security.recorder.Record(t.Context(), wsc.SecurityEvent{Kind: wsc.EventKeyCreated})
	require.InDelta(t, 1, count("wsc_security_events_unstored_total", "closed"), 0)
}

func TestAnAPIDeletesOldSecurityEvents(t *testing.T) {
	metrics, err := NewMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	parts := testParts(t, metrics)
	old := wsc.SecurityEvent{ID: wsc.NewID(), At: time.Now().Add(-2 * parts.Access.AuditRetention), Kind: wsc.EventKeyCreated}
	young := wsc.SecurityEvent{ID: wsc.NewID(), At: time.Now(), Kind: wsc.EventKeyRevoked}
	require.NoError(t, parts.Store.AppendEvents(t.Context(), []wsc.SecurityEvent{old, young}))
	api, err := NewAPI(parts)
	require.NoError(t, err)
	defer api.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { api.Reconcile(ctx) })
	require.Eventually(t, func() bool {
		events, err := parts.Store.Events(t.Context(), wsc.AuditFilter{Limit: 10})
		return err == nil && len(events) == 1 && events[0].ID == young.ID
	}, 10*time.Second, 10*time.Millisecond)
	cancel()
	running.Wait()
}
