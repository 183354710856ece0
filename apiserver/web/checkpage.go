package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// startPage is what the start page shows.
type startPage struct {
	// Text is what stands in the box for URLs.
	Text string
	// Key makes sending the form twice one job.
	Key      string
	Example  string
	Limits   listLimits
	CanWrite bool
	// FileProblem is what is wrong with the file that was sent, and Problem with the text.
	FileProblem, Problem *placedProblem
	Answer               *answerView
	// Waiting are the uploads that were not started yet, and ShowWaiting is whether their list is open.
	Waiting     []wsc.WaitingUpload
	ShowWaiting bool
}

// listLimits are the largest list that the server takes and how long it keeps a job.
type listLimits struct {
	Bytes, URLs int64
	Retention   time.Duration
}

// Size is the largest list in words.
func (l listLimits) Size() string { return strings.Replace(byteSize(l.Bytes), ".0 ", " ", 1) }

// Days is the time that jobs are kept, in words; "" if that is not known.
func (l listLimits) Days() string {
	switch hours := int(l.Retention.Hours()); {
	case hours <= 0:
		return ""
	case hours == 1:
		return "an hour"
	case hours%24 == 0 && hours > 24:
		return fmt.Sprintf("%d days", hours/24)
	default:
		return fmt.Sprintf("%d hours", hours)
	}
}

// exampleList has one line of each kind that a person meets: a good site, a redirect, a page that is not there, an
// expired certificate, a name that does not exist, and no URL at all.
const exampleList = `https://example.com/
wikipedia.org
https://www.iana.org/no-such-page
https://expired.badssl.com/
https://name-that-does-not-exist.example/
this line holds no URL
`

// checkPage is the start page.
func (s *Site) checkPage(w http.ResponseWriter, r *http.Request) {
	view := startPage{ShowWaiting: r.URL.Query().Has("waiting")}
	if r.URL.Query().Has("example") {
		view.Text = exampleList
	}
	s.renderStart(w, r, http.StatusOK, view)
}

// toStart leads browsers to the start page that ask for the address of one of its forms.
func (s *Site) toStart(w http.ResponseWriter, r *http.Request) { s.redirect(w, r, "/") }

func (s *Site) renderStart(w http.ResponseWriter, r *http.Request, status int, view startPage) {
	view.Example, view.Limits = exampleList, s.limits
	if view.Key == "" {
		view.Key = rand.Text()
	}
	view.CanWrite = page{Key: keyOf(r)}.CanWrite()
	if view.CanWrite {
		var err error
		if view.Waiting, err = s.client.Uploads(r.Context()); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	for _, problem := range []*placedProblem{view.FileProblem, view.Problem} {
		view.ShowWaiting = view.ShowWaiting || problem != nil && problem.TooManyWaiting
	}
	s.render(w, r, status, "check", page{Title: "Check websites", Nav: "check", Scripts: []string{"check.js"}, Body: view})
}
