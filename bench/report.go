package main

import (
	"fmt"
	"slices"
)

// report returns the BENCH lines of one scenario with n URLs. Every value is a median over the pairs, except the peak
// memory, which is the highest of all runs. The unsuffixed lines come from many_hosts.
func report(scenario string, n int, pairs []pair) []string {
	of := func(value func(pair) float64) float64 {
		values := make([]float64, len(pairs))
		for i, p := range pairs {
			values[i] = value(p)
		}
		return median(values)
	}
	var peak int64
	for _, p := range pairs {
		peak = max(peak, p.check.peakBytes)
	}
	checkCPU := of(func(p pair) float64 { return cpuMS(n, p.check) })
	peakMB := float64(peak) / 1e6
	lines := []string{
		line("check_ratio_"+scenario, "%.3f", of(pair.ratio), "ratio"),
		line("check_urls_per_s_"+scenario, "%.0f", of(func(p pair) float64 { return rate(n, p.check) }), "URLs/s"),
		line("raw_urls_per_s_"+scenario, "%.0f", of(func(p pair) float64 { return rate(n, p.raw) }), "URLs/s"),
		line("check_cpu_ms_per_url_"+scenario, "%.4f", checkCPU, "ms"),
		line("raw_cpu_ms_per_url_"+scenario, "%.4f", of(func(p pair) float64 { return cpuMS(n, p.raw) }), "ms"),
		line("check_peak_mb_"+scenario, "%.1f", peakMB, "MB"),
	}
	if scenario == "many_hosts" {
		lines = append(lines,
			line("check_peak_mb", "%.1f", peakMB, "MB"),
			line("check_cpu_ms_per_url", "%.4f", checkCPU, "ms"))
	}
	return lines
}

func line(name, format string, value float64, unit string) string {
	return fmt.Sprintf("BENCH %s "+format+" %s", name, value, unit)
}

// ratio is the checker's URLs/s divided by the raw loop's; both had the same list.
func (p pair) ratio() float64 { return p.raw.wall.Seconds() / p.check.wall.Seconds() }

// rate is in URLs per second.
func rate(n int, u usage) float64 { return float64(n) / u.wall.Seconds() }

// cpuMS is CPU time per URL in milliseconds.
func cpuMS(n int, u usage) float64 { return u.cpu.Seconds() * 1000 / float64(n) }

// median is the middle one of values, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
