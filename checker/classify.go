package checker

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// failure is why a check has no usable answer: a kind and a sentence for people, which holds no internals.
type failure struct {
	kind    wsc.ErrorKind
	message string
	// own is whether this machine and not the site is the reason.
	own bool
}

// plain is a failure with the kind's own sentence.
func plain(kind wsc.ErrorKind) *failure { return &failure{kind: kind, message: kind.Sentence()} }

func failuref(kind wsc.ErrorKind, format string, args ...any) *failure {
	return &failure{kind: kind, message: fmt.Sprintf(format, args...)}
}

// timedOut says what the overall time limit of an attempt cut off.
func timedOut(reached stage, limit time.Duration) *failure {
	seconds := strconv.FormatFloat(limit.Seconds(), 'f', -1, 64)
	switch reached {
	case stageDNS:
		return failuref(wsc.KindDNSError, "The name servers did not answer within %s s.", seconds)
	case stageConnect:
		return failuref(wsc.KindConnectTimeout, "The host did not accept a connection within %s s.", seconds)
	case stageTLS:
		return failuref(wsc.KindTimeout, "The TLS handshake was not complete within %s s.", seconds)
	case stageBody:
		return failuref(wsc.KindTimeout, "The host sent a status, but not the whole body within %s s.", seconds)
	case stageStart, stageAnswer:
	}
	return failuref(wsc.KindTimeout, "The host did not answer within %s s.", seconds)
}

// classify turns an error of a request, up to the answer's headers, into a failure.
func classify(err error) *failure {
	if blocked, ok := errors.AsType[*BlockedError](err); ok {
		return &failure{kind: blocked.Kind, message: blocked.Reason}
	}
	if refused, ok := errors.AsType[*proxyError](err); ok {
		if refused.own {
			return &failure{kind: wsc.KindInternalError, message: refused.reason, own: true}
		}
		return &failure{kind: wsc.KindNetworkUnreachable, message: refused.reason}
	}
	if isOwnFault(err) {
		return &failure{
			kind: wsc.KindInternalError, own: true,
			message: "The checker ran out of a resource of its machine (files, ports or memory); the site was not judged.",
		}
	}
	if errors.Is(err, errPanic) {
		return plain(wsc.KindInternalError)
	}
	if at, ok := errors.AsType[*stageError](err); ok {
		switch at.stage {
		case stageDNS:
			return classifyDNS(at.err)
		case stageConnect:
			return classifyConnect(at.err)
		case stageTLS:
			return classifyTLS(at.err)
		case stageStart, stageAnswer, stageBody:
		}
	}
	return classifyHTTP(err)
}

// isOwnFault reports whether this machine and not the site is the reason.
func isOwnFault(err error) bool {
	for _, number := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, number) {
			return true
		}
	}
	// For IPv6 the same number means that this machine has no such address.
	return errors.Is(err, syscall.EADDRNOTAVAIL) && !dialledIPv6(err)
}

func dialledIPv6(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) {
		return false
	}
	address, ok := op.Addr.(*net.TCPAddr)
	return ok && address.IP.To4() == nil
}

func classifyDNS(err error) *failure {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return plain(wsc.KindDNSError)
	case dns.IsNotFound:
		return failuref(wsc.KindDNSNXDomain, "The host name does not exist, or has no address.")
	case dns.IsTimeout:
		return failuref(wsc.KindDNSError, "The name servers did not answer in time.")
	}
	return plain(wsc.KindDNSError)
}

func classifyConnect(err error) *failure {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return plain(wsc.KindConnectRefused)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNABORTED):
		return plain(wsc.KindConnectionReset)
	case isUnreachable(err):
		if dialledIPv6(err) {
			return failuref(wsc.KindNetworkUnreachable, "There is no IPv6 route to the host.")
		}
		return plain(wsc.KindNetworkUnreachable)
	case isTimeout(err):
		return plain(wsc.KindConnectTimeout)
	}
	return plain(wsc.KindNetworkUnreachable)
}

// isUnreachable reports whether the network, here or on the way, did not let a connection attempt through.
func isUnreachable(err error) bool {
	for _, number := range []syscall.Errno{
		syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN, syscall.EAFNOSUPPORT,
		syscall.EADDRNOTAVAIL, syscall.EINVAL, syscall.EACCES, syscall.EPERM,
	} {
		if errors.Is(err, number) {
			return true
		}
	}
	return false
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, syscall.ETIMEDOUT) || errors.As(err, &timeout) && timeout.Timeout()
}

// classifyHTTP explains errors after the connection was made.
func classifyHTTP(err error) *failure {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" { // TLS 1.3 servers refuse client certificates only now
		return failuref(wsc.KindTLSHandshake, "The host refused the TLS connection: %s.", alertText(op))
	}
	if _, alert, found := strings.Cut(err.Error(), "remote error: tls: "); found { // HTTP/2 keeps the text only
		return failuref(wsc.KindTLSHandshake, "The host refused the TLS connection: %s.", clip(printable(alert), 80))
	}
	if f := classifyBreak(err); f != nil {
		return f
	}
	text := err.Error()
	if f := classifyHTTP2(text); f != nil {
		return f
	}
	switch {
	case isTimeout(err):
		return plain(wsc.KindTimeout)
	case errors.Is(err, errHeadersTooLarge), strings.Contains(text, "header line too long"):
		return plain(wsc.KindHeadersTooLarge)
	case strings.Contains(text, "tls: no renegotiation"):
		return failuref(wsc.KindTLSHandshake, "The host asks for a second TLS handshake within the connection, most often for a client certificate; the checker makes none.")
	case strings.Contains(text, "server closed"), strings.Contains(text, "connection lost"),
		errors.Is(err, net.ErrClosed):
		return plain(wsc.KindConnectionClosed)
	case strings.HasSuffix(text, `malformed HTTP response ""`):
		return failuref(wsc.KindProtocolError, "The answer is not HTTP; it begins with an empty line.")
	case strings.Contains(text, "malformed HTTP response"):
		return failuref(wsc.KindProtocolError, "The answer is not HTTP; it begins with %s.", quotedIn(text, "malformed HTTP response "))
	case strings.Contains(text, "malformed HTTP version"):
		return failuref(wsc.KindProtocolError, "The answer is not HTTP; it begins with %s.", quotedIn(text, "malformed HTTP version "))
	case strings.Contains(text, "malformed HTTP status code"):
		return failuref(wsc.KindProtocolError, "The answer has no valid HTTP status, but %s.", quotedIn(text, "malformed HTTP status code "))
	case strings.Contains(text, "malformed MIME header"):
		return failuref(wsc.KindProtocolError, "The answer is not valid HTTP: it has a malformed header line.")
	case strings.Contains(text, "Content-Length"):
		return failuref(wsc.KindProtocolError, "The answer is not valid HTTP: its Content-Length is wrong or contradictory.")
	case strings.Contains(text, "transfer encoding"):
		return failuref(wsc.KindProtocolError, "The answer is not valid HTTP: its Transfer-Encoding is unknown.")
	}
	return plain(wsc.KindProtocolError)
}

// classifyBody explains why the body behind a status is not usable.
func classifyBody(err error) *failure {
	var corrupt flate.CorruptInputError
	switch text := err.Error(); {
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return failuref(wsc.KindBodyError, "The host sent a status, but the compressed body that followed is malformed.")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return failuref(wsc.KindBodyError, "The host sent a status, but broke the body off before its end.")
	case strings.Contains(text, "chunk"), strings.Contains(text, "header line too long"):
		return failuref(wsc.KindBodyError, "The host sent a status, but the chunks of the body that followed are malformed.")
	}
	return plain(wsc.KindBodyError)
}

// classifyBreak recognises connections that the other side ended; nil for any other error.
func classifyBreak(err error) *failure {
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNABORTED):
		return plain(wsc.KindConnectionReset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		// A pipe is broken when this side wrote after the other had closed in good order.
		return plain(wsc.KindConnectionClosed)
	}
	return nil
}

// quotedIn returns the text behind the marker, which the standard library quotes with every special character
// escaped, shortened.
func quotedIn(text, marker string) string {
	_, quoted, _ := strings.Cut(text, marker)
	content, err := strconv.Unquote(quoted)
	if err != nil {
		content = quoted
	}
	return strconv.QuoteToASCII(clip(content, 60))
}

// printable replaces control characters, so that a text of a site can stand in a message or a log.
func printable(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

// clip shortens a text to at most limit bytes and an ellipsis, without cutting a character.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
