package checker

import (
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestErrorsAfterTheHandshakeAreExplained(t *testing.T) {
	for text, want := range map[string]failure{
		"http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=\"\"": {
			kind: wsc.KindConnectionClosed, message: "The host shut the connection down before it answered.",
		},
		"http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=INTERNAL_ERROR, debug=\"REFUSED_STREAM\"": {
			kind: wsc.KindProtocolError, message: "The host broke the request off with the HTTP/2 error INTERNAL_ERROR.",
		},
		"stream error: stream ID 1; PROTOCOL_ERROR": {kind: wsc.KindProtocolError, message: "The host broke the rules of HTTP/2."},
	} {
		require.Equal(t, want, *classify(errors.New(text)), text)
	}
	renegotiation := &net.OpError{Op: "local error", Err: errors.New("tls: no renegotiation")}
	require.Equal(t, wsc.KindTLSHandshake, classify(renegotiation).kind)
	requireForPeople(t, classify(renegotiation).message)
}

func TestOnlyTheHostItselfCanRequireHTTP1(t *testing.T) {
	require.True(t, requiresHTTP1(errors.New("stream error: stream ID 1; HTTP_1_1_REQUIRED; received from peer")))
	require.True(t, requiresHTTP1(errors.New("http2: Transport received GOAWAY from server ErrCode:HTTP_1_1_REQUIRED")))
	for _, text := range []string{
		"stream error: stream ID 1; HTTP_1_1_REQUIRED",
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="HTTP_1_1_REQUIRED"`,
		"EOF",
	} {
		require.False(t, requiresHTTP1(errors.New(text)), text)
	}
	require.False(t, requiresHTTP1(nil))
}
