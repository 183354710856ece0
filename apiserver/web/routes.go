package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	wsc "github.com/website-status-checker/wsc"
)

// Routes adds every page to the router: all of them are on this screen.
func (s *Site) Routes(router chi.Router) {
	router.Group(func(public chi.Router) {
		public.Use(s.limitPublic)
		public.Get("/assets/{name}", s.assets.ServeHTTP)
		public.Get("/favicon.ico", s.assets.favicon)
	})
	router.Group(func(public chi.Router) {
		public.Use(s.limitPublic, s.pageHeaders)
		public.Get("/sign-in", s.signInPage)
		public.Post("/sign-in", s.signIn)
		public.Get("/sign-in/{link}", s.signInByLink)
		public.Post("/theme", s.setTheme)
	})
	router.Group(func(signedIn chi.Router) {
		signedIn.Use(s.pageHeaders, s.requireSession)
		signedIn.Post("/sign-out", s.signOut)
		signedIn.Get("/account", s.accountPage)
		signedIn.Get("/account/sign-out-everywhere", s.toAccount) // whoever asks for the address of a form comes to its page
		signedIn.Post("/account/sign-out-everywhere", s.signOutEverywhere)

		signedIn.Get("/check", s.toStart)
		signedIn.Post("/check", s.checkNow)
		signedIn.Get("/uploads", s.toStart)
		signedIn.Post("/uploads", s.createUpload)
		signedIn.Get("/uploads/{id}", s.uploadPage)
		signedIn.Get("/uploads/{id}/start", s.toUpload)
		signedIn.Post("/uploads/{id}/start", s.startUpload)
		signedIn.Get("/uploads/{id}/delete", s.toUpload)
		signedIn.Post("/uploads/{id}/delete", s.deleteUpload)
		signedIn.Get("/", s.checkPage)

		signedIn.Get("/jobs", s.jobsPage)
		signedIn.Get("/job-rows", s.jobRowsPart)

		signedIn.Get("/keys", s.keysPage)
		signedIn.Post("/keys", s.createKey)
		signedIn.Get("/keys/{id}", s.keyPage)
		signedIn.Post("/keys/{id}", s.changeKey)
		signedIn.Get("/keys/{id}/rotate", s.toKey)
		signedIn.Post("/keys/{id}/rotate", s.rotateKey)
		signedIn.Get("/keys/{id}/revoke", s.toKey)
		signedIn.Post("/keys/{id}/revoke", s.revokeKey)
		signedIn.Get("/keys/{id}/activate", s.toKey)
		signedIn.Post("/keys/{id}/activate", s.activateKey)
		signedIn.Get("/audit", s.auditPage)

		signedIn.Get("/jobs/{id}", s.jobPage)
		signedIn.Get("/jobs/{id}/events", s.jobEvents)
		signedIn.Get("/jobs/{id}/stats", s.jobStats)
		signedIn.Get("/jobs/{id}/export", s.jobExport)
		signedIn.Get("/jobs/{id}/compare", s.comparePage)
		signedIn.Post("/jobs/{id}/pause", s.pauseJob)
		signedIn.Post("/jobs/{id}/resume", s.resumeJob)
		signedIn.Post("/jobs/{id}/cancel", s.cancelJob)
		signedIn.Post("/jobs/{id}/retry", s.retryJob)
		signedIn.Post("/jobs/{id}/delete", s.deleteJob)
		signedIn.Post("/jobs/{id}/restore", s.restoreJob)
		signedIn.Post("/jobs/{id}/keep", s.keepJob)
		signedIn.Get("/jobs/{id}/results", s.resultsPage)
		signedIn.Get("/jobs/{id}/results/{seq}", s.resultDetailsPage)
	})
}

// NotFound answers a browser that asked for a page which does not exist. Who is signed in keeps the navigation.
func (s *Site) NotFound(w http.ResponseWriter, r *http.Request) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Problem(w, r, notFoundProblem()) })
	if s.sessionToken(r) == "" {
		answer(w, r)
		return
	}
	s.requireSession(answer).ServeHTTP(w, r)
}

// Problem answers a browser with an error, as a page or as a message in the page that a script belongs to.
func (s *Site) Problem(w http.ResponseWriter, r *http.Request, problem wsc.Problem) {
	s.pageHeaders(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.renderProblem(w, r, problem)
	})).ServeHTTP(w, r)
}
