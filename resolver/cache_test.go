package resolver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

func TestHowLongAnswersAreKept(t *testing.T) {
	nothing := func(code dnsmessage.RCode, authority ...dnsmessage.Resource) func(query, func([]byte)) {
		return func(q query, send func([]byte)) {
			send(q.reply(t, func(m *dnsmessage.Message) { m.RCode, m.Authorities = code, authority }))
		}
	}
	addresses := func(ttl uint32) func(query, func([]byte)) {
		return func(q query, send func([]byte)) { send(q.addresses(t, ttl, "192.0.2.1")) }
	}
	tests := []struct {
		name   string
		handle func(query, func([]byte))
		want   time.Duration
	}{
		{"addresses: their TTL", addresses(30), 30 * time.Second},
		{"addresses: at most 5 minutes", addresses(86_400), 5 * time.Minute},
		{"addresses: not with TTL 0", addresses(0), 0},
		{"addresses: not with a TTL that is none", addresses(1 << 31), 0},
		{"addresses: the least TTL of the chain", func(q query, send func([]byte)) {
			send(q.reply(t, func(m *dnsmessage.Message) {
				m.Answers = []dnsmessage.Resource{record("a.test", 7, "b.test"), record("b.test", 60, "192.0.2.1")}
			}))
		}, 7 * time.Second},
		{"no such name: the zone's minimum", nothing(dnsmessage.RCodeNameError, soa(60, 20)), 20 * time.Second},
		{"no address: the SOA's TTL", nothing(dnsmessage.RCodeSuccess, soa(10, 20)), 10 * time.Second},
		{"no such name: at most a minute", nothing(dnsmessage.RCodeNameError, soa(3600, 3600)), time.Minute},
		{"no such name: not with TTL 0", nothing(dnsmessage.RCodeNameError, soa(0, 0)), 0},
		{"no such name and no SOA", nothing(dnsmessage.RCodeNameError), failureTTL},
		{"failure", nothing(dnsmessage.RCodeServerFailure), failureTTL},
		{"silence", func(query, func([]byte)) {}, failureTTL},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var time clock
			s := serve(t, tc.handle)
			r := newTestResolver(t, func(cfg *Config) { cfg.Now, cfg.Attempts = time.now, 1 }, s)
			_, first := lookup(t, r, "ip4", "a.test")
			asked := len(s.queries())
			if tc.want > 0 {
				time.advance(tc.want - 1)
				_, again := lookup(t, r, "ip4", "a.test")
				require.Equal(t, first, again)
				require.Len(t, s.queries(), asked, "asked too early")
				time.advance(1)
			}
			_, _ = lookup(t, r, "ip4", "a.test")
			require.Greater(t, len(s.queries()), asked, "kept too long")
		})
	}
}

func TestConcurrentLookupsShareAQuery(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(q query, send func([]byte)) {
		<-release
		send(q.addresses(t, 0, "192.0.2.1", "2001:db8::1"))
	})
	r := newTestResolver(t, func(cfg *Config) { cfg.Timeout = 10 * time.Second }, s)
	var lookups sync.WaitGroup
	for range 50 {
		lookups.Go(func() {
			got, err := r.LookupNetIP(t.Context(), "ip4", "a.test")
			if err != nil || len(got) != 1 {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	require.Eventually(t, func() bool { return waiting(r, "a.test") == 50 }, 10*time.Second, time.Millisecond)
	close(release)
	lookups.Wait()
	require.Len(t, s.queries(), 1)
	_, err := lookup(t, r, "ip4", "a.test")
	require.NoError(t, err)
	require.Len(t, s.queries(), 2, "TTL 0 serves only who was waiting")
}

// waiting is how many lookups of a name wait for a query.
func waiting(r *Resolver, name string) int {
	s := r.cache.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	if both := s.flights[name]; both != nil {
		for _, fl := range both {
			if fl != nil {
				n += fl.waiting
			}
		}
	}
	return n
}

func TestQueriesUnderWayAreBounded(t *testing.T) {
	const limit, names = 4, 40
	var now atomic.Int32
	release := make(chan struct{})
	s := serve(t, func(q query, send func([]byte)) {
		if now.Add(1) > limit {
			t.Error("too many queries at once")
		}
		<-release
		now.Add(-1)
		send(q.addresses(t, 60, "192.0.2.1"))
	})
	r := newTestResolver(t, func(cfg *Config) { cfg.MaxQueries, cfg.Timeout = limit, 10*time.Second }, s)
	impatient, giveUp := context.WithCancel(t.Context())
	var lookups sync.WaitGroup
	for i := range names {
		lookups.Go(func() {
			if _, err := r.LookupNetIP(t.Context(), "ip4", fmt.Sprintf("n%d.test", i)); err != nil {
				t.Error(err)
			}
		})
	}
	require.Eventually(t, func() bool { return len(s.queries()) == limit }, 10*time.Second, time.Millisecond)
	for i := range names {
		lookups.Go(func() { _, _ = r.LookupNetIP(impatient, "ip4", fmt.Sprintf("abandoned%d.test", i)) })
	}
	require.Eventually(t, func() bool { return waiting(r, "abandoned1.test") == 1 }, 10*time.Second, time.Millisecond)
	giveUp()
	require.Eventually(t, func() bool { return waiting(r, "abandoned1.test") == 0 }, 10*time.Second, time.Millisecond)
	close(release)
	lookups.Wait()
	for _, q := range s.queries() {
		require.NotEqual(t, "abandoned1.test", q.name, "a query that nobody waits for is not sent")
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	const limit = 100
	var time clock
	s := serve(t, func(q query, send func([]byte)) { send(q.addresses(t, 60, "192.0.2.1")) })
	r := newTestResolver(t, func(cfg *Config) { cfg.MaxEntries, cfg.Now = limit, time.now }, s)
	for i := range 3 * limit {
		_, err := lookup(t, r, "ip4", fmt.Sprintf("n%d.test", i))
		require.NoError(t, err)
		time.advance(1)
	}
	kept := 0
	for i := range r.cache.shards {
		kept += len(r.cache.shards[i].entries)
		require.Empty(t, r.cache.shards[i].flights)
	}
	require.LessOrEqual(t, kept, limit)
	require.Greater(t, kept, limit/2)
}

func TestCallersCannotChangeTheCache(t *testing.T) {
	s := serve(t, func(q query, send func([]byte)) { send(q.addresses(t, 60, "192.0.2.1")) })
	r := newTestResolver(t, nil, s)
	for range 2 {
		got, err := r.LookupNetIP(t.Context(), "ip", "a.test")
		require.NoError(t, err)
		require.Equal(t, []netip.Addr{netip.MustParseAddr("192.0.2.1")}, got)
		got[0] = netip.IPv6Loopback()
	}
}

func TestManyLookupsOfFewNamesAtOnce(t *testing.T) {
	s := serve(t, func(q query, send func([]byte)) {
		if q.name == "n0.test" {
			send(q.rcode(t, dnsmessage.RCodeNameError))
			return
		}
		send(q.addresses(t, 0, "192.0.2.1", "2001:db8::1"))
	})
	r := newTestResolver(t, func(cfg *Config) { cfg.MaxEntries, cfg.MaxQueries, cfg.Timeout = 2, 3, 10*time.Second }, s)
	var lookups sync.WaitGroup
	for range 16 {
		lookups.Go(func() {
			for range 50 {
				i := rand.IntN(4)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(5))*time.Millisecond)
				got, err := r.LookupNetIP(ctx, "ip", fmt.Sprintf("n%d.test", i))
				cancel()
				if i == 0 && err == nil || err == nil && len(got) == 0 {
					t.Errorf("n%d.test: %v, %v", i, got, err)
				}
			}
		})
	}
	lookups.Wait()
}

// BenchmarkHit is a lookup of a name that is in the cache.
func BenchmarkHit(b *testing.B) {
	s := serve(b, func(q query, send func([]byte)) { send(q.addresses(b, 300, "192.0.2.1", "2001:db8::1")) })
	r := newTestResolver(b, nil, s)
	_, err := lookup(b, r, "ip", "a.test")
	require.NoError(b, err)
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := r.LookupNetIP(ctx, "ip", "a.test"); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkMiss is a lookup that asks for both families, from a server in the same process.
func BenchmarkMiss(b *testing.B) {
	s := serve(b, func(q query, send func([]byte)) { send(q.addresses(b, 0, "192.0.2.1", "2001:db8::1")) })
	r := newTestResolver(b, nil, s)
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := r.LookupNetIP(ctx, "ip", "a.test"); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkEntry puts names into the cache beyond its limit, and says how much memory each entry takes.
func BenchmarkEntry(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := newCache(defaultMaxEntries, func(*flight) {})
	a := answer{addresses: "1234", until: time.Hour}
	i := 0
	put := func() {
		name := fmt.Sprintf("www.shop-%d.example.com", i)
		s := c.shard(name)
		for f := range family(families) {
			s.put(name, f, answer{addresses: string(append([]byte(nil), a.addresses...)), until: a.until}, 0)
		}
		i++
	}
	for range 2 * defaultMaxEntries {
		put()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	for b.Loop() {
		put()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/defaultMaxEntries, "B/entry")
}
