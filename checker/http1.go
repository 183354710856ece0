package checker

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// errStatusUnclear ends an answer whose status net/http and the answerReader read differently.
var errStatusUnclear = errors.New("unclear status")

// maxInformational is how many informational answers may come before the final one. Each costs many times its size.
const maxInformational = 100

// readBufferBytes is the size of a connection's buffer, enough for the headers of most answers.
const readBufferBytes = 4 << 10

// http1Conn is a connection that speaks HTTP/1. The goroutine of a check writes the request and reads the answer by
// itself: net/http's transport keeps two goroutines and four switches between them for that, which would be a third of
// the work of a check.
type http1Conn struct {
	net.Conn
	key    connKey
	state  *tls.ConnectionState // nil without TLS
	remote string
	reader answerReader
	buffer *bufio.Reader // nil between two requests
	// idleSince and the two neighbours belong to the pool.
	idleSince    time.Time
	older, newer *http1Conn
}

// http1Exchanges makes requests over HTTP/1 connections and keeps what they can share.
type http1Exchanges struct {
	pool    *connPool
	buffers bufferPool
	// get and head are all that reading an answer needs to know of its request; they are never changed.
	get, head *http.Request
	// sweeping is whether a timer is set that ends idle connections.
	sweeping atomic.Bool
}

func newHTTP1Exchanges(maxIdle int) *http1Exchanges {
	return &http1Exchanges{
		pool: newConnPool(maxIdle, idleTimeout),
		get:  &http.Request{Method: http.MethodGet}, head: &http.Request{Method: http.MethodHead},
	}
}

// open makes an HTTP/1 connection of a fresh connection.
func (x *http1Exchanges) open(conn net.Conn, key connKey, state *tls.ConnectionState) *http1Conn {
	c := &http1Conn{Conn: conn, key: key, state: state, remote: addressText(conn.RemoteAddr())}
	c.reader.source = conn
	return c
}

// drop closes a connection for good. TLS would say goodbye first, and wait up to 5 s for a host that does not read.
func (x *http1Exchanges) drop(c *http1Conn) {
	x.free(c)
	socket := c.Conn
	if secure, ok := socket.(*tls.Conn); ok {
		socket = secure.NetConn()
	}
	_ = socket.Close() // nothing was lost: whatever is left on it is not wanted
}

// free takes the connection's buffer back.
func (x *http1Exchanges) free(c *http1Conn) {
	if c.buffer != nil {
		x.buffers.put(c.buffer)
		c.buffer = nil
	}
}

// exchange sends a request and reads the answer up to its body, whose Close gives the connection back or ends it.
// An error ends the connection too; stale says that the host had closed it before the request came.
func (x *http1Exchanges) exchange(a *attempt, h hop, c *http1Conn) (response *http.Response, stale bool, err error) {
	if err := c.SetDeadline(a.deadline); err != nil {
		x.drop(c)
		return nil, true, fmt.Errorf("set the deadline of a connection: %w", err)
	}
	stop := context.AfterFunc(a.ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) }) // a closed connection needs none
	h.trace.use(c.remote)
	c.reader.expect()
	c.buffer = x.buffers.get(&c.reader)
	request := x.buffers.request(a, h)
	sent := time.Now() // by the time that Write returns, a near host may have answered
	_, writeErr := c.Write(*request)
	x.buffers.putRequest(request)
	// A host may answer and close before it read the request, so a failed write is no reason not to look.
	response, err = x.readAnswer(c, h.method)
	h.trace.exchanged(sent, c.reader.first)
	if err != nil {
		stop()
		x.drop(c)
		if writeErr != nil && !c.reader.answered() {
			err = writeErr
		}
		return nil, !c.reader.answered() && isBreak(err), err
	}
	if response.ProtoMajor != 1 { // the host names a version that this connection can't have
		response.ProtoMajor, response.ProtoMinor, response.Close = 1, 1, true
	}
	response.TLS = c.state
	response.Body = &answerBody{
		exchanges: x, conn: c, body: response.Body, undisturbed: stop,
		// After other statuses, 101 above all, it is not known what comes next.
		keep:  !response.Close && response.StatusCode >= 200 && response.StatusCode <= 599,
		whole: response.Body == http.NoBody,
	}
	return response, false, nil
}

// readAnswer reads an answer up to its body, and over the informational ones before it.
func (x *http1Exchanges) readAnswer(c *http1Conn, method string) (*http.Response, error) {
	request := x.get
	if method == http.MethodHead {
		request = x.head
	}
	for informational := 1; ; informational++ {
		response, err := http.ReadResponse(c.buffer, request)
		switch {
		case err == nil:
			if response.StatusCode >= 200 || response.StatusCode < 100 || response.StatusCode == http.StatusSwitchingProtocols {
				return response, nil
			}
			if informational > c.reader.informational {
				return nil, errStatusUnclear // the reader took it for the final one, and no longer bounds what follows
			}
			if informational == maxInformational {
				return nil, errHeadersTooLarge
			}
		case c.reader.cut != nil && strings.Contains(err.Error(), "malformed MIME header"):
			return nil, c.reader.cut
		default:
			return nil, err
		}
	}
}

// isBreak reports whether the other side had ended the connection.
func isBreak(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE)
}

// answerBody is the body of an answer on an HTTP/1 connection.
type answerBody struct {
	exchanges *http1Exchanges
	conn      *http1Conn
	body      io.Reader
	// undisturbed ends the watch over the check's context and reports whether that had not ended.
	undisturbed func() bool
	// keep is whether the host keeps the connection, whole whether the body was read to its end.
	keep, whole bool
	closed      bool
}

// Read reads the body, decoded if it came in chunks.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.closed {
		return 0, os.ErrClosed
	}
	n, err := b.body.Read(p)
	if errors.Is(err, io.EOF) {
		b.whole = true
	}
	return n, err
}

// limit gives the rest of the body that much time at most.
func (b *answerBody) limit(wait time.Duration) {
	_ = b.conn.SetReadDeadline(time.Now().Add(wait)) // a closed connection needs none
}

// Close gives the connection back if the answer ended in good order, and otherwise ends it.
func (b *answerBody) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	if b.undisturbed() && b.keep && b.whole && b.conn.buffer.Buffered() == 0 {
		b.exchanges.keep(b.conn)
		return nil
	}
	b.exchanges.drop(b.conn)
	return nil
}

// keep offers a connection to the next check of the same host.
func (x *http1Exchanges) keep(c *http1Conn) {
	x.free(c)
	for _, old := range x.pool.put(c) {
		x.drop(old)
	}
	if x.sweeping.CompareAndSwap(false, true) {
		time.AfterFunc(idleTimeout, x.sweep)
	}
}

// sweep ends the connections that nobody used for a while, and comes again as long as there are others.
func (x *http1Exchanges) sweep() {
	for _, c := range x.pool.expired(time.Now()) {
		x.drop(c)
	}
	x.sweeping.Store(false)
	if x.pool.len() > 0 && x.sweeping.CompareAndSwap(false, true) {
		time.AfterFunc(idleTimeout, x.sweep)
	}
}

// take returns a connection to the host that an earlier check left open, or nil.
func (x *http1Exchanges) take(key connKey) *http1Conn {
	for {
		c := x.pool.take(key)
		if c == nil || isQuiet(c.Conn) {
			return c
		}
		x.drop(c)
	}
}

// close ends all connections that wait for a request, and takes no more.
func (x *http1Exchanges) close() {
	for _, c := range x.pool.close() {
		x.drop(c)
	}
}

// empty ends all connections that wait for a request.
func (x *http1Exchanges) empty() {
	for _, c := range x.pool.empty() {
		x.drop(c)
	}
}

// addressText is the IP address of a connection's end, or "".
func addressText(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().String()
	}
	return ""
}
