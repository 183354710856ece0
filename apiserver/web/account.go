package web

import "net/http"

// accountPage shows the key that the browser is signed in with.
func (s *Site) accountPage(w http.ResponseWriter, r *http.Request) {
	me, err := s.client.Me(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "account", page{Title: "Your key", Nav: "account", Body: me})
}
