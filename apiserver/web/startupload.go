package web

import (
	"crypto/rand"
	"net/http"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// startUpload makes a job of an upload. What is wrong is shown in the form, which keeps everything that was typed.
func (s *Site) startUpload(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	id := r.PathValue("id")
	reading := readingOf(r.PostForm)
	form := newOptionsForm(s.defaults, rand.Text())
	options := form.fill(r.PostForm, s.defaults)
	if form.Open() {
		s.startAgain(w, r, id, reading, form, nil)
		return
	}
	options.URLColumn, options.Sheet, options.Delimiter, options.Encoding = reading.URLColumn, reading.Sheet, reading.Delimiter, reading.Encoding
	list := wsc.SubmitRequest{UploadID: id, Name: form.Name, Options: options}
	job, err := s.client.SubmitURLs(r.Context(), list, client.WithIdempotencyKey(form.Key))
	if err != nil {
		s.startAgain(w, r, id, reading, form, err)
		return
	}
	s.rememberStart(w, r, id, job.ID)
	s.redirect(w, r, jobPath(job.ID))
}

// toUpload leads browsers to the page of an upload that ask for the address of its form.
func (s *Site) toUpload(w http.ResponseWriter, r *http.Request) {
	s.redirect(w, r, uploadPath(r.PathValue("id")))
}

// startAgain shows the page of an upload with what is wrong with its start.
func (s *Site) startAgain(w http.ResponseWriter, r *http.Request, id string, reading client.Reading, form optionsForm, err error) {
	if wsc.CodeOf(err) == wsc.CodeUnauthorized || wsc.CodeOf(err) == wsc.CodeNotFound {
		s.failUpload(w, r, err)
		return
	}
	upload, previewErr := s.client.PreviewUpload(r.Context(), id, reading)
	if previewErr != nil {
		s.failUpload(w, r, previewErr)
		return
	}
	view := s.newUploadView(r, upload, reading)
	status := http.StatusUnprocessableEntity
	if err != nil {
		problem := s.problemOf(r, err)
		status = problem.Status
		if !placeProblem(&form, problem) && (view.Refusal == nil || view.Refusal.Code != problem.Code) {
			worded := inWords(problem)
			view.Problem = &worded
		}
	}
	form.Page = uploadPath(id) + querySuffix(reading)
	view.Form = form
	s.renderUpload(w, r, status, view)
}

// placeProblem puts a problem beside the field that it is about; it reports whether there is one.
func placeProblem(form *optionsForm, problem wsc.Problem) bool {
	if len(problem.Errors) > 0 {
		placed := true
		for _, field := range problem.Errors {
			placed = form.place(field.Field, plainWords(field.Message)) && placed
		}
		return placed
	}
	if problem.Code == wsc.CodeInvalidFilename || problem.Code == wsc.CodeUnsupportedType {
		return form.place("name", problem.Detail)
	}
	return form.place(problem.Field, inWords(problem).Detail)
}
