package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

const (
	// pastedName is the name of a list that was typed or pasted.
	pastedName = "pasted-list.txt"
	// maxPasteBytes bounds what a form with pasted text may have. Scripts send longer texts as a file.
	maxPasteBytes = 4 << 20
	// pasteTime is how long that may take to arrive.
	pasteTime = time.Minute
)

// checkNow takes the URLs of the box: one is checked at once, several become a job or are shown as a list first.
func (s *Site) checkNow(w http.ResponseWriter, r *http.Request) {
	if !parsePaste(w, r) {
		s.failPaste(w, r, startPage{}, wsc.Errorf(wsc.CodeUploadTooLarge,
			"The text did not arrive completely, or is longer than %s. Save it as a file and upload that.", byteSize(maxPasteBytes)))
		return
	}
	view := startPage{Text: r.PostForm.Get("urls"), Key: r.PostForm.Get("key")}
	lines := pastedLines(view.Text)
	switch {
	case len(lines) == 0:
		s.failPaste(w, r, view, wsc.Errorf(wsc.CodeNoURLs, "There is no URL yet. Type or paste at least one, each on a line of its own."))
	case r.PostForm.Get("action") == "preview":
		s.previewPasted(w, r, view, lines)
	case len(lines) == 1:
		s.checkOne(w, r, view, lines[0])
	default:
		s.checkPasted(w, r, view, lines)
	}
}

// parsePaste reads the form of the box; it reports whether that was one.
func parsePaste(w http.ResponseWriter, r *http.Request) bool {
	control := http.NewResponseController(w)
	// Connections that know no deadlines (tests' recorders) need none.
	_ = control.SetReadDeadline(time.Now().Add(pasteTime))
	r.Body = http.MaxBytesReader(w, r.Body, maxPasteBytes)
	err := r.ParseForm()
	_ = control.SetReadDeadline(time.Time{})
	return err == nil
}

// pastedLines returns the lines of a text that hold something. A single line with several URLs between white space is as
// many lines.
func pastedLines(text string) []string {
	var lines []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = wsc.TrimURL(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 {
		return lines
	}
	fields := strings.Fields(lines[0])
	for i, field := range fields {
		fields[i] = strings.TrimRight(field, ",;")
		if _, err := wsc.ReadURL(fields[i]); err != nil {
			return lines
		}
	}
	return fields
}

// pastedList is the text as a list: as it was sent, so that line numbers are those that the person sees, unless its one
// line was cut into several.
func pastedList(view startPage, lines []string) *strings.Reader {
	if len(pastedLines(view.Text)) == len(lines) && strings.ContainsAny(wsc.TrimURL(view.Text), "\r\n") {
		return strings.NewReader(view.Text)
	}
	return strings.NewReader(strings.Join(lines, "\n"))
}

func (s *Site) previewPasted(w http.ResponseWriter, r *http.Request, view startPage, lines []string) {
	upload, err := s.client.Upload(r.Context(), pastedName, pastedList(view, lines))
	if err != nil {
		s.refusePaste(w, r, view, uploadProblem(s.problemOf(r, err)))
		return
	}
	s.redirect(w, r, uploadPath(upload.ID))
}

func (s *Site) checkPasted(w http.ResponseWriter, r *http.Request, view startPage, lines []string) {
	var submit []client.SubmitOption
	if view.Key != "" {
		// Another text is another job, also from a page that the browser kept.
		sum := sha256.Sum256([]byte(view.Key + "\n" + view.Text))
		submit = append(submit, client.WithIdempotencyKey(hex.EncodeToString(sum[:])))
	}
	job, err := s.client.SubmitFile(r.Context(), pastedName, pastedList(view, lines), wsc.Options{}, submit...)
	if err != nil {
		s.failPaste(w, r, view, err)
		return
	}
	s.redirect(w, r, jobPath(job.ID))
}

func (s *Site) checkOne(w http.ResponseWriter, r *http.Request, view startPage, url string) {
	if _, err := wsc.ReadURL(url); err != nil && len(url) > wsc.MaxURLBytes {
		s.failPaste(w, r, view, wsc.Errorf(wsc.CodeInvalidRequest, "%s", err.Error()))
		return
	}
	result, err := s.client.Check(r.Context(), url, wsc.Options{CaptureTitle: true})
	if err != nil {
		s.failPaste(w, r, view, err)
		return
	}
	view.Answer = newAnswerView(result)
	if isFragment(r) {
		s.renderFragment(w, r, http.StatusOK, "check", "answer", view)
		return
	}
	s.renderStart(w, r, http.StatusOK, view)
}

// failPaste shows an error below the box.
func (s *Site) failPaste(w http.ResponseWriter, r *http.Request, view startPage, err error) {
	s.refusePaste(w, r, view, placedProblem{Problem: s.problemOf(r, err)})
}

// refusePaste shows what is wrong with the text below the box, which keeps it.
func (s *Site) refusePaste(w http.ResponseWriter, r *http.Request, view startPage, problem placedProblem) {
	if problem.Code == wsc.CodeUnauthorized {
		s.toSignIn(w, r)
		return
	}
	problem.Problem = inWords(problem.Problem)
	view.Problem = &problem
	if isFragment(r) {
		status := problem.Status
		if status < http.StatusInternalServerError {
			status = http.StatusOK // the script gets what it asked for; a browser writes other statuses to its console as failures
		}
		s.renderFragment(w, r, status, "check", "answer", view)
		return
	}
	s.renderStart(w, r, problem.Status, view)
}

// jobPath is the page of a job.
func jobPath(id string) string { return "/jobs/" + id }
