// Package telemetry is what a process tells the people who run it about itself: metrics, log lines that are found
// together, traces, and reports of its own errors. All that stands here and not in the packages that it is about, so that
// those know no monitoring system: they tell observers and have states that can be read, and package app puts the two
// together. The metrics of the HTTP API are an exception; they stand beside its routes.
package telemetry
