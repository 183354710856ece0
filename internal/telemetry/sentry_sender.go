package telemetry

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// maxSentryAnswer is how much is read of an answer of Sentry's, in bytes. It is an id and advice about limits.
const maxSentryAnswer = 64 << 10

// sender sends requests until it is stopped; then those under way are broken off and others fail at once.
type sender struct {
	transport *http.Transport
	stopped   context.Context //nolint:containedctx // ends with the sender
	stop      context.CancelFunc
}

func newSender() *sender {
	s := &sender{transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConns: 1, IdleConnTimeout: sendTimeout, ForceAttemptHTTP2: true,
	}}
	s.stopped, s.stop = context.WithCancel(context.Background())
	context.AfterFunc(s.stopped, s.transport.CloseIdleConnections)
	return s
}

func (s *sender) client() *http.Client { return &http.Client{Transport: s, Timeout: sendTimeout} }

// RoundTrip sends a request and reads the whole answer.
func (s *sender) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.stopped, cancel)() //nolint:contextcheck // both contexts end the request
	response, err := s.transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxSentryAnswer))
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}
