package web

import (
	"net/http"
	"net/url"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// keyView is the page of a key.
type keyView struct {
	keyRow
	// Own reports whether the browser is signed in with this key.
	Own bool
	// Requests is where the key stands in the current hour, nil without a limit.
	Requests *wsc.RequestQuota
	// Problem says why the last action was refused.
	Problem string
	Graces  []grace
	// Form changes the key.
	Form keyForm
	// Page is the address of the page if this is an answer to one of its forms; "" otherwise.
	Page string
}

// grace is a time that the secret before works on after a rotation.
type grace struct {
	Seconds int64
	Words   string
}

func graces() []grace {
	return []grace{{0, "Not at all"}, {3600, "For an hour"}, {86_400, "For a day"}, {7 * 86_400, "For a week"}, {30 * 86_400, "For 30 days"}}
}

// DefaultGrace is the choice that is made already.
func (keyView) DefaultGrace() int64 { return 86_400 }

func (s *Site) keyPage(w http.ResponseWriter, r *http.Request) {
	s.renderKey(w, r, http.StatusOK, func(*keyView) {})
}

// renderKey shows a key as it is, with what adjust puts in.
func (s *Site) renderKey(w http.ResponseWriter, r *http.Request, status int, adjust func(*keyView)) {
	key, err := s.client.Key(r.Context(), r.PathValue("id"))
	if err != nil {
		s.failKey(w, r, err)
		return
	}
	view := keyView{
		keyRow: keyRow{key.Key}, Own: keyOf(r).ID == key.ID, Requests: key.Requests, Graces: graces(), Form: formOf(key.Key),
		Page: answered(r, "/keys/"+key.ID),
	}
	adjust(&view)
	s.render(w, r, status, "key", page{Title: visible(key.Name), Nav: "keys", Scripts: []string{"formpage.js"}, Body: view})
}

// changeKey changes what a key is called and may.
func (s *Site) changeKey(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	id := r.PathValue("id")
	key, err := s.client.Key(r.Context(), id)
	if err != nil {
		s.failKey(w, r, err)
		return
	}
	form := readKeyForm(r.PostForm)
	form.ID = key.ID
	if form.Limit == "" && form.Problems["rate_limit_hour"] == "" {
		form.Problems["rate_limit_hour"] = "Write a whole number; 0 is no limit."
	}
	if key.ExpiresAt != nil && form.ExpiresAt == "" {
		form.Problems["expires_at"] = "The end can be moved, but not taken away. Choose a later day, or make another key."
	}
	if len(form.Problems) == 0 {
		if _, err = s.client.ChangeKey(r.Context(), id, form.change(key.Key)); err == nil {
			s.redirect(w, r, "/keys/"+id)
			return
		}
		problem := s.problemOf(r, err)
		if problem.Status != http.StatusUnprocessableEntity {
			s.failKey(w, r, err)
			return
		}
		form.addProblems(problem)
	}
	s.renderKey(w, r, http.StatusUnprocessableEntity, func(view *keyView) { view.Form = form })
}

// toKey leads browsers to the page of a key that ask for the address of one of its forms.
func (s *Site) toKey(w http.ResponseWriter, r *http.Request) {
	s.redirect(w, r, "/keys/"+url.PathEscape(r.PathValue("id")))
}

// failKey says of a key that does not exist that it is one.
func (s *Site) failKey(w http.ResponseWriter, r *http.Request, err error) {
	problem := s.problemOf(r, err)
	if problem.Code == wsc.CodeNotFound {
		problem.Detail = "There is no such key. The admin key of the configuration has no page: it is changed where the server is configured."
		s.renderProblem(w, r, problem)
		return
	}
	s.fail(w, r, err)
}

// rotateKey gives a key a new secret and shows it, this once.
func (s *Site) rotateKey(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	seconds, err := strconv.ParseInt(r.PostForm.Get("grace_seconds"), 10, 64)
	if err != nil {
		s.fail(w, r, wsc.Errorf(wsc.CodeInvalidRequest, "Choose how long the secret before still works."))
		return
	}
	key, err := s.client.RotateKey(r.Context(), r.PathValue("id"), wsc.KeyRotation{GraceSeconds: &seconds})
	switch {
	case wsc.CodeOf(err) == wsc.CodeConflict:
		s.renderKey(w, r, http.StatusConflict, func(view *keyView) { view.Problem = s.problemOf(r, err).Detail })
	case err != nil:
		s.failKey(w, r, err)
	default:
		s.renderSecret(w, r, secretView{KeyWithSecret: *key, Rotated: true})
	}
}

func (s *Site) revokeKey(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := s.client.RevokeKey(r.Context(), id); err != nil {
		s.failKey(w, r, err)
		return
	}
	s.redirect(w, r, "/keys/"+id)
}

// activateKey makes a key that was revoked work again.
func (s *Site) activateKey(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	active := true
	if _, err := s.client.ChangeKey(r.Context(), id, wsc.KeyChange{IsActive: &active}); err != nil {
		s.failKey(w, r, err)
		return
	}
	s.redirect(w, r, "/keys/"+id)
}
