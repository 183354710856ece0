package apiserver

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// probeTimeout bounds the question to one service behind the API.
const probeTimeout = 2 * time.Second

// probeKey is the blob that is overwritten to find out whether the store takes any.
const probeKey = "readiness"

// healthState is ok or error.
type healthState string

const (
	healthOK    healthState = "ok"
	healthError healthState = "error"
)

type healthOutput struct {
	Body struct {
		Status  healthState `json:"status" enum:"ok" doc:"ok when the process answers."`
		Version string      `json:"version" doc:"Version of the server."`
	}
}

func healthDoc() doc {
	return doc{id: "get-health", tag: "Service", summary: "Is the process alive?", description: "Looks at nothing but the process itself."}
}

func (s *Server) health(context.Context, *struct{}) (*healthOutput, error) {
	out := &healthOutput{}
	out.Body.Status, out.Body.Version = healthOK, s.version
	return out, nil
}

// readiness is the state of each service behind the API.
type readiness struct {
	Status    healthState `json:"status" enum:"ok,error" doc:"ok when all are."`
	Database  healthState `json:"database" enum:"ok,error" doc:"The database."`
	Temporal  healthState `json:"temporal" enum:"ok,error" doc:"The workflow engine."`
	BlobStore healthState `json:"blob_store" enum:"ok,error" doc:"The store of uploads and exports."`
}

type readyOutput struct {
	Status int
	Body   readiness
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

func (s *Server) ready(ctx context.Context, _ *struct{}) (*readyOutput, error) {
	out := &readyOutput{Status: http.StatusOK}
	out.Body.Status = healthOK
	var wait sync.WaitGroup
	for _, probe := range []struct {
		name  string
		state *healthState
		ask   func(context.Context) error
	}{
		{"database", &out.Body.Database, s.store.Ping},
		{"temporal", &out.Body.Temporal, s.workflows.Ping},
		{"blob store", &out.Body.BlobStore, s.pingBlobs},
	} {
		wait.Go(func() { *probe.state = s.probe(ctx, probe.name, probe.ask) })
	}
	wait.Wait()
	for _, state := range []healthState{out.Body.Database, out.Body.Temporal, out.Body.BlobStore} {
		if state != healthOK {
			out.Body.Status, out.Status = healthError, http.StatusServiceUnavailable
		}
	}
	return out, nil
}

func (s *Server) probe(ctx context.Context, name string, ask func(context.Context) error) healthState {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if err := ask(ctx); err != nil {
		s.logger.WarnContext(ctx, "not ready", slog.String("service", name), slog.Any("error", err))
		return healthError
	}
	return healthOK
}

// pingBlobs writes a few bytes: reading alone does not tell a folder that is missing, full or read-only.
func (s *Server) pingBlobs(ctx context.Context) error {
	return s.blobs.WriteAll(ctx, probeKey, []byte("ok\n"), nil)
}
