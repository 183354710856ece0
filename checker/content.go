package checker

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/expect"
)

// content is what an answer's body is kept for; it is gathered while the body is at hand.
type content struct {
	title string
	body  string
}

// inspector returns what looks at a body, or nil if nobody has to.
func (a *attempt) inspector(response *http.Response, seen *content) func([]byte) {
	wantsTitle := a.opts.CaptureTitle || a.expectation != nil && a.expectation.NeedsTitle()
	wantsBody := a.expectation != nil && a.expectation.NeedsBody()
	if !wantsTitle && !wantsBody && !a.opts.HashBody && a.keep == nil {
		return nil
	}
	return func(body []byte) {
		contentType := response.Header.Get("Content-Type")
		if wantsTitle {
			seen.title = extractTitle(body, contentType)
		}
		if wantsBody {
			seen.body = strings.ToValidUTF8(string(toUTF8(body, contentType)), "\ufffd")
		}
		if a.opts.HashBody {
			sum := sha256.Sum256(body)
			a.result.BodySHA256 = hex.EncodeToString(sum[:])
		}
		if a.keep != nil {
			a.keep(body)
		}
	}
}

// expect tries the job's expectation on the final answer, which has been described, and makes the result inactive if it
// is not met.
func (a *attempt) expect(response *http.Response, seen *content) {
	if a.expectation == nil {
		return
	}
	observation := &expect.Observation{
		Status: response.StatusCode, Header: response.Header, Body: seen.body, Title: seen.title,
		FinalURL: a.result.FinalURL, ResponseTimeMS: ms(time.Since(a.begin)),
	}
	if a.result.TLS != nil {
		observation.HasTLS, observation.TLSDaysLeft = true, a.result.TLS.DaysLeft
	}
	for _, hop := range a.result.Redirects {
		observation.Redirects = append(observation.Redirects, expect.Hop{URL: hop.URL, Status: hop.HTTPStatus, TimeMS: hop.TimeMS})
	}
	if verdict := a.expectation.Check(observation); !verdict.Met {
		a.result.Status = wsc.StatusInactive
		a.result.ErrorMessage = a.expectation.Describe(verdict)
	}
}
