// Package storable brings values into the form that both databases can hold, so that a result reads the same from
// either: text without NUL and in valid UTF-8, lists as JSON.
package storable

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

// maxHostBytes is the longest host name that DNS knows. Hosts are indexed, and an index can't hold a text of any length.
const maxHostBytes = 253

// Text returns the text without NUL and with each invalid run of bytes replaced by U+FFFD.
func Text(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// Host is Text, cut to the length of the longest host name.
func Host(host string) string {
	host = Text(host)
	if len(host) > maxHostBytes {
		host = strings.ToValidUTF8(host[:maxHostBytes], "")
	}
	return host
}

// Invalid reports whether the result stands for a line of the input that holds no checkable URL.
func Invalid(result *wsc.Result) bool {
	return result.Attempts == 0 && (result.ErrorKind == wsc.KindInvalidURL || result.ErrorKind == wsc.KindBlockedScheme)
}

// Redirects returns the redirects as JSON, or nil when there are none.
func Redirects(redirects []wsc.Redirect) ([]byte, error) {
	if len(redirects) == 0 {
		return nil, nil
	}
	clean := make([]wsc.Redirect, len(redirects))
	for i, redirect := range redirects {
		redirect.URL = Text(redirect.URL)
		clean[i] = redirect
	}
	return encode("redirects", clean)
}

// ReadRedirects is the reverse of Redirects.
func ReadRedirects(data []byte) ([]wsc.Redirect, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var redirects []wsc.Redirect
	err := decode("redirects", data, &redirects)
	return redirects, err
}

// FailedAttempts returns the attempts as JSON, with times to the microsecond as everywhere, or nil when there are none.
func FailedAttempts(attempts []wsc.FailedAttempt) ([]byte, error) {
	if len(attempts) == 0 {
		return nil, nil
	}
	clean := make([]wsc.FailedAttempt, len(attempts))
	for i, attempt := range attempts {
		attempt.ErrorKind, attempt.Reason = wsc.ErrorKind(Text(string(attempt.ErrorKind))), Text(attempt.Reason)
		attempt.CheckedAt = attempt.CheckedAt.UTC().Truncate(time.Microsecond)
		clean[i] = attempt
	}
	return encode("failed attempts", clean)
}

// ReadFailedAttempts is the reverse of FailedAttempts.
func ReadFailedAttempts(data []byte) ([]wsc.FailedAttempt, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var attempts []wsc.FailedAttempt
	err := decode("failed attempts", data, &attempts)
	return attempts, err
}

// storedOptions are the options of a job as they are stored. The headers among them have their values only in jobs from
// before values were sealed.
type storedOptions struct {
	wsc.Options
	SealedHeaders string `json:"sealed_headers,omitempty"`
}

// JobJSON are the parts of a job that are stored as JSON; List and ExportPaths are nil when the job has none.
type JobJSON struct {
	Options     []byte
	List        []byte
	ExportPaths []byte
}

// EncodeJob returns the parts of the job that are stored as JSON.
func EncodeJob(job *wsc.Job) (JobJSON, error) {
	var j JobJSON
	var err error
	options := storedOptions{Options: job.Options, SealedHeaders: job.SealedHeaders}
	if job.SealedHeaders != "" {
		options.Options = job.Options.WithMaskedHeaders()
	}
	if j.Options, err = encode("options", options); err != nil {
		return j, err
	}
	if j.List, err = List(job.List); err != nil {
		return j, err
	}
	j.ExportPaths, err = ExportPaths(job.ExportPaths)
	return j, err
}

// List returns the description of a list as JSON, or nil when there is none.
func List(list *wsc.List) ([]byte, error) {
	if list == nil {
		return nil, nil
	}
	return encode("list", list)
}

// ExportPaths returns the paths as JSON, or nil when there are none.
func ExportPaths(paths map[string]string) ([]byte, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	return encode("export paths", paths)
}

// Decode fills in the parts of the job that are stored as JSON.
func (j JobJSON) Decode(job *wsc.Job) error {
	var options storedOptions
	if string(j.Options) != "{}" { // which most are
		if err := decode("options", j.Options, &options); err != nil {
			return err
		}
	}
	job.Options, job.SealedHeaders = options.Options.WithMaskedHeaders(), options.SealedHeaders
	if job.SealedHeaders == "" {
		job.PlainHeaders = options.Headers
	}
	if j.List != nil {
		if err := decode("list", j.List, &job.List); err != nil {
			return err
		}
	}
	if j.ExportPaths != nil {
		return decode("export paths", j.ExportPaths, &job.ExportPaths)
	}
	return nil
}

func encode(what string, value any) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", what, err)
	}
	return data, nil
}

func decode(what string, data []byte, value any) error {
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("decode %s: %w", what, err)
	}
	return nil
}

// Headers returns the headers of an answer as JSON, or nil when there are none.
func Headers(headers map[string]string) ([]byte, error) {
	if len(headers) == 0 {
		return nil, nil
	}
	clean := make(map[string]string, len(headers))
	for name, value := range headers {
		clean[Text(name)] = Text(value)
	}
	return encode("headers", clean)
}

// ReadHeaders is the reverse of Headers.
func ReadHeaders(data []byte) (map[string]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var headers map[string]string
	err := decode("headers", data, &headers)
	return headers, err
}

// UniqueDeferred returns the deferred checks with one entry per seq, the one with the most attempts, and storable text.
func UniqueDeferred(deferred []wsc.Deferred) []wsc.Deferred {
	place := make(map[int64]int, len(deferred))
	unique := make([]wsc.Deferred, 0, len(deferred))
	for _, d := range deferred {
		d.URL, d.NormalizedURL, d.Host = Text(d.URL), Text(d.NormalizedURL), Host(d.Host)
		d.LastMessage = Text(d.LastMessage)
		i, seen := place[d.Seq]
		switch {
		case !seen:
			place[d.Seq] = len(unique)
			unique = append(unique, d)
		case d.Attempt > unique[i].Attempt:
			unique[i] = d
		}
	}
	return unique
}
