package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// maxProblemBytes bounds how much of an error answer is read.
const maxProblemBytes = 1 << 20

// Error is an answer of the server that is no success. It unwraps to a *wsc.Error, so that wsc.CodeOf and errors.As work.
type Error struct {
	// Problem is the server's problem document. For an answer without one (of a proxy, say) it is made from the status.
	Problem wsc.Problem
	// RetryAfter is how long the server asks to be left alone, 0 if it does not. With wsc.CodeRateLimited the key has used
	// up its requests, until its next hour begins; with wsc.CodeQuotaExceeded it has too much of something else, and
	// waiting helps only if some of that ends meanwhile.
	RetryAfter time.Duration
	// WithoutKey is true if the request carried no API key.
	WithoutKey bool
}

// Error returns the place, the sentence of the problem, and each wrong field.
func (e *Error) Error() string {
	text := e.domain().Error()
	for _, field := range e.Problem.Errors {
		text += fmt.Sprintf(" [%s: %s]", field.Field, field.Message)
	}
	return text
}

// Unwrap returns the problem as a *wsc.Error.
func (e *Error) Unwrap() error { return e.domain() }

// Temporary reports whether the same request may well succeed later.
func (e *Error) Temporary() bool {
	switch e.Problem.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return e.Problem.Status >= 500
}

func (e *Error) domain() *wsc.Error {
	detail := e.Problem.Detail
	if e.Problem.Field != "" {
		detail = strings.TrimPrefix(detail, e.Problem.Field+": ") // the place says it
	}
	return &wsc.Error{Code: e.Problem.Code, Message: detail, Place: e.Problem.Place}
}

// readError turns an answer that is no success into an *Error.
func readError(response *http.Response) *Error {
	e := &Error{
		RetryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now()),
		WithoutKey: response.Request.Header.Get(keyHeader) == "",
	}
	if mediaType(response) == "application/problem+json" {
		body := io.LimitReader(response.Body, maxProblemBytes)
		if err := json.NewDecoder(body).Decode(&e.Problem); err != nil {
			e.Problem = wsc.Problem{} // half a problem is none; the status says enough
		}
	}
	e.Problem.Status = response.StatusCode
	if e.Problem.Title == "" {
		e.Problem.Title = http.StatusText(response.StatusCode)
	}
	if e.Problem.Detail == "" {
		e.Problem.Detail = fmt.Sprintf("%s answered %d %s without saying why; is this the address of a Website Status Checker?",
			response.Request.URL.Host, response.StatusCode, http.StatusText(response.StatusCode))
	}
	if e.Problem.Code == "" {
		e.Problem.Code = codeOfStatus(response.StatusCode)
	}
	return e
}

// codeOfStatus is the nearest code for an answer without a problem document.
func codeOfStatus(status int) wsc.Code {
	switch status {
	case http.StatusUnauthorized:
		return wsc.CodeUnauthorized
	case http.StatusForbidden:
		return wsc.CodeForbidden
	case http.StatusTooManyRequests:
		return wsc.CodeRateLimited
	case http.StatusNotFound:
		return wsc.CodeNotFound
	case http.StatusMethodNotAllowed:
		return wsc.CodeMethodNotAllowed
	case http.StatusRequestTimeout:
		return wsc.CodeRequestTimeout
	case http.StatusConflict:
		return wsc.CodeConflict
	case http.StatusRequestEntityTooLarge:
		return wsc.CodeUploadTooLarge
	case http.StatusUnsupportedMediaType:
		return wsc.CodeUnsupportedMediaType
	}
	if status >= 400 && status <= 499 {
		return wsc.CodeInvalidRequest
	}
	return wsc.CodeInternal
}

// retryAfter reads a Retry-After header, RFC 9110 section 10.2.3: seconds or a date. What it can't read is 0.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}

func mediaType(response *http.Response) string {
	name, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		return "" // no type that anybody waits for
	}
	return name
}
