package web

import (
	"net/http"
	"net/url"
)

// resultsPage shows the results of a job on a page of their own, or sends the part of a page alone to a script.
func (s *Site) resultsPage(w http.ResponseWriter, r *http.Request) {
	job, err := s.client.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	view, err := s.results(r, job)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if isFragment(r) {
		noteAddress(w, r, view)
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

// noteAddress tells the script the address of what it gets, so that back, reload and sharing work. While somebody types
// into a field, the address is replaced: the way back leads to before the typing.
func noteAddress(w http.ResponseWriter, r *http.Request, view *resultsView) {
	address := view.Address()
	current, err := url.Parse(r.Header.Get("HX-Current-URL"))
	if err != nil {
		current = &url.URL{}
	}
	name := r.Header.Get("HX-Trigger-Name")
	switch {
	case current.RequestURI() == address:
		w.Header().Set("HX-Push-Url", "false")
	case name == "q" && current.Query().Get("q") != "" && view.Text() != "":
		w.Header().Set("HX-Replace-Url", address)
	default:
		w.Header().Set("HX-Push-Url", address)
	}
}
