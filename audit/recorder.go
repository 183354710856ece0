// Package audit keeps security events: each is a line of the log's security stream, and stands in the database for
// administrators to read, for as long as the configuration says. It also watches for sudden changes, which are security
// events themselves.
package audit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// repeatsWithin is the time in which equal events of a kind that repeats are recorded once.
	repeatsWithin = time.Minute
	// remembered bounds the events that are known to repeat.
	remembered = 10_000
	// waiting bounds the events that wait to be stored. More than that are only logged.
	waiting = 1_000
	// storeTimeout bounds one write.
	storeTimeout = 5 * time.Second
)

// Why an event is in the log only.
const (
	UnstoredQueueFull   = "queue_full"   // too many waited to be stored
	UnstoredStoreFailed = "store_failed" // the database did not take it
	UnstoredClosed      = "closed"       // the process was ending
)

// UnstoredReasons lists them.
func UnstoredReasons() []string {
	return []string{UnstoredQueueFull, UnstoredStoreFailed, UnstoredClosed}
}

// Store keeps security events.
type Store interface {
	AppendEvents(ctx context.Context, events []wsc.SecurityEvent) error
}

// Config is what a Recorder is made of. Store is required.
type Config struct {
	Store Store
	// Logger is slog.Default() if nil.
	Logger *slog.Logger
	// Observe is told of every event as it was reported, those that repeat included; nil for nobody.
	Observe func(wsc.SecurityEvent)
	// Unstored is told how many events stand in the log only, with one of the reasons above; nil for nobody.
	Unstored func(reason string, events int)
	// Now is time.Now if nil.
	Now func() time.Time
}

// Recorder records security events without holding up those who report them.
type Recorder struct {
	store    Store
	logger   *slog.Logger
	observe  func(wsc.SecurityEvent)
	unstored func(reason string, events int)
	now      func() time.Time

	mu      sync.Mutex
	closed  bool
	recent  *lru.Cache[sameness, time.Time]
	queue   chan wsc.SecurityEvent
	writing sync.WaitGroup
}

// sameness is what makes two events equal.
type sameness struct {
	kind                           wsc.SecurityEventKind
	keyID, address, object, detail string
}

// samenessOf leaves out the object of what a client did: it could be another one each time, and each would be stored.
func samenessOf(event *wsc.SecurityEvent) sameness {
	same := sameness{kind: event.Kind, keyID: event.KeyID, address: event.Address, detail: event.Detail}
	if event.Address == "" {
		same.object = event.Object
	}
	return same
}

// New makes a Recorder, which writes until it is closed.
func New(cfg Config) (*Recorder, error) {
	if cfg.Store == nil {
		return nil, errors.New("audit: Store is required")
	}
	r := &Recorder{
		store: cfg.Store, logger: cfg.Logger, observe: cfg.Observe, unstored: cfg.Unstored, now: cfg.Now,
		queue: make(chan wsc.SecurityEvent, waiting),
	}
	if r.logger == nil {
		r.logger = slog.Default()
	}
	if r.observe == nil {
		r.observe = func(wsc.SecurityEvent) {}
	}
	if r.unstored == nil {
		r.unstored = func(string, int) {}
	}
	if r.now == nil {
		r.now = time.Now
	}
	var err error
	if r.recent, err = lru.New[sameness, time.Time](remembered); err != nil {
		return nil, err
	}
	r.writing.Go(r.write)
	return r, nil
}

// Record logs the event and stores it soon. Events that repeat within a minute are counted only.
func (r *Recorder) Record(ctx context.Context, event wsc.SecurityEvent) {
	r.observe(event)
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now().UTC().Truncate(time.Microsecond)
	if event.Kind.Repeats() {
		same := samenessOf(&event)
		if last, known := r.recent.Get(same); known && now.Sub(last) < repeatsWithin {
			return
		}
		r.recent.Add(same, now)
	}
	event.ID, event.At = wsc.NewID(), now
	r.logger.LogAttrs(ctx, slog.LevelWarn, "security event", slog.String("stream", "security"), slog.String("event", string(event.Kind)),
		slog.String("event_id", event.ID), slog.String("key_id", event.KeyID), slog.String("remote", event.Address),
		slog.String("request_id", event.RequestID), slog.String("object", event.Object), slog.String("detail", event.Detail))
	if r.closed {
		r.unstored(UnstoredClosed, 1)
		return
	}
	select {
	case r.queue <- event:
	default:
		r.unstored(UnstoredQueueFull, 1)
		r.logger.WarnContext(ctx, "a security event is logged only: too many wait to be stored", slog.String("event_id", event.ID))
	}
}

// Close stores what waits and ends.
func (r *Recorder) Close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.queue)
	}
	r.mu.Unlock()
	r.writing.Wait()
}

// write stores events as they come, together those that come at once.
func (r *Recorder) write() {
	for event := range r.queue {
		events := []wsc.SecurityEvent{event}
		for len(r.queue) > 0 && len(events) < 100 {
			if next, open := <-r.queue; open {
				events = append(events, next)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
		if err := r.store.AppendEvents(ctx, events); err != nil {
			r.logger.ErrorContext(ctx, "could not store security events; they stand in the log", slog.Int("events", len(events)), slog.Any("error", err))
			r.unstored(UnstoredStoreFailed, len(events))
		}
		cancel()
	}
}
