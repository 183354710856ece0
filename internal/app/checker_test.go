package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/pgtest"
	"github.com/website-status-checker/wsc/internal/testsite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.WithServer(m)) }

func TestTheCheckerAsksTheNameServersThatItIsGiven(t *testing.T) {
	farm := testsite.Start(t)
	checks, err := app.NewChecker(checker.Config{
		AllowNets: farm.AllowNets(), AllowPorts: []uint16{farm.Port()}, RootCAs: farm.CA(),
	}, farm.NameServer())
	require.NoError(t, err)
	defer checks.Close()
	tests := []struct {
		name, url string
		want      wsc.ErrorKind
	}{
		{"a name", farm.NameURL("ok_200"), ""},
		{"an alias", farm.URL("dns_cname"), ""},
		{"no such name", farm.URL("nxdomain"), wsc.KindDNSNXDomain},
		{"a loop of aliases", farm.URL("dns_cname_loop"), wsc.KindDNSError},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			normal, err := wsc.NormalizeURL(tc.url)
			require.NoError(t, err)
			target := wsc.Target{URL: tc.url, NormalizedURL: normal.URL, Host: normal.Host}
			result := checks.Check(t.Context(), target, wsc.CheckOptions{Timeout: 10 * time.Second})
			require.Equal(t, tc.want, result.ErrorKind, result.ErrorMessage)
		})
	}
}

func TestNameServersThatAreNoneAreNamed(t *testing.T) {
	_, err := app.NewChecker(checker.Config{}, "10.0.0.2,dns.example.com")
	require.ErrorContains(t, err, `WSC_DNS_SERVERS (--dns-servers): "dns.example.com"`)
}
