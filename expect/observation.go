package expect

import (
	"unicode/utf8"
)

// What an expression sees at most. Longer texts are cut and longer lists end early, so that the cost of an expression
// has a bound whatever a website sends.
const (
	// MaxBodyBytes is how much of a body an expression sees.
	MaxBodyBytes = 64 << 10
	// maxTextBytes is how much it sees of any other text: a title, a URL, a header's value.
	maxTextBytes = 8 << 10
	// maxHeaders is how many headers it can go through. Any header can be asked for by name.
	maxHeaders = 256
	// maxRedirects is how many redirects it sees.
	maxRedirects = 32
)

// Observation is what a check saw of a website: the values of the variables. Texts should be valid UTF-8.
type Observation struct {
	// Status is the status code of the last response.
	Status int
	// Header holds the headers of the last response, with canonical names as in net/http.
	Header map[string][]string
	// Body is what was read of the body, decompressed. Expressions see its first MaxBodyBytes.
	Body string
	// Title is the title of an HTML document, empty if there is none.
	Title string
	// FinalURL is the URL that answered in the end.
	FinalURL string
	// ResponseTimeMS is the time from the first request until the last response was there, in milliseconds.
	ResponseTimeMS float64
	// TLSDaysLeft is for how many days the certificate of the last response is valid, negative if it has expired. It has
	// no meaning unless HasTLS.
	TLSDaysLeft int
	// HasTLS is whether the last response came over TLS.
	HasTLS bool
	// Redirects are the responses that led to the last one, the first one first.
	Redirects []Hop
}

// Hop is a response that redirected.
type Hop struct {
	// URL was asked for and answered with a redirect.
	URL string
	// Status is the status code of the redirect.
	Status int
	// TimeMS is how long the response took, in milliseconds.
	TimeMS float64
}

// shorten returns the first bytes of a text, without cutting a character in two.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
