package checker

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

func TestHTTP2ConnectionsAreSharedAndBounded(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, func(cfg *Config) { cfg.MaxIdleConns = 8 }) // two of them for HTTP/2
	require.Equal(t, wsc.StatusActive, c.Check(t.Context(), targetOf(farm.URL("h2_200")), siteOptions()).Status)
	var checks sync.WaitGroup
	for range 20 {
		checks.Go(func() {
			r := c.Check(t.Context(), targetOf(farm.URL("h2_200")), siteOptions())
			if r.Status != wsc.StatusActive || r.Protocol != "h2" || r.TLS == nil || r.Timings.TLS != 0 {
				t.Errorf("%s %s %s", r.Status, r.Protocol, r.ErrorMessage)
			}
		})
	}
	checks.Wait()
	require.Equal(t, 1, farm.Conns("h2_200"))

	pool := c.verified.pool
	require.Equal(t, 1, pool.idle.Len())
	for _, site := range []string{"h2_zero_window", "altsvc_h3", "redirect_to_https"} {
		c.Check(t.Context(), targetOf(farm.URL(site)), siteOptions())
	}
	require.LessOrEqual(t, pool.idle.Len(), 2)
	require.LessOrEqual(t, len(pool.conns), 2)
	c.Close()
	require.Zero(t, pool.idle.Len())
	require.Empty(t, pool.conns)
}

func TestAnHTTP2ConnectionThatEndedIsReplaced(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, nil)
	check := func() {
		r := c.Check(t.Context(), targetOf(farm.URL("h2_200")), siteOptions())
		require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
	}
	check()
	for _, conn := range c.verified.pool.conns {
		require.NoError(t, conn.Close())
	}
	check()
	require.Equal(t, 2, farm.Conns("h2_200"))
	require.Eventually(t, func() bool {
		for _, conn := range c.verified.pool.conns {
			return conn.InFlight() == 0
		}
		return false
	}, 5*time.Second, time.Millisecond)
}
