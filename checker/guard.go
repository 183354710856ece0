package checker

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"code.dny.dev/ssrf"

	wsc "github.com/website-status-checker/wsc"
)

// BlockedError says that the guard refuses a host name, an address or a port. Its text never tells which address a
// name resolved to, nor whether anything listens there.
type BlockedError struct {
	// Kind is wsc.KindBlockedAddress or wsc.KindBlockedPort.
	Kind wsc.ErrorKind
	// Reason is a sentence for people.
	Reason string
}

// Error returns the reason.
func (e *BlockedError) Error() string { return e.Reason }

// Guard decides which hosts, addresses and ports may be contacted. It is immutable and safe for concurrent use.
//
// By default these are the public unicast addresses, at ports 80, 443, 8080 and 8443. Allowed networks are holes in
// that rule. They do not widen the ports, and names of private networks stay subject to the address check.
type Guard struct {
	ranges  *ssrf.Guardian
	allowed []netip.Prefix
	ports   []uint16
}

// NewGuard returns a guard that also lets the given networks and ports pass.
func NewGuard(allowNets []netip.Prefix, allowPorts []uint16) *Guard {
	g := &Guard{
		ranges: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork(), ssrf.WithDeniedV4Prefixes(moreDeniedPrefixes()...)),
		ports:  append([]uint16{80, 443, 8080, 8443}, allowPorts...),
	}
	for _, prefix := range allowNets {
		g.allowed = append(g.allowed, prefix.Masked())
	}
	return g
}

// moreDeniedPrefixes are addresses which no public registry marks as special, but which reach internal services.
func moreDeniedPrefixes() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("168.63.129.16/32"), // Azure: platform services of every virtual machine
	}
}

// CheckURL checks the host and the port of a URL before anything is resolved. The error is a *BlockedError.
func (g *Guard) CheckURL(u wsc.NormalizedURL) error {
	if err := g.CheckHost(u.Host); err != nil {
		return err
	}
	return g.checkPort(uint16(u.Port))
}

// CheckHost checks a host name, or an address in text form without brackets, before it is resolved. Names that only
// private networks use are refused, unless networks were allowed: then the name may lead into one of those, and
// CheckAddrPort decides about the address that it has. The error is a *BlockedError.
func (g *Guard) CheckHost(host string) error {
	if address, err := netip.ParseAddr(host); err == nil {
		return g.checkAddr(address)
	}
	if len(g.allowed) == 0 && isPrivateName(host) {
		return &BlockedError{wsc.KindBlockedAddress, fmt.Sprintf("%q is a name of a private network, which this checker does not contact.", clip(host, 100))}
	}
	return nil
}

// CheckAddrPort checks an address that is about to be dialled. The error is a *BlockedError.
func (g *Guard) CheckAddrPort(target netip.AddrPort) error {
	if err := g.checkAddr(target.Addr()); err != nil {
		return err
	}
	return g.checkPort(target.Port())
}

func (g *Guard) checkAddr(address netip.Addr) error {
	if address.Zone() == "" {
		for _, prefix := range g.allowed {
			if prefix.Contains(address) || prefix.Contains(address.Unmap()) {
				return nil
			}
		}
		if !isISATAP(address) && g.ranges.SafeAddr(address) == nil {
			return nil
		}
	}
	return &BlockedError{wsc.KindBlockedAddress, wsc.KindBlockedAddress.Sentence()}
}

func (g *Guard) checkPort(port uint16) error {
	if slices.Contains(g.ports, port) {
		return nil
	}
	return &BlockedError{wsc.KindBlockedPort, fmt.Sprintf("Port %d is not one that this checker may contact.", port)}
}

// isPrivateName reports whether a name is one that public DNS does not have: single labels, special-use names
// (RFC 6761, 6762, 8375), the private top-level domains and what clusters and clouds use inside.
func isPrivateName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range privateSuffixes() {
		if strings.HasSuffix(host, suffix) || host == suffix[1:] {
			return true
		}
	}
	return false
}

func privateSuffixes() [15]string {
	return [...]string{
		".localhost", ".localdomain", ".local", ".internal", ".intranet", ".private", ".lan", ".corp", ".home",
		".home.arpa", ".svc", ".consul", ".docker", ".kubernetes", ".localdomain6",
	}
}

// isISATAP reports whether the address embeds an IPv4 address to which a tunnel would unwrap it (RFC 5214, 6.1).
// The other embeddings (mapped, compatible, NAT64, 6to4, Teredo) lie in ranges that are refused as a whole.
func isISATAP(address netip.Addr) bool {
	if !address.Is6() {
		return false
	}
	b := address.As16()
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}
