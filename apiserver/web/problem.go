package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// maxFormBytes bounds a form without a file.
const maxFormBytes = 64 << 10

// problemOf is what a person may see of an error: of the API's what it says itself, of others what the gate says.
func (s *Site) problemOf(r *http.Request, err error) wsc.Problem {
	if answered, ok := errors.AsType[*client.Error](err); ok {
		return answered.Problem
	}
	return s.gate.Problem(r, err)
}

// fail shows an error as a page, or as a message in the page that a script belongs to.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if wsc.CodeOf(err) == wsc.CodeUnauthorized {
		s.toSignIn(w, r)
		return
	}
	s.renderProblem(w, r, s.problemOf(r, err))
}

func (s *Site) renderProblem(w http.ResponseWriter, r *http.Request, problem wsc.Problem) {
	problem = inWords(problem)
	if isFragment(r) {
		w.Header().Set("HX-Retarget", "#messages")
		w.Header().Set("HX-Reswap", "beforeend")
		w.Header().Set("HX-Push-Url", "false")
		s.renderFragment(w, r, problem.Status, "problem", "message", problem)
		return
	}
	view := problemView{Problem: problem, Again: r.Method == http.MethodGet && temporary(problem.Status), Address: r.URL.RequestURI()}
	view.Title, view.Hint = problemWords(problem)
	s.render(w, r, problem.Status, "problem", page{Title: view.Title, Body: view})
}

// problemView is the page of an error.
type problemView struct {
	wsc.Problem
	// Title is what happened, in a few words, and Hint what to do besides what the error says itself.
	Title, Hint string
	// Again reports whether the same address may well work later.
	Again   bool
	Address string
}

func temporary(status int) bool {
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// problemWords says what an error is in a few words, and what to do about it.
func problemWords(problem wsc.Problem) (title, hint string) {
	if problem.Title != http.StatusText(problem.Status) {
		return problem.Title, "" // whoever made it knows better
	}
	switch problem.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return "This can't be done as it was asked", ""
	case http.StatusForbidden:
		if problem.Code == wsc.CodeInsufficientScope {
			return "Your key may not do this", "Sign in with a key that has the right, or ask whoever manages the keys of this server."
		}
		return "Not allowed", "Open the page of this site itself and try there."
	case http.StatusNotFound:
		return "Not found", ""
	case http.StatusMethodNotAllowed:
		return "Not an address of a page", "It takes what a form sends. Go to the page with the form."
	case http.StatusConflict:
		return "This can't be done now", ""
	case http.StatusTooManyRequests:
		return "Too many requests", "Wait a moment. Nothing is lost: jobs that run go on."
	case http.StatusServiceUnavailable:
		return "The server can't answer just now", "Jobs go on where they were when it is back."
	case http.StatusInternalServerError:
		return "Something went wrong", ""
	}
	return problem.Title, ""
}

func notFoundProblem() wsc.Problem {
	return wsc.Problem{
		Title: http.StatusText(http.StatusNotFound), Status: http.StatusNotFound, Code: wsc.CodeNotFound,
		Detail: "There is no such page. It may have moved, or the job that it showed was deleted after its retention time.",
	}
}

// parseForm reads a form without files; it reports whether that was one.
func parseForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	return r.ParseForm() == nil
}

func malformedForm() error {
	return wsc.Errorf(wsc.CodeMalformedBody, "The form did not arrive completely, or is too large. Send it again.")
}

// placedProblem is a problem of a list, which may know the line.
type placedProblem struct {
	wsc.Problem
	// TooManyWaiting reports whether an upload was refused because others wait to be started.
	TooManyWaiting bool
}

// uploadProblem is why an upload was refused.
func uploadProblem(problem wsc.Problem) placedProblem {
	return placedProblem{Problem: problem, TooManyWaiting: problem.Code == wsc.CodeQuotaExceeded}
}

// UnsaidLine is the line that the problem is about, 0 if its sentence says it or nobody knows.
func (p placedProblem) UnsaidLine() int64 {
	if strings.Contains(strings.ToLower(p.Detail), fmt.Sprintf("line %d", p.Line)) {
		return 0
	}
	return p.Line
}
