// Package testsite is a farm of loopback websites, good and hostile, for the tests of this project and for trying the
// product by hand. Each site has a name (the one it has in the catalogue of hostile sites), an address of its own in
// 127.77.0.0/16, and plays its part over real sockets and real TLS. The farm has its own certificate authority and
// its own name server.
package testsite

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"crypto/tls"
	"crypto/x509"
)

// TB is what the farm needs of a test.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(fn func())
}

// site is one website of the farm. At most one of handler and conn is set; a site with neither has nothing that
// listens at its address.
type site struct {
	name string
	// url is the whole URL when it is not "scheme://address:port/". {host} in it is replaced by the site's address
	// and port, {port} by the port.
	url string
	// tls makes the configuration of a site that speaks TLS.
	tls func(a *authority, s *placed) (*tls.Config, error)
	// handler serves the site with Go's HTTP server.
	handler func(f *Farm) http.Handler
	// conn serves one raw connection, which is closed afterwards.
	conn func(f *Farm, c net.Conn)
	// blackhole sites accept no connection and refuse none.
	blackhole bool
}

// placed is a site with its address.
type placed struct {
	site
	address netip.AddrPort
	dnsName string
	conns   atomic.Int64
}

// Farm is a running farm of all sites.
type Farm struct {
	port      uint16
	sites     map[string]*placed
	names     []string
	authority *authority
	dns       *nameServer
	trap      *placed

	closers []io.Closer
	serving sync.WaitGroup
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	closed  chan struct{}
}

// Start starts a farm that ends with the test.
func Start(t TB) *Farm {
	t.Helper()
	farm, err := New()
	if err != nil {
		t.Fatalf("start the farm of test sites: %v", err)
	}
	t.Cleanup(farm.Close)
	return farm
}

// New starts a farm. Close ends it.
func New() (*Farm, error) {
	var failed error
	for range 20 { // another process may hold the port on one of the addresses
		farm, err := start()
		if err == nil {
			return farm, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

func start() (*Farm, error) {
	authority, err := newAuthority()
	if err != nil {
		return nil, err
	}
	f := &Farm{
		sites: map[string]*placed{}, authority: authority,
		conns: map[net.Conn]struct{}{}, closed: make(chan struct{}),
	}
	if err := f.open(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *Farm) open() error {
	var err error
	if f.dns, err = newNameServer(); err != nil {
		return err
	}
	f.closers = append(f.closers, f.dns)
	// Below the ports that the kernel gives to clients, of which thousands may linger after a load test.
	f.port = uint16(20_000 + rand.IntN(12_000))
	f.trap = &placed{site: site{name: "trap", conn: func(*Farm, net.Conn) {}}, address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), f.port)}
	if err := f.serve(f.trap); err != nil {
		return fmt.Errorf("trap: %w", err)
	}
	for i, s := range slices.Concat(
		plainSites(), framingSites(), bodySites(), contentSites(), redirectSites(), redirectTargetSites(),
		tlsSites(), certificateSites(), http2Sites(), http2EndSites(), nameSites(),
	) {
		address := netip.AddrFrom4([4]byte{127, 77, byte(i / 250), byte(i%250 + 1)})
		p := &placed{site: s, address: netip.AddrPortFrom(address, f.port), dnsName: dnsName(s.name)}
		if _, taken := f.sites[s.name]; taken {
			return fmt.Errorf("two sites are called %s", s.name)
		}
		f.sites[s.name] = p
		f.names = append(f.names, s.name)
		f.dns.set(p.dnsName, answer{a: [][]netip.Addr{{address}}})
	}
	// Only now, since sites look each other up.
	for _, name := range f.names {
		if err := f.serve(f.sites[name]); err != nil {
			return fmt.Errorf("site %s: %w", name, err)
		}
	}
	return f.nameEverything()
}

// serve opens a site's listener.
func (f *Farm) serve(p *placed) error {
	if p.blackhole {
		hole, err := openBlackhole(p.address)
		if err != nil {
			return err
		}
		f.closers = append(f.closers, hole)
		return nil
	}
	if p.handler == nil && p.conn == nil {
		return nil
	}
	listener, err := net.Listen("tcp4", p.address.String())
	if err != nil {
		return err
	}
	f.closers = append(f.closers, listener)
	var config *tls.Config
	if p.tls != nil {
		config = lazily(func() (*tls.Config, error) { return p.tls(f.authority, p) })
	}
	counted := &countingListener{Listener: listener, conns: &p.conns}
	if p.handler != nil {
		return f.serveHTTP(p, counted, config)
	}
	f.serving.Go(func() {
		for {
			c, err := counted.Accept()
			if err != nil {
				return // closed
			}
			f.serving.Go(func() { f.serveConn(p, c, config) })
		}
	})
	return nil
}

// lazily is a configuration that is made when the first client comes: most tests visit few sites, and some keys take
// long to make.
func lazily(configure func() (*tls.Config, error)) *tls.Config {
	once := sync.OnceValues(configure)
	return &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return once() },
		MinVersion:         tls.VersionTLS12,
	}
}

func (f *Farm) serveHTTP(p *placed, listener net.Listener, config *tls.Config) error {
	server := &http.Server{
		Handler: p.handler(f), TLSConfig: config, ReadHeaderTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // clients that go away are the rule here
	}
	f.closers = append(f.closers, server)
	f.serving.Go(func() {
		// Both end with an error when the farm closes, and only then.
		if config != nil {
			_ = server.ServeTLS(listener, "", "")
		} else {
			_ = server.Serve(listener)
		}
	})
	return nil
}

func (f *Farm) serveConn(p *placed, c net.Conn, config *tls.Config) {
	f.mu.Lock()
	f.conns[c] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.conns, c)
		f.mu.Unlock()
		_ = c.Close() // the client may be gone already
	}()
	if config != nil {
		p.conn(f, tls.Server(c, config))
		return
	}
	p.conn(f, c)
}

// Close ends all sites and waits until nothing of them runs any more.
func (f *Farm) Close() {
	close(f.closed)
	for _, closer := range f.closers {
		_ = closer.Close() // ending is all that can be done
	}
	f.mu.Lock()
	for c := range f.conns {
		_ = c.Close()
	}
	f.mu.Unlock()
	f.serving.Wait()
}

// Sites lists the names of all sites.
func (f *Farm) Sites() []string { return slices.Clone(f.names) }

// URL returns the URL of a site, or "" if there is none of that name. Sites whose behaviour is in their host name need
// the farm's Resolver.
func (f *Farm) URL(name string) string {
	p, found := f.sites[name]
	if !found {
		return ""
	}
	return f.urlOf(p)
}

// NameURL returns the URL of a site under its host name, which the farm's Resolver knows and its certificate has.
func (f *Farm) NameURL(name string) string {
	p, found := f.sites[name]
	if !found {
		return ""
	}
	return fmt.Sprintf("%s://%s:%d/", p.scheme(), p.dnsName, f.port)
}

// Port is the port of every site.
func (f *Farm) Port() uint16 { return f.port }

// AllowNets are the networks that a checker must be allowed to contact to see the sites. 127.0.0.1 is not in them.
func (f *Farm) AllowNets() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("127.77.0.0/16"),
		netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("ff02::/16"),
	}
}

// CA returns the authority that the sites' good certificates are from.
func (f *Farm) CA() *x509.CertPool { return f.authority.pool() }

// Conns returns how many connections a site has accepted so far.
func (f *Farm) Conns(name string) int {
	if p, found := f.sites[name]; found {
		return int(p.conns.Load())
	}
	return 0
}

// Trapped returns how many connections were made to the farm's port on 127.0.0.1, where no test may lead.
func (f *Farm) Trapped() int { return int(f.trap.conns.Load()) }

// countingListener counts what it accepts.
type countingListener struct {
	net.Listener
	conns *atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.conns.Add(1)
	}
	return c, err
}
