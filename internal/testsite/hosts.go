package testsite

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// HostsConfig is how Hosts answer. Its zero value answers 200 with a small page at once, on a free port.
type HostsConfig struct {
	// Port is the port of all hosts, 0 for a free one.
	Port uint16
	// Delay is waited before every answer.
	Delay time.Duration
	// BodyBytes is the size of the page; 0 is a small one.
	BodyBytes int
	// Arrivals makes the hosts remember when each request came.
	Arrivals bool
	// Uncounted leaves Hits and Arrivals out, which cost every request a lock. Benchmarks want that.
	Uncounted bool
	// TLS makes the hosts speak HTTPS, HTTP/2 included. Each address has a certificate of its own, which the authority
	// of Hosts.Authority issues at the first connection.
	TLS bool
}

// Hosts are many websites on one port: every address in 127.0.0.0/8 is one. They are meant for lists of any length.
//
// The path says what a host does: /status/503 answers with that status (?then=200&times=2 with another one after the
// first two requests for that URL, ?retry_after=7 adds the header), /slow?ms=500 waits, /redirect/3 redirects three
// times, /size?bytes=65536 sends a page of that size, /reset and /close break the connection off, /hang never answers;
// any other path answers 200.
type Hosts struct {
	config   HostsConfig
	port     uint16
	page     []byte
	server   *http.Server
	issuer   *addressIssuer // nil without TLS
	serving  sync.WaitGroup
	closed   chan struct{}
	total    atomic.Int64
	conns    atomic.Int64
	mu       sync.Mutex
	hits     map[string]int
	arrivals map[string][]time.Time
	flapping map[string]int
}

// StartHosts starts hosts that end with the test.
func StartHosts(t TB, config HostsConfig) *Hosts {
	t.Helper()
	hosts, err := NewHosts(config)
	if err != nil {
		t.Fatalf("start the loopback hosts: %v", err)
	}
	t.Cleanup(hosts.Close)
	return hosts
}

// NewHosts starts hosts. Close ends them.
func NewHosts(config HostsConfig) (*Hosts, error) {
	// One socket for all of 127.0.0.0/8 has to be a wildcard; what does not come over the loopback is turned away.
	listener, err := net.Listen("tcp4", net.JoinHostPort("0.0.0.0", strconv.Itoa(int(config.Port))))
	if err != nil {
		return nil, fmt.Errorf("listen for the loopback hosts: %w", err)
	}
	h := &Hosts{
		config: config,
		port:   listener.Addr().(*net.TCPAddr).AddrPort().Port(),
		page:   pageOf(config.BodyBytes),
		closed: make(chan struct{}),
		hits:   map[string]int{}, arrivals: map[string][]time.Time{}, flapping: map[string]int{},
	}
	h.server = &http.Server{
		Handler: h, ReadHeaderTimeout: time.Minute, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // clients that go away are the rule here
	}
	serve := h.server.Serve
	if config.TLS {
		if h.issuer, err = newAddressIssuer(); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		h.server.TLSConfig = h.issuer.config()
		serve = func(l net.Listener) error { return h.server.ServeTLS(l, "", "") }
	}
	h.serving.Go(func() {
		// It ends with an error when the hosts are closed, and only then.
		_ = serve(&loopbackListener{Listener: listener, conns: &h.conns})
	})
	return h, nil
}

// loopbackListener accepts what came to a loopback address only, which no other machine can send.
type loopbackListener struct {
	net.Listener
	conns *atomic.Int64
}

func (l *loopbackListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if local, ok := c.LocalAddr().(*net.TCPAddr); ok && local.IP.IsLoopback() {
			l.conns.Add(1)
			return c, nil
		}
		_ = c.Close() // a stranger
	}
}

func pageOf(size int) []byte {
	start := "<!doctype html><title>Loopback host</title>"
	return []byte(start + strings.Repeat(".", max(0, size-len(start))))
}

// Close ends the hosts and waits until nothing of them runs any more.
func (h *Hosts) Close() {
	close(h.closed)
	_ = h.server.Close() // ending is all that can be done
	h.serving.Wait()
}

// Port is the port of every host.
func (h *Hosts) Port() uint16 { return h.port }

// AllowNets are the networks that a checker must be allowed to contact to see the hosts.
func (h *Hosts) AllowNets() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// Address returns the address of the i-th host, from 0; the hosts repeat after 16 million.
func Address(i int) netip.Addr {
	// The first is 127.1.0.1, away from what else listens on 127.0.0.1.
	return netip.AddrFrom4([4]byte{127, byte(1 + i/(254*256)%254), byte(i / 254 % 256), byte(1 + i%254)})
}

// URL returns a URL on the i-th host; path begins with a slash.
func (h *Hosts) URL(i int, path string) string {
	scheme := "http://"
	if h.issuer != nil {
		scheme = "https://"
	}
	return scheme + netip.AddrPortFrom(Address(i), h.port).String() + path
}

// URLs returns the first URL of each of the first n hosts.
func (h *Hosts) URLs(n int) []string {
	urls := make([]string, n)
	for i := range urls {
		urls[i] = h.URL(i, "/")
	}
	return urls
}

// Total returns how many requests came to all hosts.
func (h *Hosts) Total() int { return int(h.total.Load()) }

// Conns returns how many connections were made to all hosts.
func (h *Hosts) Conns() int { return int(h.conns.Load()) }

// Hits returns how many requests came to one host, given as in a URL without the port.
func (h *Hosts) Hits(host string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hits[host]
}

// Arrivals returns when the requests to one host came, in order. HostsConfig.Arrivals must be set.
func (h *Hosts) Arrivals(host string) []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.arrivals[host])
}

// ServeHTTP answers one request.
func (h *Hosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.count(r)
	if h.config.Delay > 0 && !h.wait(r, h.config.Delay) {
		return
	}
	kind, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch kind {
	case "status":
		h.status(w, r, rest)
	case "slow":
		if h.wait(r, time.Duration(number(r.URL.Query().Get("ms"), 1000))*time.Millisecond) {
			h.write(w, h.page)
		}
	case "redirect":
		if left := number(rest, 1); left > 0 {
			http.Redirect(w, r, "/redirect/"+strconv.Itoa(left-1), http.StatusFound)
			return
		}
		h.write(w, h.page)
	case "size":
		h.write(w, pageOf(number(r.URL.Query().Get("bytes"), 1<<16)))
	case "reset", "close":
		h.breakOff(w, kind == "reset")
	case "hang":
		h.wait(r, time.Hour)
	default:
		h.write(w, h.page)
	}
}

func (h *Hosts) count(r *http.Request) {
	h.total.Add(1)
	if h.config.Uncounted {
		return
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hits[host]++
	if h.config.Arrivals {
		h.arrivals[host] = append(h.arrivals[host], time.Now())
	}
}

func (h *Hosts) status(w http.ResponseWriter, r *http.Request, code string) {
	query := r.URL.Query()
	answer := number(code, 200)
	if query.Has("then") {
		key := r.Host + r.URL.RequestURI()
		h.mu.Lock()
		h.flapping[key]++
		seen := h.flapping[key]
		h.mu.Unlock()
		if seen > number(query.Get("times"), 2) {
			answer = number(query.Get("then"), 200)
		}
	}
	if after := query.Get("retry_after"); after != "" && answer >= 400 {
		w.Header().Set("Retry-After", after)
	}
	if answer < 200 || answer > 599 {
		answer = http.StatusBadRequest
	}
	w.WriteHeader(answer)
}

func (h *Hosts) write(w http.ResponseWriter, page []byte) {
	w.Header()["Content-Type"] = []string{"text/html; charset=utf-8"}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(page))}
	_, _ = w.Write(page) // a client may leave earlier
}

// wait waits unless the client leaves or the hosts end, and reports whether it did.
func (h *Hosts) wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-h.closed:
	}
	return false
}

// breakOff ends the connection without an answer, with RST or in good order.
func (h *Hosts) breakOff(w http.ResponseWriter, withReset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(errors.Join(http.ErrAbortHandler, err))
	}
	if withReset {
		reset(conn)
	}
	_ = conn.Close() // the client sees it either way
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return otherwise
}
