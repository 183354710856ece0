package audit

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// deleteInterval is how often old events are deleted.
const deleteInterval = time.Hour

// EventDeleter deletes security events.
type EventDeleter interface {
	// DeleteEvents removes security events from before the given time.
	DeleteEvents(ctx context.Context, before time.Time) error
}

// RetentionConfig is what a Retention is made of. Store and Keep are required.
type RetentionConfig struct {
	Store EventDeleter
	// Keep is how long events are kept.
	Keep time.Duration
	// Logger is slog.Default() if nil.
	Logger *slog.Logger
	// Now is time.Now if nil, and Hours the clock's.
	Now   func() time.Time
	Hours <-chan time.Time
}

// Retention deletes events that are old enough.
type Retention struct{ cfg RetentionConfig }

// NewRetention checks the configuration.
func NewRetention(cfg RetentionConfig) (*Retention, error) {
	switch {
	case cfg.Store == nil:
		return nil, errors.New("audit: Store is required")
	case cfg.Keep <= 0:
		return nil, errors.New("audit: Keep must be positive; everything would be deleted")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Retention{cfg: cfg}, nil
}

// Run deletes old events at once and then every hour, until the context ends. Several processes may do so at once. What
// could not be deleted is deleted the next time.
func (r *Retention) Run(ctx context.Context) {
	hours := r.cfg.Hours
	if hours == nil {
		ticker := time.NewTicker(deleteInterval)
		defer ticker.Stop()
		hours = ticker.C
	}
	for {
		if err := r.cfg.Store.DeleteEvents(ctx, r.cfg.Now().Add(-r.cfg.Keep)); err != nil && ctx.Err() == nil {
			r.cfg.Logger.ErrorContext(ctx, "could not delete old security events; tried again in an hour", slog.Any("error", err))
		}
		select {
		case <-hours:
		case <-ctx.Done():
			return
		}
	}
}
