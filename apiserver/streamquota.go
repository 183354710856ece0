package apiserver

import (
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// streamRetry is when a refused stream may be tried again; nobody knows when another will end.
const streamRetry = 10 * time.Second

// streamQuota bounds the event streams that each key has open on this server.
type streamQuota struct {
	limit int

	mu   sync.Mutex
	open map[string]int
}

func newStreamQuota(limit int) *streamQuota {
	return &streamQuota{limit: limit, open: map[string]int{}}
}

// take opens a stream of a key until it is released. The error has wsc.CodeQuotaExceeded.
func (q *streamQuota) take(keyID string) (release func(), err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open[keyID] >= q.limit {
		return nil, wsc.Errorf(wsc.CodeQuotaExceeded, "This API key has %d event streams open on this server, as many as it may. Close those that are not needed any more.", q.limit).
			RetryIn(streamRetry)
	}
	q.open[keyID]++
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.open[keyID]--; q.open[keyID] == 0 {
			delete(q.open, keyID)
		}
	}, nil
}
