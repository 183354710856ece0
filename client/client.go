// Package client is a typed client of the HTTP API of the Website Status Checker.
//
// Every method takes a context that ends it. What the server refuses comes back as an *Error with the server's
// problem document; wsc.CodeOf gives its stable code. A Client can be used by many goroutines at once.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/version"
)

const (
	apiPrefix = "/api/v1"
	keyHeader = "X-API-Key"
	// maxJSONBytes bounds an answer that is read as a whole: a page of 1,000 results with long redirect chains.
	maxJSONBytes = 64 << 20
)

// Client talks to one server.
type Client struct {
	server    *url.URL
	key       string
	userAgent string
	http      *http.Client
	reconnect reconnectPolicy
}

// Option changes a Client while New makes it.
type Option func(*Client)

// WithKey sends the API key with every request. It is never sent to another host than the server's.
func WithKey(key string) Option { return func(c *Client) { c.key = key } }

// WithUserAgent sets the User-Agent header; the default is wsc/<version>.
func WithUserAgent(userAgent string) Option { return func(c *Client) { c.userAgent = userAgent } }

// WithHTTPClient replaces the HTTP client. Its Timeout must be zero, since event streams and exports take long.
// The client is copied; redirects to another host are refused in any case.
func WithHTTPClient(client *http.Client) Option {
	return func(c *Client) {
		own := *client
		c.http = &own
	}
}

// New returns a client of the server at the given URL, for example "http://127.0.0.1:8080". A path in the URL is kept
// as a prefix, for servers behind a reverse proxy. No connection is made yet.
func New(serverURL string, options ...Option) (*Client, error) {
	server, err := url.Parse(strings.TrimSpace(serverURL))
	if err != nil || server.Host == "" || (server.Scheme != "http" && server.Scheme != "https") || server.User != nil {
		return nil, wsc.Errorf(wsc.CodeInvalidRequest, "%q is not the address of a server; write it like http://127.0.0.1:8080.", withoutUser(serverURL))
	}
	server.Path = strings.TrimSuffix(server.Path, "/")
	server.RawPath, server.RawQuery, server.Fragment = "", "", ""
	c := &Client{
		server:    server,
		userAgent: "wsc/" + version.String(),
		http:      &http.Client{Transport: newTransport()},
		reconnect: defaultReconnectPolicy(),
	}
	for _, option := range options {
		option(c)
	}
	if !httpguts.ValidHeaderFieldValue(c.key) {
		return nil, wsc.Errorf(wsc.CodeInvalidRequest, "The API key contains characters that no key has; check how it was copied.")
	}
	if c.http.Timeout != 0 {
		return nil, errors.New("client: the HTTP client must not have a Timeout")
	}
	c.http.CheckRedirect = sameServerOnly(server, c.http.CheckRedirect)
	return c, nil
}

// withoutUser replaces what stands before an @, which may be a password, also in what is no URL.
func withoutUser(address string) string {
	at := strings.LastIndex(address, "@")
	if at < 0 {
		return address
	}
	scheme, _, found := strings.Cut(address[:at], "://")
	if !found {
		return "***" + address[at:]
	}
	return scheme + "://***" + address[at:]
}

// Server is the address of the server, without a trailing slash.
func (c *Client) Server() string { return c.server.String() }

// Close closes the connections that are kept open for later requests.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// newTransport bounds what can hang without bounding how long an answer takes.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: 2 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
	}
}

// sameServerOnly keeps redirects on the server, because net/http forwards X-API-Key to wherever it is sent.
func sameServerOnly(server *url.URL, next func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(request *http.Request, via []*http.Request) error {
		if request.URL.Host != server.Host || (server.Scheme == "https" && request.URL.Scheme != "https") {
			return fmt.Errorf("the server redirects to another address, %s://%s, which is not followed", request.URL.Scheme, request.URL.Host)
		}
		if next != nil {
			return next(request, via)
		}
		if len(via) >= 10 {
			return errors.New("the server redirects more than 10 times")
		}
		return nil
	}
}

// jobPath is the path of a job below the API's prefix, with further segments.
func jobPath(id string, segments ...string) string { return objectPath("jobs", id, segments...) }

// objectPath is the path of an object in a collection, with further segments.
func objectPath(collection, id string, segments ...string) string {
	path := apiPrefix + "/" + collection + "/" + url.PathEscape(id)
	for _, segment := range segments {
		path += "/" + segment
	}
	return path
}

// newRequest makes a request for an escaped path below the server's address.
func (c *Client) newRequest(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Request, error) {
	target := c.server.String() + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("User-Agent", c.userAgent)
	request.Header.Set("Accept", "application/json, application/problem+json;q=0.9")
	if c.key != "" {
		request.Header.Set(keyHeader, c.key)
	}
	return request, nil
}

// send returns an answer with a 2xx status, whose body the caller closes. Any other status is an *Error.
func (c *Client) send(request *http.Request) (*http.Response, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 200 && response.StatusCode <= 299 {
		return response, nil
	}
	defer discard(response.Body)
	return nil, readError(response)
}

// call sends a request with an optional JSON body and reads the JSON answer into out, unless out is nil.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encoding the request: %w", err)
		}
		body = strings.NewReader(string(text))
	}
	request, err := c.newRequest(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return c.sendJSON(request, out)
}

func (c *Client) sendJSON(request *http.Request, out any) error {
	response, err := c.send(request) //nolint:bodyclose // discard closes it
	if err != nil {
		return err
	}
	defer discard(response.Body)
	if out == nil {
		return nil
	}
	if mediaType(response) != "application/json" {
		return fmt.Errorf("the answer of %s is %q, not JSON: is this the address of a Website Status Checker?",
			c.Server(), response.Header.Get("Content-Type"))
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxJSONBytes)).Decode(out); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", request.URL.Redacted(), err)
	}
	return nil
}

// discard reads the little that may be left of a body, so that its connection can be used again, and closes it.
func discard(body io.ReadCloser) {
	// Errors only mean that the connection is not used again.
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}
