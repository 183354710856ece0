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
	"time"
)

// http2IdleTimeout is how long an HTTP/2 connection waits for the next request. It is short because net/http holds on to
// a closed connection with its buffers until that time after its last request is over: hundreds of them on a list of TLS
// hosts, and ten times that with the idle timeout of HTTP/1.
const http2IdleTimeout = time.Second

// errNoConnection says that net/http was to dial by itself, which it never has to here.
var errNoConnection = errors.New("no connection was made for the request")

// route leads to hosts whose certificates are verified, or to those whose certificates are not. It makes connections,
// and holds those that turned out to speak HTTP/2.
type route struct {
	dialer *dialer
	pool   *http2Pool
	// http2 makes HTTP/2 connections of TLS connections.
	http2 *http.Transport
	// proxied makes all requests if there is a proxy, and is nil otherwise.
	proxied *http.Transport
}

func newRoute(cfg Config, guard *Guard, insecure bool) *route {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12,
		// Without the post-quantum exchange, which costs a tenth of a check: what is asked for here is public.
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		RootCAs:            cfg.RootCAs,
		NextProtos:         protocolsOf(true),
		InsecureSkipVerify: insecure, //nolint:gosec // the job asks for it, and the result names the problem
	}
	r := &route{
		dialer: newDialer(guard, cfg.Resolver, cfg.ConnectTimeout, config),
		pool:   newHTTP2Pool(cfg.MaxIdleConns / 4),
	}
	if cfg.Proxy != nil {
		r.proxied = newProxied(cfg, cfg.Proxy, config)
	}
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	refuse := func(context.Context, string, string) (net.Conn, error) { return nil, errNoConnection }
	r.http2 = &http.Transport{
		DialContext: refuse,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if made, ok := ctx.Value(madeKey{}).(*tls.Conn); ok {
				return made, nil
			}
			return refuse(ctx, network, address)
		},
		Protocols:              &protocols,
		DisableCompression:     true, // bodies are decompressed here, within limits and with Content-Length kept
		IdleConnTimeout:        http2IdleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		HTTP2:                  http2Limits(),
	}
	return r
}

// madeKey is where a context holds the TLS connection of which an HTTP/2 connection is made.
type madeKey struct{}

// http2Limits bounds what a host can send ahead of what is read, since that is held in memory: at least a whole body,
// at most a few. It also bounds how long a host that does not read can hold up what is written to it, for reading and
// closing a body wait for that without regard to the deadline.
func http2Limits() *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxReceiveBufferPerStream: 2 * maxBody, MaxReceiveBufferPerConnection: 8 * maxBody,
		WriteByteTimeout: 500 * time.Millisecond,
	}
}

// close ends idle connections.
func (r *route) close() {
	r.pool.close()
	if r.proxied != nil {
		r.proxied.CloseIdleConnections()
	}
}

// openHTTP2 makes an HTTP/2 connection of a TLS connection on which HTTP/2 was agreed.
func (r *route) openHTTP2(ctx context.Context, key connKey, made *tls.Conn) (*http2Conn, error) {
	conn, err := r.http2.NewClientConn(context.WithValue(ctx, madeKey{}, made), "https", key.address())
	if err != nil {
		_ = made.Close() // the error of the protocol is the one that counts
		return nil, err
	}
	return &http2Conn{ClientConn: conn, key: key, remote: addressText(made.RemoteAddr())}, nil
}

// overHTTP2 sends one request over an HTTP/2 connection that was taken for it.
func (a *attempt) overHTTP2(h hop, r *route, c *http2Conn) (*http.Response, error) {
	request, cancel, err := a.transportRequest(h)
	if err != nil {
		r.pool.release(c)
		return nil, err
	}
	h.trace.use(c.remote)
	response, err := c.RoundTrip(request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		WroteRequest:         h.trace.wroteRequest,
		GotFirstResponseByte: h.trace.gotFirstByte,
	})))
	if err != nil {
		cancel()
		r.pool.release(c)
		return nil, err
	}
	response.Body = &boundBody{response.Body, func() {
		cancel()
		r.pool.release(c)
	}}
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

// boundBody is the body of an answer of one of net/http's transports.
type boundBody struct {
	io.ReadCloser
	// end ends the request.
	end func()
}

// Close ends the request, once.
func (b *boundBody) Close() error {
	end := b.end
	b.end = func() {}
	defer end()
	return b.ReadCloser.Close()
}
