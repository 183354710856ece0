package checker

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// request sends one request and returns the answer, whose body must be closed: over an HTTP/1 connection that an
// earlier check left, over the HTTP/2 connection that all checks of a host share, or over a new connection.
func (a *attempt) request(h hop) (*http.Response, error) {
	r := a.checker.verified
	if a.opts.InsecureTLS {
		r = a.checker.insecure
	}
	if r.proxied != nil {
		return a.overProxy(h, r.proxied)
	}
	x := a.checker.http1
	key := a.connKey(h.url)
	if c := x.take(key); c != nil {
		response, stale, err := x.exchange(a, h, c)
		if !stale || a.timeIsUp() {
			return response, err
		}
		h.trace.restart()
	}
	protocols := protocolsOf(true)
	if c := r.pool.take(key); c != nil {
		response, err := a.overHTTP2(h, r, c)
		if err == nil || a.timeIsUp() {
			return response, err
		}
		// It may have been at its end. A new connection tells whether it was that.
		protocols = protocolsOf(!requiresHTTP1(err))
		h.trace.restart()
	}
	response, err := a.overNewConnection(h, r, key, protocols)
	if requiresHTTP1(err) && !a.timeIsUp() {
		h.trace.restart()
		return a.overNewConnection(h, r, key, protocolsOf(false))
	}
	return response, err
}

// protocolsOf lists what a TLS handshake offers.
func protocolsOf(http2 bool) []string {
	if http2 {
		return []string{"h2", "http/1.1"}
	}
	return []string{"http/1.1"}
}

// overNewConnection connects to the host and sends the request in the one of the protocols that it chooses.
func (a *attempt) overNewConnection(h hop, r *route, key connKey, protocols []string) (*http.Response, error) {
	ctx, cancel := context.WithDeadline(a.ctx, a.deadline)
	defer cancel()
	if !key.secure {
		conn, err := r.dialer.dial(ctx, h.trace, key.address())
		if err != nil {
			return nil, err
		}
		return a.overHTTP1(h, key, conn, nil)
	}
	secure, err := r.dialer.dialTLS(ctx, h.trace, key.address(), protocols)
	if err != nil {
		return nil, err
	}
	state := secure.ConnectionState()
	if state.NegotiatedProtocol != "h2" {
		return a.overHTTP1(h, key, secure, &state)
	}
	c, err := r.openHTTP2(ctx, key, secure)
	if err != nil {
		return nil, err
	}
	r.pool.add(c)
	return a.overHTTP2(h, r, c)
}

func (a *attempt) overHTTP1(h hop, key connKey, conn net.Conn, state *tls.ConnectionState) (*http.Response, error) {
	response, _, err := a.checker.http1.exchange(a, h, a.checker.http1.open(conn, key, state))
	return response, err
}

func (a *attempt) connKey(u wsc.NormalizedURL) connKey {
	secure := u.Scheme == "https"
	return connKey{host: u.Host, port: u.Port, secure: secure, verified: secure && !a.opts.InsecureTLS}
}

// address is host and port as a dialer takes them.
func (k connKey) address() string { return net.JoinHostPort(k.host, strconv.Itoa(k.port)) }

// fields are the headers of a request, with those of the job if custom is set.
func (a *attempt) fields(custom bool) []field {
	if a.opts.UserAgent == "" && (!custom || len(a.opts.Headers) == 0) {
		return a.checker.headers
	}
	userAgent := a.opts.UserAgent
	if userAgent == "" {
		userAgent = a.checker.userAgent
	}
	if !custom {
		return requestHeaders(userAgent, nil)
	}
	return requestHeaders(userAgent, a.opts.Headers)
}
