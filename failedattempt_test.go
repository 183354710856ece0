package wsc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestAFailedAttemptSaysWhy(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 15, 0, time.UTC)
	for _, test := range []struct {
		name   string
		result wsc.Result
		reason string
	}{
		{"an error by its message", wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindTimeout, ErrorMessage: "The host did not answer within 10 s."}, "The host did not answer within 10 s."},
		{"an error after a status by its message", wsc.Result{Status: wsc.StatusError, HTTPStatus: 200, ErrorKind: wsc.KindBodyError, ErrorMessage: "The body broke off."}, "The body broke off."},
		{"an error without a message by its kind", wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindTimeout}, wsc.KindTimeout.Sentence()},
		{"an answer by its status", wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 503}, "HTTP 503 Service Unavailable"},
		{"too many requests", wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 429}, "HTTP 429 Too Many Requests"},
		{"an answer of a gateway", wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 502}, "HTTP 502 Bad Gateway"},
		{"a gateway that waits in vain", wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 504}, "HTTP 504 Gateway Timeout"},
		{"another answer", wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 500}, "HTTP 500"},
		{"an unmet expectation by its message", wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 503, ErrorMessage: "Expected a title."}, "Expected a title."},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.result.Attempts, test.result.CheckedAt, test.result.ResponseTimeMS = 2, at, 12.5
			require.Equal(t, wsc.FailedAttempt{
				Attempt: 2, CheckedAt: at, HTTPStatus: test.result.HTTPStatus, ErrorKind: test.result.ErrorKind,
				Reason: test.reason, ResponseTimeMS: 12.5,
			}, test.result.FailedAttempt())
		})
	}
}
