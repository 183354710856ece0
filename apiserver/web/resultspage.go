package web

import (
	"net/http"
)

// resultsPage shows the results of a job on a page of their own, or sends the part of a page alone to a script.
func (s *Site) resultsPage(w http.ResponseWriter, r *http.Request) {
	job, err := s.client.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		s.failJob(w, r, err)
		return
	}
	view, err := s.results(r, job)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if isFragment(r) {
		noteAddress(w, r, view.Address())
		s.renderFragment(w, r, http.StatusOK, "results", "results-section", view)
		return
	}
	status := http.StatusOK
	if len(view.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	s.render(w, r, status, "results", page{
		Title: "Results of " + shortened(visible(job.Filename), 60), Nav: "jobs", Scripts: []string{"results.js"}, Body: view,
	})
}
