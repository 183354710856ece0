package apiserver

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/correlation"
	"github.com/website-status-checker/wsc/internal/terminal"
)

const (
	problemType = "application/problem+json"
	// statusClientGone is logged and counted for requests whose client did not wait; nobody receives it.
	statusClientGone = 499
	// retryAfterSeconds is what a client is told to wait when a service behind the API is away.
	retryAfterSeconds = 10
	// maxFieldErrors is how many wrong fields a problem lists; maxValueText and maxMessageText are the most characters that
	// it repeats of a wrong value, and of a message about one.
	maxFieldErrors = 20
	maxValueText   = 100
	maxMessageText = 200
)

// statusOf is the HTTP status of an error code.
func statusOf(code wsc.Code) int {
	switch code {
	case wsc.CodeEmptyUpload, wsc.CodeMissingFile, wsc.CodeNoURLs, wsc.CodeNoValidURLs, wsc.CodeUnsupportedEncoding,
		wsc.CodeInvalidFilename, wsc.CodeInvalidXLSX, wsc.CodeInvalidCSV, wsc.CodeInvalidJSON, wsc.CodeLineTooLong,
		wsc.CodeMissingColumn, wsc.CodeMissingSheet, wsc.CodeMalformedBody:
		return http.StatusBadRequest
	case wsc.CodeUnauthorized:
		return http.StatusUnauthorized
	case wsc.CodeForbidden, wsc.CodeInsufficientScope:
		return http.StatusForbidden
	case wsc.CodeRateLimited, wsc.CodeQuotaExceeded:
		return http.StatusTooManyRequests
	case wsc.CodeNotFound:
		return http.StatusNotFound
	case wsc.CodeMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case wsc.CodeRequestTimeout:
		return http.StatusRequestTimeout
	case wsc.CodeJobFinished, wsc.CodeConflict, wsc.CodeIdempotencyConflict:
		return http.StatusConflict
	case wsc.CodeUploadTooLarge, wsc.CodeDecompressedTooLarge, wsc.CodeTooManyURLs:
		return http.StatusRequestEntityTooLarge
	case wsc.CodeUnsupportedType, wsc.CodeUnsupportedMediaType:
		return http.StatusUnsupportedMediaType
	case wsc.CodeInvalidOptions, wsc.CodeInvalidRequest, wsc.CodeInvalidCursor:
		return http.StatusUnprocessableEntity
	case wsc.CodeStorageUnavailable, wsc.CodeTemporalUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// problem is an error as it is sent: the document, its status and its headers. It implements the interfaces by which
// Huma recognises an error that is ready to be written.
type problem struct {
	wsc.Problem
	headers http.Header
}

// Error returns the sentence for people.
func (p *problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers of the answer.
func (p *problem) GetHeaders() http.Header { return p.headers }

// ContentType returns the media type of problem documents.
func (p *problem) ContentType(string) string { return problemType }

// fail is the error boundary: it turns any error into what the client may see. What is the server's fault is logged with
// the request's id and shown without its cause.
func (s *Server) fail(ctx context.Context, err error) *problem {
	p := &problem{headers: http.Header{}}
	p.Type, p.RequestID = "about:blank", correlation.RequestID(ctx)

	var known *wsc.Error
	switch {
	case errors.As(err, &known) && known.Code != wsc.CodeInternal:
		p.Code, p.Detail, p.Place = known.Code, terminal.Escape(known.Message), known.Place
		p.Field, p.Sheet, p.Column = clip(p.Field), clip(p.Sheet), clip(p.Column)
	case errors.Is(err, context.DeadlineExceeded):
		p.Code, p.Detail = wsc.CodeStorageUnavailable, "The server could not answer in time; try again in a minute."
	default:
		p.Code, p.Detail = wsc.CodeInternal, "Something went wrong on the server. Quote the request id when you report it."
	}
	p.Status = statusOf(p.Code)
	p.Title = http.StatusText(p.Status)
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		p.Status, p.Title = statusClientGone, "Client Closed Request"
		s.logger.DebugContext(ctx, "client went away", slog.Any("error", err))
	case p.Status >= http.StatusInternalServerError:
		s.logger.ErrorContext(ctx, "request failed", slog.String("code", string(p.Code)), slog.Any("error", err))
		s.report(ctx, err)
	}
	switch p.Status {
	case http.StatusServiceUnavailable:
		p.headers.Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	case http.StatusTooManyRequests:
		p.headers.Set("Retry-After", strconv.FormatInt(max(int64(known.RetryAfter.Seconds()), 1), 10))
	case http.StatusUnauthorized:
		p.headers.Set("WWW-Authenticate", `Bearer realm="wsc"`)
	case http.StatusRequestTimeout, http.StatusRequestEntityTooLarge:
		// The rest of the body is not going to be read.
		p.headers.Set("Connection", "close")
	}
	return p
}

// writeProblem answers a request outside of Huma with an error: a document, or a page for browsers.
func (s *Server) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := s.fail(r.Context(), err)
	if wantsPage(r) {
		maps.Copy(w.Header(), p.headers)
		s.site.Problem(w, r, p.Problem)
		return
	}
	body, marshalErr := json.Marshal(p)
	if marshalErr != nil {
		s.logger.ErrorContext(r.Context(), "could not write a problem", slog.Any("error", marshalErr))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	header := w.Header()
	maps.Copy(header, p.headers)
	header.Set("Content-Type", problemType)
	header.Del("Content-Disposition")
	header.Del("Content-Length")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(body, '\n')) // a client that went away needs no answer
	}
}

// humaProblem turns the errors that Huma finds itself (validation, syntax, size) into problem documents of ours.
func humaProblem(ctx huma.Context, _ string, value any) (any, error) {
	model, ok := value.(*huma.ErrorModel)
	if !ok {
		return value, nil
	}
	request, _ := humachi.Unwrap(ctx)
	p := &problem{}
	p.Type, p.Title, p.Status = "about:blank", http.StatusText(model.Status), model.Status
	p.Code, p.Detail = humaCode(model)
	p.RequestID = correlation.RequestID(request.Context())
	for _, detail := range model.Errors[:min(len(model.Errors), maxFieldErrors)] {
		if detail != nil {
			p.Errors = append(p.Errors, wsc.FieldError{Field: clip(detail.Location), Message: clipTo(fieldMessage(detail), maxMessageText)})
		}
	}
	if len(p.Errors) > 0 {
		p.Field = p.Errors[0].Field
	}
	if len(p.Errors) == 1 {
		p.Detail = p.Errors[0].Field + ": " + p.Errors[0].Message + "."
		p.Errors = nil
	}
	return p, nil
}

// humaCode names an error of Huma's by its status.
func humaCode(model *huma.ErrorModel) (wsc.Code, string) {
	switch model.Status {
	case http.StatusBadRequest:
		return wsc.CodeInvalidJSON, "The body is not the JSON that this operation takes."
	case http.StatusRequestTimeout:
		return wsc.CodeRequestTimeout, "The request did not arrive completely in time."
	case http.StatusRequestEntityTooLarge:
		return wsc.CodeUploadTooLarge, "The body is larger than this operation takes."
	case http.StatusUnsupportedMediaType:
		return wsc.CodeUnsupportedMediaType, "Send the body as application/json."
	case http.StatusUnprocessableEntity:
		for _, detail := range model.Errors {
			if detail == nil || !strings.HasPrefix(detail.Location, "body.options") {
				return wsc.CodeInvalidRequest, "The request has wrong values."
			}
		}
		return wsc.CodeInvalidOptions, "The options have wrong values."
	default:
		return wsc.CodeInternal, "Something went wrong on the server. Quote the request id when you report it."
	}
}

// fieldMessage is the message of a wrong field, without what Huma repeats of errors of its libraries.
func fieldMessage(detail *huma.ErrorDetail) string {
	if detail.Location == "body" && strings.HasPrefix(detail.Message, huma.ErrUnknownContentType.Error()) {
		return "send the body as application/json"
	}
	return strings.TrimPrefix(detail.Message, "json: ")
}

// clip makes a value of a request fit to be repeated: in a message, a log line, an event. It is cut to maxValueText
// characters; those that can't be seen or that change how the rest is shown are escaped.
func clip(text string) string { return clipTo(text, maxValueText) }

func clipTo(text string, limit int) string {
	text = text[:min(len(text), (limit+1)*utf8.UTFMax)] // so that a long text costs no more than a short one
	return terminal.Clip(terminal.Escape(text), limit)
}

// notFoundError is the answer for a job that does not exist, whatever its id looks like.
func notFoundError() *wsc.Error {
	return wsc.Errorf(wsc.CodeNotFound, "There is no such job. It may have been deleted after its retention time.")
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	if wantsPage(r) {
		s.site.NotFound(w, r)
		return
	}
	s.writeProblem(w, r, wsc.Errorf(wsc.CodeNotFound, "There is nothing at this address. The API is described at /docs."))
}
