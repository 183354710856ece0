// Package audit keeps security events: each is a line of the log's security stream, and stands in the database for
// administrators to read.
package audit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
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

// Store keeps security events.
type Store interface {
	AppendEvents(ctx context.Context, events []wsc.SecurityEvent) error
}

// Config is what a Recorder is made of. Store is required.
type Config struct {
	Store Store
	// Logger is slog.Default() if nil.
	Logger *slog.Logger
	// Observe is told of every event, those that repeat included; nil for nobody.
	Observe func(wsc.SecurityEventKind)
	// Now is time.Now if nil.
	Now func() time.Time
}

// Recorder records security events without holding up those who report them.
type Recorder struct {
	store   Store
	logger  *slog.Logger
	observe func(wsc.SecurityEventKind)
	now     func() time.Time

	mu      sync.Mutex
	closed  bool
	recent  *lru.Cache[sameness, time.Time]
	queue   chan wsc.SecurityEvent
	writing sync.WaitGroup
}

// sameness is what makes two events equal.
type sameness struct {
	kind                   wsc.SecurityEventKind
	keyID, address, detail string
}

// New makes a Recorder, which writes until it is closed.
func New(cfg Config) (*Recorder, error) {
	if cfg.Store == nil {
		return nil, errors.New("audit: Store is required")
	}
	r := &Recorder{store: cfg.Store, logger: cfg.Logger, observe: cfg.Observe, now: cfg.Now, queue: make(chan wsc.SecurityEvent, waiting)}
	if r.logger == nil {
		r.logger = slog.Default()
	}
	if r.observe == nil {
		r.observe = func(wsc.SecurityEventKind) {}
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
	r.observe(event.Kind)
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now().UTC().Truncate(time.Microsecond)
	if event.Kind.Repeats() {
		same := sameness{event.Kind, event.KeyID, event.Address, event.Detail}
		if last, known := r.recent.Get(same); known && now.Sub(last) < repeatsWithin {
			return
		}
		r.recent.Add(same, now)
	}
	event.ID, event.At = uuid.Must(uuid.NewV7()).String(), now
	r.logger.LogAttrs(ctx, slog.LevelWarn, "security event", slog.String("stream", "security"), slog.String("event", string(event.Kind)),
		slog.String("event_id", event.ID), slog.String("key_id", event.KeyID), slog.String("remote", event.Address),
		slog.String("request_id", event.RequestID), slog.String("object", event.Object), slog.String("detail", event.Detail))
	if r.closed {
		return
	}
	select {
	case r.queue <- event:
	default:
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
		}
		cancel()
	}
}
