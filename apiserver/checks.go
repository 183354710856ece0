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
	Body wsc.CheckRequest
}

// Resolve is called by Huma when the body was read. It lifts the read deadline, whose passing during the check would
// otherwise count as the client's going away.
func (in *checkInput) Resolve(ctx huma.Context) []error {
	_, w := humachi.Unwrap(ctx)
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
		return &checkOutput{Body: uncheckable(url, err)}, nil
	}
	release, err := acquire(ctx, s.checkSlots)
	if err != nil {
		return nil, err
	}
	defer release()
	target := wsc.Target{Line: 1, URL: url, NormalizedURL: normalized.URL, Host: normalized.Host}
	result := s.checker.Check(ctx, target, options)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return &checkOutput{Body: result}, nil
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
