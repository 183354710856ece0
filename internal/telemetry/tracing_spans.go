package telemetry

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// spanIDs makes random ids, except for spans whose id was chosen before they began.
type spanIDs struct{}

type chosenSpanID struct{}

// withSpanID makes the next span that begins in the context have the id.
func withSpanID(ctx context.Context, id trace.SpanID) context.Context {
	return context.WithValue(ctx, chosenSpanID{}, id)
}

// NewIDs returns the ids of the first span of a trace.
func (s spanIDs) NewIDs(ctx context.Context) (id trace.TraceID, span trace.SpanID) {
	for !id.IsValid() {
		fill(id[:8])
		fill(id[8:])
	}
	return id, s.NewSpanID(ctx, id)
}

// NewSpanID returns the id of a span.
func (spanIDs) NewSpanID(ctx context.Context, _ trace.TraceID) (id trace.SpanID) {
	if chosen, ok := ctx.Value(chosenSpanID{}).(trace.SpanID); ok {
		return chosen
	}
	for !id.IsValid() {
		fill(id[:])
	}
	return id
}

func fill(id []byte) {
	binary.BigEndian.PutUint64(id, rand.Uint64()) //nolint:gosec // ids are no secrets
}

// scrubbing exports spans without the secrets that texts of errors may hold. Names and all other attributes are
// made by this program and its libraries, none of which records arguments.
type scrubbing struct {
	sdktrace.SpanExporter
	scrub *scrubber
}

// ExportSpans exports spans.
func (s scrubbing) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	scrubbed := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		scrubbed[i] = scrubbedSpan{span, s.scrub}
	}
	return s.SpanExporter.ExportSpans(ctx, scrubbed)
}

type scrubbedSpan struct {
	sdktrace.ReadOnlySpan
	scrub *scrubber
}

// Status returns how the span ended.
func (s scrubbedSpan) Status() sdktrace.Status {
	status := s.ReadOnlySpan.Status()
	status.Description = s.scrub.text(status.Description)
	return status
}

// Events returns what happened during the span, errors above all.
func (s scrubbedSpan) Events() []sdktrace.Event {
	given := s.ReadOnlySpan.Events()
	events := make([]sdktrace.Event, len(given))
	for i, event := range given {
		events[i] = event
		events[i].Attributes = make([]attribute.KeyValue, len(event.Attributes))
		for j, a := range event.Attributes {
			if a.Value.Type() == attribute.STRING {
				a.Value = attribute.StringValue(s.scrub.text(a.Value.AsString()))
			}
			events[i].Attributes[j] = a
		}
	}
	return events
}
