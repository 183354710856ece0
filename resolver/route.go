package resolver

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// routeInterval is how long it is remembered whether there is a route.
const routeInterval = time.Minute

// route knows whether this machine reaches the world over IPv6.
type route struct {
	// checkAt is when to look again, as the time since the resolver was made.
	checkAt atomic.Int64
	found   atomic.Bool
}

// prefersIPv6 reports whether IPv6 addresses should come first.
func (r *route) prefersIPv6(now time.Duration) bool {
	due := r.checkAt.Load()
	if int64(now) >= due && r.checkAt.CompareAndSwap(due, int64(now+routeInterval)) {
		r.found.Store(hasGlobalIPv6())
	}
	return r.found.Load()
}

// hasGlobalIPv6 reports whether the system has a route to a public IPv6 address, from an address that is itself public:
// a machine with nothing but a unique local address reaches public ones over IPv4 (RFC 6724, section 2.1).
func hasGlobalIPv6() bool {
	// Connecting a UDP socket sends nothing. The address is that of a root name server, which will not move.
	conn, err := net.DialUDP("udp6", nil, net.UDPAddrFromAddrPort(netip.MustParseAddrPort("[2001:503:ba3e::2:30]:53")))
	if err != nil {
		return false
	}
	defer conn.Close() //nolint:errcheck // nothing was sent
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return false
	}
	source := local.AddrPort().Addr()
	return source.IsGlobalUnicast() && !source.IsPrivate()
}
