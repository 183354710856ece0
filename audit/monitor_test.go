package audit_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/audit"
)

// monitored is a monitor whose minutes a test ends.
type monitored struct {
	*audit.Monitor
	*bundle
	minutes chan time.Time
	changes chan change
	active  map[audit.Signal]bool
	began   map[audit.Signal]int
	stop    func()
}

type change struct {
	signal           audit.Signal
	anomalous, began bool
}

func newMonitored(t *testing.T) *monitored {
	t.Helper()
	m := &monitored{
		bundle: newBundle(t, &gated{Store: newStore(t)}), minutes: make(chan time.Time), changes: make(chan change),
		active: map[audit.Signal]bool{}, began: map[audit.Signal]int{},
	}
	m.Monitor = audit.NewMonitor(audit.MonitorConfig{
		Minutes: m.minutes,
		Changed: func(signal audit.Signal, anomalous, began bool) { m.changes <- change{signal, anomalous, began} },
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { m.Run(ctx, m.Recorder) })
	m.stop = func() { cancel(); running.Wait() }
	t.Cleanup(m.stop)
	return m
}

// minute ends a minute.
func (m *monitored) minute() {
	m.now.Add(int64(time.Minute))
	m.minutes <- time.Time{}
	for range audit.Signals() {
		c := <-m.changes
		m.active[c.signal] = c.anomalous
		if c.began {
			m.began[c.signal]++
		}
	}
}

// anomalies are the details of the anomalies that were recorded.
func (m *monitored) anomalies() (details []string) {
	m.stop()
	for _, event := range m.stored() {
		if event.Kind == wsc.EventAnomaly {
			details = append(details, event.Detail)
		}
	}
	return details
}

// steady is the same number for some minutes.
func steady(number, minutes int) []int { return slices.Repeat([]int{number}, minutes) }

// noise is a number between half and one and a half times as much for some minutes.
func noise(number, minutes int) []int {
	random := rand.New(rand.NewPCG(1, 2))
	numbers := make([]int, minutes)
	for i := range numbers {
		numbers[i] = number/2 + random.IntN(number+1)
	}
	return numbers
}

// growth grows by some percent a minute.
func growth(from, percent, minutes int) []int {
	numbers, number := make([]int, minutes), float64(from)
	for i := range numbers {
		numbers[i] = int(number)
		number *= 1 + float64(percent)/100
	}
	return numbers
}

func TestASuddenJumpOfACountIsAnAnomaly(t *testing.T) {
	signals := []struct {
		signal audit.Signal
		// scale is how much of the signal makes one of the table.
		scale int
		count func(*monitored)
	}{
		{audit.SignalFailedLogins, 1, func(m *monitored) { m.Observe(wsc.SecurityEvent{Kind: wsc.EventAuthFailed, Address: "203.0.113.7"}) }},
		{audit.SignalFailedLogins, 1, func(m *monitored) { m.Observe(wsc.SecurityEvent{Kind: wsc.EventAuthThrottled, Address: "203.0.113.7"}) }},
		{audit.SignalBlockedTargets, 4, func(m *monitored) { m.Observe(wsc.SecurityEvent{Kind: wsc.EventSSRFBlocked, Address: "203.0.113.7"}) }},
		{audit.SignalBlockedTargets, 4, func(m *monitored) { m.Refused("job", "owner", wsc.KindBlockedPort) }},
	}
	tests := []struct {
		name    string
		minutes [][]int
		alarms  int
	}{
		{"silence", [][]int{steady(0, 60)}, 0},
		{"steady noise of a high level", [][]int{noise(400, 120)}, 0},
		{"a jump out of silence", [][]int{steady(0, 10), steady(60, 10)}, 1},
		{"a jump of one minute", [][]int{noise(10, 30), steady(500, 1), noise(10, 30)}, 1},
		{"a jump that stays is one alarm", [][]int{noise(10, 30), noise(500, 180)}, 1},
		{"a jump that flickers is one alarm", [][]int{noise(10, 30), slices.Repeat([]int{500, 10, 10}, 5), steady(10, 5)}, 1},
		{"a second jump after it was quiet", [][]int{noise(10, 30), steady(500, 3), noise(10, 10), steady(500, 3)}, 2},
		{"from little to little", [][]int{steady(0, 30), steady(24, 30)}, 0},
		{"not five times as much", [][]int{steady(100, 30), steady(490, 30)}, 0},
		{"slow growth", [][]int{growth(20, 3, 120)}, 0},
		{"a jump in the first minutes after a start", [][]int{steady(0, 1), steady(500, 20)}, 0},
	}
	for _, s := range signals {
		for _, test := range tests {
			t.Run(string(s.signal)+" "+test.name, func(t *testing.T) {
				m := newMonitored(t)
				for _, number := range slices.Concat(test.minutes...) {
					for range s.scale * number {
						s.count(m)
					}
					m.minute()
				}
				want := map[audit.Signal]int{}
				if test.alarms > 0 {
					want[s.signal] = test.alarms
				}
				require.Equal(t, want, m.began)
				require.False(t, m.active[s.signal] && len(slices.Concat(test.minutes...)) > 180, "what stays becomes usual")
				require.Len(t, m.anomalies(), test.alarms)
			})
		}
	}
}

// results tells of results in one minute, with so many errors per hundred.
func (m *monitored) resultsOf(number, percent int) {
	results := make([]wsc.Result, number)
	for i := range results {
		results[i].Status = wsc.StatusActive
		if i < number*percent/100 {
			results[i].Status, results[i].ErrorKind = wsc.StatusError, wsc.KindTimeout
		}
	}
	m.Stored(results)
	m.minute()
}

func TestASuddenJumpOfTheShareOfErrorsIsAnAnomaly(t *testing.T) {
	tests := []struct {
		name            string
		number          int
		before, percent []int
		alarms          int
	}{
		{"a few errors as always", 1000, noise(10, 30), noise(10, 30), 0},
		{"a network that is half away", 1000, noise(10, 30), steady(80, 30), 1},
		{"a rise that stays below half", 1000, noise(5, 30), steady(49, 30), 0},
		{"from much to not twice as much", 1000, steady(45, 30), steady(85, 30), 0},
		{"too few results to say", 199, noise(10, 30), steady(100, 30), 0},
		{"just enough results to say", 200, noise(10, 30), steady(100, 30), 1},
		{"a list of dead sites after a start", 1000, nil, steady(100, 30), 0},
		{"nothing to do for a day, then as before", 1000, noise(10, 30), slices.Concat(steady(-1, 1440), noise(10, 30)), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMonitored(t)
			for _, percent := range slices.Concat(test.before, test.percent) {
				if percent < 0 {
					m.minute()
					continue
				}
				m.resultsOf(test.number, percent)
			}
			require.Len(t, m.anomalies(), test.alarms)
			require.Equal(t, test.alarms, m.began[audit.SignalErrorShare])
		})
	}
}

func TestLinesThatAreNoURLAreNoErrors(t *testing.T) {
	m := newMonitored(t)
	for range 10 {
		m.resultsOf(300, 10)
	}
	for range 10 {
		m.Stored(slices.Repeat([]wsc.Result{{Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL}}, 5000))
		m.resultsOf(300, 10)
	}
	require.Empty(t, m.anomalies())
}

func TestAnAnomalySaysWhatJumpedAndIsOverAfterFiveQuietMinutes(t *testing.T) {
	m := newMonitored(t)
	for range 10 {
		m.resultsOf(1000, 20)
	}
	for range 412 {
		m.Observe(wsc.SecurityEvent{Kind: wsc.EventAuthFailed})
	}
	m.resultsOf(1000, 90)
	jumped := map[audit.Signal]bool{audit.SignalFailedLogins: true, audit.SignalErrorShare: true, audit.SignalBlockedTargets: false}
	require.Equal(t, jumped, m.active)
	for range 4 {
		m.minute()
		require.Equal(t, jumped, m.active)
	}
	m.minute()
	require.NotContains(t, slices.Collect(maps.Values(m.active)), true)
	require.ElementsMatch(t, []string{
		"failed_logins: 412 in a minute, usually 0.0",
		"error_share: 90 % of 1000 results in a minute, usually 20 %",
	}, m.anomalies())
	require.Equal(t, 2, m.log.count("stream=security", "event=anomaly"))
	require.Equal(t, 1, m.log.count("event=anomaly", "object=failed_logins"))
}

func TestAJobWithRefusedTargetsIsOneEventAMinute(t *testing.T) {
	m := newMonitored(t)
	refuse := func(job, owner string, kind wsc.ErrorKind, times int) {
		for range times {
			m.Refused(job, owner, kind)
		}
	}
	refuse("job-1", "anna", wsc.KindBlockedPort, 1)
	refuse("job-1", "anna", wsc.KindBlockedAddress, 3)
	refuse("job-2", "anna", wsc.KindBlockedAddress, 3)
	refuse("job-3", "anna", wsc.KindBlockedAddress, 3)
	m.minute()
	m.minute()
	refuse("job-1", "anna", wsc.KindRedirectBlocked, 2)
	m.stop() // what was counted since is recorded
	type told struct{ job, owner, detail string }
	var all []told
	for _, event := range m.stored() {
		require.Equal(t, wsc.EventSSRFBlocked, event.Kind)
		require.Empty(t, event.Address)
		all = append(all, told{event.Object, event.KeyID, event.Detail})
	}
	require.Len(t, all, 4)
	require.ElementsMatch(t, []told{
		{"job-1", "anna", "blocked_address: 3, blocked_port: 1"}, {"job-2", "anna", "blocked_address: 3"}, {"job-3", "anna", "blocked_address: 3"},
	}, all[:3])
	require.Equal(t, told{"job-1", "anna", "redirect_blocked: 2"}, all[3])
}

func TestCountingAllocatesNothing(t *testing.T) {
	m := audit.NewMonitor(audit.MonitorConfig{})
	results := make([]wsc.Result, 500)
	m.Refused("job", "owner", wsc.KindBlockedPort)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		m.Stored(results)
		m.Refused("job", "owner", wsc.KindBlockedPort)
		m.Observe(wsc.SecurityEvent{Kind: wsc.EventAuthFailed})
	}))
}
