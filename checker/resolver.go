package checker

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// Resolver turns a host name into addresses; *net.Resolver is one. Errors should be *net.DNSError.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// systemResolver is Go's own resolver with the machine's configuration. The C library's is not used, since it takes
// texts like 127.1 for addresses.
type systemResolver struct{ resolver net.Resolver }

func newSystemResolver() *systemResolver {
	return &systemResolver{net.Resolver{PreferGo: true}}
}

// LookupNetIP resolves host as an absolute name, so that no search domain turns a public name into an internal one.
func (r *systemResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if !strings.HasSuffix(host, ".") {
		host += "."
	}
	return r.resolver.LookupNetIP(ctx, network, host)
}
