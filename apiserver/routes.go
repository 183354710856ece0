package apiserver

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// prefix is the path of the API's first version.
const prefix = "/api/v1"

// routes builds the router: every route of the server is on this screen.
func (s *Server) routes(cfg Config) (*chi.Mux, error) {
	router := chi.NewMux()
	for _, middleware := range []func(http.Handler) http.Handler{clientAddress(cfg.TrustedProxies), s.observe, s.secure, s.cors} {
		router.Use(outermost(middleware))
	}
	router.Use(middleware.GetHead)
	router.NotFound(s.notFound)
	router.MethodNotAllowed(s.methodNotAllowed(router))

	api := huma.NewAPI(apiConfig(cfg), humachi.NewAdapter(router))

	register(s, api, http.MethodPost, prefix+"/jobs", submitJobDoc(), s.submitJob)
	register(s, api, http.MethodGet, prefix+"/jobs", listJobsDoc(), s.listJobs)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}", getJobDoc(), s.getJob)
	register(s, api, http.MethodDelete, prefix+"/jobs/{id}", deleteJobDoc(), s.deleteJob)
	register(s, api, http.MethodPatch, prefix+"/jobs/{id}", changeJobDoc(), s.changeJob)
	register(s, api, http.MethodPost, prefix+"/jobs/{id}/cancel", cancelJobDoc(), s.cancelJob)
	register(s, api, http.MethodPost, prefix+"/jobs/{id}/pause", pauseJobDoc(), s.pauseJob)
	register(s, api, http.MethodPost, prefix+"/jobs/{id}/resume", resumeJobDoc(), s.resumeJob)
	register(s, api, http.MethodPost, prefix+"/jobs/{id}/retry", retryJobDoc(), s.retryJob)
	register(s, api, http.MethodPost, prefix+"/jobs/{id}/restore", restoreJobDoc(), s.restoreJob)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/events", jobEventsDoc(), s.jobEvents)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/results", listResultsDoc(), s.listResults)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/results/{seq}", getResultDoc(), s.getResult)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/stats", jobStatsDoc(), s.jobStats)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/diff", diffJobDoc(), s.diffJob)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/export", exportJobDoc(), s.exportJob)
	register(s, api, http.MethodPost, prefix+"/uploads", createUploadDoc(), s.createUpload)
	register(s, api, http.MethodGet, prefix+"/uploads", listUploadsDoc(), s.listUploads)
	register(s, api, http.MethodGet, prefix+"/uploads/{id}", previewUploadDoc(), s.previewUpload)
	register(s, api, http.MethodDelete, prefix+"/uploads/{id}", deleteUploadDoc(), s.deleteUpload)
	register(s, api, http.MethodPost, prefix+"/checks", checkDoc(s.limits), s.check)
	register(s, api, http.MethodGet, prefix+"/me", meDoc(), s.me)
	register(s, api, http.MethodPost, prefix+"/keys", createKeyDoc(), s.createKey)
	register(s, api, http.MethodGet, prefix+"/keys", listKeysDoc(), s.listKeys)
	register(s, api, http.MethodGet, prefix+"/keys/{id}", getKeyDoc(), s.getKey)
	register(s, api, http.MethodPatch, prefix+"/keys/{id}", changeKeyDoc(), s.changeKey)
	register(s, api, http.MethodDelete, prefix+"/keys/{id}", revokeKeyDoc(), s.revokeKey)
	register(s, api, http.MethodPost, prefix+"/keys/{id}/rotate", rotateKeyDoc(), s.rotateKey)
	register(s, api, http.MethodGet, prefix+"/security-events", listEventsDoc(), s.listEvents)
	register(s, api, http.MethodGet, "/healthz", healthDoc(), s.live)
	register(s, api, http.MethodGet, "/readyz", readyDoc(), s.ready)

	documentSubmission(api.OpenAPI())
	documentUpload(api.OpenAPI())
	documentDeletion(api.OpenAPI())
	documentEvents(api.OpenAPI())
	documentReadiness(api.OpenAPI())
	documentMetrics(api.OpenAPI())
	tidy(api.OpenAPI())
	if err := addExamples(api.OpenAPI()); err != nil {
		return nil, err
	}
	if !cfg.HideMetrics {
		router.Method(http.MethodGet, "/metrics", s.metricsHandler(cfg))
	}
	if err := s.addPages(cfg, router); err != nil {
		return nil, err
	}
	return router, s.docs(router.With(s.limitPublic), api.OpenAPI())
}
