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
	if isFragment(r) {
		w.Header().Set("HX-Retarget", "#messages")
		w.Header().Set("HX-Reswap", "beforeend")
		w.Header().Set("HX-Push-Url", "false")
		s.renderFragment(w, r, problem.Status, "problem", "message", problem)
		return
	}
	s.render(w, r, problem.Status, "problem", page{Title: problem.Title, Body: problem})
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
type placedProblem struct{ wsc.Problem }

// UnsaidLine is the line that the problem is about, 0 if its sentence says it or nobody knows.
func (p placedProblem) UnsaidLine() int64 {
	if strings.Contains(strings.ToLower(p.Detail), fmt.Sprintf("line %d", p.Line)) {
		return 0
	}
	return p.Line
}
