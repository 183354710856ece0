package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/config"
)

type settings struct {
	config.Log      `embed:""`
	config.Listen   `embed:""`
	config.Database `embed:""`
	config.Jobs     `embed:""`
	config.Check    `embed:""`
	config.Storage  `embed:""`
	config.Sentry   `embed:""`
	config.Access   `embed:""`

	config.Operations `embed:""`
	config.Profiling  `embed:""`
}

func parse(t *testing.T, args ...string) (settings, error) {
	t.Helper()
	var s settings
	parser, err := kong.New(&s)
	require.NoError(t, err)
	_, err = parser.Parse(args)
	return s, err
}

func TestDefaults(t *testing.T) {
	s, err := parse(t)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", s.Listen.Listen)
	require.False(t, s.Public())
	require.EqualValues(t, 100<<20, s.MaxUploadBytes)
	require.InDelta(t, 10.0, s.HostRate, 0)
	require.Equal(t, 90*24*time.Hour, s.AuditRetention)
	_, err = s.URL()
	require.ErrorContains(t, err, "WSC_DATABASE_URL")
}

func TestValuesComeFromTheEnvironment(t *testing.T) {
	t.Setenv("WSC_ALLOW_NETS", "127.0.0.0/8,10.1.0.0/16")
	t.Setenv("WSC_ALLOW_PORTS", "9000,9001")
	t.Setenv("WSC_DNS_SERVERS", "10.0.0.2,[2001:db8::1]:5353")
	t.Setenv("WSC_LISTEN", "0.0.0.0:80")
	t.Setenv("WSC_CORS_ORIGINS", "https://app.example.com,http://localhost:5173")
	s, err := parse(t)
	require.NoError(t, err)
	require.Len(t, s.AllowNets, 2)
	require.Equal(t, "10.1.0.0/16", s.AllowNets[1].String())
	require.Equal(t, []uint16{9000, 9001}, s.AllowPorts)
	require.Equal(t, "10.0.0.2,[2001:db8::1]:5353", s.DNSServers)
	require.True(t, s.Public())
	require.Equal(t, []string{"https://app.example.com", "http://localhost:5173"}, s.CORSOrigins)
}

func TestAWrongValueIsNamed(t *testing.T) {
	tests := []struct{ name, variable, value string }{
		{"address without port", "WSC_LISTEN", "localhost"},
		{"unit missing", "WSC_RETENTION", "24"},
		{"too short", "WSC_RETENTION", "1ms"},
		{"security events kept for too short a time", "WSC_AUDIT_RETENTION", "59m"},
		{"security events not kept", "WSC_AUDIT_RETENTION", "0"},
		{"negative size", "WSC_MAX_UPLOAD_BYTES", "-1"},
		{"no number", "WSC_MAX_URLS", "many"},
		{"zero URLs", "WSC_MAX_URLS", "0"},
		{"rate too high", "WSC_HOST_RATE", "5000"},
		{"rate is no number", "WSC_HOST_RATE", "NaN"},
		{"no concurrency", "WSC_CHECK_CONCURRENCY", "0"},
		{"no network", "WSC_ALLOW_NETS", "localhost"},
		{"no address of a name server", "WSC_DNS_SERVERS", "10.0.0.2,dns.example.com"},
		{"no control URL", "WSC_CONTROL_URL", "ftp://example.com/"},
		{"a control URL that the guard refuses", "WSC_CONTROL_URL", "http://10.0.0.1/"},
		{"a control URL at a port that is not allowed", "WSC_CONTROL_URL", "https://example.com:22/"},
		{"port too high", "WSC_ALLOW_PORTS", "70000"},
		{"any origin", "WSC_CORS_ORIGINS", "*"},
		{"a pattern of origins", "WSC_CORS_ORIGINS", "https://*.example.com"},
		{"no origin", "WSC_CORS_ORIGINS", "null"},
		{"an origin without scheme", "WSC_CORS_ORIGINS", "app.example.com"},
		{"an origin with a path", "WSC_CORS_ORIGINS", "https://app.example.com/"},
		{"an origin in capitals", "WSC_CORS_ORIGINS", "https://APP.example.com"},
		{"an origin with the port that browsers leave out", "WSC_CORS_ORIGINS", "https://app.example.com:443"},
		{"an origin with a user", "WSC_CORS_ORIGINS", "https://me@app.example.com"},
		{"one wrong origin among good ones", "WSC_CORS_ORIGINS", "https://app.example.com,ftp://example.com"},
		{"unknown level", "WSC_LOG_LEVEL", "loud"},
		{"an address for operations without a port", "WSC_OPS_LISTEN", "localhost"},
		{"an address for profiles without a port", "WSC_PPROF_LISTEN", "localhost"},
		{"profiles for everybody", "WSC_PPROF_LISTEN", ":6060"},
		{"profiles for everybody, named", "WSC_PPROF_LISTEN", "0.0.0.0:6060"},
		{"profiles for a network", "WSC_PPROF_LISTEN", "192.168.1.2:6060"},
		{"profiles at a name that may be any address", "WSC_PPROF_LISTEN", "myhost:6060"},
		{"no DSN", "SENTRY_DSN", "sentry.example.com"},
		{"a DSN without a project", "SENTRY_DSN", "https://key@sentry.example.com/"},
		{"no file with a DSN", "SENTRY_DSN_FILE", "missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(test.variable, test.value)
			_, err := parse(t)
			require.Error(t, err)
			require.Contains(t, config.Describe(err), test.variable)
			require.NotContains(t, config.Describe(err), "WSC_"+test.variable)
		})
	}
}

func TestTheControlURLIsNormalised(t *testing.T) {
	s, err := parse(t)
	require.NoError(t, err)
	control, err := s.Control()
	require.NoError(t, err)
	require.Nil(t, control)

	s, err = parse(t, "--control-url", "Example.com:8443", "--allow-nets", "10.0.0.0/8")
	require.NoError(t, err)
	control, err = s.Control()
	require.NoError(t, err)
	require.Equal(t, "https://example.com:8443/", control.NormalizedURL)
	require.Equal(t, "example.com", control.Host)
}

func TestWhereAProcessIsWatched(t *testing.T) {
	s, err := parse(t)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:9464", s.Operations.Address())
	require.Empty(t, s.ProfilingAddress(), "profiles are off unless somebody wants them")

	t.Setenv("WSC_OPS_LISTEN", "off")
	for _, address := range []string{"127.0.0.1:6060", "[::1]:6060", "localhost:0", "127.8.9.1:1"} {
		t.Setenv("WSC_PPROF_LISTEN", address)
		s, err = parse(t)
		require.NoError(t, err)
		require.Equal(t, address, s.ProfilingAddress())
	}
	require.Empty(t, s.Operations.Address())
}

func TestTheDatabaseURLCanComeFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "url")
	require.NoError(t, os.WriteFile(path, []byte("postgres://db/wsc\n"), 0o600))
	s, err := parse(t, "--database-url-file", path)
	require.NoError(t, err)
	url, err := s.URL()
	require.NoError(t, err)
	require.Equal(t, "postgres://db/wsc", url)
}

func TestTheSentryDSNCanComeFromAFile(t *testing.T) {
	s, err := parse(t)
	require.NoError(t, err)
	dsn, err := s.DSN()
	require.NoError(t, err)
	require.Empty(t, dsn, "nothing is reported unless asked for")

	path := filepath.Join(t.TempDir(), "dsn")
	require.NoError(t, os.WriteFile(path, []byte("https://key@sentry.example.com/7\n"), 0o600))
	s, err = parse(t, "--sentry-dsn-file", path)
	require.NoError(t, err)
	dsn, err = s.DSN()
	require.NoError(t, err)
	require.Equal(t, "https://key@sentry.example.com/7", dsn)
	require.Equal(t, "production", s.SentryEnvironment)
}
