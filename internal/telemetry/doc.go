// Package telemetry is what a process tells the people who run it about itself: log lines that are found together,
// traces, and reports of its own errors.
package telemetry
