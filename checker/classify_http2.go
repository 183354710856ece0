package checker

import (
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// classifyHTTP2 explains the text of an error of net/http's HTTP/2, whose types are not exported; nil for other errors.
func classifyHTTP2(text string) *failure {
	switch code := http2Code(text); {
	case strings.Contains(text, "header list larger"), strings.Contains(text, "header list too large"):
		return plain(wsc.KindHeadersTooLarge)
	case strings.Contains(text, "graceful shutdown GOAWAY"), code == "NO_ERROR":
		return failuref(wsc.KindConnectionClosed, "The host shut the connection down before it answered.")
	case code == "REFUSED_STREAM", code == "ENHANCE_YOUR_CALM": // which ask to come back later
		return failuref(wsc.KindConnectionReset, "The host refused the request for the time being, with the HTTP/2 error %s.", code)
	case code != "":
		return failuref(wsc.KindProtocolError, "The host broke the request off with the HTTP/2 error %s.", code)
	case strings.Contains(text, "looked like an HTTP/1.1 header"):
		return failuref(wsc.KindProtocolError, "The host agreed on HTTP/2, but answered in HTTP/1.1.")
	case strings.Contains(text, "stream error"), strings.Contains(text, "connection error"), strings.HasPrefix(text, "http2:"):
		return failuref(wsc.KindProtocolError, "The host broke the rules of HTTP/2.")
	}
	return nil
}

// http2Code is the name of the error code (RFC 9113, section 7) with which a host ended a request or a connection, or "".
func http2Code(text string) string {
	if reason, found := strings.CutSuffix(text, "; received from peer"); found {
		return strings.TrimSpace(reason[strings.LastIndexByte(reason, ';')+1:])
	}
	if _, code, found := strings.Cut(text, "GOAWAY from server ErrCode:"); found {
		return code
	}
	_, reason, _ := strings.Cut(text, ", ErrCode=")
	code, _, _ := strings.Cut(reason, ",")
	return code
}

// requiresHTTP1 reports whether a host ended a request over HTTP/2 because it answers that over HTTP/1.1 only.
func requiresHTTP1(err error) bool {
	return err != nil && http2Code(err.Error()) == "HTTP_1_1_REQUIRED"
}
