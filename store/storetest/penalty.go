package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// RunPenalty tests the slowing down of hosts and their recovery. Age moves every time in host_limits back, as if the
// given time had passed.
func RunPenalty(t *testing.T, store Store, age func(t *testing.T, by time.Duration)) {
	t.Helper()
	const interval = time.Minute
	slow := func(t *testing.T, host string, pause time.Duration) int {
		t.Helper()
		penalty, err := store.SlowHost(t.Context(), host, pause)
		require.NoError(t, err)
		return penalty
	}
	// requireInterval asks for slots that are too far away, so that it changes nothing.
	requireInterval := func(t *testing.T, host string, want time.Duration) {
		t.Helper()
		require.Equal(t, want, reserveWithin(t, store, within(-1), wsc.SlotRequest{Host: host, Count: 1, Interval: interval}).Interval)
	}

	t.Run("a pause moves the next slot back, never forward", func(t *testing.T) {
		slow(t, "pause.example", 10*time.Minute)
		slow(t, "pause.example", time.Minute)
		request := wsc.SlotRequest{Host: "pause.example", Count: 2, Interval: interval}
		first := reserveWithin(t, store, far, request)
		requireWait(t, 10*time.Minute, first.Wait)
		require.Equal(t, 2, first.Count)
		slow(t, "pause.example", 20*time.Minute)
		requireWait(t, 20*time.Minute, reserveWithin(t, store, far, request).Wait)
	})

	t.Run("many answers at a time are one step", func(t *testing.T) {
		require.Zero(t, reserve(t, store, "burst.example", 1, interval))
		for range 20 {
			require.Equal(t, 1, slow(t, "burst.example", time.Second))
		}
		requireInterval(t, "burst.example", 2*interval)
		reserved := reserveWithin(t, store, far, wsc.SlotRequest{Host: "burst.example", Count: 3, Interval: interval})
		requireWait(t, interval, reserved.Wait)
		requireWait(t, 7*interval, reserveWithin(t, store, far, wsc.SlotRequest{Host: "burst.example", Count: 1, Interval: interval}).Wait)
	})

	t.Run("each further step doubles the interval up to the last", func(t *testing.T) {
		for step := range wsc.MaxPenalty + 2 {
			penalty := slow(t, "steps.example", time.Second)
			require.Equal(t, min(step+1, wsc.MaxPenalty), penalty)
			requireInterval(t, "steps.example", interval<<penalty)
			age(t, wsc.PenaltyStep+time.Second)
		}
	})

	t.Run("a quiet host recovers step by step, and a new pause counts from there", func(t *testing.T) {
		for range 4 {
			slow(t, "recover.example", time.Second)
			age(t, wsc.PenaltyStep+time.Second)
		}
		requireInterval(t, "recover.example", 16*interval)
		age(t, 2*wsc.PenaltyRecovery)
		requireInterval(t, "recover.example", 4*interval)
		slow(t, "recover.example", 10*time.Minute)
		requireInterval(t, "recover.example", 8*interval)
		age(t, 10*time.Minute)
		requireInterval(t, "recover.example", 8*interval)
		age(t, 3*wsc.PenaltyRecovery)
		requireInterval(t, "recover.example", interval)
	})

	t.Run("without a limit a slowed host has one, until it has recovered", func(t *testing.T) {
		request := wsc.SlotRequest{Host: "unlimited.example", Count: 3}
		require.Equal(t, wsc.Slots{Count: 3}, reserveWithin(t, store, far, request))
		slow(t, "unlimited.example", time.Minute)
		first := reserveWithin(t, store, far, request)
		requireWait(t, time.Minute, first.Wait)
		require.Equal(t, wsc.Slots{Wait: first.Wait, Interval: wsc.PenaltyInterval, Count: 3}, first)
		require.Zero(t, reserveWithin(t, store, within(time.Second), request).Count)
		requireWait(t, time.Minute+3*wsc.PenaltyInterval, reserveWithin(t, store, far, request).Wait)
		age(t, time.Minute+wsc.PenaltyRecovery)
		require.Equal(t, wsc.Slots{Count: 3}, reserveWithin(t, store, far, request))
	})

	t.Run("on a slowed host slots are reserved less far ahead", func(t *testing.T) {
		horizon := wsc.SlotHorizon{Free: 10*interval + interval/2, Slowed: 5*interval + interval/2}
		request := wsc.SlotRequest{Host: "ahead.example", Count: 100, Interval: interval}
		require.Equal(t, 11, reserveWithin(t, store, horizon, request).Count)
		slow(t, "ahead.example", time.Second)
		waits := reserveWithin(t, store, horizon, request)
		require.Zero(t, waits.Count)
		requireWait(t, 11*interval, waits.Wait)
		age(t, 11*interval) // as long as its penalty takes
		slow(t, "ahead.example", time.Second)
		require.Equal(t, 3, reserveWithin(t, store, horizon, request).Count, "at twice the interval")
		age(t, wsc.PenaltyRecovery+8*interval)
		require.Equal(t, 11, reserveWithin(t, store, horizon, request).Count, "it has recovered")
	})

	t.Run("a slowed host is not forgotten", func(t *testing.T) {
		slow(t, "kept.example", time.Second)
		age(t, 2*time.Second)
		require.NoError(t, store.ForgetIdleHosts(t.Context(), 0))
		requireInterval(t, "kept.example", 2*interval)
	})
}
