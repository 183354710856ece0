// Package resolver looks up the addresses of host names, for programs that look up very many of them: it asks name
// servers itself, keeps their answers as long as these may be kept, and lets concurrent lookups of a name share one
// question.
package resolver

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	defaultTimeout    = 2 * time.Second
	defaultAttempts   = 2
	defaultMaxEntries = 65_536
	defaultMaxQueries = 512

	// flightLimit bounds one query over all servers and attempts.
	flightLimit = 15 * time.Second
	// resolutionDelay is how long the addresses of one family wait for those of the other (RFC 8305, section 3).
	resolutionDelay = 50 * time.Millisecond
)

// Config says how a Resolver works. The zero value is ready for use.
type Config struct {
	// Servers are the name servers, in order of preference; they must answer recursive queries. Without any, those of
	// /etc/resolv.conf are asked and /etc/hosts goes before them, and both files are read again when they change.
	Servers []netip.AddrPort
	// Timeout is how long one server has for one answer. 0 is what resolv.conf says, or 2 s.
	Timeout time.Duration
	// Attempts is how often each server is asked before a lookup fails because of silence. 0 is what resolv.conf says,
	// or 2.
	Attempts int
	// MaxEntries bounds the names in the cache. 0 is 65,536, which take about 12 MB.
	MaxEntries int
	// MaxQueries bounds the queries, and with them the sockets, in use at the same time. 0 is 512.
	MaxQueries int
	// Now is the clock by which answers expire; nil is time.Now.
	Now func() time.Time
}

// Resolver looks names up and caches what it learns. It is safe for concurrent use.
//
// How long answers are kept: addresses for their TTL, at most 5 minutes, and not at all if that is 0, so that they
// serve only the lookups that were waiting for them; that a name does not exist or has no addresses for as long as its
// zone says (RFC 2308), at most 60 s; failures for 3 s.
type Resolver struct {
	settings  settings // with the servers, unless there is a system
	system    *system  // nil when servers were given
	clock     func() time.Time
	epoch     time.Time // what the cache counts its time from
	cache     *cache
	route     route
	slots     chan struct{} // one for each query under way
	favourite favourite

	ctx    context.Context //nolint:containedctx // it ends with the Resolver, and no caller's does
	cancel context.CancelFunc
	asking sync.WaitGroup
}

// New returns a Resolver. Close it after use.
func New(cfg Config) (*Resolver, error) {
	return newResolver(cfg, "/etc/resolv.conf", "/etc/hosts")
}

func newResolver(cfg Config, resolvConf, hosts string) (*Resolver, error) {
	if cfg.Timeout < 0 || cfg.Attempts < 0 || cfg.MaxEntries < 0 || cfg.MaxQueries < 0 {
		return nil, fmt.Errorf("timeout (%s), attempts (%d), entries (%d) and queries (%d) of a resolver must not be negative",
			cfg.Timeout, cfg.Attempts, cfg.MaxEntries, cfg.MaxQueries)
	}
	for _, server := range cfg.Servers {
		if !server.IsValid() || server.Port() == 0 {
			return nil, fmt.Errorf("%s is not the address and port of a name server", server)
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	r := &Resolver{
		settings: settings{servers: cfg.Servers, timeout: cfg.Timeout, attempts: cfg.Attempts},
		clock:    cfg.Now,
		epoch:    cfg.Now(),
		slots:    make(chan struct{}, orDefault(cfg.MaxQueries, defaultMaxQueries)),
	}
	r.cache = newCache(orDefault(cfg.MaxEntries, defaultMaxEntries), r.start)
	if len(cfg.Servers) == 0 {
		r.system = newSystem(resolvConf, hosts, r.settings)
	}
	r.settings = r.settings.withDefaults()
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

func orDefault(value, standard int) int {
	if value == 0 {
		return standard
	}
	return value
}

// Close ends the queries under way, whose lookups fail, and waits until they are gone. Later lookups fail.
func (r *Resolver) Close() {
	r.cache.close()
	r.cancel()
	r.asking.Wait()
}

// LookupNetIP returns the addresses of a host for the network ip, ip4 or ip6. The host is always an absolute name: no
// search domain is tried. An address as host is its own answer.
//
// With addresses of both families, those of IPv6 come first if this machine has a global IPv6 address and a route to
// the world, else last. When one family has addresses, the other is waited for 50 ms more, and its failure is none of
// the lookup. The caller owns the slice.
//
// Errors are *net.DNSError: IsNotFound if the name does not exist, is none, or has no addresses of the wanted families;
// IsTimeout if no server answered in time or ctx ended; IsTemporary if the servers answered that they can't tell, or
// nonsense. An error of this machine, such as a lack of file descriptors, is wrapped.
func (r *Resolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	var want [families]bool
	switch network {
	case "ip":
		want = [families]bool{true, true}
	case "ip4":
		want[ipv4] = true
	case "ip6":
		want[ipv6] = true
	default:
		return nil, net.UnknownNetworkError(network)
	}
	if literal, ok := parseLiteral(host); ok {
		if !want[familyOf(literal)] {
			return nil, (&failure{kind: notFound}).error(host)
		}
		return []netip.Addr{literal}, nil
	}
	name, ok := canonicalName(host)
	if !ok {
		return nil, (&failure{kind: notFound}).error(host)
	}
	now := r.now()
	if r.system != nil {
		if found := r.system.current(now).lookup(name, want); len(found) > 0 {
			return found, nil
		}
	}
	return r.lookup(ctx, name, want, now)
}

// now is the time since the resolver was made.
func (r *Resolver) now() time.Duration { return r.clock().Sub(r.epoch) }

// lookup answers from the cache and waits for what it lacks.
func (r *Resolver) lookup(ctx context.Context, name string, want [families]bool, now time.Duration) ([]netip.Addr, error) {
	answers, flights, ok := r.cache.get(name, want, now)
	if !ok {
		return nil, closedFailure().error(name)
	}
	if flights != ([families]*flight{}) {
		defer r.cache.leave(name, flights)
		if err := await(ctx, &answers, flights); err != nil {
			return nil, err.error(name)
		}
	}
	return r.merge(name, &answers)
}

// await waits for the flights and puts what they bring into answers. It returns a failure only if ctx ends before
// there is any address.
func await(ctx context.Context, answers *[families]answer, flights [families]*flight) *failure {
	var arrived time.Time // when the first addresses did, zero if they were in the cache
	var delay <-chan time.Time
	for {
		var landing [families]<-chan struct{}
		var missing *flight
		for f, flight := range flights {
			if flight != nil {
				landing[f], missing = flight.landed, flight
			}
		}
		if missing == nil {
			return nil
		}
		found := answers[ipv4].found() || answers[ipv6].found()
		if found && delay == nil {
			from := arrived
			if from.IsZero() { // a query that others have waited for is not waited for again
				from = missing.started
			}
			timer := time.NewTimer(time.Until(from.Add(resolutionDelay)))
			defer timer.Stop()
			delay = timer.C
		}
		select {
		case <-landing[ipv4]:
			answers[ipv4], flights[ipv4] = flights[ipv4].answer, nil
			arrived = time.Now()
		case <-landing[ipv6]:
			answers[ipv6], flights[ipv6] = flights[ipv6].answer, nil
			arrived = time.Now()
		case <-delay:
			return nil
		case <-ctx.Done():
			if found {
				return nil
			}
			return contextFailure(ctx)
		}
	}
}

// merge is the answer to the caller: addresses in order of preference, or why there are none.
func (r *Resolver) merge(name string, answers *[families]answer) ([]netip.Addr, error) {
	first, second := ipv4, ipv6
	if answers[ipv4].found() && answers[ipv6].found() && r.route.prefersIPv6(r.now()) {
		first, second = ipv6, ipv4
	}
	count := answers[first].count(first) + answers[second].count(second)
	if count == 0 {
		return nil, worse(answers[ipv4].failure, answers[ipv6].failure).error(name)
	}
	addresses := make([]netip.Addr, 0, count)
	addresses = answers[first].appendTo(addresses, first)
	return answers[second].appendTo(addresses, second), nil
}
