package telemetrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Event is a report that arrived.
type Event struct {
	Level       string `json:"level"`
	Environment string `json:"environment"`
	Release     string `json:"release"`
	ServerName  string `json:"server_name"`
	Transaction string `json:"transaction"`
	Exceptions  []struct {
		Type       string `json:"type"`
		Value      string `json:"value"`
		Stacktrace struct {
			Frames []struct {
				Function string `json:"function"`
				Module   string `json:"module"`
			} `json:"frames"`
		} `json:"stacktrace"`
	} `json:"exception"`
	Tags     map[string]string `json:"tags"`
	Contexts map[string]any    `json:"contexts"`
	// Raw is the whole envelope, for looking for what must not be in it.
	Raw string `json:"-"`
}

// Sentry receives reports.
type Sentry struct {
	// DSN is the value for SENTRY_DSN.
	DSN string

	t      testing.TB
	mu     sync.Mutex
	events []Event
	faults []error
}

// StartSentry starts a receiver that lives as long as the test.
func StartSentry(t testing.TB) *Sentry {
	t.Helper()
	s := &Sentry{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/7/envelope/", s.receive)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, errors.Join(s.faults...), "every envelope can be read")
	})
	s.DSN = strings.Replace(server.URL, "://", "://publickey@", 1) + "/7"
	return s
}

func (s *Sentry) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var events []Event
	if err == nil {
		events, err = parseEnvelope(body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.faults = append(s.faults, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.events = append(s.events, events...)
	_, _ = io.WriteString(w, `{"id":"00000000000000000000000000000000"}`) // a sender that went away needs none
}

// parseEnvelope reads the events of an envelope: lines of JSON, a header and then for each item a header and a payload.
func parseEnvelope(body []byte) (events []Event, err error) {
	_, rest, found := bytes.Cut(body, []byte("\n"))
	if !found {
		return nil, errors.New("an envelope without a header")
	}
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if len(line) == 0 {
			continue
		}
		item := struct {
			Type   string `json:"type"`
			Length int    `json:"length"`
		}{Length: -1}
		if err := json.Unmarshal(line, &item); err != nil {
			return nil, fmt.Errorf("header of an item %q: %w", line, err)
		}
		var payload []byte
		if item.Length >= 0 && item.Length <= len(rest) {
			payload, rest = rest[:item.Length], rest[item.Length:]
		} else {
			payload, rest, _ = bytes.Cut(rest, []byte("\n"))
		}
		if item.Type != "event" {
			continue
		}
		event := Event{Raw: string(body)}
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, fmt.Errorf("an event: %w", err)
		}
		events = append(events, event)
	}
	return events, nil
}

// Events returns what has arrived so far.
func (s *Sentry) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Event(nil), s.events...)
}

// Await waits until a report has arrived that contains a text, and returns it.
func (s *Sentry) Await(text string) Event {
	s.t.Helper()
	var found Event
	require.Eventually(s.t, func() bool {
		for _, event := range s.Events() {
			if strings.Contains(event.Raw, text) {
				found = event
				return true
			}
		}
		return false
	}, patience, 20*time.Millisecond, "a report with %q", text)
	return found
}
