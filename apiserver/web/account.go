package web

import (
	"html/template"
	"net/http"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// accountView is the key that the browser is signed in with.
type accountView struct{ wsc.Me }

// Reset is when the next hour begins, for a key with a limit of requests.
func (v accountView) Reset() (template.HTML, error) {
	return ago(time.Now().Add(time.Duration(v.Requests.ResetSeconds) * time.Second))
}

// toAccount leads browsers to the page of their key that ask for the address of its form.
func (s *Site) toAccount(w http.ResponseWriter, r *http.Request) { s.redirect(w, r, "/account") }

// accountPage shows the key that the browser is signed in with.
func (s *Site) accountPage(w http.ResponseWriter, r *http.Request) {
	me, err := s.client.Me(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "account", page{Title: "Your key", Nav: "account", Body: accountView{*me}})
}
