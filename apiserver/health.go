package apiserver

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/website-status-checker/wsc/internal/health"
)

type healthOutput struct{ Body health.Liveness }

func healthDoc() doc {
	return doc{id: "get-health", tag: "Service", summary: "Is the process alive?", description: "Looks at nothing but the process itself."}
}

func (s *Server) live(context.Context, *struct{}) (*healthOutput, error) {
	return &healthOutput{Body: s.health.Live()}, nil
}

type readyInput struct {
	Verbose string `query:"verbose" doc:"Add details: the latency of each service, the version of the schema, Temporal's namespace, the kind of blob store. The name alone is enough." example:"true"`

	verbose bool
}

// Resolve looks at the query itself, since for Huma a parameter without a value is none.
func (in *readyInput) Resolve(ctx huma.Context) []error {
	address := ctx.URL()
	in.verbose = health.Verbose(address.Query())
	return nil
}

type readyOutput struct {
	Status int
	Body   health.Readiness
}

func readyDoc() doc {
	return doc{
		id: "get-readiness", tag: "Service", summary: "Can requests be served?",
		description: "Asks the database, the workflow engine and the blob store. 503 when one of them does not answer; which one stands in the body, why in the log.",
	}
}

// documentReadiness says that 503 of /readyz has the same body as 200.
func documentReadiness(api *huma.OpenAPI) {
	responses := api.Paths["/readyz"].Get.Responses
	responses["503"] = &huma.Response{Description: "Service Unavailable: at least one service does not answer", Content: responses["200"].Content}
}

func (s *Server) ready(ctx context.Context, in *readyInput) (*readyOutput, error) {
	out := &readyOutput{Status: http.StatusOK, Body: s.health.Ready(ctx, in.verbose)}
	if out.Body.Status != health.OK {
		out.Status = http.StatusServiceUnavailable
	}
	return out, nil
}
