package localcheck_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/internal/testsite"
	"github.com/website-status-checker/wsc/localcheck"
	"github.com/website-status-checker/wsc/runner"
)

func TestACheckWaitsUntilTheNetworkIsBack(t *testing.T) {
	hosts, err := testsite.NewHosts(testsite.HostsConfig{})
	require.NoError(t, err)
	port, urls, control := hosts.Port(), hosts.URLs(50), hosts.URL(5000, "/")
	hosts.Close()
	engine, err := checker.New(checker.Config{AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{port}})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	retries := 0
	resolved, err := wsc.Options{Retries: &retries}.Resolve(wsc.Defaults{})
	require.NoError(t, err)
	changes := make(chan bool, 10)
	check, err := localcheck.New(localcheck.Config{Checker: engine, Options: resolved, Sight: runner.NewSight(runner.SightConfig{
		Control: wsc.Target{NormalizedURL: control, Host: testsite.Address(5000).String()}, Checker: engine,
		Changed: func(sees bool, _ wsc.Result) { changes <- sees }, Interval: 50 * time.Millisecond,
	})}, listOf(t, "list.txt", urls...), nil)
	require.NoError(t, err)
	ended := make(chan error, 1)
	var results []wsc.Result
	go func() {
		ended <- check.Run(t.Context(), func(r *wsc.Result) error {
			results = append(results, *r)
			return nil
		})
	}()
	require.False(t, <-changes, "the network is away")
	require.Equal(t, wsc.PhaseChecking, check.Progress().Phase)
	require.Zero(t, check.Progress().ProcessedURLs)
	require.Eventually(t, func() bool {
		hosts, err = testsite.NewHosts(testsite.HostsConfig{Port: port})
		return err == nil
	}, 10*time.Second, 20*time.Millisecond, "port %d is free again", port)
	defer hosts.Close()
	require.True(t, <-changes)
	require.NoError(t, <-ended)
	require.Len(t, results, 50)
	for _, result := range results {
		require.Equal(t, wsc.StatusActive, result.Status, result.ErrorMessage)
		require.Equal(t, 1, result.Attempts)
	}
	require.Empty(t, changes, "told once")
}
