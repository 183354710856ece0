package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"github.com/getsentry/sentry-go"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	wsc "github.com/website-status-checker/wsc"
)

// Expected reports whether an error is part of normal work, or a fault of what the product stands on: that is for
// answers, logs and metrics to tell.
func Expected(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if temporal.IsCanceledError(err) || workflow.IsContinueAsNewError(err) || errors.Is(err, activity.ErrResultPending) {
		return true
	}
	// Errors that an activity raises on purpose; in a workflow also those that were reported by the activity.
	if _, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return wsc.CodeOf(err) != wsc.CodeInternal
}

// typeName is the type of the first cause of an error: wrapping says where, the cause says what.
func typeName(err error) string {
	for {
		cause := errors.Unwrap(err)
		if cause == nil {
			return fmt.Sprintf("%T", err)
		}
		err = cause
	}
}

// newEvent describes an error that happened just now, on this goroutine.
func newEvent(ctx context.Context, kind, message string, attrs []slog.Attr) *sentry.Event {
	event := sentry.NewEvent()
	event.Level = sentry.LevelError
	for _, attr := range append(contextIDs(ctx), attrs...) {
		if attr.Key == "at" {
			event.Transaction = attr.Value.String()
			continue
		}
		event.Tags[attr.Key] = attr.Value.String()
	}
	event.Exception = []sentry.Exception{{Type: kind, Value: message, Stacktrace: stack()}}
	// Most errors are reported at one of few places, whose stack says little.
	event.Fingerprint = []string{"{{ default }}", event.Transaction, kind}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		event.Contexts["trace"] = sentry.Context{"trace_id": span.TraceID().String(), "span_id": span.SpanID().String()}
	}
	return event
}

// stack is the stack without the functions of this package.
func stack() *sentry.Stacktrace {
	trace := sentry.NewStacktrace()
	for trace != nil && len(trace.Frames) > 0 && strings.HasSuffix(trace.Frames[len(trace.Frames)-1].Module, "internal/telemetry") {
		trace.Frames = trace.Frames[:len(trace.Frames)-1]
	}
	return trace
}

// clean takes out of an event what may be secret or personal, whoever put it there.
func clean(event *sentry.Event, scrub *scrubber) *sentry.Event {
	event.Message = scrub.text(event.Message)
	event.Transaction = scrub.text(event.Transaction)
	for i := range event.Exception {
		exception := &event.Exception[i]
		exception.Value = scrub.text(exception.Value)
		if exception.Stacktrace == nil {
			continue
		}
		for f := range exception.Stacktrace.Frames {
			exception.Stacktrace.Frames[f].Vars = nil
		}
	}
	for name, value := range event.Tags {
		event.Tags[name] = scrub.text(value)
	}
	for i, part := range event.Fingerprint {
		event.Fingerprint[i] = scrub.text(part)
	}
	contexts := map[string]sentry.Context{}
	if trace, ok := event.Contexts["trace"]; ok {
		contexts["trace"] = trace
	}
	event.Contexts = contexts
	event.ServerName, event.User, event.Request = "", sentry.User{}, nil
	event.Breadcrumbs, event.Attachments, event.Modules, event.Threads = nil, nil, nil, nil
	return event
}
