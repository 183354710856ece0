package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// runLimit is the most that one run may take. The longest, which makes a million results first, takes two minutes.
const runLimit = 10 * time.Minute

// usage is what one run of a process took.
type usage struct {
	// wall is the time from the start of the process to its end.
	wall time.Duration
	// cpu is its user and system time.
	cpu time.Duration
	// peakBytes is the most memory that it held at once (resident set); 0 where the system does not tell.
	peakBytes int64
}

// measure runs a program to its end and returns what it took and what it printed. An exit status above highestExit is
// an error that has the standard error in it.
func measure(ctx context.Context, environment []string, highestExit int, program string, args ...string) (usage, string, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // the programs that the bench is there to run
	command.Env, command.Stdout, command.Stderr = environment, &stdout, &stderr
	begin := time.Now()
	err := command.Run()
	wall := time.Since(begin)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() && exit.ExitCode() <= highestExit {
		err = nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return usage{}, "", fmt.Errorf("%s: %w\n%s", program, err, stderr.String())
	}
	state := command.ProcessState
	return usage{wall: wall, cpu: state.UserTime() + state.SystemTime(), peakBytes: peakBytes(state)}, stdout.String(), nil
}

// environment is the caller's without settings of the product.
func environment(current []string) []string {
	settings := []string{"WSC_", "TEMPORAL_", "SENTRY_", "OTEL_", "SSL_CERT_"}
	return slices.DeleteFunc(slices.Clone(current), func(variable string) bool {
		return slices.ContainsFunc(settings, func(prefix string) bool { return strings.HasPrefix(variable, prefix) })
	})
}

// writeAuthority writes the authority's certificate where SSL_CERT_FILE points.
func writeAuthority(path string, pem []byte) error {
	if err := os.WriteFile(path, pem, 0o600); err != nil {
		return fmt.Errorf("write the authority: %w", err)
	}
	return nil
}
