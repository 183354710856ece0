package resolver

import (
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// dnsPort is where name servers listen (RFC 1035, section 4.2).
const dnsPort = 53

// ParseServers parses a list of name servers: addresses with or without a port, separated by commas, such as
// 10.0.0.2,10.0.0.3:5353,[2001:db8::1]. The port is 53 unless one is given. An empty text is an empty list. The error
// names the entry that is wrong and says what is right.
func ParseServers(text string) ([]netip.AddrPort, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var servers []netip.AddrPort
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		server, ok := parseServer(part)
		if !ok {
			return nil, fmt.Errorf("%q is not a name server: write IP addresses with or without a port, separated by commas, such as 10.0.0.2,10.0.0.3:5353,[2001:db8::1]", part)
		}
		servers = append(servers, server)
	}
	return servers, nil
}

func parseServer(text string) (netip.AddrPort, bool) {
	if server, err := netip.ParseAddrPort(text); err == nil {
		return server, server.Port() != 0
	}
	if bare, found := strings.CutPrefix(text, "["); found {
		bare, found = strings.CutSuffix(bare, "]")
		if !found || !strings.Contains(bare, ":") {
			return netip.AddrPort{}, false
		}
		text = bare
	}
	address, err := netip.ParseAddr(text)
	return netip.AddrPortFrom(address, dnsPort), err == nil
}

// settings say whom to ask, and how patiently.
type settings struct {
	servers  []netip.AddrPort
	timeout  time.Duration
	attempts int
}

func (s settings) withDefaults() settings {
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	if s.attempts == 0 {
		s.attempts = defaultAttempts
	}
	return s
}

// favourite remembers which server answered last, so that a dead one costs its timeout once and not for every name.
type favourite struct{ index atomic.Uint32 }

// first is the index of the server to begin with.
func (f *favourite) first(servers int) int { return int(f.index.Load()) % servers }

// answered says which server gave an answer.
func (f *favourite) answered(index int) {
	if f.index.Load() != uint32(index) { // most of the time nothing is written
		f.index.Store(uint32(index))
	}
}
