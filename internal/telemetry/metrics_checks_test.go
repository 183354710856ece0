package telemetry_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/telemetry"
)

// answers is a checker that answers one after the other, and then the last for ever.
type answers struct{ results []wsc.Result }

func (a *answers) Check(context.Context, wsc.Target, wsc.CheckOptions) wsc.Result {
	result := a.results[0]
	if len(a.results) > 1 {
		a.results = a.results[1:]
	}
	return result
}

func TestChecksAreCountedByOutcome(t *testing.T) {
	registry := prometheus.NewRegistry()
	checks, err := telemetry.NewChecks(registry)
	require.NoError(t, err)
	before := scrape(t, registry)
	require.Contains(t, before, `wsc_checks_total{error_kind="dns_nxdomain",status="error"} 0`, "a rate needs a counter that was 0")
	require.Len(t, series(before, "wsc_checks_total"), 2+len(wsc.ErrorKinds()))

	results := []wsc.Result{
		{Status: wsc.StatusActive, HTTPStatus: 200},
		{Status: wsc.StatusInactive, HTTPStatus: 404},
		{Status: wsc.StatusError, ErrorKind: wsc.KindTimeout},
		{Status: wsc.StatusError, ErrorKind: wsc.KindTimeout},
		{Status: wsc.StatusError, ErrorKind: wsc.KindInternalError, OwnFault: true},
	}
	checker := checks.Count(&answers{results})
	for _, want := range results {
		require.Equal(t, want, checker.Check(t.Context(), wsc.Target{}, wsc.CheckOptions{}), "the result is the checker's")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	checker.Check(ended, wsc.Target{}, wsc.CheckOptions{})

	text := scrape(t, registry)
	for _, line := range []string{
		`wsc_checks_total{error_kind="",status="active"} 1`,
		`wsc_checks_total{error_kind="",status="inactive"} 1`,
		`wsc_checks_total{error_kind="timeout",status="error"} 2`,
		`wsc_checks_total{error_kind="internal_error",status="error"} 0`,
		`wsc_check_own_faults_total 1`,
		`wsc_check_duration_seconds_count{status="active"} 1`,
		`wsc_check_duration_seconds_count{status="error"} 2`,
	} {
		require.Contains(t, text, line)
	}
}

// TestCountingChecksCostsNoMemory: a worker makes thousands of checks a second.
func TestCountingChecksCostsNoMemory(t *testing.T) {
	checks, err := telemetry.NewChecks(prometheus.NewRegistry())
	require.NoError(t, err)
	plain := &answers{[]wsc.Result{{Status: wsc.StatusError, ErrorKind: wsc.KindTimeout}}}
	counted, ctx := checks.Count(plain), t.Context()
	check := func(c telemetry.Checker) func() {
		return func() { c.Check(ctx, wsc.Target{}, wsc.CheckOptions{Timeout: time.Second}) }
	}
	require.InDelta(t, testing.AllocsPerRun(1000, check(plain)), testing.AllocsPerRun(1000, check(counted)), 0)
}

func BenchmarkCountedCheck(b *testing.B) {
	checks, err := telemetry.NewChecks(prometheus.NewRegistry())
	require.NoError(b, err)
	counted := checks.Count(&answers{[]wsc.Result{{Status: wsc.StatusActive}}})
	b.ReportAllocs()
	for b.Loop() {
		counted.Check(b.Context(), wsc.Target{}, wsc.CheckOptions{})
	}
}
