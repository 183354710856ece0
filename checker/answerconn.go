package checker

import (
	"crypto/tls"
	"net"
	"sync/atomic"
)

// answerConn is an HTTP/1 connection that looks at what it reads while an answer's headers arrive.
//
// Sites send control characters in header values that net/http refuses the whole answer for, although RFC 9110
// (section 5.5) lets a recipient replace them; here they become question marks. NUL, which must be refused, is left
// alone. And net/http takes a header line that breaks off for a malformed one; here it is known to have broken off.
type answerConn struct {
	net.Conn
	// state is the TLS connection below, if any.
	state *tls.ConnectionState
	// expecting is set when a request begins and cleared behind the headers of its answer.
	expecting atomic.Bool
	// cut is the error of a read, if the headers ended with it in the middle of a line.
	cut atomic.Pointer[error]
	// line is how many bytes the current line has, and fields whether the status line is complete; both belong to
	// the reading goroutine.
	line   int
	fields bool
}

// expect says that a request is about to be written.
func (c *answerConn) expect() { c.expecting.Store(true) }

// cutOff returns the error that broke the headers off in the middle of a line, or nil.
func (c *answerConn) cutOff() error {
	if err := c.cut.Load(); err != nil {
		return *err
	}
	return nil
}

// Read reads from the connection.
func (c *answerConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.expecting.Load() {
		return n, err
	}
	if c.scan(p[:n]) {
		c.expecting.Store(false)
		c.fields = false
	} else if err != nil && c.line > 0 {
		c.cut.Store(&err)
	}
	return n, err
}

// scan cleans header bytes and reports whether the empty line behind the headers was among them.
func (c *answerConn) scan(p []byte) bool {
	for i, b := range p {
		switch {
		case b == '\n':
			if c.line == 0 {
				return true
			}
			c.line, c.fields = 0, true
		case b == '\r':
		case c.fields && (b < ' ' && b != '\t' && b != 0 || b == 0x7f):
			p[i] = '?'
			c.line++
		default:
			c.line++
		}
	}
	return false
}
