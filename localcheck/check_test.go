package localcheck_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/internal/testsite"
	"github.com/website-status-checker/wsc/localcheck"
	"github.com/website-status-checker/wsc/runner"
	"github.com/website-status-checker/wsc/urllist"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a checker with loopback websites for it.
type bench struct {
	hosts  *testsite.Hosts
	config localcheck.Config
}

func newBench(t *testing.T, hosts testsite.HostsConfig, options wsc.Options) *bench {
	t.Helper()
	farm := testsite.StartHosts(t, hosts)
	engine, err := checker.New(checker.Config{AllowNets: farm.AllowNets(), AllowPorts: []uint16{farm.Port()}})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	resolved, err := options.Resolve(wsc.Defaults{})
	require.NoError(t, err)
	return &bench{hosts: farm, config: localcheck.Config{
		Checker: engine, Options: resolved,
		RetryDelay: func(int, time.Duration) time.Duration { return 20 * time.Millisecond },
	}}
}

func listOf(t *testing.T, name string, lines ...string) *localcheck.List {
	t.Helper()
	list := localcheck.NewList()
	text := strings.NewReader(strings.Join(lines, "\n"))
	_, err := list.AddFile(t.Context(), text, text.Size(), urllist.Options{Filename: name})
	require.NoError(t, err)
	return list
}

// run checks a list and returns its results by seq.
func (b *bench) run(t *testing.T, list *localcheck.List) (map[int64]wsc.Result, localcheck.Summary) {
	t.Helper()
	check, err := localcheck.New(b.config, list, nil)
	require.NoError(t, err)
	results := map[int64]wsc.Result{}
	require.NoError(t, check.Run(t.Context(), func(r *wsc.Result) error {
		require.NotContains(t, results, r.Seq, "one result for each target")
		results[r.Seq] = *r
		return nil
	}))
	return results, check.Summary()
}

func TestEveryLineHasOneResult(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{}, wsc.Options{})
	list := listOf(t, "list.txt",
		b.hosts.URL(0, "/"), "# comment", "", b.hosts.URL(1, "/status/404"), "no url", b.hosts.URL(0, "/"), b.hosts.URL(2, "/redirect/2"), "ftp://example.com/")
	list.AddURL(b.hosts.URL(3, "/"))
	list.AddURL("https://user@example.com/")
	require.EqualValues(t, 7, list.Results())

	results, summary := b.run(t, list)
	require.Len(t, results, 7)
	lines := []int64{1, 4, 5, 7, 8, 1, 2}
	for seq, line := range lines {
		require.Equal(t, line, results[int64(seq)].Line, "seq %d", seq)
	}
	require.Equal(t, 404, results[1].HTTPStatus)
	require.Equal(t, wsc.KindInvalidURL, results[2].ErrorKind)
	require.Equal(t, "no url", results[2].URL)
	require.Zero(t, results[2].Attempts)
	require.Len(t, results[3].Redirects, 2)
	require.Equal(t, wsc.KindBlockedScheme, results[4].ErrorKind)
	require.Equal(t, wsc.StatusActive, results[5].Status)

	require.Equal(t, wsc.JobCounts{
		TotalURLs: 7, ProcessedURLs: 7, ActiveCount: 3, InactiveCount: 1, ErrorCount: 3, InvalidCount: 3, DuplicateCount: 1, BlankCount: 2,
	}, summary.JobCounts)
	require.Equal(t, map[int]int64{404: 1}, summary.ByHTTPStatus)
	require.Equal(t, map[wsc.ErrorKind]int64{wsc.KindInvalidURL: 2, wsc.KindBlockedScheme: 1}, summary.ByErrorKind)
	require.False(t, summary.AllActive())
	require.Zero(t, summary.Missing())
}

func TestAListWithoutAnyLineIsRefused(t *testing.T) {
	text := strings.NewReader("# nothing\n\n")
	_, err := localcheck.NewList().AddFile(t.Context(), text, text.Size(), urllist.Options{Filename: "list.txt"})
	require.Equal(t, wsc.CodeNoURLs, wsc.CodeOf(err))
}

func TestReadingAListEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	text := strings.NewReader("example.com\n")
	_, err := localcheck.NewList().AddFile(ctx, text, text.Size(), urllist.Options{Filename: "list.txt"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestTransientOutcomesAreTriedAgain(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{}, wsc.Options{})
	var delays []int
	b.config.RetryDelay = func(attempts int, _ time.Duration) time.Duration {
		delays = append(delays, attempts)
		return 5 * time.Millisecond
	}
	list := localcheck.NewList()
	list.AddURL(b.hosts.URL(0, "/reset"))                       // never recovers
	list.AddURL(b.hosts.URL(1, "/status/502?then=200"))         // recovers after two answers
	list.AddURL(b.hosts.URL(2, "/status/404"))                  // is not transient
	list.AddURL(b.hosts.URL(3, "/status/504?then=410&times=1")) // becomes final
	results, summary := b.run(t, list)
	require.Equal(t, 3, results[0].Attempts)
	require.Equal(t, wsc.KindConnectionReset, results[0].ErrorKind)
	require.Equal(t, 3, results[1].Attempts)
	require.Equal(t, wsc.StatusActive, results[1].Status)
	require.Len(t, results[1].FailedAttempts, 2)
	for i, failed := range results[1].FailedAttempts {
		require.Equal(t, i+1, failed.Attempt)
		require.Equal(t, "HTTP 502 Bad Gateway", failed.Reason)
	}
	require.Equal(t, 1, results[2].Attempts)
	require.Empty(t, results[2].FailedAttempts)
	require.Equal(t, 2, results[3].Attempts)
	require.Equal(t, 410, results[3].HTTPStatus)
	require.ElementsMatch(t, []int{1, 1, 1, 2, 2}, delays)
	require.EqualValues(t, 4, summary.ProcessedURLs)
}

func TestOneHostGetsNoMoreThanItsRate(t *testing.T) {
	rate := 50.0
	b := newBench(t, testsite.HostsConfig{Arrivals: true}, wsc.Options{HostRate: &rate})
	list := localcheck.NewList()
	for i := range 20 {
		list.AddURL(b.hosts.URL(0, fmt.Sprintf("/page/%d", i)))
	}
	begin := time.Now()
	_, summary := b.run(t, list)
	require.EqualValues(t, 20, summary.ActiveCount)
	require.GreaterOrEqual(t, time.Since(begin), 19*20*time.Millisecond)
	arrivals := b.hosts.Arrivals(testsite.Address(0).String())
	require.Len(t, arrivals, 20)
	for i := 10; i < len(arrivals); i++ {
		require.GreaterOrEqual(t, arrivals[i].Sub(arrivals[i-10]), 150*time.Millisecond, "ten requests at 50/s")
	}
}

// slowStart is a checker whose checks take long as long as few were made, so that the plan of starts falls behind.
type slowStart struct {
	made   atomic.Int64
	starts chan time.Time
}

func (s *slowStart) Check(ctx context.Context, target wsc.Target, _ wsc.CheckOptions) wsc.Result {
	s.starts <- time.Now()
	if s.made.Add(1) <= 4 {
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return wsc.Result{Seq: target.Seq, Status: wsc.StatusActive, HTTPStatus: 200}
}

func TestAProcessThatFellBehindDoesNotCatchUpAtTheHostsExpense(t *testing.T) {
	engine := &slowStart{starts: make(chan time.Time, 20)}
	list := localcheck.NewList()
	for i := range 20 {
		list.AddURL(fmt.Sprintf("http://example.com/%d", i))
	}
	check, err := localcheck.New(localcheck.Config{
		Checker: engine, Concurrency: 4, Options: wsc.CheckOptions{HostRate: 50, HostConcurrency: 10},
	}, list, nil)
	require.NoError(t, err)
	require.NoError(t, check.Run(t.Context(), func(*wsc.Result) error { return nil }))
	close(engine.starts)
	var starts []time.Time
	for start := range engine.starts {
		starts = append(starts, start)
	}
	require.Len(t, starts, 20)
	require.GreaterOrEqual(t, starts[19].Sub(starts[4]), 200*time.Millisecond,
		"by the plan alone, most of them would have been due at once; the rate wants 300 ms")
}

// throttling answers 429 with a Retry-After to the first request for a host.
type throttling struct{ requests atomic.Int64 }

func (c *throttling) Check(_ context.Context, target wsc.Target, _ wsc.CheckOptions) wsc.Result {
	result := wsc.Result{Seq: target.Seq, Host: target.Host, Status: wsc.StatusInactive, HTTPStatus: 429, RetryAfter: time.Minute}
	if c.requests.Add(1) > 1 {
		result.Status, result.HTTPStatus, result.RetryAfter = wsc.StatusActive, 200, 0
	}
	return result
}

func TestAHostThatAsksForQuietIsLeftAlone(t *testing.T) {
	engine := &throttling{}
	list := localcheck.NewList()
	for i := range 5 {
		list.AddURL(fmt.Sprintf("http://example.com/%d", i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	check, err := localcheck.New(localcheck.Config{
		Checker: engine, Concurrency: 1, Options: wsc.CheckOptions{Retries: 1, HostConcurrency: 10},
	}, list, nil)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- check.Run(ctx, func(*wsc.Result) error { return nil }) }()
	require.Eventually(t, func() bool { return check.Progress().Phase == wsc.PhaseWaitingToRetry }, 5*time.Second, time.Millisecond)
	require.LessOrEqual(t, engine.requests.Load(), int64(2), "the other targets of the host wait without being tried, but for one that was on its way")
	require.Greater(t, time.Until(*check.Progress().NextRetryAt), 50*time.Second)
	cancel()
	require.ErrorIs(t, <-ended, localcheck.ErrInterrupted)
}

func TestInterruptionWritesWhatIsUnderWay(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{Delay: 100 * time.Millisecond}, wsc.Options{})
	b.config.Concurrency = 8
	list := localcheck.NewList()
	for i := range 100 {
		list.AddURL(b.hosts.URL(i, "/"))
	}
	list.AddURL("not a url")
	check, err := localcheck.New(b.config, list, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	written := 0
	err = check.Run(ctx, func(*wsc.Result) error {
		if written++; written == 10 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, localcheck.ErrInterrupted)
	summary := check.Summary()
	require.EqualValues(t, written, summary.ProcessedURLs)
	require.Less(t, written, 30)
	require.Equal(t, written-1, b.hosts.Total(), "every check that was begun has its result")
	require.EqualValues(t, 101-written, summary.Missing())
}

func TestInterruptionDoesNotWaitForSlowSitesForLong(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{}, wsc.Options{TimeoutMS: 60_000})
	b.config.Grace = 50 * time.Millisecond
	list := localcheck.NewList()
	list.AddURL(b.hosts.URL(0, "/hang"))
	list.AddURL(b.hosts.URL(1, "/"))
	check, err := localcheck.New(b.config, list, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begin := time.Now()
	err = check.Run(ctx, func(*wsc.Result) error { cancel(); return nil })
	require.ErrorIs(t, err, localcheck.ErrInterrupted)
	require.Less(t, time.Since(begin), 10*time.Second)
	require.EqualValues(t, 1, summaryOf(check).Missing(), "a check that was broken off says nothing about its site")
}

func TestAnInterruptionAfterTheLastResultIsNone(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{}, wsc.Options{})
	list := localcheck.NewList()
	list.AddURL(b.hosts.URL(0, "/"))
	check, err := localcheck.New(b.config, list, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, check.Run(ctx, func(*wsc.Result) error { cancel(); return nil }))
	require.True(t, summaryOf(check).AllActive())
}

func summaryOf(check *localcheck.Check) *localcheck.Summary {
	summary := check.Summary()
	return &summary
}

func TestAnErrorOfWritingEndsTheCheck(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{}, wsc.Options{})
	full := errors.New("disk full")
	for name, lines := range map[string][]string{
		"of a result":        {b.hosts.URL(0, "/"), b.hosts.URL(1, "/")},
		"of an invalid line": {b.hosts.URL(0, "/"), "no url"},
	} {
		t.Run(name, func(t *testing.T) {
			check, err := localcheck.New(b.config, listOf(t, "list.txt", lines...), nil)
			require.NoError(t, err)
			require.ErrorIs(t, check.Run(t.Context(), func(*wsc.Result) error { return full }), full)
		})
	}
}

func TestProgressCanBeWatchedWhileItRuns(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{Delay: 5 * time.Millisecond}, wsc.Options{})
	b.config.Concurrency = 2
	list := localcheck.NewList()
	for i := range 100 {
		list.AddURL(b.hosts.URL(i, "/"))
	}
	check, err := localcheck.New(b.config, list, nil)
	require.NoError(t, err)
	half := make(chan wsc.Progress, 1)
	written := 0
	require.NoError(t, check.Run(t.Context(), func(*wsc.Result) error {
		if written++; written == 50 {
			half <- check.Progress()
		}
		return nil
	}))
	p := <-half
	require.Equal(t, wsc.PhaseChecking, p.Phase)
	require.EqualValues(t, 49, p.ProcessedURLs)
	require.InDelta(t, 49, p.Percent, 0.01)
	require.Positive(t, p.Rate)
	require.NotNil(t, p.ETASeconds)
	require.Equal(t, wsc.PhaseDone, check.Progress().Phase)
}

var _ runner.Checker = (*throttling)(nil)
