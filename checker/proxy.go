package checker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"time"
)

// ParseProxy reads the URL of a proxy: http://, https:// or socks5://, with a host, optionally with a port, a user name
// and a password. The error is a sentence that does not repeat the URL, which may hold a password.
func ParseProxy(text string) (*url.URL, error) {
	proxy, err := url.Parse(text)
	switch {
	case err != nil, proxy.Hostname() == "":
		return nil, errors.New("not the URL of a proxy; write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT")
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme):
		return nil, fmt.Errorf("a proxy has the scheme http, https or socks5, not %q", clip(proxy.Scheme, 20))
	case proxy.Path != "" && proxy.Path != "/" || proxy.RawQuery != "" || proxy.Fragment != "":
		return nil, errors.New("the URL of a proxy ends after the port")
	}
	return proxy, nil
}

// newProxied returns a transport that sends everything through the proxy. The proxy resolves names and makes the
// connections, so the guard sees names, literal addresses and ports of URLs, but not the addresses behind names.
func newProxied(cfg Config, proxy *url.URL, config *tls.Config) *http.Transport {
	sockets := &net.Dialer{Timeout: cfg.ConnectTimeout, KeepAlive: -1}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Transport{
		Proxy: http.ProxyURL(proxy),
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := sockets.DialContext(ctx, network, address)
			if err != nil {
				return nil, &proxyError{reason: "The checker can't reach its proxy; the site was not judged.", own: true}
			}
			return conn, nil
		},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
			return refusedByProxy(response.StatusCode)
		},
		TLSClientConfig:        config,
		Protocols:              &protocols,
		DisableCompression:     true,
		MaxIdleConns:           cfg.MaxIdleConns,
		MaxIdleConnsPerHost:    cfg.MaxIdleConns,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		HTTP2:                  http2Limits(),
	}
}

// proxyError says why a proxy made no connection to a site. The reason is a sentence for people.
type proxyError struct {
	reason string
	// own is whether the proxy itself is at fault and not the site.
	own bool
}

// Error returns the reason.
func (e *proxyError) Error() string { return e.reason }

// refusedByProxy explains a proxy's answer to CONNECT; nil if it made the connection.
func refusedByProxy(status int) error {
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return &proxyError{reason: "The checker's proxy asks for a user name and password; the site was not judged.", own: true}
	}
	return &proxyError{reason: fmt.Sprintf("The checker's proxy could not connect to the host (it answered %d).", status)}
}

// overProxy sends one request through the proxy.
func (a *attempt) overProxy(h hop, transport *http.Transport) (*http.Response, error) {
	request, cancel, err := a.transportRequest(h)
	if err != nil {
		return nil, err
	}
	var began time.Time
	response, err := transport.RoundTrip(request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			h.trace.gotConn(info)
			h.trace.use("") // the address is the proxy's
		},
		ConnectStart: func(string, string) { h.trace.enter(stageConnect) },
		TLSHandshakeStart: func() {
			h.trace.enter(stageTLS)
			began = time.Now()
		},
		TLSHandshakeDone:     func(tls.ConnectionState, error) { h.trace.spent(&h.trace.tls, began) },
		WroteRequest:         h.trace.wroteRequest,
		GotFirstResponseByte: h.trace.gotFirstByte,
	})))
	if err != nil {
		cancel()
		if h.trace.reached() == stageTLS {
			err = &stageError{stageTLS, err}
		}
		return nil, err
	}
	response.Body = &boundBody{response.Body, cancel}
	return response, nil
}
