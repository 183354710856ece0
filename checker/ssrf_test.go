package checker

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// stubNames is a resolver for the names of the catalogue. Successive lookups of a name get successive answers, the
// last one stays.
type stubNames struct {
	mu    sync.Mutex
	names map[string][][]netip.Addr
	asked []string
}

func (s *stubNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, host)
	turns, found := s.names[host]
	if !found {
		if !strings.HasSuffix(host, ".ok.test") {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		turns = s.names["ok.test"]
	}
	if len(turns) > 1 {
		s.names[host] = turns[1:]
	}
	return turns[0], nil
}

func newStubNames() *stubNames {
	public, loopback := netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("127.0.0.1")
	return &stubNames{names: map[string][][]netip.Addr{
		"ok.test":     {{public}},
		"ok6.test":    {{netip.MustParseAddr("2606:4700:4700::1111")}},
		"rebind.test": {{public}, {loopback}},
	}}
}

// define reads the dns: part of a row, NAME=ANS[,ANS][|NEXTANS].
func (s *stubNames) define(t *testing.T, text string) {
	t.Helper()
	name, answers, found := strings.Cut(text, "=")
	require.True(t, found, text)
	var turns [][]netip.Addr
	for turn := range strings.SplitSeq(answers, "|") {
		var addresses []netip.Addr
		for address := range strings.SplitSeq(turn, ",") {
			addresses = append(addresses, netip.MustParseAddr(address))
		}
		turns = append(turns, addresses)
	}
	s.names[name] = turns
}

// ssrfStage is where the rows of the catalogue are played: a checker whose dials are recorded after the guard let them
// pass, and end at a local server that redirects along the row's chain, or fail.
type ssrfStage struct {
	checker *Checker
	names   *stubNames
	mu      sync.Mutex
	dialled []netip.AddrPort
	// locations are sent one after another by whatever is dialled; without one left, the dial fails.
	locations []string
}

var errStageEnd = errors.New("the guard let the dial happen")

func newSSRFStage(t *testing.T) *ssrfStage {
	t.Helper()
	s := &ssrfStage{names: newStubNames()}
	c, err := New(Config{UserAgent: "wsc/test", Resolver: s.names})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.locations) > 0 {
			w.Header()["Location"] = []string{s.locations[0]}
			s.locations = s.locations[1:]
			w.WriteHeader(http.StatusFound)
		}
		w.Header().Set("Connection", "close")
	}))
	t.Cleanup(server.Close)
	d := newDialer(c.guard, s.names, time.Second, &tls.Config{MinVersion: tls.VersionTLS12})
	d.connect = func(ctx context.Context, target netip.AddrPort) (net.Conn, error) {
		s.mu.Lock()
		s.dialled = append(s.dialled, target)
		redirects := len(s.locations) > 0
		s.mu.Unlock()
		if !redirects {
			return nil, errStageEnd
		}
		var dialer net.Dialer
		return dialer.DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	c.verified.dialer = d
	s.checker = c
	return s
}

func unescapeRow(text string) string {
	return strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(text)
}

func TestSSRFCases(t *testing.T) {
	for _, row := range catalogue(t, "ssrf_cases.tsv") {
		payload, verdict := row[0], row[1]
		t.Run(payload, func(t *testing.T) {
			s := newSSRFStage(t)
			url, checks := payload, 1
			if definition, isDNS := strings.CutPrefix(payload, "dns:"); isDNS {
				definition, url, _ = strings.Cut(definition, " ")
				s.names.define(t, definition)
				checks += strings.Count(definition, "|")
			}
			if chain, isRedirect := strings.CutPrefix(payload, "redirect:"); isRedirect {
				hops := strings.Split(chain, " -> ")
				url, s.locations = strings.TrimSpace(hops[0]), hops[1:]
				// The first lookup of a rebinding name is innocent and not what such a row is about.
				_, err := s.names.LookupNetIP(t.Context(), "ip", "rebind.test")
				require.NoError(t, err)
			}
			var r wsc.Result
			for range checks {
				s.dialled = nil
				r = s.checker.Check(t.Context(), targetOf(unescapeRow(url)), siteOptions())
			}
			s.verify(t, verdict, r)
		})
	}
}

// verify checks a row's verdict against what was reported and what was dialled.
func (s *ssrfStage) verify(t *testing.T, verdict string, r wsc.Result) {
	t.Helper()
	for _, target := range s.dialled {
		require.NoError(t, NewGuard(nil, nil).CheckAddrPort(target), "dialled %s", target)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch verdict {
	case "block":
		require.Equal(t, wsc.StatusError, r.Status)
		require.Contains(t, []wsc.ErrorKind{
			wsc.KindInvalidURL, wsc.KindBlockedAddress, wsc.KindBlockedPort, wsc.KindBlockedScheme, wsc.KindRedirectBlocked, wsc.KindRedirectInvalid,
		}, r.ErrorKind, r.ErrorMessage)
		requireForPeople(t, r.ErrorMessage)
		require.Empty(t, s.locations, "every redirect of the row was played")
	case "allow":
		require.NotEmpty(t, s.dialled, "%s %s", r.ErrorKind, r.ErrorMessage)
		require.Equal(t, wsc.KindNetworkUnreachable, r.ErrorKind, "the stage ends the dial; %s", r.ErrorMessage)
	default:
		t.Fatalf("unknown verdict %q", verdict)
	}
}

func TestSocketsRefuseWhatTheGuardRefuses(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	target := netip.MustParseAddrPort(listener.Addr().String())

	closed := newDialer(NewGuard(nil, []uint16{target.Port()}), newStubNames(), time.Second, nil)
	_, err = closed.connect(t.Context(), target)
	var blocked *BlockedError
	require.ErrorAs(t, err, &blocked)
	require.Equal(t, wsc.KindBlockedAddress, blocked.Kind)

	wrongPort := newDialer(NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil), newStubNames(), time.Second, nil)
	_, err = wrongPort.connect(t.Context(), target)
	require.ErrorAs(t, err, &blocked)
	require.Equal(t, wsc.KindBlockedPort, blocked.Kind)

	open := newDialer(NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, []uint16{target.Port()}), newStubNames(), time.Second, nil)
	conn, err := open.connect(t.Context(), target)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

func TestPrivateNamesAreNotEvenResolved(t *testing.T) {
	s := newSSRFStage(t)
	for _, host := range []string{"localhost", "a.localhost", "printer.local", "db.internal", "metadata.google.internal", "kubernetes.default.svc", "x.svc.cluster.local", "nas.home.arpa", "intranet"} {
		r := s.checker.Check(t.Context(), targetOf("http://"+host+"/"), siteOptions())
		require.Equal(t, wsc.KindBlockedAddress, r.ErrorKind, host)
	}
	require.Empty(t, s.names.asked)
}

func TestAllowedNetworksOpenHoles(t *testing.T) {
	guard := NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.1.2.3/16")}, []uint16{9000})
	allowed := func(text string) error { return guard.CheckAddrPort(netip.MustParseAddrPort(text)) }
	require.NoError(t, allowed("127.0.0.1:80"))
	require.NoError(t, allowed("10.1.255.1:9000"))
	require.NoError(t, allowed("[::ffff:127.0.0.1]:80"))
	require.Error(t, allowed("10.2.0.1:80"))
	require.Error(t, allowed("127.0.0.1:9001"))
	require.Error(t, allowed("[::1]:80"))
	require.NoError(t, guard.CheckHost("localhost"), "where it leads decides")
	require.Error(t, guard.CheckHost("192.168.0.1"))
}

// panicking is a resolver with a defect.
type panicking struct{}

func (panicking) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	panic("a defect")
}

// FuzzGuardAgreesWithParser checks that whatever text a URL has, nothing is dialled but the host that the parser
// reads in it, at the port that it reads, and nothing that the guard refuses.
func FuzzGuardAgreesWithParser(f *testing.F) {
	for _, row := range catalogue(f, "ssrf_cases.tsv") {
		f.Add(unescapeRow(row[0]))
	}
	f.Fuzz(func(t *testing.T, text string) {
		names := &stubNames{names: map[string][][]netip.Addr{}}
		c, err := New(Config{Resolver: echoing{names}})
		require.NoError(t, err)
		defer c.Close()
		n, parseErr := wsc.NormalizeURL(text)
		d := newDialer(c.guard, echoing{names}, time.Second, nil)
		var dialled []netip.AddrPort
		d.connect = func(_ context.Context, target netip.AddrPort) (net.Conn, error) {
			dialled = append(dialled, target)
			return nil, errStageEnd
		}
		c.verified.dialer = d
		r := c.Check(t.Context(), targetOf(text), siteOptions())
		require.Equal(t, wsc.StatusError, r.Status)
		if parseErr != nil {
			require.Empty(t, dialled)
			require.Empty(t, names.asked)
			return
		}
		for _, target := range dialled {
			require.NoError(t, NewGuard(nil, nil).CheckAddrPort(target))
			require.EqualValues(t, n.Port, target.Port())
			if literal, err := netip.ParseAddr(n.Host); err == nil {
				require.Equal(t, literal, target.Addr())
			} else {
				require.Equal(t, []string{n.Host}, names.asked)
			}
		}
	})
}

// echoing resolves every name to a public address.
type echoing struct{ names *stubNames }

func (e echoing) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	e.names.asked = append(e.names.asked, host)
	return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
}
