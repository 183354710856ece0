package checker

import (
	"container/list"
	"net/http"
	"sync"
)

// http2Conn is a connection that speaks HTTP/2. All checks of its host share it.
type http2Conn struct {
	*http.ClientConn
	key    connKey
	remote string
	// users and idle belong to the pool: how many requests are under way, and the place among the idle ones if none is.
	users int
	idle  *list.Element
}

// http2Pool holds one connection for each host that speaks HTTP/2. Connections that nobody uses for a while end by
// themselves; here it is seen to that there are not too many.
type http2Pool struct {
	max int

	mu     sync.Mutex
	conns  map[connKey]*http2Conn
	idle   list.List    // of *http2Conn, the one that waits longest first
	gone   []*http2Conn // to be closed when the lock is given back
	closed bool
}

func newHTTP2Pool(limit int) *http2Pool {
	return &http2Pool{max: limit, conns: map[connKey]*http2Conn{}}
}

// take returns the connection to the host for one more request, or nil if there is none or it has no room for one.
func (p *http2Pool) take(key connKey) *http2Conn {
	p.mu.Lock()
	defer p.unlock()
	c := p.conns[key]
	if c == nil || c.Available() == 0 { // which it has not when it is closed
		return nil
	}
	p.use(c)
	return c
}

// add takes a new connection, on which one request is under way, in the place of any older one to the host.
func (p *http2Pool) add(c *http2Conn) {
	p.mu.Lock()
	defer p.unlock()
	if old := p.conns[c.key]; old != nil && old.idle != nil {
		p.remove(old)
	}
	p.conns[c.key] = c
	p.use(c)
}

// release ends one request. A connection that is of no more use is closed.
func (p *http2Pool) release(c *http2Conn) {
	p.mu.Lock()
	defer p.unlock()
	if c.users--; c.users > 0 {
		return
	}
	if p.closed || p.conns[c.key] != c || c.Err() != nil {
		p.remove(c)
		return
	}
	c.idle = p.idle.PushBack(c)
	for p.idle.Len() > p.max {
		p.removeOldest()
	}
}

// close ends all idle connections, and the others when their last request ends.
func (p *http2Pool) close() {
	p.mu.Lock()
	defer p.unlock()
	p.closed = true
	p.removeIdle()
}

// empty ends all idle connections.
func (p *http2Pool) empty() {
	p.mu.Lock()
	defer p.unlock()
	p.removeIdle()
}

func (p *http2Pool) removeIdle() {
	for p.idle.Len() > 0 {
		p.removeOldest()
	}
}

func (p *http2Pool) use(c *http2Conn) {
	c.users++
	if c.idle != nil {
		p.idle.Remove(c.idle)
		c.idle = nil
	}
}

func (p *http2Pool) removeOldest() {
	if c, ok := p.idle.Front().Value.(*http2Conn); ok {
		p.remove(c)
	}
}

// remove forgets a connection and has it closed.
func (p *http2Pool) remove(c *http2Conn) {
	if c.idle != nil {
		p.idle.Remove(c.idle)
		c.idle = nil
	}
	if p.conns[c.key] == c {
		delete(p.conns, c.key)
	}
	p.gone = append(p.gone, c)
}

// unlock gives the lock back and closes what was removed, since closing writes to the network.
func (p *http2Pool) unlock() {
	gone := p.gone
	p.gone = nil
	p.mu.Unlock()
	for _, c := range gone {
		_ = c.Close() // whatever is left on it is not wanted
	}
}
