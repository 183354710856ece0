package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// slack is how much later than asked for a wait may be read: the clock runs on between two statements.
const slack = 2 * time.Second

// far is later than any slot of these tests.
var far = within(1000 * time.Hour)

// within is the same horizon for all hosts.
func within(d time.Duration) wsc.SlotHorizon { return wsc.SlotHorizon{Free: d, Slowed: d} }

func reserveWithin(t *testing.T, store Store, horizon wsc.SlotHorizon, request wsc.SlotRequest) wsc.Slots {
	t.Helper()
	reserved, err := store.ReserveSlots(t.Context(), []wsc.SlotRequest{request}, horizon)
	require.NoError(t, err)
	require.Len(t, reserved, 1)
	return reserved[0]
}

func reserve(t *testing.T, store Store, host string, count int, interval time.Duration) time.Duration {
	t.Helper()
	slots := reserveWithin(t, store, far, wsc.SlotRequest{Host: host, Count: count, Interval: interval})
	require.Equal(t, wsc.Slots{Wait: slots.Wait, Interval: interval, Count: count}, slots)
	return slots.Wait
}

func requireWait(t *testing.T, want, got time.Duration) {
	t.Helper()
	require.LessOrEqual(t, got, want)
	require.Greater(t, got, want-slack)
	require.GreaterOrEqual(t, got, time.Duration(0))
}

func testHosts(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)

	t.Run("the first slot is now, the next ones follow what is reserved", func(t *testing.T) {
		require.Zero(t, reserve(t, store, "a.example", 5, time.Minute))
		requireWait(t, 5*time.Minute, reserve(t, store, "a.example", 1, time.Minute))
		requireWait(t, 6*time.Minute, reserve(t, store, "a.example", 1, 48*time.Hour))
		requireWait(t, 48*time.Hour+6*time.Minute, reserve(t, store, "a.example", 1, time.Minute))
	})

	t.Run("hosts are independent, and answers come in the order of the requests", func(t *testing.T) {
		require.Zero(t, reserve(t, store, "z.example", 10, time.Minute))
		require.Zero(t, reserve(t, store, "c.example", 2, time.Minute))
		reserved, err := store.ReserveSlots(t.Context(), []wsc.SlotRequest{
			{Host: "z.example", Count: 1, Interval: time.Minute}, {Host: "new.example", Count: 1, Interval: time.Minute}, {Host: "c.example", Count: 1, Interval: time.Minute},
		}, far)
		require.NoError(t, err)
		require.Len(t, reserved, 3)
		requireWait(t, 10*time.Minute, reserved[0].Wait)
		require.Zero(t, reserved[1].Wait)
		requireWait(t, 2*time.Minute, reserved[2].Wait)
	})

	t.Run("no interval means no wait", func(t *testing.T) {
		for range 3 {
			require.Zero(t, reserve(t, store, "free.example", 100, 0))
		}
	})

	t.Run("nothing asked for is nothing reserved", func(t *testing.T) {
		reserved, err := store.ReserveSlots(t.Context(), nil, far)
		require.NoError(t, err)
		require.Empty(t, reserved)
	})

	t.Run("slots that would begin too late are not reserved", func(t *testing.T) {
		request := wsc.SlotRequest{Host: "full.example", Count: 10, Interval: time.Minute}
		require.Equal(t, 6, reserveWithin(t, store, within(5*time.Minute+30*time.Second), request).Count, "the first is now")
		second := reserveWithin(t, store, within(8*time.Minute+30*time.Second), request)
		require.Equal(t, 3, second.Count)
		requireWait(t, 6*time.Minute, second.Wait)
		third := reserveWithin(t, store, within(5*time.Minute), request)
		require.Zero(t, third.Count)
		requireWait(t, 9*time.Minute, third.Wait)
		requireWait(t, 9*time.Minute, reserve(t, store, "full.example", 1, time.Minute))
	})

	t.Run("idle hosts are forgotten, busy ones are not", func(t *testing.T) {
		require.Zero(t, reserve(t, store, "idle.example", 1, time.Microsecond))
		require.Zero(t, reserve(t, store, "busy.example", 1, time.Hour))
		require.NoError(t, store.ForgetIdleHosts(t.Context(), time.Hour))
		require.NoError(t, store.ForgetIdleHosts(t.Context(), 0))
		require.Zero(t, reserve(t, store, "idle.example", 1, 0))
		requireWait(t, time.Hour, reserve(t, store, "busy.example", 1, time.Hour))
	})

	t.Run("callers at the same time never share a slot", func(t *testing.T) { testConcurrentSlots(t, store) })
}

// span is a stretch of time that was reserved on a host.
type span struct{ begin, end time.Time }

// testConcurrentSlots lets callers reserve slots of the same hosts in different orders, as fast as they can. A wait is
// relative to a moment between the call and its return, so a slot is known up to that stretch; a generous interval
// keeps the slots apart by far more.
func testConcurrentSlots(t *testing.T, store Store) {
	t.Helper()
	const callers, rounds, hosts = 8, 15, 6
	const interval = time.Minute
	taken := make([][][]span, callers)
	failures := make([]error, callers)
	var wait sync.WaitGroup
	for caller := range callers {
		taken[caller] = make([][]span, hosts)
		wait.Go(func() {
			random := rand.New(rand.NewPCG(2, uint64(caller)))
			for range rounds {
				var requests []wsc.SlotRequest
				order := random.Perm(hosts)
				for _, host := range order {
					requests = append(requests, wsc.SlotRequest{Host: fmt.Sprintf("shared%d.example", host), Count: 1 + random.IntN(3), Interval: interval})
				}
				reserved, err := store.ReserveSlots(t.Context(), requests, far)
				now := time.Now()
				if err != nil {
					failures[caller] = err
					return
				}
				for i, host := range order {
					begin := now.Add(reserved[i].Wait)
					taken[caller][host] = append(taken[caller][host], span{begin, begin.Add(time.Duration(requests[i].Count) * interval)})
				}
			}
		})
	}
	wait.Wait()
	require.NoError(t, errors.Join(failures...))
	for host := range hosts {
		var spans []span
		for caller := range callers {
			spans = append(spans, taken[caller][host]...)
		}
		require.Len(t, spans, callers*rounds)
		slices.SortFunc(spans, func(a, b span) int { return a.begin.Compare(b.begin) })
		for i := 1; i < len(spans); i++ {
			overlap := spans[i-1].end.Sub(spans[i].begin)
			require.Less(t, overlap, interval/2, "host %d: two callers share a slot", host)
			require.Greater(t, overlap, -interval/2, "host %d: a slot is left unused", host)
		}
	}
}
