package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

const (
	// beforeFile is how long a form may take to arrive at its file; from there on the API's limits hold.
	beforeFile = 30 * time.Second
	// maxDrained is how much of a refused file is read all the same, and drainTime how long: a browser shows an answer only
	// when it could send everything.
	maxDrained = 512 << 20
	drainTime  = 30 * time.Second
)

// waitingPath is the start page with the list of uploads that wait.
const waitingPath = "/?waiting#waiting"

// uploadPath is the page of an upload.
func uploadPath(id string) string { return "/uploads/" + url.PathEscape(id) }

// createUpload passes a file on to the API, without holding it in memory, and shows what was understood. Scripts get the
// preview at once, other browsers are sent to its page.
func (s *Site) createUpload(w http.ResponseWriter, r *http.Request) {
	upload, err := s.receiveFile(w, r)
	if err != nil {
		drain(w, r)
		s.failFile(w, r, err)
		return
	}
	if !isFragment(r) {
		s.redirect(w, r, uploadPath(upload.ID))
		return
	}
	w.Header().Set("HX-Push-Url", uploadPath(upload.ID))
	s.renderFragment(w, r, http.StatusCreated, "upload", "body", page{Key: keyOf(r), Body: s.newUploadView(r, upload, client.Reading{})})
}

// receiveFile reads a form up to its file and uploads that.
func (s *Site) receiveFile(w http.ResponseWriter, r *http.Request) (*wsc.Upload, error) {
	// Connections that know no deadlines (tests' recorders) need none.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(beforeFile))
	form, err := r.MultipartReader()
	if err != nil {
		return nil, malformedForm()
	}
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, noFile()
		case err != nil:
			return nil, malformedForm()
		case part.FormName() == "file":
			return s.passOn(r, part)
		}
	}
}

func (s *Site) passOn(r *http.Request, part *multipart.Part) (*wsc.Upload, error) {
	if part.FileName() == "" {
		return nil, noFile()
	}
	return s.client.Upload(r.Context(), part.FileName(), part)
}

func noFile() error {
	return wsc.Errorf(wsc.CodeMissingFile, "No file was chosen. Choose one, or paste URLs instead.")
}

// drain reads what is left of a refused file, within limits.
func drain(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(drainTime))
	// Whether the browser sent everything or not, it gets the answer that it can get.
	_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
	_ = control.SetReadDeadline(time.Time{})
}

// failFile shows what is wrong with a file beside the place where it was chosen.
func (s *Site) failFile(w http.ResponseWriter, r *http.Request, err error) {
	if wsc.CodeOf(err) == wsc.CodeUnauthorized {
		s.toSignIn(w, r)
		return
	}
	problem := uploadProblem(s.problemOf(r, err))
	if isFragment(r) {
		s.renderFragment(w, r, problem.Status, "check", "file-problem", problem)
		return
	}
	s.renderStart(w, r, problem.Status, startPage{FileProblem: &problem})
}

// uploadPage shows how an upload is understood, read in the way asked for.
func (s *Site) uploadPage(w http.ResponseWriter, r *http.Request) {
	form := r.URL.Query()
	if isFragment(r) && waitsForSeparator(form) {
		w.WriteHeader(http.StatusNoContent) // the field for it is there already, and must stay while a person types
		return
	}
	reading := readingOf(form)
	upload, err := s.client.PreviewUpload(r.Context(), r.PathValue("id"), reading)
	if err != nil {
		s.failUpload(w, r, err)
		return
	}
	view := s.newUploadView(r, upload, reading)
	view.TypesDelimiter = form.Get("delimiter") == otherDelimiter
	if isFragment(r) {
		w.Header().Set("HX-Replace-Url", uploadPath(upload.ID)+querySuffix(reading))
		s.renderFragment(w, r, http.StatusOK, "upload", "read-again", view)
		return
	}
	s.renderUpload(w, r, http.StatusOK, view)
}

func (s *Site) renderUpload(w http.ResponseWriter, r *http.Request, status int, view *uploadView) {
	s.render(w, r, status, "upload", page{Title: view.Upload.Filename, Nav: "check", Scripts: []string{"check.js"}, Body: view})
}

// readingOf is how a form asks for a list to be read. A column that was chosen when the list was read in another way, so that
// it had other columns, is left out.
func readingOf(form url.Values) client.Reading {
	reading := client.Reading{
		URLColumn: form.Get("url_column"), Sheet: form.Get("sheet"), Delimiter: form.Get("delimiter"), Encoding: form.Get("encoding"),
	}
	if reading.Delimiter == otherDelimiter {
		reading.Delimiter = form.Get("other_delimiter")
	}
	for shown, chosen := range map[string]string{"shown_sheet": reading.Sheet, "shown_delimiter": reading.Delimiter, "shown_encoding": reading.Encoding} {
		if form.Has(shown) && form.Get(shown) != chosen {
			reading.URLColumn = ""
		}
	}
	return reading
}

// querySuffix is the query of a page that shows a reading, with its question mark.
func querySuffix(reading client.Reading) string {
	query := url.Values{}
	if reading.URLColumn != "" {
		query.Set("url_column", reading.URLColumn)
	}
	if reading.Sheet != "" {
		query.Set("sheet", reading.Sheet)
	}
	if reading.Delimiter != "" {
		query.Set("delimiter", reading.Delimiter)
	}
	if reading.Encoding != "" {
		query.Set("encoding", reading.Encoding)
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}

// deleteUpload drops an upload; one that is gone already is no error. The list of those that wait is shown again when the
// form stands in it.
func (s *Site) deleteUpload(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	err := s.client.DeleteUpload(r.Context(), r.PathValue("id"))
	if err != nil && wsc.CodeOf(err) != wsc.CodeNotFound {
		s.fail(w, r, err)
		return
	}
	if r.PostForm.Has("listed") {
		s.redirect(w, r, waitingPath)
		return
	}
	s.redirect(w, r, "/")
}
