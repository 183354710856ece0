package checker

import (
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

func TestParseProxy(t *testing.T) {
	for text, wrong := range map[string]string{
		"http://proxy.corp:3128": "", "https://user:secret@proxy.corp": "", "socks5://127.0.0.1:1080/": "",
		"": "not the URL", "proxy.corp:3128": "not the URL", "//proxy.corp": "scheme", "ftp://proxy.corp": "scheme", "http://": "not the URL",
		"http://proxy.corp/path": "ends after the port", "http://a b:secret@x": "not the URL",
	} {
		_, err := ParseProxy(text)
		if wrong == "" {
			require.NoError(t, err, text)
			continue
		}
		require.ErrorContains(t, err, wrong, text)
		require.NotContains(t, err.Error(), "secret")
	}
}

// startProxy starts a proxy that connects to wherever it is asked, or answers CONNECT with a status.
func startProxy(t *testing.T, status int) (proxy *url.URL, requests *atomic.Int64) {
	t.Helper()
	requests = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		if r.Method == http.MethodConnect {
			tunnel(t, w, r.Host)
			return
		}
		r.RequestURI = ""
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		maps.Copy(w.Header(), response.Header)
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body) // a client may leave earlier
		_ = response.Body.Close()
	}))
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	t.Cleanup(server.Close)
	proxy, err := ParseProxy(server.URL)
	require.NoError(t, err)
	return proxy, requests
}

func tunnel(t *testing.T, w http.ResponseWriter, host string) {
	t.Helper()
	far, err := net.Dial("tcp", host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	near, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Errorf("hijack: %v", err)
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
	_ = near.Close()
}

func TestAProxyMakesTheConnections(t *testing.T) {
	farm := testsite.Start(t)
	proxy, requests := startProxy(t, http.StatusOK)
	c := checkerFor(t, farm, func(cfg *Config) { cfg.Proxy = proxy })
	for _, site := range []string{"ok_200", "https_1_1", "h2_200"} {
		r := c.Check(t.Context(), targetOf(farm.URL(site)), siteOptions())
		require.Equal(t, wsc.StatusActive, r.Status, "%s: %s", site, r.ErrorMessage)
		require.Empty(t, r.RemoteIP, "the proxy hides it")
	}
	require.EqualValues(t, 3, requests.Load())
	for site, kind := range map[string]wsc.ErrorKind{
		"tls_expired": wsc.KindTLSExpired, "tls11": wsc.KindTLSHandshake, "redirect_private": wsc.KindRedirectBlocked,
	} {
		r := c.Check(t.Context(), targetOf(farm.URL(site)), siteOptions())
		require.Equal(t, kind, r.ErrorKind, "%s: %s", site, r.ErrorMessage)
	}
	before := requests.Load()
	r := c.Check(t.Context(), targetOf("http://10.0.0.1/"), siteOptions())
	require.Equal(t, wsc.KindBlockedAddress, r.ErrorKind)
	require.Equal(t, before, requests.Load(), "the guard still refuses literal addresses")
}

func TestWhatAProxyRefusesIsNotBlamedOnTheSiteAlone(t *testing.T) {
	farm := testsite.Start(t)
	for status, kind := range map[int]wsc.ErrorKind{
		http.StatusBadGateway: wsc.KindNetworkUnreachable, http.StatusProxyAuthRequired: wsc.KindInternalError,
	} {
		proxy, _ := startProxy(t, status)
		c := checkerFor(t, farm, func(cfg *Config) { cfg.Proxy = proxy })
		r := c.Check(t.Context(), targetOf(farm.URL("h2_200")), siteOptions())
		require.Equal(t, kind, r.ErrorKind, r.ErrorMessage)
		require.Contains(t, r.ErrorMessage, "proxy")
	}
	c := checkerFor(t, farm, func(cfg *Config) { cfg.Proxy = &url.URL{Scheme: "http", Host: "127.0.0.1:1"} })
	r := c.Check(t.Context(), targetOf(farm.URL("ok_200")), siteOptions())
	require.Equal(t, wsc.KindInternalError, r.ErrorKind, r.ErrorMessage)
	require.Contains(t, r.ErrorMessage, "can't reach its proxy")
}
