package apiserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/internal/testsite"
)

// withChecker gives the API the real checker.
func withChecker(t *testing.T, cfg checker.Config) func(*setup) {
	t.Helper()
	c, err := checker.New(cfg)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return func(s *setup) { s.api.Checker = c }
}

// errorOracle: what is behind an address that must not be contacted can't be found out.
func errorOracle(t *testing.T) {
	secret := "the banner of an internal service"
	var touched atomic.Int64
	internal, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = internal.Close() })
	go func() {
		for {
			conn, err := internal.Accept()
			if err != nil {
				return
			}
			touched.Add(1)
			_, _ = io.WriteString(conn, secret)
			_ = conn.Close()
		}
	}()
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := func(listener net.Listener) uint16 {
		address, isTCP := listener.Addr().(*net.TCPAddr)
		require.True(t, isTCP)
		return uint16(address.Port)
	}
	openPort, closedPort := port(internal), port(closed)
	require.NoError(t, closed.Close())

	b := newBundle(t, withChecker(t, checker.Config{AllowPorts: []uint16{openPort, closedPort}}))
	key := b.newKey(t, "first")
	check := func(address string) (wsc.Result, time.Duration) {
		body, err := json.Marshal(wsc.CheckRequest{URL: address})
		require.NoError(t, err)
		began := time.Now()
		a := b.as(t, key.Secret, http.MethodPost, "/api/v1/checks", bytes.NewReader(body), "Content-Type", "application/json")
		took := time.Since(began)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.NotContains(t, string(a.body), secret)
		var r wsc.Result
		a.decode(t, &r)
		// What differs by nature: what was asked, and when.
		r.URL, r.NormalizedURL, r.Host, r.CheckedAt, r.ResponseTimeMS, r.Timings = "", "", "", time.Time{}, 0, nil
		return r, took
	}
	var want *wsc.Result
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[fd00::1]"} {
		for _, port := range []uint16{openPort, closedPort} {
			got, took := check("http://" + host + ":" + strconv.Itoa(int(port)) + "/latest/meta-data?token=hidden-token")
			require.Equal(t, wsc.KindBlockedAddress, got.ErrorKind)
			require.Less(t, took, time.Second, "nothing was waited for")
			if want == nil {
				want = &got
			}
			require.Equal(t, *want, got, "%s:%d", host, port)
		}
	}
	require.Zero(t, touched.Load(), "connections to the internal service")
	// Ports that are not checked are not looked at either.
	first, _ := check("http://127.0.0.1:22/")
	second, _ := check("http://127.0.0.1:1/")
	require.Equal(t, first, second)

	requireEvent(t, b, wsc.EventSSRFBlocked, func(e wsc.SecurityEvent) {
		require.Equal(t, key.ID, e.KeyID)
		require.Contains(t, []string{"blocked_address", "blocked_port"}, e.Detail)
		require.NotEmpty(t, e.Object)
	})
	_, _ = check("http://user:hidden-token@127.0.0.1/")
	_, _ = check("gopher://127.0.0.1/hidden-token")
	require.NotContains(t, string(b.get(t, "/api/v1/security-events").body), "hidden-token")
	require.NotContains(t, b.log.String(), "hidden-token")
}

// hostileSites checks some of the sites of the checker's own test, which plays all of the catalogue, through the API.
func hostileSites(t *testing.T) {
	farm := testsite.Start(t)
	b := newBundle(t, withChecker(t, checker.Config{AllowNets: farm.AllowNets(), AllowPorts: []uint16{farm.Port()}, RootCAs: farm.CA()}))
	for site, want := range map[string]struct {
		status wsc.Status
		kinds  []wsc.ErrorKind
	}{
		"ok_200":               {wsc.StatusActive, []wsc.ErrorKind{""}},
		"status_404":           {wsc.StatusInactive, []wsc.ErrorKind{""}},
		"refused":              {wsc.StatusError, []wsc.ErrorKind{wsc.KindConnectRefused}},
		"giant_header":         {wsc.StatusError, []wsc.ErrorKind{wsc.KindHeadersTooLarge}},
		"infinite_headers":     {wsc.StatusError, []wsc.ErrorKind{wsc.KindHeadersTooLarge}},
		"gzip_bomb":            {wsc.StatusActive, []wsc.ErrorKind{""}},
		"endless_body":         {wsc.StatusActive, []wsc.ErrorKind{""}},
		"silence":              {wsc.StatusError, []wsc.ErrorKind{wsc.KindTimeout}},
		"redirect_self":        {wsc.StatusError, []wsc.ErrorKind{wsc.KindTooManyRedirects}},
		"redirect_private":     {wsc.StatusError, []wsc.ErrorKind{wsc.KindRedirectBlocked}},
		"ssh_banner":           {wsc.StatusError, []wsc.ErrorKind{wsc.KindProtocolError}},
		"header_injection_log": {wsc.StatusActive, []wsc.ErrorKind{""}},
		"title_formula":        {wsc.StatusActive, []wsc.ErrorKind{""}},
		"tls_expired":          {wsc.StatusError, []wsc.ErrorKind{wsc.KindTLSExpired}},
	} {
		t.Run(site, func(t *testing.T) {
			a := b.postJSON(t, "/api/v1/checks", fmt.Sprintf(`{"url":%q,"options":{"timeout_ms":2000,"capture_title":true}}`, farm.URL(site)))
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			require.Less(t, len(a.body), 64<<10)
			var r wsc.Result
			a.decode(t, &r)
			require.Equal(t, want.status, r.Status, "%s %s", r.ErrorKind, r.ErrorMessage)
			require.Contains(t, want.kinds, r.ErrorKind, r.ErrorMessage)
		})
	}
	require.NotContains(t, b.log.String(), "\x1b", "what sites send is not written to the log as it is")
}
