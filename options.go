package wsc

import (
	"fmt"
	"net/textproto"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// Options are the choices a person makes for one job. Absent values (nil, 0, "") mean the default.
type Options struct {
	TimeoutMS       int               `json:"timeout_ms,omitempty" minimum:"100" maximum:"120000" doc:"Overall time limit of one attempt in ms. Default 10000."`
	Retries         *int              `json:"retries,omitempty" minimum:"0" maximum:"5" doc:"Further attempts after a transient failure. Default 2."`
	Method          string            `json:"method,omitempty" enum:"GET,HEAD,HEAD_THEN_GET" doc:"Request method. HEAD_THEN_GET repeats with GET when HEAD is not accepted. Default GET."`
	FollowRedirects *bool             `json:"follow_redirects,omitempty" doc:"Follow redirects. Default true."`
	MaxRedirects    *int              `json:"max_redirects,omitempty" minimum:"0" maximum:"20" doc:"Redirects followed before giving up. Default 10."`
	AcceptStatus    string            `json:"accept_status,omitempty" maxLength:"200" doc:"HTTP statuses that count as active: codes and ranges. Default 200-299." example:"200-299,304"`
	Headers         map[string]string `json:"headers,omitempty" doc:"Request headers to send with every check, at most 20. Their values are stored encrypted, and a job shows *** in their place."`
	UserAgent       string            `json:"user_agent,omitempty" maxLength:"255" doc:"User-Agent header."`
	Expect          string            `json:"expect,omitempty" maxLength:"2000" doc:"CEL expression about the answer that must be true; if it is false, the result is inactive." example:"status == 200 && body.contains('Add to cart')"`
	SlowMS          int               `json:"slow_ms,omitempty" minimum:"1" maximum:"120000" doc:"Results that took longer than this many ms are marked as slow. Default is to mark none."`
	HostRate        *float64          `json:"host_rate,omitempty" minimum:"0" maximum:"1000" doc:"Most requests per second to one host; 0 is no limit. Default is the server's, usually 10."`
	HostConcurrency int               `json:"host_concurrency,omitempty" minimum:"1" maximum:"1000" doc:"Most requests to one host at the same time. Default 10."`
	InsecureTLS     bool              `json:"insecure_tls,omitempty" doc:"Accept any certificate and report its problem instead."`
	CaptureTitle    bool              `json:"capture_title,omitempty" doc:"Record the title of HTML pages."`
	HashBody        bool              `json:"hash_body,omitempty" doc:"Record the SHA-256 of the body, of at most its first 64 KiB."`
	RespectRobots   bool              `json:"respect_robots,omitempty" doc:"Leave out URLs that the site's robots.txt asks checkers not to request."`
	RetentionHours  int               `json:"retention_hours,omitempty" minimum:"1" maximum:"8760" doc:"Hours until the job is deleted. Default is the server's, usually 24."`
	URLColumn       string            `json:"url_column,omitempty" maxLength:"255" doc:"Column with the URLs, by name or letter (A, B, …). Default is to find it."`
	Sheet           string            `json:"sheet,omitempty" maxLength:"255" doc:"Sheet of a workbook, by name. Default is the first with URLs in it."`
	Delimiter       string            `json:"delimiter,omitempty" maxLength:"16" doc:"Character between the cells of a CSV or text file, such as ; or ^; \\t is a tab. Not for workbooks and JSON. Default is to find it." example:";"`
	Encoding        string            `json:"encoding,omitempty" maxLength:"40" doc:"Character encoding of a CSV or text file, by its name in the Encoding Standard of the WHATWG, such as utf-8, windows-1252 or shift_jis. Not for workbooks and JSON. Default is to find it." example:"windows-1252"`
}

// CheckMethod says how a target is requested.
type CheckMethod string

// The request methods.
const (
	MethodGet         CheckMethod = "GET"
	MethodHead        CheckMethod = "HEAD"
	MethodHeadThenGet CheckMethod = "HEAD_THEN_GET"
)

// CheckOptions are Options with every default filled in, in the form that the checker uses.
type CheckOptions struct {
	// Timeout bounds one attempt as a whole, redirects and body included.
	Timeout time.Duration
	// Retries is the number of attempts after the first.
	Retries         int
	Method          CheckMethod
	FollowRedirects bool
	MaxRedirects    int
	AcceptStatus    StatusSet
	Headers         map[string]string
	// UserAgent is empty for the checker's own.
	UserAgent string
	// HostRate is the most requests per second to one host, 0 for no limit.
	HostRate float64
	// HostConcurrency is the most requests to one host at the same time.
	HostConcurrency int
	InsecureTLS     bool
	CaptureTitle    bool
	// Expect is a CEL expression that an answer must meet, "" for none.
	Expect string
	// SlowAfter is the response time above which a result is slow, 0 for none.
	SlowAfter time.Duration
	// HashBody records the SHA-256 of the body.
	HashBody bool
	// RespectRobots leaves out URLs that the site's robots.txt disallows.
	RespectRobots bool
	// Retention is how long the job is kept after it finished.
	Retention time.Duration
}

// Defaults are the server's settings for what Options leave open.
type Defaults struct {
	HostRate  float64
	Retention time.Duration
	// CompileExpect says what is wrong with an expectation, in words and with the place. Nil tries none, as where the
	// options were tried before.
	CompileExpect func(expression string) error
}

const (
	defaultTimeout         = 10 * time.Second
	defaultRetries         = 2
	defaultMaxRedirects    = 10
	defaultAcceptStatus    = "200-299"
	defaultHostConcurrency = 10
	maxHeaders             = 20
	maxHeaderBytes         = 4096
	maxExpectLength        = 2000
)

// Resolve fills in the defaults and checks every value. Errors are *Error with CodeInvalidOptions and the field.
func (o Options) Resolve(defaults Defaults) (CheckOptions, error) {
	c := CheckOptions{
		Timeout:         defaultTimeout,
		Retries:         defaultRetries,
		Method:          MethodGet,
		FollowRedirects: true,
		MaxRedirects:    defaultMaxRedirects,
		Headers:         o.Headers,
		UserAgent:       o.UserAgent,
		HostRate:        defaults.HostRate,
		HostConcurrency: defaultHostConcurrency,
		InsecureTLS:     o.InsecureTLS,
		CaptureTitle:    o.CaptureTitle,
		Expect:          o.Expect,
		HashBody:        o.HashBody,
		RespectRobots:   o.RespectRobots,
		Retention:       defaults.Retention,
	}
	if o.TimeoutMS != 0 {
		if err := inRange("timeout_ms", o.TimeoutMS, 100, 120_000); err != nil {
			return c, err
		}
		c.Timeout = time.Duration(o.TimeoutMS) * time.Millisecond
	}
	if o.SlowMS != 0 {
		if err := inRange("slow_ms", o.SlowMS, 1, 120_000); err != nil {
			return c, err
		}
		c.SlowAfter = time.Duration(o.SlowMS) * time.Millisecond
	}
	if o.Retries != nil {
		if err := inRange("retries", *o.Retries, 0, 5); err != nil {
			return c, err
		}
		c.Retries = *o.Retries
	}
	if o.MaxRedirects != nil {
		if err := inRange("max_redirects", *o.MaxRedirects, 0, 20); err != nil {
			return c, err
		}
		c.MaxRedirects = *o.MaxRedirects
	}
	if o.FollowRedirects != nil {
		c.FollowRedirects = *o.FollowRedirects
	}
	if o.HostConcurrency != 0 {
		if err := inRange("host_concurrency", o.HostConcurrency, 1, 1000); err != nil {
			return c, err
		}
		c.HostConcurrency = o.HostConcurrency
	}
	if o.HostRate != nil {
		if !(*o.HostRate >= 0 && *o.HostRate <= 1000) {
			return c, invalidOption("host_rate", "host_rate must be between 0 and 1000 requests per second.")
		}
		c.HostRate = *o.HostRate
	}
	if o.RetentionHours != 0 {
		if err := inRange("retention_hours", o.RetentionHours, 1, 8760); err != nil {
			return c, err
		}
		c.Retention = time.Duration(o.RetentionHours) * time.Hour
	}
	switch CheckMethod(o.Method) {
	case "":
	case MethodGet, MethodHead, MethodHeadThenGet:
		c.Method = CheckMethod(o.Method)
	default:
		return c, invalidOption("method", "method must be GET, HEAD or HEAD_THEN_GET.")
	}
	if _, err := ParseDelimiter(o.Delimiter); err != nil {
		return c, err
	}
	if _, err := ParseEncoding(o.Encoding); err != nil {
		return c, err
	}
	accept := o.AcceptStatus
	if accept == "" {
		accept = defaultAcceptStatus
	}
	var err error
	if c.AcceptStatus, err = ParseStatusSet(accept); err != nil {
		return c, invalidOption("accept_status", err.Error())
	}
	if err := validateExpect(o.Expect, defaults.CompileExpect); err != nil {
		return c, err
	}
	return c, validateHeaders(o.Headers, o.UserAgent)
}

// validateExpect refuses what can't be an expression. Whether it is one, its compiler knows.
func validateExpect(expression string, compile func(string) error) error {
	if length := utf8.RuneCountInString(expression); length > maxExpectLength {
		return invalidOption("expect", fmt.Sprintf("expect must not be longer than %d characters; it has %d.", maxExpectLength, length))
	}
	for _, r := range expression {
		if unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) {
			return invalidOption("expect", "expect must not contain control characters other than tabs and line ends.")
		}
	}
	if !utf8.ValidString(expression) {
		return invalidOption("expect", "expect must be valid UTF-8.")
	}
	if expression == "" || compile == nil {
		return nil
	}
	if err := compile(expression); err != nil {
		return invalidOption("expect", err.Error()+".")
	}
	return nil
}

func inRange(field string, value, low, high int) error {
	if value < low || value > high {
		return invalidOption(field, fmt.Sprintf("%s must be between %d and %d, not %d.", field, low, high, value))
	}
	return nil
}

func invalidOption(field, message string) error {
	return Errorf(CodeInvalidOptions, "%s", message).At(Place{Field: "options." + field})
}

// validateHeaders refuses what HTTP does not allow and the headers that the connection itself needs.
func validateHeaders(headers map[string]string, userAgent string) error {
	if !httpguts.ValidHeaderFieldValue(userAgent) {
		return invalidOption("user_agent", "user_agent must not contain control characters.")
	}
	if len(headers) > maxHeaders {
		return invalidOption("headers", fmt.Sprintf("At most %d headers can be set, not %d.", maxHeaders, len(headers)))
	}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	sort.Strings(names)
	size := 0
	for _, name := range names {
		if !httpguts.ValidHeaderFieldName(name) {
			return invalidOption("headers", fmt.Sprintf("%q is not a valid header name.", clip(name)))
		}
		if !httpguts.ValidHeaderFieldValue(headers[name]) {
			return invalidOption("headers", fmt.Sprintf("The value of header %s must not contain control characters.", clip(name)))
		}
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Host", "Connection", "Content-Length", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Keep-Alive", "Proxy-Connection":
			return invalidOption("headers", fmt.Sprintf("Header %s is set by the checker and can't be changed.", name))
		}
		size += len(name) + len(headers[name])
	}
	if size > maxHeaderBytes {
		return invalidOption("headers", fmt.Sprintf("The headers together must not be longer than %d bytes.", maxHeaderBytes))
	}
	return nil
}

// StatusSet is a set of HTTP status codes given as ranges.
type StatusSet []StatusRange

// StatusRange is the codes from Low to High, both included.
type StatusRange struct{ Low, High int }

// ParseStatusSet reads codes and ranges separated by commas, for example "200-299,304".
func ParseStatusSet(text string) (StatusSet, error) {
	var set StatusSet
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		lowText, highText, isRange := strings.Cut(part, "-")
		low, err := parseStatus(lowText)
		if err != nil {
			return nil, err
		}
		high := low
		if isRange {
			if high, err = parseStatus(highText); err != nil {
				return nil, err
			}
		}
		if high < low {
			return nil, fmt.Errorf("%q is not a range of HTTP statuses: its end is below its start.", clip(part)) //nolint:staticcheck // a sentence for people
		}
		set = append(set, StatusRange{low, high})
	}
	return set, nil
}

func parseStatus(text string) (int, error) {
	code, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || code < 100 || code > 599 {
		return 0, fmt.Errorf("%q is not an HTTP status between 100 and 599; write codes and ranges like 200-299,304.", clip(text)) //nolint:staticcheck // a sentence for people
	}
	return code, nil
}

// Contains reports whether the set has the code.
func (s StatusSet) Contains(code int) bool {
	for _, r := range s {
		if code >= r.Low && code <= r.High {
			return true
		}
	}
	return false
}
