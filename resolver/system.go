package resolver

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// systemInterval is how often the files are looked at.
	systemInterval = 5 * time.Second
	// maxSystemServers is how many nameserver lines count (resolv.conf(5)).
	maxSystemServers = 3
)

// system is the machine's own configuration, which it follows when it changes.
type system struct {
	resolvConf, hosts string   // paths
	given             settings // what goes before resolv.conf
	checkAt           atomic.Int64
	state             atomic.Pointer[systemState]
}

// systemState is the configuration at one time. It is never changed.
type systemState struct {
	settings   settings
	hosts      map[string][]netip.Addr
	resolvConf fileVersion
	hostsFile  fileVersion
}

// fileVersion tells one content of a file from the next. The zero value is that of no file.
type fileVersion struct {
	modified time.Time
	size     int64
}

func versionOf(path string) fileVersion {
	info, err := os.Stat(path)
	if err != nil {
		return fileVersion{}
	}
	return fileVersion{info.ModTime(), info.Size()}
}

// newSystem reads the configuration. Values in given that are not zero go before those of the file.
func newSystem(resolvConf, hosts string, given settings) *system {
	s := &system{resolvConf: resolvConf, hosts: hosts, given: given}
	s.checkAt.Store(int64(systemInterval))
	s.state.Store(s.read())
	return s
}

// current returns the configuration, at most 5 s old.
func (s *system) current(now time.Duration) *systemState {
	due := s.checkAt.Load()
	if int64(now) >= due && s.checkAt.CompareAndSwap(due, int64(now+systemInterval)) {
		last := s.state.Load()
		if versionOf(s.resolvConf) != last.resolvConf || versionOf(s.hosts) != last.hostsFile {
			s.state.Store(s.read())
		}
	}
	return s.state.Load()
}

// read reads both files. One that can't be read counts as empty, as for other programs.
func (s *system) read() *systemState {
	state := &systemState{resolvConf: versionOf(s.resolvConf), hostsFile: versionOf(s.hosts)}
	resolvConf, _ := os.ReadFile(s.resolvConf)
	hosts, _ := os.ReadFile(s.hosts)
	state.settings = parseResolvConf(resolvConf)
	if s.given.timeout > 0 {
		state.settings.timeout = s.given.timeout
	}
	if s.given.attempts > 0 {
		state.settings.attempts = s.given.attempts
	}
	state.hosts = parseHosts(hosts)
	return state
}

// lookup returns the addresses that the hosts file has for a name, in the order of the file; the caller owns the slice.
func (s *systemState) lookup(name string, want [families]bool) []netip.Addr {
	var found []netip.Addr
	for _, address := range s.hosts[name] {
		if want[familyOf(address)] {
			found = append(found, address)
		}
	}
	return found
}

// parseResolvConf reads servers, timeout and attempts from a resolv.conf(5). Without a server it is this machine that
// is asked. Values out of range are brought into it; what it does not know it passes over.
func parseResolvConf(content []byte) settings {
	var s settings
	eachLine(content, "#;", func(fields []string) {
		switch {
		case fields[0] == "nameserver" && len(fields) > 1 && len(s.servers) < maxSystemServers:
			if address, err := netip.ParseAddr(fields[1]); err == nil {
				s.servers = append(s.servers, netip.AddrPortFrom(address, dnsPort))
			}
		case fields[0] == "options":
			for _, option := range fields[1:] {
				if seconds, ok := numericOption(option, "timeout:", 30); ok {
					s.timeout = time.Duration(seconds) * time.Second
				} else if count, ok := numericOption(option, "attempts:", 5); ok {
					s.attempts = count
				}
			}
		}
	})
	if len(s.servers) == 0 {
		s.servers = []netip.AddrPort{
			netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), dnsPort),
			netip.AddrPortFrom(netip.IPv6Loopback(), dnsPort),
		}
	}
	return s.withDefaults()
}

// numericOption reads an option such as timeout:2, limited to the range from 1 on that resolv.conf(5) gives.
func numericOption(option, prefix string, most int) (int, bool) {
	text, found := strings.CutPrefix(option, prefix)
	if !found {
		return 0, false
	}
	value, err := strconv.Atoi(text)
	return min(max(value, 1), most), err == nil
}

// parseHosts reads a hosts(5): on each line an address and its names.
func parseHosts(content []byte) map[string][]netip.Addr {
	hosts := map[string][]netip.Addr{}
	eachLine(content, "#", func(fields []string) {
		address, err := netip.ParseAddr(fields[0])
		if err != nil {
			return
		}
		for _, host := range fields[1:] {
			if name, ok := canonicalName(host); ok {
				hosts[name] = append(hosts[name], address)
			}
		}
	})
	return hosts
}

// eachLine calls f with the words of every line that has any before a comment.
func eachLine(content []byte, comment string, f func(fields []string)) {
	for line := range strings.Lines(string(content)) {
		if i := strings.IndexAny(line, comment); i >= 0 {
			line = line[:i]
		}
		if fields := strings.Fields(line); len(fields) > 0 {
			f(fields)
		}
	}
}
