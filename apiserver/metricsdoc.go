package apiserver

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	wsc "github.com/website-status-checker/wsc"
)

// metricsType is the media type of the text format of Prometheus.
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

// documentMetrics describes /metrics, which the library of Prometheus answers.
func documentMetrics(api *huma.OpenAPI) {
	api.Paths["/metrics"] = &huma.PathItem{Get: &huma.Operation{
		OperationID: "get-metrics", Method: http.MethodGet, Path: "/metrics", Tags: []string{"Service"},
		Summary:     "Metrics for Prometheus",
		Description: "Everything that the server counts and measures, in the text format of Prometheus. A server that other machines reach asks for an admin key, and may show them at another address only.",
		Security:    []map[string][]string{{}, {"apiKey": {}}, {"bearer": {}}},
		Responses:   errorResponses(api.Components, append(commonCodes(), wsc.CodeUnauthorized, wsc.CodeInsufficientScope)),
	}}
	api.Paths["/metrics"].Get.Responses["200"] = &huma.Response{
		Description: "OK",
		Content:     map[string]*huma.MediaType{metricsType: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
}
