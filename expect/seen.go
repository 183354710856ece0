package expect

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxSeenLength is the most characters that a Verdict's Seen has.
const MaxSeenLength = 300

const (
	// maxShownText is how many characters of a text are shown.
	maxShownText = 80
	// maxShownURL is how many characters of a URL are shown.
	maxShownURL = 100
	// maxShownError is how many characters of an error are shown.
	maxShownError = 200
	// maxShownExpression is how many characters of an expression are shown.
	maxShownExpression = 200
)

// seen lists the values that the expression refers to, after the reason if there is one.
func (e *Expectation) seen(o *Observation, reason string) string {
	var parts []string
	for _, r := range e.references {
		if part := r.value(o); part != "" {
			parts = append(parts, part)
		}
	}
	values := strings.Join(parts, ", ")
	switch {
	case reason == "":
		return clip(values, MaxSeenLength)
	case values == "":
		return reason
	default:
		return clip(reason+"; "+values, MaxSeenLength)
	}
}

// value shows what is at a reference, or nothing if it is not known which header was asked for.
func (r reference) value(o *Observation) string {
	switch r.variable {
	case varStatus:
		return fmt.Sprintf("status = %d", o.Status)
	case varHeaders:
		return r.headerValue(o)
	case varBody:
		return "body = " + quote(o.Body, maxShownText)
	case varTitle:
		return "title = " + quote(o.Title, maxShownText)
	case varFinalURL:
		return "final_url = " + quote(o.FinalURL, maxShownURL)
	case varResponseTimeMS:
		return "response_time_ms = " + strconv.FormatFloat(o.ResponseTimeMS, 'f', -1, 64)
	case varTLSDaysLeft:
		if !o.HasTLS {
			return "tls_days_left is absent"
		}
		return fmt.Sprintf("tls_days_left = %d", o.TLSDaysLeft)
	case varRedirects:
		return "redirects = " + showRedirects(o.Redirects)
	default:
		return ""
	}
}

func (r reference) headerValue(o *Observation) string {
	if r.header == "" {
		return ""
	}
	name := fmt.Sprintf("headers[%s]", quote(r.header, maxShownText))
	value, ok := (&headers{values: o.Header}).lookUp(r.header)
	if !ok {
		return name + " is absent"
	}
	return name + " = " + quote(value, maxShownText)
}

// showRedirects lists statuses and URLs, as in [301 "http://example.com/"].
func showRedirects(hops []Hop) string {
	var shown []string
	for _, hop := range hops[:min(len(hops), maxRedirects)] {
		shown = append(shown, fmt.Sprintf("%d %s", hop.Status, quote(hop.URL, maxShownURL)))
	}
	return "[" + strings.Join(shown, ", ") + "]"
}

// quote shows the beginning of a text in quotes, with control characters as escapes and an ellipsis for what was cut.
func quote(text string, limit int) string {
	const most = 4 // bytes of a character
	beginning := shorten(text, limit*most)
	shown := clip(beginning, limit)
	if len(beginning) < len(text) && shown == beginning {
		shown = beginning + ellipsis
	}
	return strconv.Quote(shown)
}
