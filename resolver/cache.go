package resolver

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	maxShards = 16
	// evictionSample is how many entries of a full shard are compared when one has to go.
	evictionSample = 8
)

// entry is what is known about a name.
type entry [families]answer

// flight is a query under way, which any number of lookups wait for.
type flight struct {
	name    string
	family  family
	started time.Time
	// waiting counts the lookups that still want the answer; the shard's lock protects it.
	waiting int
	// landed is closed when answer is set.
	landed chan struct{}
	answer answer
}

// cache holds answers, and the flights that will bring more. It is split, so that many goroutines rarely meet.
type cache struct {
	start  func(*flight) // runs a new flight
	seed   maphash.Seed
	shards []shard
}

type shard struct {
	mu      sync.Mutex
	entries map[string]*entry
	flights map[string]*[families]*flight
	limit   int
	closed  bool
}

func newCache(limit int, start func(*flight)) *cache {
	count := min(maxShards, max(1, limit/64))
	c := &cache{start: start, seed: maphash.MakeSeed(), shards: make([]shard, count)}
	for i := range c.shards {
		c.shards[i].entries = map[string]*entry{}
		c.shards[i].flights = map[string]*[families]*flight{}
		c.shards[i].limit = limit / count
	}
	return c
}

func (c *cache) shard(name string) *shard {
	if len(c.shards) == 1 {
		return &c.shards[0]
	}
	return &c.shards[maphash.String(c.seed, name)%uint64(len(c.shards))]
}

// close makes later calls of get fail.
func (c *cache) close() {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
	}
}

// get returns what is known of the wanted families of a name at a time, and the flights for what is not. New flights
// are started. The caller must leave the flights. It reports whether the cache is open.
func (c *cache) get(name string, want [families]bool, now time.Duration) (answers [families]answer, flights [families]*flight, ok bool) {
	s := c.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return answers, flights, false
	}
	e := s.entries[name]
	for f := range family(families) {
		switch {
		case !want[f]:
		case e != nil && e[f].known(now):
			answers[f] = e[f]
		default:
			flights[f] = s.join(name, f, c.start)
		}
	}
	return answers, flights, true
}

// join returns the flight for a question, a new one if there is none.
func (s *shard) join(name string, f family, start func(*flight)) *flight {
	both := s.flights[name]
	if both == nil {
		both = &[families]*flight{}
		s.flights[name] = both
	}
	if both[f] == nil {
		both[f] = &flight{name: name, family: f, started: time.Now(), landed: make(chan struct{})}
		start(both[f])
	}
	both[f].waiting++
	return both[f]
}

// leave says that a lookup does not wait for the flights any more.
func (c *cache) leave(name string, flights [families]*flight) {
	s := c.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, flight := range flights {
		if flight != nil {
			flight.waiting--
		}
	}
}

// abandoned reports whether no lookup waits for a flight. Then the flight is over: a later lookup starts another.
func (c *cache) abandoned(fl *flight) bool {
	s := c.shard(fl.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if fl.waiting > 0 {
		return false
	}
	s.end(fl)
	return true
}

// land ends a flight with its answer, which is kept if it has not expired.
func (c *cache) land(fl *flight, a answer, now time.Duration) {
	s := c.shard(fl.name)
	s.mu.Lock()
	if a.known(now) {
		s.put(fl.name, fl.family, a, now)
	}
	s.end(fl)
	s.mu.Unlock()
	fl.answer = a
	close(fl.landed)
}

func (s *shard) end(fl *flight) {
	both := s.flights[fl.name]
	both[fl.family] = nil
	if *both == ([families]*flight{}) {
		delete(s.flights, fl.name)
	}
}

func (s *shard) put(name string, f family, a answer, now time.Duration) {
	e := s.entries[name]
	if e == nil {
		if len(s.entries) >= s.limit {
			s.evict(now)
		}
		e = &entry{}
		s.entries[name] = e
	}
	e[f] = a
}

// evict removes an entry that has expired, or of some taken at random the one that does so first: maps are walked from a
// random place on, so that this needs no order of its own.
func (s *shard) evict(now time.Duration) {
	var victim string
	var soonest time.Duration
	seen := 0
	for name, e := range s.entries {
		until := max(e[ipv4].until, e[ipv6].until)
		if seen == 0 || until < soonest {
			victim, soonest = name, until
		}
		if seen++; seen == evictionSample || soonest <= now {
			break
		}
	}
	delete(s.entries, victim)
}
