package wsc

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code is a stable, machine-readable name of an error that a client can cause or must handle.
type Code string

// The codes of the API's errors.
const (
	CodeEmptyUpload          Code = "empty_upload"
	CodeMissingFile          Code = "missing_file"
	CodeNoURLs               Code = "no_urls"
	CodeNoValidURLs          Code = "no_valid_urls"
	CodeTooManyURLs          Code = "too_many_urls"
	CodeUploadTooLarge       Code = "upload_too_large"
	CodeDecompressedTooLarge Code = "decompressed_too_large"
	CodeUnsupportedType      Code = "unsupported_type"
	CodeUnsupportedEncoding  Code = "unsupported_encoding"
	CodeUnsupportedMediaType Code = "unsupported_media_type"
	CodeInvalidFilename      Code = "invalid_filename"
	CodeInvalidXLSX          Code = "invalid_xlsx"
	CodeInvalidCSV           Code = "csv_syntax"
	CodeInvalidJSON          Code = "invalid_json"
	CodeLineTooLong          Code = "line_too_long"
	CodeMissingColumn        Code = "missing_column"
	CodeMissingSheet         Code = "missing_sheet"
	CodeInvalidOptions       Code = "invalid_options"
	CodeInvalidRequest       Code = "invalid_request"
	CodeMalformedBody        Code = "malformed_body"
	CodeInvalidCursor        Code = "invalid_cursor"
	CodeRequestTimeout       Code = "request_timeout"
	CodeUnauthorized         Code = "unauthorized"
	CodeForbidden            Code = "forbidden"
	CodeInsufficientScope    Code = "insufficient_scope"
	CodeRateLimited          Code = "rate_limited"
	CodeQuotaExceeded        Code = "quota_exceeded"
	CodeNotFound             Code = "not_found"
	CodeMethodNotAllowed     Code = "method_not_allowed"
	CodeJobFinished          Code = "job_finished"
	CodeConflict             Code = "conflict"
	CodeIdempotencyConflict  Code = "idempotency_conflict"
	CodeStorageUnavailable   Code = "storage_unavailable"
	CodeTemporalUnavailable  Code = "temporal_unavailable"
	CodeInternal             Code = "internal"
)

// Error is an error that a person may see. Message is a sentence that says what is wrong and what to do;
// the place, where known, says where. Err is the internal cause and is never shown to a client.
type Error struct {
	Code    Code
	Message string
	Place
	// RetryAfter is how long to wait before another try, 0 if that is not known.
	RetryAfter time.Duration
	Err        error
}

// Place says where in an upload or a request an error is. Zero values are unknown.
type Place struct {
	// Field is the option or form field, for example "options.timeout_ms".
	Field string `json:"field,omitempty" doc:"Option or form field that is wrong."`
	// Sheet is the sheet of a workbook.
	Sheet string `json:"sheet,omitempty" doc:"Sheet of the workbook."`
	// Line is the line or row, from 1.
	Line int64 `json:"line,omitempty" doc:"Line or row of the upload, from 1."`
	// Column is the column name or its position in the line.
	Column string `json:"column,omitempty" doc:"Column of the upload."`
}

// String lists what is known, for example `sheet "Leads", line 3, column "url"`; "" if nothing is.
func (p Place) String() string {
	var parts []string
	if p.Field != "" {
		parts = append(parts, p.Field)
	}
	if p.Sheet != "" {
		parts = append(parts, fmt.Sprintf("sheet %q", p.Sheet))
	}
	if p.Line > 0 {
		parts = append(parts, fmt.Sprintf("line %d", p.Line))
	}
	if p.Column != "" {
		parts = append(parts, fmt.Sprintf("column %q", p.Column))
	}
	return strings.Join(parts, ", ")
}

// Error returns the place, the message and the cause.
func (e *Error) Error() string {
	text := e.Message
	if place := e.Place.String(); place != "" {
		text = place + ": " + text
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the internal cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a formatted message and no place.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// At returns the error with a place.
func (e *Error) At(place Place) *Error {
	e.Place = place
	return e
}

// RetryIn returns the error with the time to wait before another try.
func (e *Error) RetryIn(wait time.Duration) *Error {
	e.RetryAfter = wait
	return e
}

// Because returns the error with an internal cause.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// CodeOf returns the code of the first Error in err's chain, CodeInternal for any other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
