package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/website-status-checker/wsc/internal/correlation"
	"github.com/website-status-checker/wsc/internal/telemetry"
)

func working(t *testing.T) context.Context {
	t.Helper()
	ctx := correlation.WithJobID(correlation.WithRequest(t.Context(), "request-1"), "job-1")
	correlation.SetKeyID(ctx, "key-1")
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xab, 15: 1}, SpanID: trace.SpanID{1},
	}))
}

func TestLinesCarryTheIDsOfTheirContext(t *testing.T) {
	var out bytes.Buffer
	logger := telemetry.NewLogger(&out, telemetry.LogJSON, slog.LevelInfo)
	lines := func() map[string]any {
		t.Helper()
		line := map[string]any{}
		require.NoError(t, json.Unmarshal(out.Bytes(), &line))
		require.Equal(t, 1, strings.Count(out.String(), "\n"))
		out.Reset()
		delete(line, "time")
		return line
	}
	logger.With(slog.String("part", "test")).InfoContext(working(t), "hello")
	require.Equal(t, map[string]any{
		"level": "INFO", "msg": "hello", "part": "test", "request_id": "request-1", "key_id": "key-1", "job_id": "job-1",
		"trace_id": "ab000000000000000000000000000001",
	}, lines())

	logger.InfoContext(working(t), "said already", slog.String("job_id", "job-2"))
	require.Equal(t, "job-2", lines()["job_id"])

	logger.Info("nobody's work")
	require.Equal(t, map[string]any{"level": "INFO", "msg": "nobody's work"}, lines())

	logger.Debug("not written")
	require.Zero(t, out.Len())
}

// nasty are texts that pretend to be something else when they are written as they are.
func nasty() map[string]string {
	return map[string]string{
		"line feed":         "a\ntime=2026-01-01 level=ERROR msg=forged",
		"carriage return":   "a\rlevel=ERROR msg=forged",
		"CRLF":              "a\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}",
		"line separator":    "a\u2028level=ERROR msg=forged",
		"paragraph":         "a\u2029level=ERROR msg=forged",
		"next line":         "a\u0085level=ERROR msg=forged",
		"form feed, VT":     "a\f\vb",
		"ANSI escape":       "a\x1b[2J\x1b[31mforged",
		"C1 control":        "a\u009b31mforged",
		"backspace, delete": "abc\b\b\x7f",
		"right to left":     "a\u202egnp.exe",
		"isolates":          "a\u2066\u2067\u2068\u2069",
		"marks":             "a\u200e\u200f\u061c",
		"zero width, BOM":   "a\u200b\u200d\ufeffb",
		"tag characters":    "a\U000e0041\U000e007f",
		"NUL":               "a\x00b",
		"invalid UTF-8":     "a\xff\xfe\xc0\x80b",
		"half of a pair":    "a\xed\xa0\x80b",
		"quotes":            `a" level="ERROR" msg="forged`,
		"equals":            "a level=ERROR msg=forged",
		"braces":            `"},{"level":"ERROR","msg":"forged"}`,
		"backslash":         `a\nb\u202e`,
	}
}

func TestNoValueForgesALine(t *testing.T) {
	for name, text := range nasty() {
		t.Run(name, func(t *testing.T) {
			for _, format := range []telemetry.LogFormat{telemetry.LogText, telemetry.LogJSON} {
				var out bytes.Buffer
				ctx := correlation.WithRequest(t.Context(), text)
				correlation.SetKeyID(ctx, text)
				ctx = correlation.WithJobID(ctx, text)
				telemetry.NewLogger(&out, format, slog.LevelInfo).With(slog.String("with", text)).InfoContext(ctx, "msg "+text, //nolint:sloglint // a message may come from elsewhere
					slog.String("string", text), slog.Any("error", errors.New(text)), slog.Any("bytes", []byte(text)),
					slog.String("key "+text, "value"), slog.Any("list", []string{text}), slog.Group("group", slog.String("in", text)))

				line, found := strings.CutSuffix(out.String(), "\n")
				require.True(t, found, "a line has an end")
				require.Equal(t, -1, strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }), "%s: %q", format, line)
				switch format {
				case telemetry.LogText:
					require.NotContains(t, line, " level=ERROR msg=forged ", "outside of quotes")
					require.Equal(t, 1, strings.Count(unquoted(line), "level="), line)
				case telemetry.LogJSON:
					read := map[string]any{}
					require.NoError(t, json.Unmarshal([]byte(line), &read))
					require.Equal(t, strings.ToValidUTF8(text, "\ufffd"), collapse(read["string"].(string)), "nothing is lost")
					require.Equal(t, "INFO", read["level"])
				}
			}
		})
	}
}

// unquoted is a text without its quoted parts.
func unquoted(line string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted = !quoted
		case !quoted:
			b.WriteByte(line[i])
		}
	}
	return b.String()
}

// collapse makes one of several replacement characters, as strings.ToValidUTF8 does.
func collapse(text string) string {
	for strings.Contains(text, "\ufffd\ufffd") {
		text = strings.ReplaceAll(text, "\ufffd\ufffd", "\ufffd")
	}
	return text
}
