package web

import "net/http"

// checkPage is the start page.
func (s *Site) checkPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "check", page{Title: "Check websites", Nav: "check"})
}
