package wsc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestSlowedInterval(t *testing.T) {
	for _, test := range []struct {
		name     string
		interval time.Duration
		penalty  int
		want     time.Duration
	}{
		{"no penalty", 20 * time.Millisecond, 0, 20 * time.Millisecond},
		{"no limit, no penalty", 0, 0, 0},
		{"the first step is felt at any rate", 20 * time.Millisecond, 1, 100 * time.Millisecond},
		{"and without a limit", 0, 1, 100 * time.Millisecond},
		{"each step doubles", 100 * time.Millisecond, 3, 800 * time.Millisecond},
		{"without a limit too", 0, wsc.MaxPenalty, 3200 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, wsc.SlowedInterval(test.interval, test.penalty))
		})
	}
}

func TestRecoveredPenalty(t *testing.T) {
	require.Equal(t, 3, wsc.RecoveredPenalty(3, -time.Hour), "during the pause")
	require.Equal(t, 3, wsc.RecoveredPenalty(3, wsc.PenaltyRecovery-1))
	require.Equal(t, 2, wsc.RecoveredPenalty(3, wsc.PenaltyRecovery))
	require.Zero(t, wsc.RecoveredPenalty(3, 3*wsc.PenaltyRecovery))
	require.Zero(t, wsc.RecoveredPenalty(3, 365*24*time.Hour))
}

func TestThrottlePause(t *testing.T) {
	require.Equal(t, 2*time.Second, wsc.ThrottlePause(0), "the site does not say")
	require.Equal(t, time.Second, wsc.ThrottlePause(time.Millisecond))
	require.Equal(t, 7*time.Second, wsc.ThrottlePause(7*time.Second))
	require.Equal(t, wsc.MaxRetryAfter, wsc.ThrottlePause(time.Hour))
}

func TestSlotsWithin(t *testing.T) {
	for _, test := range []struct {
		name           string
		wait, interval time.Duration
		count, want    int
	}{
		{"all of them", 0, time.Second, 5, 5},
		{"the one at the very end too", 0, time.Second, 100, 61},
		{"fewer behind a wait", 50 * time.Second, 5 * time.Second, 100, 3},
		{"none behind a long one", 61 * time.Second, time.Second, 100, 0},
		{"any number without an interval", time.Second, 0, 500, 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, wsc.SlotsWithin(time.Minute, test.wait, test.interval, test.count))
		})
	}
}
