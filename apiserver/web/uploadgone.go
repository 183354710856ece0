package web

import (
	"net/http"

	wsc "github.com/website-status-checker/wsc"
)

// startedCookie holds the id of the job that an upload became, below the address of that upload only. The upload is used up
// then and nothing else knows of it; the browser that started it may come back all the same, with Back or a bookmark.
const startedCookie = "wsc_started"

// goneUpload is the page of an upload that does not wait any more.
type goneUpload struct {
	// Job is what became of it, nil if that is not known.
	Job *wsc.Job
	// Hours is how long an upload waits.
	Hours    int
	CanWrite bool
}

// rememberStart tells the browser what an upload became, for as long as it would have waited.
func (s *Site) rememberStart(w http.ResponseWriter, r *http.Request, uploadID, jobID string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the browser came by https
		Name: startedCookie, Value: jobID, Path: uploadPath(uploadID), HttpOnly: true, Secure: s.gate.Encrypted(r), SameSite: http.SameSiteStrictMode,
		MaxAge: int(wsc.UploadLifetime.Seconds()),
	})
}

// failUpload shows an error; of an upload that is not there the page says what became of it and where to go on.
func (s *Site) failUpload(w http.ResponseWriter, r *http.Request, err error) {
	if wsc.CodeOf(err) != wsc.CodeNotFound {
		s.fail(w, r, err)
		return
	}
	if isFragment(r) {
		s.redirect(w, r, uploadPath(r.PathValue("id"))) // there is no place for it in what is left of the page
		return
	}
	view, status, title := goneUpload{Hours: int(wsc.UploadLifetime.Hours()), CanWrite: page{Key: keyOf(r)}.CanWrite()}, http.StatusNotFound, "Not waiting any more"
	if view.Job, err = s.startedJob(r); err != nil {
		s.fail(w, r, err)
		return
	}
	if view.Job != nil {
		status, title = http.StatusGone, view.Job.Filename
	}
	s.render(w, r, status, "upload-gone", page{Title: title, Nav: "check", Body: view})
}

// startedJob is the job that this browser made of the upload whose address it asks for, nil if it made none or the job is
// not there any more.
func (s *Site) startedJob(r *http.Request) (*wsc.Job, error) {
	cookie, err := r.Cookie(startedCookie)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // no cookie is no job
	}
	job, err := s.client.Job(r.Context(), cookie.Value)
	if wsc.CodeOf(err) == wsc.CodeNotFound {
		return nil, nil //nolint:nilnil // deleted, or the job of another key
	}
	return job, err
}
