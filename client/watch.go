package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// reconnectPolicy says how Watch deals with a connection that is lost.
type reconnectPolicy struct {
	first, longest time.Duration // between attempts, doubling
	patience       time.Duration // without any event, before giving up
	silence        time.Duration // without a byte (the server pings every 15 s), before a connection counts as lost
	notice         func(cause error, wait time.Duration)
}

func defaultReconnectPolicy() reconnectPolicy {
	return reconnectPolicy{
		first: 500 * time.Millisecond, longest: 15 * time.Second, patience: 10 * time.Minute, silence: 45 * time.Second,
		notice: func(error, time.Duration) {},
	}
}

// WithReconnectDelays sets how long Watch waits before it connects again (doubling from first to longest, spread by
// chance) and how long it goes on without an event before it gives up. The defaults are 500 ms, 15 s and 10 minutes.
func WithReconnectDelays(first, longest, patience time.Duration) Option {
	return func(c *Client) {
		c.reconnect.first, c.reconnect.longest, c.reconnect.patience = first, longest, patience
	}
}

// WithMaxSilence sets how long a stream may stay silent before Watch opens another. The server sends something at least
// every 15 seconds; the default is 45 seconds.
func WithMaxSilence(silence time.Duration) Option {
	return func(c *Client) { c.reconnect.silence = silence }
}

// WithReconnectNotice calls notice whenever Watch lost its connection, with the cause and the time until it tries again.
func WithReconnectNotice(notice func(cause error, wait time.Duration)) Option {
	return func(c *Client) { c.reconnect.notice = notice }
}

// Watch calls fn with the progress of a job, about once a second while it runs, and returns nil after the call for its
// final status. A lost connection is opened again and goes on with the current state; only the very first connection
// must succeed. A server that is unavailable or limits requests (503, 429) is left alone for as long as its Retry-After
// says; if that is longer than Watch would go on without an event, it ends with the server's error at once, as it does
// when the key stops working (401, 403). An error of fn ends the watch and is wrapped in Watch's. Watching does not keep
// the job running.
func (c *Client) Watch(ctx context.Context, id string, fn func(wsc.Progress) error) error {
	w := &watch{client: c, policy: c.reconnect, id: id, fn: fn}
	if err := w.run(ctx); err != nil {
		return fmt.Errorf("watching job %s: %w", id, err)
	}
	return nil
}

// watch is the state of one Watch across its connections.
type watch struct {
	client *Client
	policy reconnectPolicy
	id     string
	fn     func(wsc.Progress) error

	lastID    string
	retry     time.Duration
	connected bool      // at least once
	lastEvent time.Time // or the first loss, before any
	failures  int       // since the last event
}

// finalError is an error that another connection would not cure.
type finalError struct{ err error }

func (e finalError) Error() string { return e.err.Error() }
func (e finalError) Unwrap() error { return e.err }

func (w *watch) run(ctx context.Context) error {
	w.lastEvent = time.Now()
	for {
		done, err := w.follow(ctx)
		var final finalError
		switch {
		case done:
			return nil
		case errors.As(err, &final):
			return final.err
		case ctx.Err() != nil:
			return ctx.Err()
		case !w.connected:
			return err
		case time.Since(w.lastEvent) > w.policy.patience:
			return fmt.Errorf("no news for %s: %w", w.policy.patience, err)
		case time.Since(w.lastEvent)+askedToWait(err) > w.policy.patience:
			return err
		}
		if err := w.pause(ctx, err); err != nil {
			return err
		}
	}
}

// pause waits before the next connection.
func (w *watch) pause(ctx context.Context, cause error) error {
	wait := max(min(w.policy.first<<min(w.failures, 16), w.policy.longest), w.retry)
	wait = time.Duration(float64(wait) * (0.75 + 0.5*rand.Float64())) //nolint:gosec // spreads clients, guards nothing
	// Added, so that clients which were all told the same do not come back all at once.
	wait += askedToWait(cause)
	w.failures++
	w.policy.notice(cause, wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// askedToWait is how long the server asks to be left alone, 0 if it does not.
func askedToWait(err error) time.Duration {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.RetryAfter
	}
	return 0
}

// follow opens the stream once and hands on its events. It reports whether the job is done; otherwise err says why the
// stream ended.
func (w *watch) follow(ctx context.Context) (done bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(w.policy.silence, func() {
		cancel(fmt.Errorf("the server was silent for %s", w.policy.silence))
	})
	defer silence.Stop()
	response, err := w.open(ctx)
	if err != nil {
		return false, causeOf(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // reading it told all there is to know
	w.connected = true
	events := newEventReader(response.Body, w.lastID, func() { silence.Reset(w.policy.silence) })
	for {
		e, err := events.next()
		w.lastID, w.retry = events.lastID, events.retry
		if errors.Is(err, io.EOF) {
			return false, errors.New("the server ended the stream")
		}
		if err != nil {
			return false, causeOf(ctx, err)
		}
		if e.name != "progress" && e.name != "done" {
			continue // later servers may send more kinds
		}
		var progress wsc.Progress
		if err := json.Unmarshal([]byte(e.data), &progress); err != nil {
			return false, finalError{fmt.Errorf("reading an event: %w", err)}
		}
		w.lastEvent, w.failures = time.Now(), 0
		if err := w.fn(progress); err != nil {
			return false, finalError{err}
		}
		if e.name == "done" {
			return true, nil
		}
	}
}

func (w *watch) open(ctx context.Context) (*http.Response, error) {
	request, err := w.client.newRequest(ctx, http.MethodGet, jobPath(w.id, "events"), nil, nil)
	if err != nil {
		return nil, finalError{err}
	}
	request.Header.Set("Accept", "text/event-stream")
	if w.lastID != "" {
		request.Header.Set("Last-Event-ID", w.lastID)
	}
	response, err := w.client.send(request)
	var refused *Error
	if errors.As(err, &refused) && !refused.Temporary() {
		return nil, finalError{err}
	}
	if err != nil {
		return nil, err
	}
	if mediaType(response) != "text/event-stream" {
		discard(response.Body)
		return nil, finalError{fmt.Errorf("the answer of %s is no event stream: is this the address of a Website Status Checker?", w.client.Server())}
	}
	return response, nil
}

// causeOf replaces the error of a cancelled request by what cancelled it.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
