package web

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/go-chi/chi/v5"

	wsc "github.com/website-status-checker/wsc"
)

// The session's cookie. Browsers take the second name over https only, for the whole host and for no other.
const (
	sessionCookie       = "wsc_session"
	secureSessionCookie = "__Host-wsc_session"
)

// requireSession lets only browsers pass that are signed in; others are shown the way to the sign-in page.
func (s *Site) requireSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := s.sessionToken(r)
		if token == "" && r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Site") == "cross-site" {
			// Whoever follows a link from another site comes without the cookie, which is SameSite=Strict. A page of our own
			// that asks for the same address once more gets it.
			s.renderStandalone(w, r, http.StatusOK, "reload", nil)
			return
		}
		entered, key, err := s.gate.Enter(w, r, token)
		switch {
		case wsc.CodeOf(err) == wsc.CodeUnauthorized:
			s.toSignIn(w, r)
			return
		case err != nil:
			s.fail(w, r, err)
			return
		}
		entered = entered.WithContext(context.WithValue(entered.Context(), keyKey{}, key)) //nolint:contextcheck // it is that of the request
		next.ServeHTTP(w, withOuter(w, entered))
	})
}

type keyKey struct{}

// keyOf is the key that the browser is signed in with, nil if it is not.
func keyOf(r *http.Request) *wsc.Key {
	key, _ := r.Context().Value(keyKey{}).(*wsc.Key)
	return key
}

func (s *Site) cookieName(r *http.Request) string {
	if s.gate.Encrypted(r) {
		return secureSessionCookie
	}
	return sessionCookie
}

func (s *Site) sessionToken(r *http.Request) string {
	cookie, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return "" // there is none
	}
	return cookie.Value
}

// setSession gives the browser a token; "" takes it away.
func (s *Site) setSession(w http.ResponseWriter, r *http.Request, token string) {
	cookie := &http.Cookie{ //nolint:gosec // Secure wherever the browser came by https
		Name: s.cookieName(r), Value: token, Path: "/", HttpOnly: true, Secure: s.gate.Encrypted(r), SameSite: http.SameSiteStrictMode,
		MaxAge: int(wsc.SessionLifetime.Seconds()),
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// toSignIn sends the browser to the sign-in page, and from there back to the page that it wanted or was on. Who was signed
// in is told that this is over.
func (s *Site) toSignIn(w http.ResponseWriter, r *http.Request) {
	next, ended := r.URL.RequestURI(), s.sessionToken(r) != ""
	switch {
	case isFragment(r):
		next, ended = pageOf(r.Header.Get("HX-Current-URL")), true
	case strings.HasSuffix(r.URL.Path, "/export"):
		next = path.Dir(r.URL.Path) // whoever signs in wants to see more than a file
	case r.Method != http.MethodGet:
		next, ended = pageOf(r.Referer()), true
	}
	query := url.Values{}
	if next != "/" {
		query.Set("next", next)
	}
	if ended {
		query.Set("ended", "1")
	}
	target := "/sign-in"
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	s.redirect(w, r, target)
}

// pageOf is the page of this site that a browser says it is on.
func pageOf(address string) string { return localTarget(parsed(address).RequestURI()) }

// localTarget is where a next parameter may lead: a page of this site, or the start page instead.
func localTarget(next string) string {
	target, err := url.Parse(next)
	if err != nil || target.Scheme != "" || target.Host != "" || target.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return target.RequestURI()
}

// signInForm is what the sign-in page shows.
type signInForm struct {
	Next    string
	KeyHint string
	// Ended reports whether the browser was signed in, and is not any more.
	Ended   bool
	Problem *wsc.Problem
}

func (s *Site) signInPage(w http.ResponseWriter, r *http.Request) {
	if token := s.sessionToken(r); token != "" {
		if _, _, err := s.gate.Enter(w, r, token); err == nil {
			s.redirect(w, r, localTarget(r.URL.Query().Get("next")))
			return
		}
	}
	query := r.URL.Query()
	s.renderSignIn(w, r, http.StatusOK, signInForm{Next: localTarget(query.Get("next")), Ended: query.Get("ended") != ""})
}

func (s *Site) renderSignIn(w http.ResponseWriter, r *http.Request, status int, form signInForm) {
	form.KeyHint = s.keyHint
	s.render(w, r, status, "sign-in", page{Title: "Sign in", Body: form})
}

func (s *Site) signIn(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	next := localTarget(r.PostForm.Get("next"))
	token, err := s.gate.SignIn(r, strings.TrimSpace(r.PostForm.Get("key")))
	s.signedIn(w, r, token, next, err)
}

func (s *Site) signInByLink(w http.ResponseWriter, r *http.Request) {
	token, err := s.gate.SignInByLink(r, chi.URLParam(r, "link"))
	s.signedIn(w, r, token, "/", err)
}

func (s *Site) signedIn(w http.ResponseWriter, r *http.Request, token, next string, err error) {
	if err != nil {
		problem := s.gate.Problem(r, err)
		s.renderSignIn(w, r, problem.Status, signInForm{Next: next, Problem: &problem})
		return
	}
	s.setSession(w, r, token)
	s.redirect(w, r, next)
}

func (s *Site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.gate.SignOut(r, s.sessionToken(r)); err != nil {
		s.fail(w, r, err)
		return
	}
	s.setSession(w, r, "")
	s.redirect(w, r, "/sign-in")
}

func (s *Site) signOutEverywhere(w http.ResponseWriter, r *http.Request) {
	if err := s.gate.SignOutEverywhere(r, keyOf(r)); err != nil {
		s.fail(w, r, err)
		return
	}
	s.setSession(w, r, "")
	s.redirect(w, r, "/sign-in")
}
