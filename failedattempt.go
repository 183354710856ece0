package wsc

import (
	"strconv"
	"time"
)

// FailedAttempt is an attempt at a target that led to a retry.
type FailedAttempt struct {
	Attempt        int       `json:"attempt" doc:"Number of the attempt, from 1."`
	CheckedAt      time.Time `json:"checked_at" doc:"When the attempt began (UTC)."`
	HTTPStatus     int       `json:"http_status,omitempty" doc:"HTTP status code of the answer; absent without one." example:"503"`
	ErrorKind      ErrorKind `json:"error_kind,omitempty" doc:"What went wrong, one of the list of a result's error_kind." example:"connect_timeout"`
	Reason         string    `json:"reason" doc:"Why the target was tried again, for people." example:"HTTP 503 Service Unavailable"`
	ResponseTimeMS float64   `json:"response_time" doc:"Milliseconds that the attempt took."`
}

// AttemptsMade is what is known of the attempts at a deferred target.
type AttemptsMade struct {
	// Count is the number of attempts, at least 1.
	Count int
	// Failed describes the attempts, oldest first. It is shorter than Count if the first ones were made by a version
	// that did not record them.
	Failed []FailedAttempt
}

// FailedAttempt describes the result as an attempt that leads to a retry.
func (r *Result) FailedAttempt() FailedAttempt {
	reason := r.ErrorMessage
	switch {
	case reason != "":
	case r.HTTPStatus > 0:
		reason = httpReason(r.HTTPStatus)
	default:
		reason = r.ErrorKind.Sentence()
	}
	return FailedAttempt{
		Attempt: r.Attempts, CheckedAt: r.CheckedAt, HTTPStatus: r.HTTPStatus, ErrorKind: r.ErrorKind,
		Reason: reason, ResponseTimeMS: r.ResponseTimeMS,
	}
}

// httpReason names an HTTP status, with its phrase if it is one that is retried.
func httpReason(status int) string {
	text := "HTTP " + strconv.Itoa(status)
	switch status {
	case 429:
		return text + " Too Many Requests"
	case 502:
		return text + " Bad Gateway"
	case 503:
		return text + " Service Unavailable"
	case 504:
		return text + " Gateway Timeout"
	default:
		return text
	}
}
