package apiserver

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	wsc "github.com/website-status-checker/wsc"
)

type checkInput struct {
	requested
	Body wsc.CheckRequest
}

// Resolve is called by Huma when the body was read. It lifts the read deadline, whose passing during the check would
// otherwise count as the client's going away.
func (in *checkInput) Resolve(ctx huma.Context) []error {
	r, w := humachi.Unwrap(ctx)
	in.request = r
	// Connections that know no deadlines (tests' recorders) have none to lift.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return nil
}

type checkOutput struct {
	Body wsc.Result
}

func checkDoc(limits Limits) doc {
	return doc{
		id: "check-url", tag: "Checks", scope: wsc.ScopeWrite, summary: "Check one URL now",
		description: "Makes one attempt and answers with its result. A URL that can't be checked is a result too, with error_kind invalid_url. Nothing is stored.",
		codes: []wsc.Code{
			wsc.CodeInvalidJSON, wsc.CodeInvalidOptions, wsc.CodeUnsupportedMediaType, wsc.CodeUploadTooLarge, wsc.CodeRequestTimeout,
		},
		unbounded: true, bodyReadTimeout: limits.UploadStall,
	}
}

func (s *Server) check(ctx context.Context, in *checkInput) (*checkOutput, error) {
	options, err := in.Body.Options.Resolve(s.jobs.Defaults())
	if err != nil {
		return nil, err
	}
	if err := in.Body.Options.RefuseMaskedHeaders(); err != nil {
		return nil, err
	}
	url := wsc.TrimURL(in.Body.URL)
	normalized, err := wsc.ReadURL(url)
	if err != nil {
		result := uncheckable(url, err)
		s.recordBlocked(ctx, in.request, &result)
		return &checkOutput{Body: result}, nil
	}
	release, err := s.checkSlots.acquire(ctx, callerOf(ctx).key.ID)
	if err != nil {
		return nil, err
	}
	defer release()
	target := wsc.Target{Line: 1, URL: url, NormalizedURL: normalized.URL, Host: normalized.Host}
	result := s.checker.Check(ctx, target, options)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.recordBlocked(ctx, in.request, &result)
	return &checkOutput{Body: result}, nil
}

// recordBlocked records that a check was refused by the guard. The event names the host, never the rest of the URL, which
// can hold secrets.
func (s *Server) recordBlocked(ctx context.Context, r *http.Request, result *wsc.Result) {
	if !result.ErrorKind.Guarded() {
		return
	}
	e := event(r, wsc.EventSSRFBlocked, callerOf(ctx).key.ID)
	e.Object, e.Detail = clip(result.Host), string(result.ErrorKind)
	s.security.Record(ctx, e)
}

// uncheckable is the result for a text that is no URL.
func uncheckable(text string, err error) wsc.Result {
	result := wsc.Result{
		Line: 1, URL: text, Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL, ErrorMessage: wsc.KindInvalidURL.Sentence(),
		CheckedAt: time.Now().UTC(),
	}
	if reason, ok := errors.AsType[*wsc.URLError](err); ok {
		result.ErrorKind, result.ErrorMessage = reason.Kind, reason.Reason
	}
	return result
}
