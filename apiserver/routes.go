package apiserver

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// prefix is the path of the API's first version.
const prefix = "/api/v1"

// routes builds the router: every route of the server is on this screen.
func (s *Server) routes(cfg Config) (*chi.Mux, error) {
	router := chi.NewMux()
	router.Use(s.observe, s.secure, middleware.GetHead)
	router.NotFound(s.notFound)
	router.MethodNotAllowed(s.methodNotAllowed(router))

	api := huma.NewAPI(apiConfig(cfg), humachi.NewAdapter(router))

	register(s, api, http.MethodPost, prefix+"/jobs", submitJobDoc(), s.submitJob)
	register(s, api, http.MethodGet, prefix+"/jobs", listJobsDoc(), s.listJobs)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}", getJobDoc(), s.getJob)
	register(s, api, http.MethodDelete, prefix+"/jobs/{id}", deleteJobDoc(), s.deleteJob)
	register(s, api, http.MethodPost, prefix+"/jobs/{id}/cancel", cancelJobDoc(), s.cancelJob)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/events", jobEventsDoc(), s.jobEvents)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/results", listResultsDoc(), s.listResults)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/stats", jobStatsDoc(), s.jobStats)
	register(s, api, http.MethodGet, prefix+"/jobs/{id}/export", exportJobDoc(), s.exportJob)
	register(s, api, http.MethodPost, prefix+"/checks", checkDoc(s.limits), s.check)
	register(s, api, http.MethodGet, "/healthz", healthDoc(), s.health)
	register(s, api, http.MethodGet, "/readyz", readyDoc(), s.ready)

	documentSubmission(api.OpenAPI())
	documentEvents(api.OpenAPI())
	documentReadiness(api.OpenAPI())
	documentMetrics(api.OpenAPI())
	tidy(api.OpenAPI())
	if err := addExamples(api.OpenAPI()); err != nil {
		return nil, err
	}
	router.Method(http.MethodGet, "/metrics", promhttp.HandlerFor(cfg.Registry, promhttp.HandlerOpts{}))
	return router, s.docs(router, api.OpenAPI())
}
