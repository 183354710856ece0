package web

import (
	"net/http"
	"net/url"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// keysOfPage is how many keys a page of the list has.
const keysOfPage = 50

// keyRow is a key as pages show it.
type keyRow struct{ wsc.Key }

// State is active, revoked or expired.
func (k keyRow) State() string {
	switch {
	case !k.IsActive:
		return "revoked"
	case k.ExpiresAt != nil && !k.ExpiresAt.After(time.Now()):
		return "expired"
	}
	return "active"
}

// Tone is the tone of colour of the state.
func (k keyRow) Tone() string {
	switch k.State() {
	case "active":
		return "good"
	case "expired":
		return "warn"
	}
	return "bad"
}

// keyList is the page of the keys.
type keyList struct {
	Keys []keyRow
	// First is the address of the first page when this is a later one, and Next that of the page behind this one.
	First, Next string
	Form        keyForm
	// Page is the address of the page if this is an answer to its form; "" otherwise.
	Page string
}

func (s *Site) keysPage(w http.ResponseWriter, r *http.Request) {
	s.renderKeys(w, r, http.StatusOK, keyForm{Scopes: []wsc.Scope{wsc.ScopeRead, wsc.ScopeWrite}})
}

func (s *Site) renderKeys(w http.ResponseWriter, r *http.Request, status int, form keyForm) {
	cursor := r.URL.Query().Get("cursor")
	found, err := s.client.Keys(r.Context(), client.KeyQuery{Limit: keysOfPage, Cursor: cursor})
	if wsc.CodeOf(err) == wsc.CodeInvalidCursor && cursor != "" {
		s.redirect(w, r, "/keys") // an old or edited address
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := keyList{Form: form, Page: answered(r, "/keys"), Keys: make([]keyRow, len(found.Keys))}
	for i := range found.Keys {
		list.Keys[i] = keyRow{found.Keys[i]}
	}
	if cursor != "" {
		list.First = "/keys"
	}
	if found.NextCursor != "" {
		list.Next = "/keys?" + url.Values{"cursor": {found.NextCursor}}.Encode()
	}
	s.render(w, r, status, "keys", page{Title: "Keys", Nav: "keys", Scripts: []string{"formpage.js"}, Body: list})
}

// answered is the address of the page that a form belongs to, for a page that is an answer to that form; "" for others.
func answered(r *http.Request, address string) string {
	if r.Method == http.MethodPost {
		return address
	}
	return ""
}

// createKey makes a key and shows its secret, this once.
func (s *Site) createKey(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	form := readKeyForm(r.PostForm)
	request := form.request()
	if len(form.Problems) > 0 {
		s.renderKeys(w, r, http.StatusUnprocessableEntity, form)
		return
	}
	key, err := s.client.CreateKey(r.Context(), request)
	if err == nil {
		s.renderSecret(w, r, secretView{KeyWithSecret: *key})
		return
	}
	problem := s.problemOf(r, err)
	if problem.Status != http.StatusUnprocessableEntity {
		s.fail(w, r, err)
		return
	}
	form.addProblems(problem)
	s.renderKeys(w, r, http.StatusUnprocessableEntity, form)
}

// secretView is a key right after it got a secret.
type secretView struct {
	wsc.KeyWithSecret
	Rotated bool
}

// renderSecret shows a secret. No cache keeps the page (see the API's headers), and a script makes the address that of the
// key, so that to reload it does not send the form again.
func (s *Site) renderSecret(w http.ResponseWriter, r *http.Request, view secretView) {
	w.Header().Set("Cache-Control", "private, no-store")
	s.render(w, r, http.StatusOK, "secret", page{Title: "Secret of " + visible(view.Name), Nav: "keys", Scripts: []string{"formpage.js"}, Body: view})
}
