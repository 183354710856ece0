package checker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
)

// maxHTTP2Hosts bounds how many hosts are remembered to speak HTTP/2.
const maxHTTP2Hosts = 16 << 10

// errNotHTTP2 says that a host that used to speak HTTP/2 does not any more.
var errNotHTTP2 = errors.New("the host chose another protocol than HTTP/2")

// route leads to hosts whose certificates are verified, or to those whose certificates are not. It makes connections
// and holds net/http's transport for those that turn out to speak HTTP/2.
type route struct {
	dialer *dialer
	http2  *http.Transport
	// proxied makes all requests if there is a proxy, and is nil otherwise.
	proxied *http.Transport

	mu    sync.Mutex
	known map[connKey]struct{} // hosts that speak HTTP/2
}

func newRoute(cfg Config, guard *Guard, insecure bool) *route {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            cfg.RootCAs,
		NextProtos:         []string{"h2", "http/1.1"},
		InsecureSkipVerify: insecure, //nolint:gosec // the job asks for it, and the result names the problem
	}
	r := &route{
		dialer: newDialer(guard, cfg.Resolver, cfg.ConnectTimeout, config),
		known:  map[connKey]struct{}{},
	}
	if cfg.Proxy != nil {
		r.proxied = newProxied(cfg, cfg.Proxy, config)
	}
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	r.http2 = &http.Transport{
		DialTLSContext: r.dialHTTP2,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errNotHTTP2 // without TLS there is no HTTP/2 here, and no connection past the guard
		},
		Protocols:              &protocols,
		DisableCompression:     true, // bodies are decompressed here, within limits and with Content-Length kept
		MaxIdleConns:           cfg.MaxIdleConns,
		MaxIdleConnsPerHost:    cfg.MaxIdleConns,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		HTTP2:                  http2Limits(),
	}
	return r
}

// http2Limits bounds what a host can send ahead of what is read, since that is held in memory: at least a whole body,
// at most a few.
func http2Limits() *http.HTTP2Config {
	return &http.HTTP2Config{MaxReceiveBufferPerStream: 2 * maxBody, MaxReceiveBufferPerConnection: 8 * maxBody}
}

// close ends idle connections.
func (r *route) close() {
	r.http2.CloseIdleConnections()
	if r.proxied != nil {
		r.proxied.CloseIdleConnections()
	}
}

func (r *route) speaksHTTP2(key connKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := r.known[key]
	return known
}

func (r *route) remember(key connKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= maxHTTP2Hosts {
		clear(r.known) // they are found out again
	}
	r.known[key] = struct{}{}
}

func (r *route) forget(key connKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, key)
}

// overHTTP2 sends one request over HTTP/2. made is a connection that was made for it, or nil; the transport may prefer
// another one that it has. The error is errNotHTTP2 if a new connection turned out to speak something else.
func (a *attempt) overHTTP2(h hop, r *route, made *tls.Conn) (*http.Response, error) {
	request, cancel, err := a.transportRequest(h)
	if err != nil {
		return nil, errors.Join(err, closeUnused(made))
	}
	s := &scope{ctx: request.Context(), trace: h.trace, made: made}
	response, err := r.http2.RoundTrip(request.WithContext(s.within(request.Context())))
	if unused := s.take(); unused != nil {
		_ = unused.Close() // the transport had a connection already
	}
	if err != nil {
		cancel()
		return nil, err
	}
	response.Body = &boundBody{response.Body, cancel}
	return response, nil
}

// transportRequest returns a request for a transport of net/http. Its context ends at the attempt's deadline, or when
// it is cancelled.
func (a *attempt) transportRequest(h hop) (*http.Request, context.CancelFunc, error) {
	target, err := url.Parse(h.url.URL)
	if err != nil {
		return nil, nil, fmt.Errorf("parse the normalised URL: %w", err)
	}
	headers := http.Header{}
	for _, field := range a.fields(h.custom) {
		headers.Set(field.name, field.value)
	}
	request := &http.Request{
		Method: h.method, URL: target, Host: target.Host, Header: headers,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	ctx, cancel := context.WithDeadline(a.ctx, a.deadline)
	return request.WithContext(ctx), cancel, nil
}

func closeUnused(conn *tls.Conn) error {
	if conn == nil {
		return nil
	}
	return conn.Close()
}

// dialHTTP2 is the transport's DialTLSContext.
func (r *route) dialHTTP2(ctx context.Context, _, address string) (conn net.Conn, err error) {
	defer recoverDial(&err)
	s, ok := ctx.Value(scopeKey{}).(*scope)
	if !ok {
		return nil, errNotHTTP2 // the transport keeps the values of a request's context
	}
	if made := s.take(); made != nil {
		return made, nil
	}
	secure, err := r.dialer.dialTLS(s.ctx, s.trace, address) //nolint:contextcheck // the transport's outlives the attempt
	if err != nil {
		return nil, err
	}
	if secure.ConnectionState().NegotiatedProtocol != "h2" {
		return nil, errors.Join(errNotHTTP2, secure.Close())
	}
	return secure, nil
}

// scope is what a dial of the transport needs to know about the request that it is made for.
type scope struct {
	// ctx ends with the request. The transport detaches dials from their request, so that a later one may use the
	// connection; here each attempt must leave nothing running.
	ctx   context.Context //nolint:containedctx // see above
	trace *hopTrace

	mu   sync.Mutex
	made *tls.Conn
}

type scopeKey struct{}

// take returns the connection that was made for the request, once.
func (s *scope) take() *tls.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := s.made
	s.made = nil
	return made
}

// within returns a context for the request whose phases go to the trace.
func (s *scope) within(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, scopeKey{}, s), &httptrace.ClientTrace{
		GotConn:              s.trace.gotConn,
		WroteRequest:         s.trace.wroteRequest,
		GotFirstResponseByte: s.trace.gotFirstByte,
	})
}

// boundBody is a body whose context ends when it is closed.
type boundBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close ends the request.
func (b *boundBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
