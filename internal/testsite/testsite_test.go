package testsite_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/website-status-checker/wsc/internal/testsite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	response, err := client.Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, string(body)
}

func TestFarmServesPlainAndSecureSites(t *testing.T) {
	farm := testsite.Start(t)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: farm.CA(), MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	for _, name := range []string{"ok_200", "https_1_1"} {
		code, body := get(t, client, farm.URL(name))
		require.Equal(t, 200, code, name)
		require.Equal(t, "ok", body, name)
		require.Equal(t, 1, farm.Conns(name), name)
	}
	require.Empty(t, farm.URL("no_such_site"))
	require.Zero(t, farm.Trapped())
	for _, name := range farm.Sites() {
		require.NotEmpty(t, farm.URL(name), name)
	}
}

func TestTwoFarmsRunSideBySide(t *testing.T) {
	one, other := testsite.Start(t), testsite.Start(t)
	require.NotEqual(t, one.Port(), other.Port())
}

func TestNameServerKnowsTheSites(t *testing.T) {
	farm := testsite.Start(t)
	addresses, err := farm.Resolver().LookupNetIP(t.Context(), "ip4", "ok-200.site.test")
	require.NoError(t, err)
	require.Len(t, addresses, 1)
	_, err = farm.Resolver().LookupNetIP(t.Context(), "ip", "nowhere.site.test")
	require.ErrorContains(t, err, "no such host")
}

func TestHostsCountAndObeyThePath(t *testing.T) {
	hosts := testsite.StartHosts(t, testsite.HostsConfig{Arrivals: true})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	for i, url := range hosts.URLs(300) {
		if i%100 == 0 {
			code, _ := get(t, client, url)
			require.Equal(t, 200, code, url)
		}
	}
	require.Equal(t, 3, hosts.Total())
	require.Equal(t, 1, hosts.Hits(testsite.Address(100).String()))
	require.Len(t, hosts.Arrivals(testsite.Address(100).String()), 1)

	for _, want := range []int{503, 503, 200} {
		code, _ := get(t, client, hosts.URL(5, "/status/503?then=200"))
		require.Equal(t, want, code)
	}
	code, _ := get(t, client, hosts.URL(6, "/redirect/3"))
	require.Equal(t, 200, code)
	require.Equal(t, 4, hosts.Hits(testsite.Address(6).String()))
	_, body := get(t, client, hosts.URL(7, "/size?bytes=1000"))
	require.Len(t, body, 1000)
	for _, path := range []string{"/reset", "/close"} {
		_, err := client.Get(hosts.URL(8, path))
		require.Error(t, err, path)
	}
}

func TestAddressesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200_000 {
		address := testsite.Address(i)
		require.True(t, address.IsLoopback(), "%d", i)
		seen[address.String()] = true
	}
	require.Len(t, seen, 200_000)
}

func TestHostsWithTLSHaveACertificateForEachAddress(t *testing.T) {
	hosts := testsite.StartHosts(t, testsite.HostsConfig{TLS: true, Uncounted: true})
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(hosts.AuthorityPEM()))
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, url := range hosts.URLs(3) {
		response, err := client.Get(url)
		require.NoError(t, err, url)
		require.Equal(t, 200, response.StatusCode)
		require.Equal(t, 2, response.ProtoMajor)
		require.NoError(t, response.Body.Close())
	}
	require.Equal(t, 3, hosts.Total())
	require.Zero(t, hosts.Hits(testsite.Address(0).String()))
}
