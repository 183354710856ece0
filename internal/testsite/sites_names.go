package testsite

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/net/dns/dnsmessage"
)

// nameSites differ in their host name or URL; what they serve, if anything, is plain.
func nameSites() []site {
	ok := page(200, nil, "ok")
	return []site{
		{name: "ipv6_only", url: "http://{name}/"},
		{name: "dual_stack_v6_broken", url: "http://{name}/", handler: ok},
		{name: "nxdomain", url: "http://nowhere.site.test:{port}/"},
		{name: "dns_cname_loop", url: "http://{name}/"},
		{name: "dns_cname", url: "http://{name}/", handler: ok},
		{name: "dns_servfail", url: "http://{name}/"},
		{name: "dns_silent", url: "http://{name}/"},
		{name: "dns_no_address", url: "http://{name}/"},
		{name: "dns_refused", url: "http://{name}/"},
		{name: "dns_not_implemented", url: "http://{name}/"},
		{name: "dns_wrong_id", url: "http://{name}/"},
		{name: "dns_wildcard", url: "http://whatever.dns-wildcard.site.test:{port}/", handler: ok},
		{name: "dns_one_dead_one_alive", url: "http://{name}/", handler: ok},
		{name: "dns_many_addresses", url: "http://{name}/", handler: ok},
		{name: "dns_one_private", url: "http://{name}/", handler: ok},
		{name: "dns_loopback", url: "http://{name}/"},
		{name: "dns_unspecified", url: "http://{name}/"},
		{name: "dns_rebind", url: "http://{name}/", handler: page(200, map[string]string{"Connection": "close"}, "ok")},
		{name: "idn_unicode", url: "http://bücher.example:{port}/", handler: ok},
		{name: "idn_homograph", url: "http://аpple.com:{port}/", handler: ok}, // the first letter is Cyrillic
		{name: "trailing_dot", url: "https://trailing-dot.site.test.:{port}/", handler: ok, tls: goodTLS},
		{name: "label_64", url: "http://" + strings.Repeat("a", 64) + ".site.test/"},
		{name: "double_dot", url: "http://a..example/"},
		{name: "port_65536", url: "http://port.site.test:65536/"},
		{name: "ipv6_zone", url: "http://[fe80::1%25lo]/"},
		{name: "unix_scheme", url: "unix:///var/run/docker.sock"},
		{name: "url_space_tab", url: " \thttp://{host}/a b \t", handler: ok},
	}
}

// nameEverything tells the name server the names that are not simply a site's own.
func (f *Farm) nameEverything() error {
	address := func(name string) []netip.Addr { return []netip.Addr{f.sites[name].address.Addr()} }
	set := func(name string, a answer) { f.dns.set(dnsName(name), a) }

	// Connecting to a multicast address fails like a network without IPv6: the kernel has no route for it.
	set("ipv6_only", answer{aaaa: [][]netip.Addr{{netip.MustParseAddr("ff02::1")}}})
	set("dns_cname_loop", answer{rcode: dnsmessage.RCodeServerFailure}) // what resolvers say about a loop
	set("dns_cname", answer{cname: "alias.site.test", a: [][]netip.Addr{address("dns_cname")}})
	set("dns_servfail", answer{rcode: dnsmessage.RCodeServerFailure})
	set("dns_silent", answer{silent: true})
	set("dns_no_address", answer{})
	set("dns_refused", answer{rcode: dnsmessage.RCodeRefused})
	set("dns_not_implemented", answer{rcode: dnsmessage.RCodeNotImplemented})
	set("dns_wrong_id", answer{wrongID: true, a: [][]netip.Addr{address("ok_200")}})
	f.dns.set("*.dns-wildcard.site.test", answer{a: [][]netip.Addr{address("dns_wildcard")}})
	set("dns_one_dead_one_alive", answer{a: [][]netip.Addr{slices.Concat(address("refused"), address("dns_one_dead_one_alive"))}})
	set("dns_many_addresses", answer{a: [][]netip.Addr{slices.Concat(address("blackhole"), address("refused"), address("dns_many_addresses"))}})
	set("dns_one_private", answer{a: [][]netip.Addr{append(address("dns_one_private"), netip.MustParseAddr("10.0.0.1"))}})
	set("dns_loopback", answer{a: [][]netip.Addr{{netip.AddrFrom4([4]byte{127, 0, 0, 1})}}})
	set("dns_unspecified", answer{a: [][]netip.Addr{{netip.IPv4Unspecified()}}})
	f.dns.set("any.wild.site.test", answer{a: [][]netip.Addr{address("tls_wildcard")}})
	f.dns.set("too.deep.wild.site.test", answer{a: [][]netip.Addr{address("tls_wildcard_too_deep")}})
	f.dns.set("wild.site.test", answer{a: [][]netip.Addr{address("tls_wildcard_bare")}})
	set("dns_rebind", answer{a: [][]netip.Addr{address("dns_rebind"), {netip.AddrFrom4([4]byte{127, 0, 0, 1})}}})
	f.dns.set("xn--bcher-kva.example", answer{a: [][]netip.Addr{address("idn_unicode")}})
	f.dns.set("xn--pple-43d.com", answer{a: [][]netip.Addr{address("idn_homograph")}})

	v6 := netip.AddrPortFrom(netip.IPv6Loopback(), f.port)
	hole, err := openBlackhole(v6)
	if errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		f.drop("dual_stack_v6_broken") // this machine has no IPv6, so the site can't be played
		return nil
	}
	if err != nil {
		return fmt.Errorf("an IPv6 address that drops connections: %w", err)
	}
	f.closers = append(f.closers, hole)
	set("dual_stack_v6_broken", answer{a: [][]netip.Addr{address("dual_stack_v6_broken")}, aaaa: [][]netip.Addr{{v6.Addr()}}})
	return nil
}

// drop takes a site off the farm's list.
func (f *Farm) drop(name string) {
	delete(f.sites, name)
	f.names = slices.DeleteFunc(f.names, func(other string) bool { return other == name })
}
