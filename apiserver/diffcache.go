package apiserver

import (
	"container/list"
	"sync"

	wsc "github.com/website-status-checker/wsc"
)

// maxDiffs is how many comparisons have their counts remembered.
const maxDiffs = 1000

// comparedJobs are two jobs as they were when they were compared. Results are only ever added, so that as many of them
// are the same.
type comparedJobs struct {
	later, earlier               string
	laterResults, earlierResults int64
}

// diffCache remembers the counts of the comparisons that were asked for last.
type diffCache struct {
	limit int

	mu    sync.Mutex
	order *list.List // of rememberedDiff, the last used first
	byKey map[comparedJobs]*list.Element
}

type rememberedDiff struct {
	key    comparedJobs
	counts wsc.DiffCounts
}

func newDiffCache(limit int) *diffCache {
	return &diffCache{limit: limit, order: list.New(), byKey: map[comparedJobs]*list.Element{}}
}

func (c *diffCache) get(key comparedJobs) (counts wsc.DiffCounts, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, found := c.byKey[key]
	if !found {
		return counts, false
	}
	c.order.MoveToFront(element)
	remembered, _ := element.Value.(rememberedDiff) // there is nothing else in the list
	return remembered.counts, true
}

func (c *diffCache) put(key comparedJobs, counts wsc.DiffCounts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, found := c.byKey[key]; found {
		c.order.MoveToFront(element)
		return
	}
	c.byKey[key] = c.order.PushFront(rememberedDiff{key, counts})
	if c.order.Len() > c.limit {
		oldest, _ := c.order.Remove(c.order.Back()).(rememberedDiff)
		delete(c.byKey, oldest.key)
	}
}
