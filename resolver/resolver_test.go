package resolver

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that only tests move.
type clock struct{ passed atomic.Int64 }

func (c *clock) now() time.Time           { return time.Unix(1_700_000_000, c.passed.Load()) }
func (c *clock) advance(by time.Duration) { c.passed.Add(int64(by)) }

// newTestResolver returns a resolver that asks the servers. It prefers IPv4 whatever the machine has.
func newTestResolver(t testing.TB, change func(*Config), servers ...*nameServer) *Resolver {
	t.Helper()
	cfg := Config{Timeout: 100 * time.Millisecond}
	for _, s := range servers {
		cfg.Servers = append(cfg.Servers, s.address)
	}
	if change != nil {
		change(&cfg)
	}
	r, err := New(cfg)
	require.NoError(t, err)
	r.route.checkAt.Store(int64(24 * time.Hour))
	t.Cleanup(r.Close)
	return r
}

func lookup(t testing.TB, r *Resolver, network, host string) ([]string, error) {
	t.Helper()
	found, err := r.LookupNetIP(t.Context(), network, host)
	var texts []string
	for _, address := range found {
		texts = append(texts, address.String())
	}
	return texts, err
}

func requireFailure(t testing.TB, err error) *net.DNSError {
	t.Helper()
	var failed *net.DNSError
	require.ErrorAs(t, err, &failed)
	return failed
}

func TestAddressesOfBothFamilies(t *testing.T) {
	s := serve(t, func(q query, send func([]byte)) { send(q.addresses(t, 60, "192.0.2.1", "2001:db8::1", "192.0.2.2")) })
	r := newTestResolver(t, nil, s)
	tests := []struct {
		network string
		ipv6    bool
		want    []string
	}{
		{"ip", false, []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}},
		{"ip", true, []string{"2001:db8::1", "192.0.2.1", "192.0.2.2"}},
		{"ip4", false, []string{"192.0.2.1", "192.0.2.2"}},
		{"ip6", false, []string{"2001:db8::1"}},
	}
	for _, tc := range tests {
		t.Run(fmt.Sprint(tc.network, " with a route for IPv6: ", tc.ipv6), func(t *testing.T) {
			r.route.found.Store(tc.ipv6)
			got, err := lookup(t, r, tc.network, "Both.Test.")
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
	require.Len(t, s.queries(), 2)
	require.Equal(t, "both.test", s.queries()[0].name)
	require.True(t, s.queries()[0].hasEDNS())
	_, err := lookup(t, r, "tcp", "both.test")
	require.ErrorContains(t, err, "unknown network")
}

func TestHostsThatNeedNoQuery(t *testing.T) {
	s := serve(t, func(query, func([]byte)) { t.Error("a name server was asked") })
	r := newTestResolver(t, nil, s)
	for host, want := range map[string]string{"192.0.2.7": "192.0.2.7", "2001:db8::7": "2001:db8::7", "::1": "::1"} {
		got, err := lookup(t, r, "ip", host)
		require.NoError(t, err)
		require.Equal(t, []string{want}, got)
	}
	long := "a23456789012345678901234567890123456789012345678901234567890123"
	for _, host := range []string{
		"", ".", "a..b", ".a", "127.1", "1.2.3.4.", "a b", "ä.test", "a/b", long + "4.test", "x.onion",
		long + "." + long + "." + long + "." + long + ".test",
	} {
		_, err := lookup(t, r, "ip", host)
		require.True(t, requireFailure(t, err).IsNotFound, host)
	}
	_, err := lookup(t, r, "ip6", "192.0.2.7")
	require.True(t, requireFailure(t, err).IsNotFound)
}

func TestAnswersThatAreNone(t *testing.T) {
	rcode := func(code dnsmessage.RCode) func(query, func([]byte)) {
		return func(q query, send func([]byte)) { send(q.rcode(t, code)) }
	}
	answers := func(records ...dnsmessage.Resource) func(query, func([]byte)) {
		return func(q query, send func([]byte)) {
			send(q.reply(t, func(m *dnsmessage.Message) { m.Answers = slices.Clone(records) }))
		}
	}
	tests := []struct {
		name   string
		handle func(query, func([]byte))
		want   net.DNSError
	}{
		{"no such name", rcode(dnsmessage.RCodeNameError), net.DNSError{IsNotFound: true}},
		{"a name without addresses", rcode(dnsmessage.RCodeSuccess), net.DNSError{IsNotFound: true}},
		{"failure", rcode(dnsmessage.RCodeServerFailure), net.DNSError{IsTemporary: true}},
		{"refusal", rcode(dnsmessage.RCodeRefused), net.DNSError{IsTemporary: true}},
		{"silence", func(query, func([]byte)) {}, net.DNSError{IsTimeout: true}},
		{"a loop of aliases", answers(record("a.test", 60, "b.test"), record("b.test", 60, "a.test")), net.DNSError{IsTemporary: true}},
		{"an alias of nothing", answers(record("a.test", 60, "b.test")), net.DNSError{IsNotFound: true}},
		{"addresses of another name", answers(record("b.test", 60, "192.0.2.1")), net.DNSError{IsNotFound: true}},
		{"a referral", func(q query, send func([]byte)) {
			send(q.reply(t, func(m *dnsmessage.Message) { m.RecursionAvailable = false }))
		}, net.DNSError{IsTemporary: true}},
		{"an answer that is cut off", func(q query, send func([]byte)) {
			packed := q.reply(t, func(m *dnsmessage.Message) { m.Answers = []dnsmessage.Resource{record("a.test", 60, "192.0.2.1")} })
			send(packed[:len(packed)-2])
		}, net.DNSError{IsTemporary: true}},
		{"one family does not exist, the other fails", func(q query, send func([]byte)) {
			if q.isAAAA() {
				send(q.rcode(t, dnsmessage.RCodeServerFailure))
			} else {
				send(q.rcode(t, dnsmessage.RCodeNameError))
			}
		}, net.DNSError{IsTemporary: true}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := newTestResolver(t, nil, serve(t, tc.handle))
			_, err := lookup(t, r, "ip", "a.test")
			got := requireFailure(t, err)
			require.Equal(t, "a.test", got.Name)
			require.Equal(t, tc.want, net.DNSError{IsNotFound: got.IsNotFound, IsTimeout: got.IsTimeout, IsTemporary: got.IsTemporary}, err)
		})
	}
}

func TestAliasesAreFollowedInAnyOrder(t *testing.T) {
	s := serve(t, func(q query, send func([]byte)) {
		send(q.reply(t, func(m *dnsmessage.Message) {
			m.Answers = []dnsmessage.Resource{
				record("C.test", 60, "192.0.2.1"), record("other.test", 60, "192.0.2.9"),
				record("b.test", 60, "c.test"), record("a.test", 60, "B.test"),
			}
		}))
	})
	got, err := lookup(t, newTestResolver(t, nil, s), "ip4", "a.test")
	require.NoError(t, err)
	require.Equal(t, []string{"192.0.2.1"}, got)
}

func TestOneFamilyDoesNotWaitForTheOther(t *testing.T) {
	for _, silent := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		t.Run(silent.String()+" is silent", func(t *testing.T) {
			s := serve(t, func(q query, send func([]byte)) {
				if q.Questions[0].Type != silent {
					send(q.addresses(t, 60, "192.0.2.1", "2001:db8::1"))
				}
			})
			r := newTestResolver(t, func(cfg *Config) { cfg.Timeout = 10 * time.Second }, s)
			for range 100 { // only the first waits at all
				got, err := lookup(t, r, "ip", "half.test")
				require.NoError(t, err)
				require.Len(t, got, 1)
			}
			require.Len(t, s.queries(), 2)
		})
	}
}

func TestAFamilyThatIsALittleLateCounts(t *testing.T) {
	var first atomic.Bool
	released := make(chan struct{})
	s := serve(t, func(q query, send func([]byte)) {
		if first.CompareAndSwap(false, true) {
			<-released
			send(q.addresses(t, 60, "192.0.2.1", "2001:db8::1"))
			return
		}
		send(q.addresses(t, 60, "192.0.2.1", "2001:db8::1"))
		close(released)
	})
	got, err := lookup(t, newTestResolver(t, nil, s), "ip", "late.test")
	require.NoError(t, err)
	require.Len(t, got, 2)
}

func TestTheNextServerIsAsked(t *testing.T) {
	good := func(q query, send func([]byte)) { send(q.addresses(t, 60, "192.0.2.1")) }
	tests := []struct {
		name   string
		handle func(query, func([]byte))
	}{
		{"after a failure", func(q query, send func([]byte)) { send(q.rcode(t, dnsmessage.RCodeServerFailure)) }},
		{"after a refusal", func(q query, send func([]byte)) { send(q.rcode(t, dnsmessage.RCodeRefused)) }},
		{"after silence", func(query, func([]byte)) {}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			first, second := serve(t, tc.handle), serve(t, good)
			r := newTestResolver(t, nil, first, second)
			for i := range 5 {
				got, err := lookup(t, r, "ip4", fmt.Sprintf("n%d.test", i))
				require.NoError(t, err)
				require.Equal(t, []string{"192.0.2.1"}, got)
			}
			require.Len(t, first.queries(), 1, "the second server is the favourite now")
		})
	}
	t.Run("when nobody listens", func(t *testing.T) {
		closed, err := net.ListenPacket("udp4", "127.0.0.1:0")
		require.NoError(t, err)
		nobody := &nameServer{address: closed.LocalAddr().(*net.UDPAddr).AddrPort()}
		require.NoError(t, closed.Close())
		got, err := lookup(t, newTestResolver(t, nil, nobody, serve(t, good)), "ip4", "a.test")
		require.NoError(t, err)
		require.Equal(t, []string{"192.0.2.1"}, got)
	})
}

func TestALostPacketIsSentAgain(t *testing.T) {
	var seen atomic.Int32
	s := serve(t, func(q query, send func([]byte)) {
		if seen.Add(1) > 1 {
			send(q.addresses(t, 60, "192.0.2.1"))
		}
	})
	got, err := lookup(t, newTestResolver(t, nil, s), "ip4", "a.test")
	require.NoError(t, err)
	require.Equal(t, []string{"192.0.2.1"}, got)
}

func TestAnAnswerThatDoesNotFitIsAskedForOverTCP(t *testing.T) {
	s := serve(t, func(q query, send func([]byte)) {
		if q.network == "udp" {
			send(q.reply(t, func(m *dnsmessage.Message) { m.Truncated = true }))
			return
		}
		send(q.reply(t, func(m *dnsmessage.Message) {
			for i := range 200 {
				m.Answers = append(m.Answers, record(q.name, 60, fmt.Sprintf("192.0.2.%d", i)))
			}
		}))
	})
	got, err := lookup(t, newTestResolver(t, nil, s), "ip4", "big.test")
	require.NoError(t, err)
	require.Len(t, got, maxAddresses)
}

func TestAServerThatDoesNotKnowEDNS(t *testing.T) {
	s := serve(t, func(q query, send func([]byte)) {
		if q.hasEDNS() {
			send(q.reply(t, func(m *dnsmessage.Message) { m.RCode, m.Questions = dnsmessage.RCodeFormatError, nil }))
			return
		}
		send(q.addresses(t, 60, "192.0.2.1"))
	})
	got, err := lookup(t, newTestResolver(t, nil, s), "ip4", "old.test")
	require.NoError(t, err)
	require.Equal(t, []string{"192.0.2.1"}, got)
}

func TestForgedAnswersArePassedOver(t *testing.T) {
	s := serve(t, func(q query, send func([]byte)) {
		forged := func(change func(*dnsmessage.Message)) {
			send(q.reply(t, func(m *dnsmessage.Message) {
				m.Answers = []dnsmessage.Resource{record(q.name, 60, "127.0.0.1")}
				change(m)
			}))
		}
		forged(func(m *dnsmessage.Message) { m.ID++ })
		forged(func(m *dnsmessage.Message) { m.Response = false })
		forged(func(m *dnsmessage.Message) { m.Questions = nil })
		forged(func(m *dnsmessage.Message) {
			m.Questions = []dnsmessage.Question{{Name: dnsmessage.MustNewName("b.test."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}
		})
		forged(func(m *dnsmessage.Message) { m.Questions = append(m.Questions, m.Questions[0]) })
		send(nil)
		send([]byte("no message"))
		q.name = "A.TEST" // in which case the name stands does not matter
		send(q.addresses(t, 60, "192.0.2.1"))
	})
	got, err := lookup(t, newTestResolver(t, nil, s), "ip4", "a.test")
	require.NoError(t, err)
	require.Equal(t, []string{"192.0.2.1"}, got)
}

func TestQueriesCannotBeGuessed(t *testing.T) {
	s := serve(t, func(q query, send func([]byte)) { send(q.addresses(t, 0, "192.0.2.1")) })
	r := newTestResolver(t, nil, s)
	ids, ports := map[uint16]bool{}, map[uint16]bool{}
	for range 64 {
		_, err := lookup(t, r, "ip4", "a.test")
		require.NoError(t, err)
	}
	for _, q := range s.queries() {
		ids[q.ID], ports[q.source.Port()] = true, true
	}
	require.Greater(t, len(ids), 55)
	require.Greater(t, len(ports), 32)
}

func TestACallerWhoGivesUpGetsAnAnswerAtOnce(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(q query, send func([]byte)) {
		<-release
		send(q.addresses(t, 60, "192.0.2.1"))
	})
	r := newTestResolver(t, func(cfg *Config) { cfg.Timeout = 10 * time.Second }, s)
	patient := make(chan error, 1)
	go func() {
		_, err := r.LookupNetIP(context.Background(), "ip4", "a.test")
		patient <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := r.LookupNetIP(ctx, "ip4", "a.test")
	require.True(t, requireFailure(t, err).IsTimeout)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.LookupNetIP(cancelled, "ip4", "a.test")
	require.ErrorIs(t, err, context.Canceled)
	close(release)
	require.NoError(t, <-patient)
	require.Len(t, s.queries(), 1)
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	asked := make(chan struct{}, 4)
	s := serve(t, func(query, func([]byte)) { asked <- struct{}{} })
	r := newTestResolver(t, func(cfg *Config) { cfg.Timeout = time.Minute }, s)
	failed := make(chan error, 1)
	go func() {
		_, err := r.LookupNetIP(context.Background(), "ip4", "a.test")
		failed <- err
	}()
	<-asked
	r.Close()
	require.ErrorContains(t, <-failed, "closed")
	_, err := lookup(t, r, "ip4", "b.test")
	require.ErrorContains(t, err, "closed")
}

func TestConfigurationThatIsWrong(t *testing.T) {
	for _, cfg := range []Config{
		{Timeout: -1}, {Attempts: -1}, {MaxEntries: -1}, {MaxQueries: -1}, {Servers: []netip.AddrPort{{}}},
		{Servers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:0")}},
	} {
		_, err := New(cfg)
		require.Error(t, err)
	}
}
