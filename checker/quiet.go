package checker

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"
)

// isQuiet reports whether an idle connection is as it was left: still open, and without data that nobody asked for,
// which must not be taken for the answer to the next request. It leaves the connection without time to read.
func isQuiet(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return isQuietSocket(conn)
	}
	return isQuietSocket(secure.NetConn()) && isDrained(secure)
}

// isDrained reports whether a TLS connection holds no data either, which it may have read from the socket together
// with the last answer.
func isDrained(secure *tls.Conn) bool {
	if secure.SetReadDeadline(time.Unix(1, 0)) != nil {
		return false
	}
	var one [1]byte
	_, err := secure.Read(one[:])
	return errors.Is(err, os.ErrDeadlineExceeded)
}
