package checker

import (
	"context"
	"fmt"
	"net/http"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/expect"
)

// attempt is one try at a target.
type attempt struct {
	checker *Checker
	opts    wsc.CheckOptions
	// ctx is the caller's; it ends early only when nobody wants the result any more. The time limit is the deadline.
	ctx      context.Context //nolint:containedctx // ends with the attempt
	begin    time.Time
	deadline time.Time
	// expectation is what the job expects, nil for nothing.
	expectation *expect.Expectation
	// keep is given the body of the final answer, which is only valid during the call; nil if nobody wants it.
	keep   func(body []byte)
	result wsc.Result
}

// hop is one request of an attempt.
type hop struct {
	url    wsc.NormalizedURL
	method string
	trace  *hopTrace
	// custom says whether the job's own headers are sent.
	custom bool
}

func newHop(u wsc.NormalizedURL, method string, custom bool) hop {
	return hop{url: u, method: method, custom: custom, trace: newHopTrace()}
}

// run checks the target and leaves what happened in the result.
func (a *attempt) run() {
	text := a.result.NormalizedURL
	if text == "" {
		text = a.result.URL
	}
	target, err := wsc.NormalizeURL(text)
	if err != nil {
		a.refuse(err)
		return
	}
	if a.opts.Expect != "" {
		if a.expectation, err = a.checker.expectations.Get(a.opts.Expect); err != nil {
			a.fail(failuref(wsc.KindInternalError, "The expectation can't be understood: %s.", err.Error()))
			return
		}
	}
	switch a.opts.Method {
	case wsc.MethodHeadThenGet:
		if a.expectation != nil && (a.expectation.NeedsBody() || a.expectation.NeedsTitle()) {
			a.follow(target, http.MethodGet) // which the expectation needs anyway
			return
		}
		blank := a.result
		a.head(target)
		if a.headWasEnough() {
			return
		}
		a.result = blank
		a.follow(target, http.MethodGet)
	case wsc.MethodHead:
		a.follow(target, http.MethodHead)
	case wsc.MethodGet:
		a.follow(target, http.MethodGet)
	default:
		a.fail(plain(wsc.KindInternalError))
	}
}

// head tries HEAD with half of the time, since some servers never answer it.
func (a *attempt) head(target wsc.NormalizedURL) {
	whole := a.deadline
	a.deadline = a.deadline.Add(-time.Until(a.deadline) / 2)
	a.follow(target, http.MethodHead)
	a.deadline = whole
}

// headWasEnough reports whether the outcome of HEAD stands: the status is accepted, or GET would fail as well.
func (a *attempt) headWasEnough() bool {
	switch a.result.Status {
	case wsc.StatusActive:
		return true
	case wsc.StatusInactive:
		return false
	case wsc.StatusError:
	}
	switch a.result.ErrorKind {
	case wsc.KindTimeout, wsc.KindConnectionClosed, wsc.KindConnectionReset, wsc.KindProtocolError, wsc.KindHeadersTooLarge,
		wsc.KindRedirectInvalid, wsc.KindRedirectBlocked, wsc.KindTooManyRedirects:
		return false
	}
	return true
}

// follow requests the target and the redirects from it.
func (a *attempt) follow(target wsc.NormalizedURL, method string) {
	h := newHop(target, method, true)
	if err := a.checker.guard.CheckURL(target); err != nil {
		a.failRequest(h, err)
		return
	}
	for {
		if !a.robotsAllow(&h) {
			return
		}
		response, err := a.request(h) //nolint:bodyclose // finish and redirect close it
		if err != nil {
			a.failRequest(h, err)
			return
		}
		if !a.opts.FollowRedirects || !isRedirect(response.StatusCode) {
			a.finish(h, response)
			return
		}
		next, ok := a.redirect(h, response)
		if !ok {
			return
		}
		h = next
	}
}

// robotsAllow asks the robots.txt of the hop's site, if the job wants that, and fails the attempt if it forbids the
// request. The time that this takes is not the site's response time.
func (a *attempt) robotsAllow(h *hop) bool {
	if !a.opts.RespectRobots {
		return true
	}
	before := time.Now()
	allowed := a.checker.robots.allow(a.ctx, a.deadline, h.url, a.opts)
	a.begin = a.begin.Add(time.Since(before))
	h.trace.begin = time.Now()
	if !allowed {
		a.locate(*h)
		a.fail(plain(wsc.KindBlockedRobots))
	}
	return allowed
}

// redirect takes an answer that redirects, and returns the next hop, or false when the attempt ends here.
func (a *attempt) redirect(h hop, response *http.Response) (hop, bool) {
	next, failed := redirectTarget(h.url, response.Header.Values("Location"))
	if failed == nil && len(a.result.Redirects) >= a.opts.MaxRedirects {
		failed = tooManyRedirects(a.result.Redirects, next)
	}
	if failed == nil {
		if err := a.checker.guard.CheckURL(next); err != nil {
			failed = failuref(wsc.KindRedirectBlocked, "The site redirects to %s: %s", quote(next.URL), err.Error())
		}
	}
	drain(response)
	if failed != nil {
		a.describe(h, response)
		a.fail(failed)
		return hop{}, false
	}
	a.result.Redirects = append(a.result.Redirects, wsc.Redirect{
		URL: h.url.URL, HTTPStatus: response.StatusCode, TimeMS: ms(time.Since(h.trace.begin)),
	})
	return newHop(next, h.method, h.custom && keepsHeaders(h.url, next)), true
}

// finish takes the final answer.
func (a *attempt) finish(h hop, response *http.Response) {
	defer func() { _ = response.Body.Close() }() // whatever is left of it is not wanted
	if response.StatusCode < 200 || response.StatusCode > 599 {
		a.locate(h)
		a.fail(unusableStatus(response.StatusCode))
		return
	}
	a.describe(h, response)
	a.result.Status = wsc.StatusInactive
	if a.expectation != nil && a.expectation.UsesStatus() || a.opts.AcceptStatus.Contains(response.StatusCode) {
		a.result.Status = wsc.StatusActive
	}
	h.trace.enter(stageBody)
	var seen content
	if err := a.readBody(h, response, &seen); err != nil {
		a.failBody(err)
	} else {
		a.expect(response, &seen)
	}
	if a.opts.CaptureTitle {
		a.result.Title = seen.title
	}
	a.result.Timings = h.trace.timings()
}

// unusableStatus explains a status that is none of a final answer.
func unusableStatus(status int) *failure {
	if status == http.StatusSwitchingProtocols {
		return failuref(wsc.KindProtocolError, "The host answered with the status 101, for a change of protocol that nobody asked for.")
	}
	return failuref(wsc.KindProtocolError, "The host answered with the status %03d, which HTTP does not have.", status)
}

func (a *attempt) readBody(h hop, response *http.Response, seen *content) error {
	if h.method == http.MethodHead {
		return nil
	}
	return a.checker.bodies.read(response, a.inspector(response, seen))
}

// describe fills in what the headers and the connection of an answer say.
func (a *attempt) describe(h hop, response *http.Response) {
	r := &a.result
	r.HTTPStatus = response.StatusCode
	r.FinalURL = h.url.URL
	r.Protocol = "h2"
	if response.ProtoMajor < 2 {
		r.Protocol = fmt.Sprintf("http/%d.%d", response.ProtoMajor, response.ProtoMinor)
	}
	r.RemoteIP = h.trace.remoteIP()
	r.ContentType = storable(response.Header.Get("Content-Type"))
	if response.ContentLength >= 0 && response.Header.Get("Content-Length") != "" {
		length := response.ContentLength
		r.ContentLength = &length
	}
	r.Headers = shownHeaders(response.Header)
	if response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable {
		r.RetryAfter = parseRetryAfter(response.Header.Get("Retry-After"), time.Now())
	}
	if response.TLS != nil {
		r.TLS = describeTLS(response.TLS, r.CheckedAt)
		if a.opts.InsecureTLS {
			r.TLS.Problem = certificateProblem(response.TLS, h.url.Host, a.checker.roots)
		}
	}
	r.Timings = h.trace.timings()
}

// refuse takes a target that is no URL.
func (a *attempt) refuse(err error) {
	a.fail(plain(wsc.KindInvalidURL))
	if invalid, ok := err.(*wsc.URLError); ok { //nolint:errorlint // NormalizeURL's contract
		a.fail(&failure{kind: invalid.Kind, message: invalid.Reason})
	}
}

// failRequest takes the error of a request that has no answer.
func (a *attempt) failRequest(h hop, err error) {
	a.locate(h)
	var failed *failure
	if a.timeIsUp() {
		failed = timedOut(h.trace.reached(), a.opts.Timeout)
	} else {
		failed = classify(err)
	}
	if h.trace.wasCertificateWanted() {
		switch failed.kind {
		case wsc.KindTLSHandshake, wsc.KindConnectionClosed, wsc.KindConnectionReset, wsc.KindProtocolError:
			failed = failuref(wsc.KindTLSHandshake, "The host asks for a client certificate, which the checker does not have.")
		}
	}
	if len(a.result.Redirects) > 0 && failed.kind.Group() == wsc.KindBlockedAddress.Group() {
		failed = failuref(wsc.KindRedirectBlocked, "The site redirects to %s: %s", quote(h.url.URL), failed.message)
	}
	if failed.own {
		a.checker.relieve()
	}
	a.result.TLS = rejectedCertificate(err, a.result.CheckedAt)
	a.fail(failed)
}

// locate says where an attempt without a usable answer ended.
func (a *attempt) locate(h hop) {
	if len(a.result.Redirects) > 0 {
		a.result.FinalURL = h.url.URL
	}
	a.result.RemoteIP = h.trace.remoteIP()
	a.result.Timings = h.trace.timings()
}

// failBody takes the error of a body; status and headers are kept.
func (a *attempt) failBody(err error) {
	if a.timeIsUp() {
		a.fail(timedOut(stageBody, a.opts.Timeout))
		return
	}
	a.fail(classifyBody(err))
}

// timeIsUp reports whether the time limit, or the caller, ended the attempt.
func (a *attempt) timeIsUp() bool { return a.ctx.Err() != nil || !time.Now().Before(a.deadline) }

func (a *attempt) fail(f *failure) {
	a.result.Status = wsc.StatusError
	a.result.ErrorKind = f.kind
	a.result.ErrorMessage = f.message
	a.result.OwnFault = f.own
}
