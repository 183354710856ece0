package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// templateFiles are the pages. layout.html frames them all, files whose names begin with parts hold what several
// pages use, and every other file is a page: it defines "body", and the fragments that are sent on their own.
//
//go:embed templates
var templateFiles embed.FS

// pagePolicy lets a page load its own files and talk to its own server, and nothing else. Scripts and styles stand in
// files only.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// page is what the layout shows.
type page struct {
	// Title stands before the product's name in the title of the window.
	Title string
	// Nav is the entry of the navigation that the page belongs to: check, jobs, keys, audit or account.
	Nav string
	// Scripts are names of further scripts that the page needs, without their folder.
	Scripts []string
	// Icon is the state that the favicon shows: "", running, good or bad.
	Icon string
	// Body is what the page itself shows.
	Body any

	// The rest is filled in by render.
	Key     *wsc.Key
	Theme   string
	Version string
	Path    string
}

// Admin reports whether the person may manage keys.
func (p page) Admin() bool { return p.Key != nil && p.Key.Can(wsc.ScopeAdmin) }

// CanWrite reports whether the person may start and change jobs.
func (p page) CanWrite() bool { return p.Key != nil && p.Key.Can(wsc.ScopeWrite) }

// pageHeaders sets what all pages have in common.
func (s *Site) pageHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", pagePolicy)
		header.Set("Referrer-Policy", "same-origin")
		header.Add("Vary", "Cookie, HX-Request")
		next.ServeHTTP(w, r)
	})
}

// parseTemplates reads every page together with the layout and the common parts.
func (s *Site) parseTemplates() (map[string]*template.Template, error) {
	common := template.New("").Funcs(s.functions()).Funcs(template.FuncMap{"columnWords": columnWords, "visible": visible})
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("web: list templates: %w", err)
	}
	shared := func(file string) bool {
		return strings.HasPrefix(path.Base(file), "parts") || path.Base(file) == "layout.html"
	}
	for _, file := range files {
		if shared(file) {
			if common, err = common.ParseFS(templateFiles, file); err != nil {
				return nil, fmt.Errorf("web: %w", err)
			}
		}
	}
	pages := map[string]*template.Template{}
	for _, file := range slices.DeleteFunc(files, shared) {
		own, err := common.Clone()
		if err == nil {
			own, err = own.ParseFS(templateFiles, file)
		}
		if err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		pages[strings.TrimSuffix(path.Base(file), ".html")] = own
	}
	return pages, nil
}

// render sends a whole page.
func (s *Site) render(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	p.Key, p.Theme, p.Version, p.Path = keyOf(r), themeOf(r), s.version, r.URL.Path
	s.execute(w, r, status, name, "layout", p)
}

// renderFragment sends a part of a page, by the name that the page's file defines.
func (s *Site) renderFragment(w http.ResponseWriter, r *http.Request, status int, name, fragment string, data any) {
	s.execute(w, r, status, name, fragment, data)
}

// renderStandalone sends a page that has no frame.
func (s *Site) renderStandalone(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	s.execute(w, r, status, name, "body", data)
}

func (s *Site) execute(w http.ResponseWriter, r *http.Request, status int, name, part string, data any) {
	var buffer bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&buffer, part, data); err != nil {
		s.logger.ErrorContext(r.Context(), "could not render a page", slog.String("page", name), slog.Any("error", err))
		http.Error(w, "Something went wrong on the server.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	writeCompressed(w, r, status, buffer.Bytes())
}

// isFragment reports whether a script asks for a part of a page.
func isFragment(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true"
}

// redirect sends the browser to another page of this site, also when a script asked.
func (s *Site) redirect(w http.ResponseWriter, r *http.Request, target string) {
	if isFragment(r) {
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusOK)
		return
	}
	http.Redirect(w, r, target, http.StatusSeeOther) //nolint:gosec // callers take addresses from localTarget or make them
}
