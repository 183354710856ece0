package web

import (
	"net/http"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// resultDetails is what the page of one result shows.
type resultDetails struct {
	resultRow
}

// resultDetailsPage shows everything about one result, on a page of its own or as a fragment for a dialog.
func (s *Site) resultDetailsPage(w http.ResponseWriter, r *http.Request) {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil || seq < 0 {
		s.renderProblem(w, r, notFoundProblem())
		return
	}
	job, err := s.client.Job(r.Context(), r.PathValue("id"))
	var result *wsc.Result
	if err == nil {
		result, err = s.client.Result(r.Context(), job.ID, seq)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	view := resultDetails{resultRow{Result: result, Job: job}}
	if isFragment(r) {
		s.renderFragment(w, r, http.StatusOK, "result", "result-details", view)
		return
	}
	s.render(w, r, http.StatusOK, "result", page{
		Title: "Line " + strconv.FormatInt(result.Line, 10) + " of " + shortened(visible(job.Filename), 60), Nav: "jobs",
		Scripts: []string{"results.js"}, Body: view,
	})
}
