package expect

import (
	"container/list"
	"sync"
)

// Cache keeps the expectations that were used last, so that a worker compiles an expression once and not for every
// website. It is safe for concurrent use.
type Cache struct {
	compiler *Compiler
	size     int

	mu sync.Mutex
	// byText has the elements of recent, whose values are of type *cacheEntry, the last used first.
	byText map[string]*list.Element
	recent *list.List
}

// cacheEntry is compiled by the first who asks; the others wait for that.
type cacheEntry struct {
	text        string
	compile     sync.Once
	expectation *Expectation
	err         error
}

// NewCache returns a cache of at most size expressions.
func NewCache(compiler *Compiler, size int) *Cache {
	return &Cache{compiler: compiler, size: max(size, 1), byText: make(map[string]*list.Element), recent: list.New()}
}

// Get returns the expectation of an expression, or the error of Compile, which is kept too: an expression that is wrong
// stays wrong.
func (c *Cache) Get(text string) (*Expectation, error) {
	entry := c.entry(text)
	entry.compile.Do(func() { entry.expectation, entry.err = c.compiler.Compile(text) })
	return entry.expectation, entry.err
}

// Validate says what is wrong with an expression; nil if nothing is.
func (c *Cache) Validate(text string) error {
	_, err := c.Get(text)
	return err
}

// entry returns the entry of an expression, and forgets the one that was not used for the longest time if there are too
// many.
func (c *Cache) entry(text string) *cacheEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.byText[text]; ok {
		c.recent.MoveToFront(element)
		return entryOf(element)
	}
	entry := &cacheEntry{text: text}
	c.byText[text] = c.recent.PushFront(entry)
	if c.recent.Len() > c.size {
		oldest := c.recent.Back()
		delete(c.byText, entryOf(oldest).text)
		c.recent.Remove(oldest)
	}
	return entry
}

func entryOf(element *list.Element) *cacheEntry {
	entry, _ := element.Value.(*cacheEntry)
	return entry
}
