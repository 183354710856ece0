package wsc

import "time"

// Status is the outcome of a target.
type Status string

// The three outcomes.
const (
	// StatusActive: the final HTTP status is an accepted one.
	StatusActive Status = "active"
	// StatusInactive: any other complete HTTP answer, or one that does not meet the expectation.
	StatusInactive Status = "inactive"
	// StatusError: no usable answer; ErrorKind says why.
	StatusError Status = "error"
)

// Statuses lists the outcomes.
func Statuses() []Status { return []Status{StatusActive, StatusInactive, StatusError} }

// Target is one unique URL of a job.
type Target struct {
	// Seq numbers the results of a job from 0 in the order of the input.
	Seq int64
	// Line is the first input line (or row) with this URL, from 1.
	Line int64
	// URL is the text of the input, trimmed.
	URL string
	// NormalizedURL is what is requested; see NormalizeURL.
	NormalizedURL string
	// Host is the ASCII host name or IP address, without port; politeness is per Host.
	Host string
}

// Result is the final outcome for one target, or for one invalid line of the input.
type Result struct {
	JobID string `json:"-"`
	Seq   int64  `json:"seq" doc:"Position of the result in the job, from 0."`
	Line  int64  `json:"line" doc:"First line (or row) of the upload with this URL, from 1."`

	URL           string `json:"url" doc:"The URL as the upload has it." example:"example.com"`
	NormalizedURL string `json:"normalized_url,omitempty" doc:"The URL that was requested." example:"https://example.com/"`
	Host          string `json:"host,omitempty" doc:"Host of the URL in ASCII." example:"example.com"`

	Status       Status    `json:"status" enum:"active,inactive,error" doc:"active: accepted HTTP status; inactive: any other HTTP answer, or one that does not meet expect; error: no usable answer."`
	HTTPStatus   int       `json:"http_status,omitempty" doc:"Final HTTP status code; absent without an answer." example:"200"`
	ErrorKind    ErrorKind `json:"error_kind,omitempty" doc:"What went wrong, one of a fixed list." example:"dns_nxdomain"`
	ErrorMessage string    `json:"error_message,omitempty" doc:"What went wrong, in a sentence; for inactive results only when an expectation is not met."`

	ResponseTimeMS float64    `json:"response_time" doc:"Milliseconds from start to the end of the body, redirects included."`
	Slow           bool       `json:"slow,omitempty" doc:"The response took longer than slow_ms."`
	Timings        *Timings   `json:"timings,omitempty" doc:"Where the time of the last request went."`
	FinalURL       string     `json:"final_url,omitempty" doc:"URL after redirects."`
	Redirects      []Redirect `json:"redirects,omitempty" doc:"Each redirect that was followed."`
	TLS            *TLSInfo   `json:"tls,omitempty" doc:"TLS connection and certificate of the final URL."`
	Protocol       string     `json:"protocol,omitempty" doc:"Protocol of the final answer." example:"h2"`
	RemoteIP       string     `json:"remote_ip,omitempty" doc:"Address that answered."`
	ContentType    string     `json:"content_type,omitempty" doc:"Content-Type of the final answer, at most 255 bytes."`
	ContentLength  *int64     `json:"content_length,omitempty" doc:"Content-Length of the final answer in bytes; absent when not stated."`
	// Headers are by canonical name, as AnswerHeaders lists them.
	Headers    map[string]string `json:"headers,omitempty" doc:"Some headers of the final answer by name: what serves the page, how it may be cached, found and framed, and why it was refused; no cookies. Each at most 255 bytes."`
	Title      string            `json:"title,omitempty" doc:"Title of the page, at most 300 characters, when capture_title is on."`
	BodySHA256 string            `json:"body_sha256,omitempty" doc:"SHA-256 of the body as it was read (decompressed, at most its first 64 KiB) in hexadecimal, when hash_body is on."`

	Attempts       int             `json:"attempts" doc:"How often the target was tried; 0 for an invalid line."`
	FailedAttempts []FailedAttempt `json:"failed_attempts,omitempty" doc:"The attempts before the last one, which failed for a passing reason; oldest first."`
	CheckedAt      time.Time       `json:"checked_at" doc:"When the last attempt began (UTC)."`

	// OwnFault is whether the attempt failed for want of something of the checker's machine (files, ports, memory, its
	// proxy), so that it says nothing about the site.
	OwnFault bool `json:"-"`
	// RetryAfter is how long the site asked to be left alone (Retry-After of a 429 or 503), 0 if it did not.
	RetryAfter time.Duration `json:"-"`
}

// Timings are the phases of one request in milliseconds, with microsecond precision.
// A phase that did not happen (no TLS, connection reused) is 0.
type Timings struct {
	DNS      float64 `json:"dns" doc:"Name resolution, ms."`
	Connect  float64 `json:"connect" doc:"TCP connection, ms."`
	TLS      float64 `json:"tls" doc:"TLS handshake, ms."`
	TTFB     float64 `json:"ttfb" doc:"From sending the request to the first byte of the answer, ms."`
	Download float64 `json:"download" doc:"From the first byte to the end of the body (or its limit), ms."`
	Total    float64 `json:"total" doc:"The whole request, ms."`
}

// Redirect is one hop that was followed.
type Redirect struct {
	URL        string  `json:"url" doc:"URL that answered with a redirect."`
	HTTPStatus int     `json:"http_status" doc:"Status of that answer." example:"301"`
	TimeMS     float64 `json:"time" doc:"Milliseconds that the hop took."`
}

// TLSInfo describes the TLS connection of the final answer.
type TLSInfo struct {
	Version  string    `json:"version,omitempty" doc:"TLS version." example:"TLS 1.3"`
	Subject  string    `json:"subject,omitempty" doc:"Common name or first DNS name of the certificate."`
	Issuer   string    `json:"issuer,omitempty" doc:"Issuer of the certificate."`
	NotAfter time.Time `json:"not_after,omitzero" doc:"End of the certificate's validity (UTC)."`
	DaysLeft int       `json:"days_left" doc:"Whole days until not_after at the time of the check; negative when expired."`
	Problem  string    `json:"problem,omitempty" doc:"What is wrong with the certificate or its chain, in words."`
}

// Deferred is a target that waits for its next attempt.
type Deferred struct {
	Target
	// Attempt is the number of attempts made so far; 0 when the first one was put off.
	Attempt int
	// NotBefore is the earliest time of the next attempt.
	NotBefore time.Time
	// LastKind and LastMessage describe the last attempt.
	LastKind    ErrorKind
	LastMessage string
	// Failed describes the attempts made so far, oldest first.
	Failed []FailedAttempt
}

// ResultSort names an order of results.
type ResultSort string

// The orders in which results can be listed.
const (
	SortSeq          ResultSort = "seq"
	SortURL          ResultSort = "url"
	SortHost         ResultSort = "host"
	SortStatus       ResultSort = "status"
	SortHTTPStatus   ResultSort = "http_status"
	SortResponseTime ResultSort = "response_time"
)

// ResultFilter selects, orders and pages the results of a job. The zero value selects all by Seq.
type ResultFilter struct {
	Statuses     []Status
	ErrorKinds   []ErrorKind
	HTTPStatuses []int
	// Slow limits the results to slow ones, or to others; nil is both.
	Slow *bool
	// Host limits the results to one host.
	Host string
	// Query limits the results to those whose URL or title contains it, ignoring case.
	Query string
	// Sort is the order, SortSeq if empty; Desc reverses it. Ties are broken by Seq in the same direction.
	Sort ResultSort
	Desc bool
	// Limit is the most results to return, at least 1.
	Limit int
	// After continues behind this position; nil starts at the first.
	After *ResultCursor
}

// SortedURLLength is how many characters of a URL SortURL looks at. URLs that agree in these are in the order of their
// seqs: an index can't hold a text of any length.
const SortedURLLength = 256

// ResultCursor is a position in a sorted list of results: the sort value of the last one seen
// (Text for host, status and the beginning of url; Number for the others) and its Seq.
type ResultCursor struct {
	Text   string  `json:"s,omitempty"`
	Number float64 `json:"n,omitempty"`
	Seq    int64   `json:"q"`
}

// CursorOf returns the position of a result under a sort order.
func CursorOf(r *Result, sort ResultSort) ResultCursor {
	c := ResultCursor{Seq: r.Seq}
	switch sort {
	case SortURL:
		c.Text = sortedURL(r.URL)
	case SortHost:
		c.Text = r.Host
	case SortStatus:
		c.Text = string(r.Status)
	case SortHTTPStatus:
		c.Number = float64(r.HTTPStatus)
	case SortResponseTime:
		c.Number = r.ResponseTimeMS
	case SortSeq: // Seq alone is the position
	}
	return c
}

// sortedURL is the part of a URL that SortURL looks at.
func sortedURL(url string) string {
	characters := 0
	for i := range url {
		if characters == SortedURLLength {
			return url[:i]
		}
		characters++
	}
	return url
}
