package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// keyForm is the form for a new key, or for what a key may, as it was typed, with what is wrong by field.
type keyForm struct {
	// ID is that of the key which is changed, "" for a new one.
	ID                                             string
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

// formOf is the form for a key as it is.
func formOf(key wsc.Key) keyForm {
	form := keyForm{
		ID: key.ID, Name: key.Name, OwnerEmail: key.OwnerEmail, Limit: strconv.FormatInt(key.RateLimitHour, 10), Scopes: key.Scopes,
	}
	for i, network := range key.AllowedIPs {
		if i > 0 {
			form.AllowedIPs += "\n"
		}
		form.AllowedIPs += network.String()
	}
	if key.ExpiresAt != nil {
		form.ExpiresAt = lastDay(*key.ExpiresAt)
	}
	return form
}

// lastDay is the last day (UTC) of which a key works at least a part.
func lastDay(until time.Time) string { return until.UTC().Add(-time.Microsecond).Format(time.DateOnly) }

// readKeyForm reads what was typed. What is missing, no number or no date is a problem of its field; the API judges the
// rest.
func readKeyForm(values url.Values) keyForm {
	form := keyForm{
		Name: strings.TrimSpace(values.Get("name")), OwnerEmail: strings.TrimSpace(values.Get("owner_email")), Limit: strings.TrimSpace(values.Get("rate_limit_hour")),
		AllowedIPs: values.Get("allowed_ips"), ExpiresAt: values.Get("expires_at"), Problems: map[string]string{},
	}
	for _, scope := range values["scopes"] {
		form.Scopes = append(form.Scopes, wsc.Scope(scope))
	}
	if form.Name == "" {
		form.Problems["name"] = "Give the key a name that says what it is for."
	}
	if len(form.Scopes) == 0 {
		form.Problems["scopes"] = "Choose at least one."
	}
	if limit, err := form.limit(); err != nil || limit != nil && *limit < 0 {
		form.Problems["rate_limit_hour"] = "Write a whole number; 0 is no limit."
	}
	if _, err := form.until(); err != nil {
		form.Problems["expires_at"] = "Write a date like 2027-12-31."
	}
	return form
}

// limit is the requests an hour, nil if the field is empty.
func (f *keyForm) limit() (*int64, error) {
	if f.Limit == "" {
		return nil, nil //nolint:nilnil // an empty field is right
	}
	limit, err := strconv.ParseInt(f.Limit, 10, 64)
	return &limit, err
}

// until is the end of the last day, nil if the field is empty.
func (f *keyForm) until() (*time.Time, error) {
	if f.ExpiresAt == "" {
		return nil, nil //nolint:nilnil // an empty field is right
	}
	day, err := time.Parse(time.DateOnly, f.ExpiresAt)
	until := day.AddDate(0, 0, 1)
	return &until, err
}

// request is what a form without problems asks for of a new key.
func (f *keyForm) request() wsc.KeyRequest {
	request := wsc.KeyRequest{Name: f.Name, OwnerEmail: f.OwnerEmail, Scopes: f.Scopes, AllowedIPs: strings.Fields(f.AllowedIPs)}
	request.RateLimitHour, _ = f.limit() // readKeyForm found what is wrong
	request.ExpiresAt, _ = f.until()     // here too
	return request
}

// change is what a form without problems asks for of the key, as far as it differs from what the key is.
func (f *keyForm) change(key wsc.Key) wsc.KeyChange {
	change := wsc.KeyChange{Name: &f.Name, OwnerEmail: &f.OwnerEmail, Scopes: f.Scopes}
	change.RateLimitHour, _ = f.limit() // readKeyForm found what is wrong
	addresses := strings.Fields(f.AllowedIPs)
	change.AllowedIPs = &addresses
	if key.ExpiresAt == nil || f.ExpiresAt != lastDay(*key.ExpiresAt) { // an end within the day stays as it is
		change.ExpiresAt, _ = f.until() // readKeyForm found what is wrong
	}
	return change
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
			f.Problems[name] = plainWords(wrong.Message)
		} else {
			f.Problem = plainWords(wrong.Message)
		}
	}
	if !f.Open() {
		f.Problem = inWords(problem).Detail
	}
}
