package apiserver

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/website-status-checker/wsc/apiserver/web"
)

// addPages adds the GUI to the router, which answers its calls of the API too.
func (s *Server) addPages(cfg Config, router *chi.Mux) (err error) {
	s.site, err = web.New(web.Config{
		API: router, Gate: gate{s}, LimitPublic: s.limitPublic, Logger: s.logger, Version: cfg.Version,
		TemporalUIURL: cfg.TemporalUIURL, TemporalNamespace: cfg.TemporalNamespace, KeyHint: cfg.KeyHint,
		MaxUploadBytes: s.jobs.MaxUploadBytes(), MaxURLs: s.jobs.MaxURLs(), Defaults: s.jobs.Defaults(),
	})
	if err != nil {
		return err
	}
	s.site.Routes(router)
	return nil
}

// wantsPage reports whether a browser asks for a page, or sends a form of one, outside of the API.
func wantsPage(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}
