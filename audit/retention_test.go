package audit_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/audit"
)

// deleted counts deletions, the first of which fail as often as it says, and tells of each when it is over.
type deleted struct {
	audit.EventDeleter
	failures int
	done     chan struct{}
}

func (d *deleted) DeleteEvents(ctx context.Context, before time.Time) error {
	defer func() { d.done <- struct{}{} }()
	if d.failures > 0 {
		d.failures--
		return errors.New("the database is away")
	}
	return d.EventDeleter.DeleteEvents(ctx, before)
}

func TestOldEventsAreDeletedAtTheStartAndEveryHour(t *testing.T) {
	const keep = 90 * 24 * time.Hour
	store := newStore(t)
	ages := []time.Duration{0, keep - 90*time.Minute, keep - 30*time.Minute, keep, keep + time.Second, 2 * keep}
	var events []wsc.SecurityEvent
	for _, age := range ages {
		events = append(events, wsc.SecurityEvent{ID: wsc.NewID(), At: start.Add(-age), Kind: wsc.EventKeyCreated})
	}
	require.NoError(t, store.AppendEvents(t.Context(), events))

	var log bytes.Buffer
	now := start
	// Two processes delete from one database at once; the first one's database is away at its start.
	first := &deleted{EventDeleter: store, failures: 1, done: make(chan struct{})}
	second := &deleted{EventDeleter: store, done: make(chan struct{})}
	hours := map[*deleted]chan time.Time{first: make(chan time.Time), second: make(chan time.Time)}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for d, ticks := range hours {
		logger := slog.New(slog.DiscardHandler)
		if d == first {
			logger = slog.New(slog.NewTextHandler(&log, nil))
		}
		retention, err := audit.NewRetention(audit.RetentionConfig{
			Store: d, Keep: keep, Logger: logger, Now: func() time.Time { return now }, Hours: ticks,
		})
		require.NoError(t, err)
		running.Go(func() { retention.Run(ctx) })
	}
	<-first.done
	<-second.done
	require.Len(t, storedIn(t, store), 4, "what is exactly as old as is kept stays")
	for hour, want := range []int{2, 1, 1} {
		now = start.Add(time.Duration(hour+1) * time.Hour)
		for _, ticks := range hours {
			ticks <- now
		}
		<-first.done
		<-second.done
		require.Len(t, storedIn(t, store), want)
	}
	cancel()
	running.Wait()
	require.Contains(t, log.String(), "could not delete old security events")
	require.Contains(t, log.String(), "the database is away")
}

func TestARetentionThatKeepsNothingIsRefused(t *testing.T) {
	_, err := audit.NewRetention(audit.RetentionConfig{Store: newStore(t)})
	require.ErrorContains(t, err, "Keep")
	_, err = audit.NewRetention(audit.RetentionConfig{Keep: time.Hour})
	require.ErrorContains(t, err, "Store")
}
