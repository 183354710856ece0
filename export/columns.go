package export

import (
	"strconv"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// column is a column of the results in the formats that are tables.
type column struct {
	name string
	// width is the width in a workbook, in characters.
	width float64
	value func(*wsc.Result) cell
}

const (
	narrowWidth = 10
	middleWidth = 18
	wideWidth   = 40
)

// resultColumns are the columns of the results, in their order: what people look for first stands first.
func resultColumns() []column {
	columns := []column{
		{"line", narrowWidth, func(r *wsc.Result) cell { return positiveCell(r.Line) }},
		{"url", wideWidth, func(r *wsc.Result) cell { return textCell(r.URL) }},
		{"status", narrowWidth, func(r *wsc.Result) cell { return statusCell(r.Status) }},
		{"http_status", narrowWidth, func(r *wsc.Result) cell { return positiveCell(int64(r.HTTPStatus)) }},
		{"error_kind", middleWidth, func(r *wsc.Result) cell { return textCell(string(r.ErrorKind)) }},
		{"error_message", wideWidth, func(r *wsc.Result) cell { return textCell(r.ErrorMessage) }},
		{"response_time_ms", middleWidth, responseTime},
		{"slow", narrowWidth, slow},
		{"final_url", wideWidth, func(r *wsc.Result) cell { return textCell(r.FinalURL) }},
		{"redirects", wideWidth, redirectChain},
		{"title", wideWidth, func(r *wsc.Result) cell { return textCell(r.Title) }},
		{"content_type", middleWidth, func(r *wsc.Result) cell { return textCell(r.ContentType) }},
		{"content_length", middleWidth, contentLength},
		{"body_sha256", middleWidth, func(r *wsc.Result) cell { return textCell(r.BodySHA256) }},
		{"protocol", narrowWidth, func(r *wsc.Result) cell { return textCell(r.Protocol) }},
		{"remote_ip", middleWidth, func(r *wsc.Result) cell { return textCell(r.RemoteIP) }},
	}
	columns = append(columns, tlsColumns()...)
	columns = append(columns, timingColumns()...)
	return append(columns,
		column{"attempts", narrowWidth, func(r *wsc.Result) cell { return integerCell(int64(r.Attempts)) }},
		column{"failed_attempts", wideWidth, failedAttempts},
		column{"checked_at", middleWidth, func(r *wsc.Result) cell { return timeCell(r.CheckedAt) }},
		column{"host", middleWidth, func(r *wsc.Result) cell { return textCell(r.Host) }},
		column{"normalized_url", wideWidth, func(r *wsc.Result) cell { return textCell(r.NormalizedURL) }},
	)
}

func tlsColumns() []column {
	of := func(value func(*wsc.TLSInfo) cell) func(*wsc.Result) cell {
		return func(r *wsc.Result) cell {
			if r.TLS == nil {
				return cell{}
			}
			return value(r.TLS)
		}
	}
	return []column{
		{"tls_version", narrowWidth, of(func(t *wsc.TLSInfo) cell { return textCell(t.Version) })},
		{"tls_issuer", middleWidth, of(func(t *wsc.TLSInfo) cell { return textCell(t.Issuer) })},
		{"tls_not_after", middleWidth, of(func(t *wsc.TLSInfo) cell { return timeCell(t.NotAfter) })},
		{"tls_days_left", narrowWidth, of(func(t *wsc.TLSInfo) cell {
			if t.NotAfter.IsZero() {
				return cell{}
			}
			return integerCell(int64(t.DaysLeft))
		})},
	}
}

func timingColumns() []column {
	of := func(value func(*wsc.Timings) float64) func(*wsc.Result) cell {
		return func(r *wsc.Result) cell {
			if r.Timings == nil {
				return cell{}
			}
			return decimalCell(value(r.Timings))
		}
	}
	return []column{
		{"dns_ms", narrowWidth, of(func(t *wsc.Timings) float64 { return t.DNS })},
		{"connect_ms", narrowWidth, of(func(t *wsc.Timings) float64 { return t.Connect })},
		{"tls_ms", narrowWidth, of(func(t *wsc.Timings) float64 { return t.TLS })},
		{"ttfb_ms", narrowWidth, of(func(t *wsc.Timings) float64 { return t.TTFB })},
		{"download_ms", narrowWidth, of(func(t *wsc.Timings) float64 { return t.Download })},
	}
}

// responseTime is empty for a line that was never requested, for which 0 ms would be a lie.
func responseTime(r *wsc.Result) cell {
	if r.ResponseTimeMS == 0 && r.HTTPStatus == 0 {
		return cell{}
	}
	return decimalCell(r.ResponseTimeMS)
}

// slow is empty unless the result is slow, so that these stand out.
func slow(r *wsc.Result) cell {
	if !r.Slow {
		return cell{}
	}
	return textCell("true")
}

func contentLength(r *wsc.Result) cell {
	if r.ContentLength == nil {
		return cell{}
	}
	return integerCell(*r.ContentLength)
}

// failedAttempts is every attempt before the last one: "1: HTTP 503 Service Unavailable; 2: …".
func failedAttempts(r *wsc.Result) cell {
	if len(r.FailedAttempts) == 0 {
		return cell{}
	}
	var b strings.Builder
	for n, failed := range r.FailedAttempts {
		if n > 0 {
			b.WriteString("; ")
		}
		b.WriteString(strconv.Itoa(failed.Attempt))
		b.WriteString(": ")
		b.WriteString(failed.Reason)
	}
	return textCell(b.String())
}

// redirectChain is every hop with its status and the URL that it led to: "301 http://a/ -> https://a/".
func redirectChain(r *wsc.Result) cell {
	if len(r.Redirects) == 0 {
		return cell{}
	}
	var b strings.Builder
	for n, hop := range r.Redirects {
		if n > 0 {
			b.WriteString(" -> ")
		}
		b.WriteString(strconv.Itoa(hop.HTTPStatus))
		b.WriteByte(' ')
		b.WriteString(hop.URL)
	}
	if r.FinalURL != "" {
		b.WriteString(" -> ")
		b.WriteString(r.FinalURL)
	}
	return textCell(b.String())
}
