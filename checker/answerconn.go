package checker

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// answerConn is an HTTP/1 connection that looks at what it reads while an answer's headers arrive.
//
//   - Sites send control characters in header values that net/http refuses the whole answer for, although RFC 9110
//     (section 5.5) lets a recipient replace them; here they become question marks. NUL, which must be refused, is left
//     alone.
//   - net/http takes a header line that breaks off for a malformed one; here it is known to have broken off.
//   - What a server says before it was asked, as mail servers do, is kept for the first request, which then fails
//     over it; what it says between two requests ends the connection. net/http would drop and log both.
type answerConn struct {
	net.Conn
	// state is the TLS connection below, if any.
	state *tls.ConnectionState
	phase atomic.Int32
	// asked is closed by the first request, gone by Close.
	asked, gone         chan struct{}
	askedOnce, goneOnce sync.Once
	// cut is the error of a read, if the headers ended with it in the middle of a line.
	cut atomic.Pointer[error]
	// line is how many bytes the current line has, and fields whether the status line is complete; both belong to
	// the reading goroutine.
	line   int
	fields bool
}

// The phases of an answerConn.
const (
	phaseFresh int32 = iota
	phaseHeaders
	phaseBody
	phaseIdle
)

var errUnasked = errors.New("data between two requests")

func newAnswerConn(conn net.Conn, state *tls.ConnectionState) *answerConn {
	return &answerConn{Conn: conn, state: state, asked: make(chan struct{}), gone: make(chan struct{})}
}

// expect says that a request is about to be written.
func (c *answerConn) expect() {
	c.phase.Store(phaseHeaders)
	c.askedOnce.Do(func() { close(c.asked) })
}

// rest says that the answer was read to its end and the connection waits for the next request. That may have come
// already, since the transport offers the connection before it says so.
func (c *answerConn) rest() { c.phase.CompareAndSwap(phaseBody, phaseIdle) }

// cutOff returns the error that broke the headers off in the middle of a line, or nil.
func (c *answerConn) cutOff() error {
	if err := c.cut.Load(); err != nil {
		return *err
	}
	return nil
}

// Close closes the connection.
func (c *answerConn) Close() error {
	c.goneOnce.Do(func() { close(c.gone) })
	return c.Conn.Close()
}

// Read reads from the connection.
func (c *answerConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.phase.Load() == phaseFresh {
		select {
		case <-c.asked:
		case <-c.gone:
			return 0, net.ErrClosed
		}
	}
	switch c.phase.Load() {
	case phaseHeaders:
		if c.scan(p[:n]) {
			c.phase.Store(phaseBody)
		} else if err != nil && c.line > 0 {
			c.cut.Store(&err)
		}
	case phaseIdle:
		if n > 0 {
			return 0, errUnasked
		}
	}
	return n, err
}

// scan cleans header bytes and reports whether the empty line behind the headers was among them.
func (c *answerConn) scan(p []byte) bool {
	for i, b := range p {
		switch {
		case b == '\n':
			if c.line == 0 {
				c.fields = false
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
