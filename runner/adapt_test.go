package runner

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNextLimit(t *testing.T) {
	for name, test := range map[string]struct {
		limit int
		seen  load
		want  int
	}{
		"rises while it is used up and the machine keeps up": {64, load{wanted: true}, 96},
		"ends at the highest":                                {900, load{wanted: true}, 1000},
		"stays where nobody waits":                           {64, load{}, 64},
		"stays where goroutines wait a little":               {64, load{wanted: true, lag: 10 * time.Millisecond}, 64},
		"falls where they wait long":                         {64, load{wanted: true, lag: time.Second}, 56},
		"is halved where the machine lacks something":        {64, load{wanted: true, faults: 3}, 32},
		"never falls below the lowest":                       {9, load{faults: 1}, lowestLimit},
	} {
		require.Equal(t, test.want, nextLimit(test.limit, 1000, test.seen), name)
	}
	require.Equal(t, 3, nextLimit(3, 3, load{faults: 1}), "a capacity below the lowest limit is kept")
}

func TestAdaptRaisesTheLimitUnderDemandAndGivesEverythingBack(t *testing.T) {
	const capacity = 300
	l := NewLimiter(capacity)
	ctx, cancel := context.WithCancel(t.Context())
	var adapting sync.WaitGroup
	adapting.Go(func() { l.Adapt(ctx) })
	require.Eventually(t, func() bool { return l.Capacity() == firstLimit }, 5*time.Second, time.Millisecond)

	// Everybody who wants a slot waits at the channel, as a runner does.
	for range capacity {
		l.acquire() <- struct{}{}
	}
	require.Equal(t, capacity, l.InUse())

	l.Fault()
	for range capacity / 2 {
		l.release()
	}
	require.Eventually(t, func() bool { return l.Capacity() == capacity/2 }, 5*time.Second, time.Millisecond, "the freed slots are withheld")
	cancel()
	adapting.Wait()
	require.Equal(t, capacity, l.Capacity())
	require.Equal(t, capacity/2, l.InUse())
}

func TestMachineMeasuresHowLongGoroutinesWait(t *testing.T) {
	m := newMachine()
	done := make(chan struct{})
	for range 100 {
		go func() { done <- struct{}{} }()
	}
	for range 100 {
		<-done
	}
	lag := m.lag()
	require.GreaterOrEqual(t, lag, time.Duration(0))
	require.Less(t, lag, 10*time.Second)
}
