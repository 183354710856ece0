package activities_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/internal/testsite"
	"github.com/website-status-checker/wsc/runner"
)

// networked is the fixture with real checks of loopback hosts and a control URL among them.
type networked struct {
	*fixture
	hosts *testsite.Hosts
	sites []string
	// changes is what the looks at the control URL brought up.
	changes []bool
	// unplugAt is the number of the check before which the network goes away, 0 for none.
	unplugAt int64
	checks   atomic.Int64
	real     *checker.Checker
}

// Check makes real checks.
func (n *networked) Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) wsc.Result {
	if n.checks.Add(1) == n.unplugAt {
		n.unplug()
	}
	return n.real.Check(ctx, target, opts)
}

func newNetworked(t *testing.T, sites int) *networked {
	t.Helper()
	n := &networked{fixture: newFixture(t)}
	var err error
	n.hosts, err = testsite.NewHosts(testsite.HostsConfig{})
	require.NoError(t, err)
	t.Cleanup(n.unplug)
	engine, err := checker.New(checker.Config{AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{n.hosts.Port()}})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	n.real = engine
	n.cfg.Checker, n.cfg.Limiter = n, runner.NewLimiter(1)
	n.cfg.Sight = runner.NewSight(runner.SightConfig{
		Control: wsc.Target{NormalizedURL: n.hosts.URL(5000, "/"), Host: testsite.Address(5000).String()}, Checker: engine,
		Changed: func(sees bool, _ wsc.Result) { n.changes = append(n.changes, sees) }, Interval: time.Millisecond,
	})
	n.acts, err = activities.New(n.cfg)
	require.NoError(t, err)
	n.reset()
	n.sites = n.hosts.URLs(sites)
	return n
}

// unplug takes the sites and the control URL away; plug returns them.
func (n *networked) unplug() {
	if n.hosts != nil {
		n.hosts.Close()
		n.hosts = nil
	}
}

func (n *networked) plug(port uint16) {
	n.t.Helper()
	require.Eventually(n.t, func() bool {
		hosts, err := testsite.NewHosts(testsite.HostsConfig{Port: port})
		if err == nil {
			n.hosts = hosts
		}
		return err == nil
	}, 10*time.Second, 20*time.Millisecond, "port %d is free again", port)
	// What was seen a moment ago is not looked at again.
	require.Eventually(n.t, func() bool { return !n.cfg.Sight.Blind(n.t.Context()) }, 10*time.Second, 2*time.Millisecond)
}

func (n *networked) uploadSites(options wsc.Options) {
	n.upload(strings.Join(n.sites, "\n")+"\n", options)
	require.Equal(n.t, 1, n.prepare().Plan.Batches)
}

func (n *networked) deferred() int64 {
	n.t.Helper()
	count, _, err := n.store.DeferredSummary(n.t.Context(), jobID)
	require.NoError(n.t, err)
	return count
}

func TestABlindWorkerGivesTheBatchBackUntouched(t *testing.T) {
	n := newNetworked(t, 20)
	retries := 0
	n.uploadSites(wsc.Options{Retries: &retries})
	port := n.hosts.Port()
	n.unplug()
	for range 3 {
		_, err := n.checkBatch(0, 0)
		application, ok := errors.AsType[*temporal.ApplicationError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, activities.ErrBlind, application.Type())
		require.False(t, application.NonRetryable())
		require.Equal(t, 12500*time.Millisecond, application.NextRetryDelay())
		require.Empty(t, n.results())
		require.Zero(t, n.deferred())
		require.Equal(t, wsc.PhaseChecking, n.job().Phase)
	}
	require.Equal(t, []bool{false}, n.changes, "told once")

	n.plug(port)
	out, err := n.checkBatch(0, 0)
	require.NoError(t, err)
	require.Equal(t, activities.BatchOutput{Final: 20}, out)
	for _, result := range n.results() {
		require.Equal(t, wsc.StatusActive, result.Status, result.ErrorMessage)
		require.Equal(t, 1, result.Attempts)
		require.Empty(t, result.FailedAttempts)
	}
	require.Equal(t, []bool{false, true}, n.changes)
	n.requireCounted()
}

func TestSitesThatAreDownAreResultsWhileTheControlURLAnswers(t *testing.T) {
	n := newNetworked(t, 20)
	for i := range n.sites {
		n.sites[i] = n.hosts.URL(i, "/reset")
	}
	retries := 0
	n.uploadSites(wsc.Options{Retries: &retries})
	out, err := n.checkBatch(0, 0)
	require.NoError(t, err)
	require.Equal(t, activities.BatchOutput{Final: 20}, out)
	for _, result := range n.results() {
		require.Equal(t, wsc.KindConnectionReset, result.ErrorKind)
	}
	require.Empty(t, n.changes)
	require.Positive(t, n.hosts.Hits(testsite.Address(5000).String()), "the control URL was looked at")
	n.requireCounted()
}

func TestANetworkThatGoesAwayHalfWayKeepsWhatIsChecked(t *testing.T) {
	n := newNetworked(t, 20)
	n.uploadSites(wsc.Options{})
	n.unplugAt = 6
	port := n.hosts.Port()
	_, err := n.checkBatch(0, 0)
	require.Equal(t, activities.ErrBlind, errorType(err), "%v", err)
	require.Len(t, n.results(), 5, "all that answered before")
	believed := n.deferred()
	require.Less(t, believed, int64(9), "the first failures only, which are tried again in the next pass")
	n.requireCounted()

	n.plug(port)
	out, err := n.checkBatch(0, 0)
	require.NoError(t, err)
	require.Equal(t, activities.BatchOutput{Final: 20 - believed, Deferred: believed}, out)
	for _, result := range n.results() {
		require.Equal(t, wsc.StatusActive, result.Status, result.ErrorMessage)
		require.Equal(t, 1, result.Attempts)
	}
	n.requireCounted()
}
