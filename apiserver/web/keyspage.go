package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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

// keyForm is the form for a new key as it was typed, with what is wrong by field.
type keyForm struct {
	Name, OwnerEmail, Limit, AllowedIPs, ExpiresAt string
	Scopes                                         []wsc.Scope
	Problems                                       map[string]string
	// Problem is what is wrong besides single fields.
	Problem string
}

// Has reports whether the scope is chosen.
func (f keyForm) Has(scope wsc.Scope) bool { return slices.Contains(f.Scopes, scope) }

// Open reports whether the form is to be seen at once.
func (f keyForm) Open() bool { return f.Problem != "" || len(f.Problems) > 0 }

// AllScopes are the scopes to choose from.
func (keyForm) AllScopes() []wsc.Scope { return wsc.Scopes() }

// keyList is the page of the keys.
type keyList struct {
	Keys []keyRow
	// First is the address of the first page when this is a later one, and Next that of the page behind this one.
	First, Next string
	Form        keyForm
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
	list := keyList{Form: form, Keys: make([]keyRow, len(found.Keys))}
	for i := range found.Keys {
		list.Keys[i] = keyRow{found.Keys[i]}
	}
	if cursor != "" {
		list.First = "/keys"
	}
	if found.NextCursor != "" {
		list.Next = "/keys?" + url.Values{"cursor": {found.NextCursor}}.Encode()
	}
	s.render(w, r, status, "keys", page{Title: "Keys", Nav: "keys", Body: list})
}

// createKey makes a key and shows its secret, this once.
func (s *Site) createKey(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	form, request := readKeyForm(r.PostForm)
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
	s.render(w, r, http.StatusOK, "secret", page{Title: "Secret of " + view.Name, Nav: "keys", Scripts: []string{"secret.js"}, Body: view})
}

// readKeyForm reads what was typed. What is no number or date is a problem of its field; the API judges the rest.
func readKeyForm(values url.Values) (keyForm, wsc.KeyRequest) {
	form := keyForm{
		Name: values.Get("name"), OwnerEmail: strings.TrimSpace(values.Get("owner_email")), Limit: strings.TrimSpace(values.Get("rate_limit_hour")),
		AllowedIPs: values.Get("allowed_ips"), ExpiresAt: values.Get("expires_at"), Problems: map[string]string{},
	}
	for _, scope := range values["scopes"] {
		form.Scopes = append(form.Scopes, wsc.Scope(scope))
	}
	request := wsc.KeyRequest{Name: strings.TrimSpace(form.Name), OwnerEmail: form.OwnerEmail, Scopes: form.Scopes, AllowedIPs: strings.Fields(form.AllowedIPs)}
	if request.Name == "" {
		form.Problems["name"] = "Give the key a name that says what it is for."
	}
	if len(form.Scopes) == 0 {
		form.Problems["scopes"] = "Choose at least one."
	}
	if form.Limit != "" {
		limit, err := strconv.ParseInt(form.Limit, 10, 64)
		if err != nil {
			form.Problems["rate_limit_hour"] = "Write a whole number; 0 is no limit."
		}
		request.RateLimitHour = &limit
	}
	if form.ExpiresAt != "" {
		day, err := time.Parse(time.DateOnly, form.ExpiresAt)
		if err != nil {
			form.Problems["expires_at"] = "Write a date like 2027-12-31."
		}
		until := day.AddDate(0, 0, 1) // the key works on its last day
		request.ExpiresAt = &until
	}
	return form, request
}

// addProblems puts what the API says to the fields that it is about.
func (f *keyForm) addProblems(problem wsc.Problem) {
	fields := problem.Errors
	if len(fields) == 0 && problem.Field != "" {
		fields = []wsc.FieldError{{Field: problem.Field, Message: strings.TrimPrefix(problem.Detail, problem.Field+": ")}}
	}
	known := []string{"name", "owner_email", "scopes", "rate_limit_hour", "allowed_ips", "expires_at"}
	for _, wrong := range fields {
		name, _, _ := strings.Cut(strings.TrimPrefix(wrong.Field, "body."), "[")
		if slices.Contains(known, name) {
			f.Problems[name] = wrong.Message
		} else {
			f.Problem = wrong.Field + ": " + wrong.Message
		}
	}
	if !f.Open() {
		f.Problem = problem.Detail
	}
}
