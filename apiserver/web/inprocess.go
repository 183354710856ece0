package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/website-status-checker/wsc/client"
)

// apiPrefix is the path of the API's first version.
const apiPrefix = "/api/v1"

// newClient returns a client of the API in this process. The context of a call says who makes it.
func newClient(api http.Handler) (*client.Client, error) {
	return client.New("http://in-process", client.WithHTTPClient(&http.Client{Transport: inProcess{api}}))
}

// inProcess calls a handler in place of a server. Answers are collected in memory: they are pages of JSON. What is large,
// or has no end, is forwarded instead.
type inProcess struct{ handler http.Handler }

// RoundTrip answers the request.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context()) // a RoundTripper changes nothing, and a server finds these set
	r.RequestURI = r.URL.RequestURI()
	if outer, ok := r.Context().Value(outerKey{}).(*outer); ok {
		r.RemoteAddr = outer.request.RemoteAddr
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	answer := &answer{ctx: r.Context(), header: http.Header{}}
	t.handler.ServeHTTP(answer, r)
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	if answer.status == 0 {
		answer.status = http.StatusOK
	}
	return &http.Response{
		Status: http.StatusText(answer.status), StatusCode: answer.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(&answer.body), ContentLength: int64(answer.body.Len()), Request: r,
	}, nil
}

type outerKey struct{}

// outer is the request of the browser that calls of the API are made for.
type outer struct {
	writer  http.ResponseWriter
	request *http.Request
}

// withOuter notes the browser's request in its own context.
func withOuter(w http.ResponseWriter, r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), outerKey{}, &outer{w, r}))
}

// answer collects what a handler answers. Deadlines are those of the browser's connection.
type answer struct {
	ctx    context.Context //nolint:containedctx // it is that of the one request
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header of the answer.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader notes the status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
}

// Write collects the body.
func (a *answer) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(data)
}

// SetReadDeadline bounds the reading of the browser's request.
func (a *answer) SetReadDeadline(deadline time.Time) error {
	if outer, ok := a.ctx.Value(outerKey{}).(*outer); ok {
		return http.NewResponseController(outer.writer).SetReadDeadline(deadline)
	}
	return http.ErrNotSupported
}

// SetWriteDeadline has no meaning for an answer in memory.
func (a *answer) SetWriteDeadline(time.Time) error { return nil }

// forward lets the API answer the browser itself, at a path below the API's prefix and with the given parameters: streams
// and downloads.
func (s *Site) forward(w http.ResponseWriter, r *http.Request, path string, query url.Values) {
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath, inner.URL.RawQuery = apiPrefix+path, "", query.Encode()
	inner.RequestURI = inner.URL.RequestURI()
	s.api.ServeHTTP(w, inner)
}
