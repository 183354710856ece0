package telemetry

import (
	"regexp"
	"strings"
)

// maxScrubbed is the longest text, in bytes, that leaves the process in a span or a report.
const maxScrubbed = 2000

// redacted stands in place of what is taken out.
const redacted = "REDACTED"

// scrubber takes out of a text what may be secret: credentials and queries of URLs, values of headers and parameters
// whose names speak of secrets, API keys.
type scrubber struct{ rules []scrubRule }

type scrubRule struct {
	pattern     *regexp.Regexp
	replacement string
}

// newScrubber compiles the rules; they are tried in their order.
func newScrubber() *scrubber {
	rule := func(pattern, replacement string) scrubRule {
		return scrubRule{regexp.MustCompile(pattern), replacement}
	}
	return &scrubber{rules: []scrubRule{
		// Credentials before the host of a URL, of whatever scheme.
		rule(`([A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#"'<>]*@`, `${1}`+redacted+`@`),
		// The query of a URL or a path, and what follows it.
		rule(`(/[^\s?"'<>]*)\?[^\s"'<>]+`, `${1}?`+redacted),
		// Headers, as they are on the wire and as Go prints a map of them.
		rule(`(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(["']?\s*[:=]\s*)[^\r\n\]]+`, `${1}${2}`+redacted),
		rule(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}`, `${1} `+redacted),
		// Parameters, as in connection strings, JSON and forms.
		rule(`(?i)([a-z0-9_-]*(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credential)[a-z0-9_-]*["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&}\])]+)`, `${1}`+redacted),
		// The product's own API keys, wherever they stand.
		rule(`\bwsc_[0-9A-Za-z]{16,}`, `wsc_`+redacted),
	}}
}

// text returns the text without what may be secret, cut to maxScrubbed.
func (s *scrubber) text(text string) string {
	// The rules see more than what is kept, so that the cut does not hide the beginning of a secret from them.
	if len(text) > 2*maxScrubbed {
		text = strings.ToValidUTF8(text[:2*maxScrubbed], "")
	}
	for _, rule := range s.rules {
		text = rule.pattern.ReplaceAllString(text, rule.replacement)
	}
	if len(text) > maxScrubbed {
		text = strings.ToValidUTF8(text[:maxScrubbed], "") + "…"
	}
	return text
}
