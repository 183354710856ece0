package resolver

import (
	"net/netip"
	"strings"
)

// maxName is the longest name that fits a question, without its final dot (RFC 1035, section 2.3.4).
const maxName = 253

// parseLiteral parses a host that is an address.
func parseLiteral(host string) (netip.Addr, bool) {
	// Every other host, of which there are many, is told apart without an error being made for it.
	if host == "" || host[len(host)-1]-'0' > 9 && !strings.Contains(host, ":") {
		return netip.Addr{}, false
	}
	address, err := netip.ParseAddr(host)
	return address, err == nil
}

// canonicalName returns a host in lower case and without a final dot. It reports whether the host is a name that can
// have addresses: labels of 1 to 63 letters, digits, hyphens and underscores, of which one holds more than digits. Names
// under onion never are asked for (RFC 7686).
func canonicalName(host string) (string, bool) {
	host = strings.TrimSuffix(host, ".")
	if len(host) > maxName {
		return "", false
	}
	label, numeric, upper := 0, true, false
	for i := range len(host) {
		c := host[i]
		switch {
		case c == '.':
			if label == 0 {
				return "", false
			}
			label = -1
		case '0' <= c && c <= '9':
		case 'A' <= c && c <= 'Z':
			upper, numeric = true, false
		case 'a' <= c && c <= 'z' || c == '-' || c == '_':
			numeric = false
		default:
			return "", false
		}
		if label++; label > 63 {
			return "", false
		}
	}
	if label == 0 || numeric {
		return "", false
	}
	if upper {
		host = strings.ToLower(host)
	}
	return host, host != "onion" && !strings.HasSuffix(host, ".onion")
}

// sameName reports whether two names of messages are equal but for the case of ASCII letters.
func sameName(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
