package web

import (
	"net/http"
	"slices"
)

const (
	themeCookie = "wsc_theme"
	// themeSeconds is how long a browser remembers the theme, a year.
	themeSeconds = 365 * 24 * 60 * 60
)

// themeOf is the theme that the person chose: light, dark, or "" for what the system has.
func themeOf(r *http.Request) string {
	cookie, err := r.Cookie(themeCookie)
	if err != nil || !slices.Contains([]string{"light", "dark"}, cookie.Value) {
		return ""
	}
	return cookie.Value
}

// setTheme remembers the theme in a cookie, so that pages are right from their first pixel on.
func (s *Site) setTheme(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	theme := r.PostForm.Get("theme")
	cookie := &http.Cookie{ //nolint:gosec // Secure wherever the browser came by https
		Name: themeCookie, Value: theme, Path: "/", HttpOnly: true, Secure: s.gate.Encrypted(r), SameSite: http.SameSiteStrictMode, MaxAge: themeSeconds,
	}
	if theme != "light" && theme != "dark" {
		cookie.Value, cookie.MaxAge = "", -1
	}
	http.SetCookie(w, cookie)
	s.redirect(w, r, localTarget(r.PostForm.Get("next")))
}
