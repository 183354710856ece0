package telemetry

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"github.com/website-status-checker/wsc/internal/correlation"
)

// LogFormat is the form of log lines.
type LogFormat string

// The forms of log lines.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// NewLogger returns a logger that writes lines from the level on to w. Each line carries the ids that its context knows:
// request_id, key_id, job_id and trace_id. Whatever a value holds, a record is one line, and only of characters that are
// shown as what they are: control characters, line separators and marks of writing direction are escaped.
func NewLogger(w io.Writer, format LogFormat, level slog.Leveler) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if format == LogJSON {
		return slog.New(correlated{slog.NewJSONHandler(printable{w}, opts)})
	}
	// The text handler quotes what is not printable by itself.
	return slog.New(correlated{slog.NewTextHandler(w, opts)})
}

// correlated adds the ids of the context to each record.
type correlated struct{ slog.Handler }

// Handle writes a record. An id that the record gives itself is not repeated.
func (h correlated) Handle(ctx context.Context, record slog.Record) error {
	ids := contextIDs(ctx)
	if len(ids) == 0 {
		return h.Handler.Handle(ctx, record)
	}
	record.Attrs(func(given slog.Attr) bool {
		ids = slices.DeleteFunc(ids, func(id slog.Attr) bool { return id.Key == given.Key })
		return len(ids) > 0
	})
	record = record.Clone()
	record.AddAttrs(ids...)
	return h.Handler.Handle(ctx, record)
}

// WithAttrs keeps the ids.
func (h correlated) WithAttrs(attrs []slog.Attr) slog.Handler {
	return correlated{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the ids, which become part of the group.
func (h correlated) WithGroup(name string) slog.Handler { return correlated{h.Handler.WithGroup(name)} }

// contextIDs lists the ids that a context knows.
func contextIDs(ctx context.Context) []slog.Attr {
	var ids []slog.Attr
	add := func(key, id string) {
		if id != "" {
			ids = append(ids, slog.String(key, id))
		}
	}
	add("request_id", correlation.RequestID(ctx))
	add("key_id", correlation.KeyID(ctx))
	add("job_id", correlation.JobID(ctx))
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		add("trace_id", span.TraceID().String())
	}
	return ids
}

// printable escapes, in lines of JSON, the characters that the encoder leaves as they are although a terminal or an
// editor does something with them: C1 controls, marks of writing direction, invisible characters. Outside of strings
// JSON has none of them.
type printable struct{ w io.Writer }

// Write writes one line.
func (p printable) Write(line []byte) (int, error) {
	if bytes.ContainsFunc(line, unprintable) {
		if _, err := p.w.Write(escapeJSON(line)); err != nil {
			return 0, err
		}
		return len(line), nil
	}
	return p.w.Write(line)
}

func unprintable(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

func escapeJSON(line []byte) []byte {
	const hex = "0123456789abcdef"
	escaped := make([]byte, 0, len(line)+16)
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		line = line[size:]
		if !unprintable(r) {
			escaped = utf8.AppendRune(escaped, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			escaped = append(escaped, '\\', 'u', hex[unit>>12], hex[unit>>8&0xf], hex[unit>>4&0xf], hex[unit&0xf])
		}
	}
	return escaped
}
