package checker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// fallbackDelay is how long the preferred address family is tried alone (RFC 8305, Connection Attempt Delay).
const fallbackDelay = 250 * time.Millisecond

// stageError is an error of a dial with the stage that it happened in.
type stageError struct {
	stage stage
	err   error
}

func (e *stageError) Error() string { return e.err.Error() }
func (e *stageError) Unwrap() error { return e.err }

// dialer makes the connections of a route. Every address passes the guard twice: after the name was resolved,
// where one bad address among several refuses the name, and in the socket's control function, which sees what is
// really dialled.
type dialer struct {
	guard    *Guard
	resolver Resolver
	connect  func(ctx context.Context, target netip.AddrPort) (net.Conn, error)
	timeout  time.Duration
	tls      *tls.Config
}

func newDialer(guard *Guard, resolver Resolver, timeout time.Duration, config *tls.Config) *dialer {
	sockets := &net.Dialer{
		KeepAlive: -1, // connections are short-lived
		Control: func(_, address string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("read the address to dial: %w", err)
			}
			return guard.CheckAddrPort(target)
		},
	}
	connect := func(ctx context.Context, target netip.AddrPort) (net.Conn, error) {
		// DialTCP with a zero local address binds the socket first. The kernel then needs a local port that no other
		// connection has, whatever its target, and searches ever longer while thousands are in use.
		return sockets.DialContext(ctx, "tcp", target.String())
	}
	return &dialer{guard: guard, resolver: resolver, connect: connect, timeout: timeout, tls: config}
}

// dialTLS connects to a host:port and makes a TLS connection of it, for one of the protocols.
func (d *dialer) dialTLS(ctx context.Context, trace *hopTrace, address string, protocols []string) (*tls.Conn, error) {
	plain, err := d.dial(ctx, trace, address)
	if err != nil {
		return nil, err
	}
	trace.enter(stageTLS)
	begin := time.Now()
	defer func() { trace.spent(&trace.tls, begin) }()
	config := d.tls.Clone()
	config.NextProtos = protocols
	if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
		return nil, errors.Join(&stageError{stageTLS, err}, plain.Close())
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		trace.certificateWanted()
		return &tls.Certificate{}, nil // there is none
	}
	secure := tls.Client(plain, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = plain.Close() // the handshake's error is the one that counts
		return nil, &stageError{stageTLS, err}
	}
	return secure, nil
}

var errPanic = errors.New("panic")

// recoverDial turns a panic into an error where a dial runs in a goroutine of its own, which nobody else looks after.
func recoverDial(err *error) {
	if value := recover(); value != nil {
		*err = fmt.Errorf("%w in dial: %v", errPanic, value)
	}
}

// dial connects to a host:port.
func (d *dialer) dial(ctx context.Context, trace *hopTrace, address string) (net.Conn, error) {
	targets, err := d.resolve(ctx, trace, address)
	if err != nil {
		return nil, err
	}
	trace.enter(stageConnect)
	begin := time.Now()
	defer func() { trace.spent(&trace.connect, begin) }()
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	conn, err := d.dialFamilies(ctx, targets)
	if err != nil {
		return nil, &stageError{stageConnect, err}
	}
	return conn, nil
}

// resolve returns the addresses of a host:port, all of them permitted.
func (d *dialer) resolve(ctx context.Context, trace *hopTrace, address string) ([]netip.AddrPort, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &stageError{stageDNS, err}
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, &stageError{stageDNS, err}
	}
	var addresses []netip.Addr
	if literal, err := netip.ParseAddr(host); err == nil {
		addresses = []netip.Addr{literal}
	} else if addresses, err = d.lookup(ctx, trace, host); err != nil {
		return nil, &stageError{stageDNS, err}
	}
	targets := make([]netip.AddrPort, len(addresses))
	for i, one := range addresses {
		targets[i] = netip.AddrPortFrom(one, uint16(port))
		if err := d.guard.CheckAddrPort(targets[i]); err != nil {
			return nil, &stageError{stageDNS, err}
		}
	}
	return targets, nil
}

func (d *dialer) lookup(ctx context.Context, trace *hopTrace, host string) ([]netip.Addr, error) {
	trace.enter(stageDNS)
	begin := time.Now()
	defer func() { trace.spent(&trace.dns, begin) }()
	addresses, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(addresses) == 0 {
		return nil, &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	for i := range addresses {
		// Resolvers may give IPv4 addresses in their IPv6 form; what is checked and dialled is the IPv4 address.
		addresses[i] = addresses[i].Unmap()
	}
	return addresses, nil
}

// dialFamilies connects to one of the targets. With addresses of both families it follows Happy Eyeballs: the family
// of the first target has a head start.
func (d *dialer) dialFamilies(ctx context.Context, targets []netip.AddrPort) (net.Conn, error) {
	var first, second []netip.AddrPort
	for _, target := range targets {
		if target.Addr().Is4() == targets[0].Addr().Is4() {
			first = append(first, target)
		} else {
			second = append(second, target)
		}
	}
	if len(second) == 0 {
		return d.dialSerial(ctx, first)
	}
	return d.race(ctx, first, second)
}

type dialed struct {
	conn net.Conn
	err  error
}

func (d *dialer) race(ctx context.Context, first, second []netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan dialed, 2)
	running := 0
	start := func(targets []netip.AddrPort) {
		running++
		go func() {
			var result dialed
			defer func() { results <- result }()
			defer recoverDial(&result.err)
			result.conn, result.err = d.dialSerial(ctx, targets)
		}()
	}
	// The loser is told to stop and awaited, so that no socket and no goroutine outlives the dial.
	defer func() {
		cancel()
		for ; running > 0; running-- {
			if late := <-results; late.conn != nil {
				_ = late.conn.Close() // unused; there is nobody to tell
			}
		}
	}()
	timer := time.NewTimer(fallbackDelay)
	defer timer.Stop()
	start(first)
	var failed error
	for {
		select {
		case <-timer.C:
		case result := <-results:
			running--
			if result.err == nil {
				return result.conn, nil
			}
			failed = moreTelling(failed, result.err)
			if second == nil && running == 0 {
				return nil, failed
			}
		}
		if second != nil {
			start(second)
			second = nil
		}
	}
}

// dialSerial tries the targets one after another, each with its share of the time that is left, but at least 2 s.
func (d *dialer) dialSerial(ctx context.Context, targets []netip.AddrPort) (net.Conn, error) {
	var failed error
	for i, target := range targets {
		conn, err := d.dialOne(ctx, target, len(targets)-i)
		if err == nil {
			return conn, nil
		}
		failed = moreTelling(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

func (d *dialer) dialOne(ctx context.Context, target netip.AddrPort, shares int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && shares > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(2*time.Second, time.Until(deadline)/time.Duration(shares)))
		defer cancel()
	}
	return d.connect(ctx, target)
}

// moreTelling chooses between the errors of two addresses of a host: the first one, unless it only says that this
// machine has no route for that family.
func moreTelling(first, second error) error {
	if first == nil || isUnreachable(first) && !isUnreachable(second) {
		return second
	}
	return first
}
