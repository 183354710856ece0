package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// family is an address family, and an index.
type family int

const (
	ipv4 family = iota
	ipv6
)

// families is the number of address families.
const families = 2

func familyOf(address netip.Addr) family {
	if address.Is4() || address.Is4In6() {
		return ipv4
	}
	return ipv6
}

// size is the length of an address in bytes.
func (f family) size() int {
	if f == ipv4 {
		return 4
	}
	return 16
}

// answer is what is known about the addresses of one family of a name. Exactly one of addresses and failure is set;
// the zero answer is none.
type answer struct {
	// addresses are the bytes of the addresses: 24 bytes for each netip.Addr would be most of the cache.
	addresses string
	failure   *failure
	// until is when the answer expires, as the time since the resolver was made.
	until time.Duration
}

func (a *answer) found() bool { return a.addresses != "" }

func (a *answer) known(now time.Duration) bool { return now < a.until }

func (a *answer) count(f family) int { return len(a.addresses) / f.size() }

func (a *answer) appendTo(addresses []netip.Addr, f family) []netip.Addr {
	size := f.size()
	for rest := a.addresses; len(rest) >= size; rest = rest[size:] {
		if f == ipv4 {
			addresses = append(addresses, netip.AddrFrom4([4]byte{rest[0], rest[1], rest[2], rest[3]}))
			continue
		}
		var bytes [16]byte
		copy(bytes[:], rest)
		addresses = append(addresses, netip.AddrFrom16(bytes))
	}
	return addresses
}

// outcome is why there are no addresses; later ones weigh more when the families differ.
type outcome int

const (
	notFound    outcome = iota // the name does not exist or has no such address
	timeout                    // no server answered
	misbehaving                // a server answered that it does not know, or nonsense
	local                      // this machine could not ask
)

// failure is an answer without addresses. It is shared and never changed.
type failure struct {
	kind   outcome
	text   string // what to say instead of the standard text of its kind
	server string // the one that was asked last, if that matters
	cause  error
}

// error is the failure as callers get it.
func (f *failure) error(name string) *net.DNSError {
	text := f.text
	if text == "" {
		switch f.kind {
		case notFound:
			text = "no such host"
		case timeout:
			text = "i/o timeout"
		case misbehaving, local:
			text = "server misbehaving"
		}
	}
	return &net.DNSError{
		UnwrapErr: f.cause, Err: text, Name: name, Server: f.server,
		IsTimeout: f.kind == timeout, IsTemporary: f.kind == misbehaving || f.kind == local, IsNotFound: f.kind == notFound,
	}
}

// worse chooses between the failures of two families; a nil one does not count.
func worse(one, other *failure) *failure {
	switch {
	case one == nil:
		return other
	case other == nil || other.kind <= one.kind:
		return one
	}
	return other
}

func contextFailure(ctx context.Context) *failure {
	cause := ctx.Err()
	if errors.Is(cause, context.DeadlineExceeded) {
		return &failure{kind: timeout, cause: cause}
	}
	return &failure{kind: misbehaving, text: "operation was canceled", cause: cause}
}
