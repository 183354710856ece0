package checker

import (
	"sync"
	"time"
)

// connKey tells which requests can share a connection.
type connKey struct {
	host string
	port int
	// secure is whether it is a TLS connection, verified whether its certificate was.
	secure, verified bool
}

// connPool holds HTTP/1 connections between two requests. What it gives back is for the caller to close.
type connPool struct {
	max     int
	timeout time.Duration

	mu   sync.Mutex
	idle map[connKey][]*http1Conn // the newest last
	size int
	// oldest and newest are the ends of the list of all idle connections by time.
	oldest, newest *http1Conn
	closed         bool
}

func newConnPool(limit int, timeout time.Duration) *connPool {
	return &connPool{max: limit, timeout: timeout, idle: map[connKey][]*http1Conn{}}
}

// take removes and returns the connection to the host that was used last, or nil.
func (p *connPool) take(key connKey) *http1Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[key]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	p.unlink(c)
	p.setList(key, list[:len(list)-1])
	return c
}

// put keeps a connection, and returns those for which there is no room or no use any more: the oldest ones.
func (p *connPool) put(c *http1Conn) []*http1Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return []*http1Conn{c}
	}
	c.idleSince = time.Now()
	p.idle[c.key] = append(p.idle[c.key], c)
	p.link(c)
	var gone []*http1Conn
	for p.size > p.max || p.size > 0 && c.idleSince.Sub(p.oldest.idleSince) > p.timeout {
		gone = append(gone, p.removeOldest())
	}
	return gone
}

// expired removes and returns the connections that nobody used for the pool's timeout.
func (p *connPool) expired(now time.Time) []*http1Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	var gone []*http1Conn
	for p.size > 0 && now.Sub(p.oldest.idleSince) > p.timeout {
		gone = append(gone, p.removeOldest())
	}
	return gone
}

// len is how many connections are idle.
func (p *connPool) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

// close removes and returns all connections; the pool takes no more.
func (p *connPool) close() []*http1Conn {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	return p.empty()
}

// empty removes and returns all connections.
func (p *connPool) empty() []*http1Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	var gone []*http1Conn
	for p.size > 0 {
		gone = append(gone, p.removeOldest())
	}
	return gone
}

func (p *connPool) removeOldest() *http1Conn {
	c := p.oldest
	p.unlink(c)
	// Within a host the lists are in the same order, so the oldest of all is the first of its own.
	p.setList(c.key, p.idle[c.key][1:])
	return c
}

func (p *connPool) setList(key connKey, list []*http1Conn) {
	if len(list) == 0 {
		delete(p.idle, key)
		return
	}
	p.idle[key] = list
}

func (p *connPool) link(c *http1Conn) {
	c.older, c.newer = p.newest, nil
	if p.newest != nil {
		p.newest.newer = c
	} else {
		p.oldest = c
	}
	p.newest = c
	p.size++
}

func (p *connPool) unlink(c *http1Conn) {
	if c.older != nil {
		c.older.newer = c.newer
	} else {
		p.oldest = c.newer
	}
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		p.newest = c.older
	}
	c.older, c.newer = nil, nil
	p.size--
}
