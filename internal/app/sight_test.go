package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/testsite"
	"github.com/website-status-checker/wsc/runner"
)

func TestTheControlURLTellsDeadSitesFromADeadNetwork(t *testing.T) {
	farm := testsite.Start(t)
	cfg := checker.Config{AllowNets: farm.AllowNets(), AllowPorts: []uint16{farm.Port()}, RootCAs: farm.CA()}
	checks, err := app.NewChecker(cfg, farm.NameServer())
	require.NoError(t, err)
	t.Cleanup(checks.Close)
	away := errors.New("network away")
	tests := []struct {
		name, control string
		away          bool
	}{
		{"no control URL", "", false},
		{"a name that answers", farm.NameURL("ok_200"), false},
		{"an error page is an answer", farm.URL("status_404"), false},
		{"no such name", farm.URL("nxdomain"), true},
		{"nobody listens", farm.URL("refused"), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			control, err := config.Check{ControlURL: test.control, AllowNets: cfg.AllowNets, AllowPorts: cfg.AllowPorts}.Control()
			require.NoError(t, err)
			var reasons []string
			sight := app.NewSight(control, cfg, farm.NameServer(), func(_ bool, control wsc.Result) {
				reasons = append(reasons, control.ErrorMessage)
			})
			run := runner.Runner{
				Checker: checks, Limiter: runner.NewLimiter(1), Options: wsc.CheckOptions{Timeout: 10 * time.Second}, Sight: sight,
				Blind: func(context.Context) error { return away },
			}
			dead := farm.URL("nxdomain")
			normal, err := wsc.NormalizeURL(dead)
			require.NoError(t, err)
			tasks := []runner.Task{{Target: wsc.Target{URL: dead, NormalizedURL: normal.URL, Host: normal.Host}}}
			emitted := 0
			err = run.Run(t.Context(), nil, tasks, func(_ runner.Task, result wsc.Result) error {
				emitted++
				require.Equal(t, wsc.KindDNSNXDomain, result.ErrorKind)
				return nil
			})
			if test.away {
				require.ErrorIs(t, err, away)
				require.Zero(t, emitted)
				require.Len(t, reasons, 1)
				return
			}
			require.NoError(t, err)
			require.Equal(t, 1, emitted)
			require.Empty(t, reasons)
		})
	}
}
