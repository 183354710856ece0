package resolver

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseServers(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{" ", nil},
		{"10.0.0.2", []string{"10.0.0.2:53"}},
		{"10.0.0.2,10.0.0.3:5353, [2001:db8::1] ", []string{"10.0.0.2:53", "10.0.0.3:5353", "[2001:db8::1]:53"}},
		{"2001:db8::1,[2001:db8::2]:5353", []string{"[2001:db8::1]:53", "[2001:db8::2]:5353"}},
		{"fe80::1%eth0", []string{"[fe80::1%eth0]:53"}},
	}
	for _, tc := range tests {
		got, err := ParseServers(tc.text)
		require.NoError(t, err, tc.text)
		var texts []string
		for _, server := range got {
			texts = append(texts, server.String())
		}
		require.Equal(t, tc.want, texts)
	}
	for text, bad := range map[string]string{
		"dns.example.com":     `"dns.example.com"`,
		"10.0.0.2,10.0.0":     `"10.0.0"`,
		"10.0.0.2,":           `""`,
		"10.0.0.2:0":          `"10.0.0.2:0"`,
		"10.0.0.2:65536":      `"10.0.0.2:65536"`,
		"[10.0.0.2]":          `"[10.0.0.2]"`,
		"[2001:db8::1":        `"[2001:db8::1"`,
		"udp://10.0.0.2":      `"udp://10.0.0.2"`,
		"10.0.0.2 10.0.0.3":   `"10.0.0.2 10.0.0.3"`,
		"https://dns.example": `"https://dns.example"`,
	} {
		_, err := ParseServers(text)
		require.ErrorContains(t, err, bad)
		require.ErrorContains(t, err, "such as 10.0.0.2")
	}
}

func TestResolvConf(t *testing.T) {
	loopback := []string{"127.0.0.1:53", "[::1]:53"}
	tests := []struct {
		name, text string
		servers    []string
		timeout    time.Duration
		attempts   int
	}{
		{"no file", "", loopback, 2 * time.Second, 2},
		{"no server", "search example.com\nnameserver\nnameserver nowhere\n", loopback, 2 * time.Second, 2},
		{
			"servers and options", "# comment\nnameserver 10.0.0.2 # first\n\tnameserver 2001:db8::1\noptions ndots:5 timeout:7 attempts:1\n",
			[]string{"10.0.0.2:53", "[2001:db8::1]:53"}, 7 * time.Second, 1,
		},
		{
			"too much of everything", "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4\noptions timeout:99 attempts:99",
			[]string{"10.0.0.1:53", "10.0.0.2:53", "10.0.0.3:53"}, 30 * time.Second, 5,
		},
		{"too little", "options timeout:0 attempts:-1 timeout:x", loopback, time.Second, 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got := parseResolvConf([]byte(tc.text))
			var servers []string
			for _, server := range got.servers {
				servers = append(servers, server.String())
			}
			require.Equal(t, tc.servers, servers)
			require.Equal(t, tc.timeout, got.timeout)
			require.Equal(t, tc.attempts, got.attempts)
		})
	}
}

func TestTheSystemsFilesAreFollowed(t *testing.T) {
	var time clock
	folder := t.TempDir()
	resolvConf, hosts := filepath.Join(folder, "resolv.conf"), filepath.Join(folder, "hosts")
	write := func(path, text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write(resolvConf, "nameserver 192.0.2.1\noptions timeout:4\n")
	write(hosts, "127.0.0.1 localhost Alias.Test # comment\n::1 localhost\nnonsense localhost\n192.0.2.2 alias.test.\n")
	r, err := newResolver(Config{Now: time.now, Attempts: 1}, resolvConf, hosts)
	require.NoError(t, err)
	defer r.Close()

	for host, want := range map[string][]string{
		"localhost": {"127.0.0.1", "::1"}, "LOCALHOST.": {"127.0.0.1", "::1"}, "alias.test": {"127.0.0.1", "192.0.2.2"},
	} {
		got, err := lookup(t, r, "ip", host)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	got, err := lookup(t, r, "ip6", "localhost")
	require.NoError(t, err)
	require.Equal(t, []string{"::1"}, got)

	write(hosts, "192.0.2.3 localhost\n")
	write(resolvConf, "nameserver 192.0.2.10\nnameserver 192.0.2.11\n")
	got, err = lookup(t, r, "ip", "localhost")
	require.NoError(t, err)
	require.Len(t, got, 2, "not looked at again yet")
	require.Equal(t, settings{servers: addrPorts("192.0.2.1:53"), timeout: 4e9, attempts: 1}, r.system.current(r.now()).settings)
	time.advance(systemInterval)
	got, err = lookup(t, r, "ip", "localhost")
	require.NoError(t, err)
	require.Equal(t, []string{"192.0.2.3"}, got)
	require.Equal(t, settings{servers: addrPorts("192.0.2.10:53", "192.0.2.11:53"), timeout: 2e9, attempts: 1}, r.system.current(r.now()).settings)
}

func addrPorts(texts ...string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, text := range texts {
		list = append(list, netip.MustParseAddrPort(text))
	}
	return list
}

func TestTheRouteIsRemembered(t *testing.T) {
	var r route
	first := r.prefersIPv6(0)
	require.Equal(t, hasGlobalIPv6(), first)
	r.found.Store(!first)
	require.Equal(t, !first, r.prefersIPv6(routeInterval-1))
	require.Equal(t, first, r.prefersIPv6(routeInterval))
}
