package checker

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// request sends one request and returns the answer, whose body must be closed: over an HTTP/1 connection that an
// earlier check left, over HTTP/2 to hosts that are known to speak it, or over a new connection.
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
	if key.secure && r.speaksHTTP2(key) {
		response, err := a.overHTTP2(h, r, nil)
		if !errors.Is(err, errNotHTTP2) {
			return response, err
		}
		r.forget(key)
	}
	return a.overNewConnection(h, r, key)
}

// overNewConnection connects to the host and sends the request in the protocol that it chooses.
func (a *attempt) overNewConnection(h hop, r *route, key connKey) (*http.Response, error) {
	conn, err := a.connect(h, r, key)
	if err != nil {
		return nil, err
	}
	var state *tls.ConnectionState
	if secure, ok := conn.(*tls.Conn); ok {
		negotiated := secure.ConnectionState()
		if state = &negotiated; state.NegotiatedProtocol == "h2" {
			r.remember(key)
			return a.overHTTP2(h, r, secure)
		}
	}
	response, _, err := a.checker.http1.exchange(a, h, a.checker.http1.open(conn, key, state))
	return response, err
}

func (a *attempt) connect(h hop, r *route, key connKey) (net.Conn, error) {
	ctx, cancel := context.WithDeadline(a.ctx, a.deadline)
	defer cancel()
	address := net.JoinHostPort(key.host, strconv.Itoa(key.port))
	if !key.secure {
		return r.dialer.dial(ctx, h.trace, address)
	}
	secure, err := r.dialer.dialTLS(ctx, h.trace, address)
	if err != nil {
		return nil, err
	}
	return secure, nil
}

func (a *attempt) connKey(u wsc.NormalizedURL) connKey {
	secure := u.Scheme == "https"
	return connKey{host: u.Host, port: u.Port, secure: secure, verified: secure && !a.opts.InsecureTLS}
}

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
