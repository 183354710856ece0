package apiserver

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/correlation"
)

// doc describes an operation to people and to OpenAPI.
type doc struct {
	// id is the operationId, stable across releases.
	id          string
	tag         string
	summary     string
	description string
	// status of success, if not the usual one.
	status int
	// scope is what a key needs for the operation; "" is for operations without a key.
	scope wsc.Scope
	// codes are the errors that the operation can answer, besides those that every operation can.
	codes []wsc.Code
	// content documents a successful answer that is not JSON, by media type.
	content map[string]*huma.MediaType
	// unbounded operations have limits of their own instead of the request timeout.
	unbounded bool
	// bodyReadTimeout bounds the reading of a JSON body.
	bodyReadTimeout time.Duration
}

// register adds an operation to the API. Every error of a handler passes through the one error boundary here.
func register[I, O any](s *Server, api huma.API, method, path string, d doc, handler func(context.Context, *I) (*O, error)) {
	codes := slices.Concat(d.codes, commonCodes())
	var middlewares huma.Middlewares
	security := []map[string][]string{}
	if d.scope != "" {
		codes = append(codes, wsc.CodeUnauthorized, wsc.CodeInsufficientScope)
		middlewares = huma.Middlewares{s.authenticated(d.scope)}
		security = []map[string][]string{{"apiKey": {}}, {"bearer": {}}}
	} else {
		middlewares = huma.Middlewares{s.publicly}
	}
	operation := huma.Operation{
		Middlewares: middlewares, Security: security,
		OperationID: d.id, Method: method, Path: path, Tags: []string{d.tag},
		Summary: d.summary, Description: d.description, DefaultStatus: d.status,
		BodyReadTimeout: d.bodyReadTimeout,
		Responses:       errorResponses(api.OpenAPI().Components, codes),
	}
	if d.content != nil {
		operation.Responses["200"] = &huma.Response{Description: "OK", Content: d.content}
	}
	boundBody[I](s, &operation)
	huma.Register(api, operation, func(ctx context.Context, in *I) (*O, error) {
		if in, ok := any(in).(interface{ jobID() string }); ok {
			correlation.SetJobID(ctx, clip(in.jobID()))
		}
		if !d.unbounded {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, s.limits.RequestTimeout)
			defer cancel()
		}
		out, err := handler(ctx, in)
		if err != nil {
			return nil, s.fail(ctx, err)
		}
		return out, nil
	})
}

// commonCodes are the errors that every operation of Huma's can answer.
func commonCodes() []wsc.Code {
	return []wsc.Code{wsc.CodeInvalidRequest, wsc.CodeForbidden, wsc.CodeRateLimited, wsc.CodeStorageUnavailable, wsc.CodeInternal}
}

// errorResponses documents the error answers by HTTP status, each with its codes and an example of each.
func errorResponses(components *huma.Components, codes []wsc.Code) map[string]*huma.Response {
	schema := components.Schemas.Schema(reflect.TypeFor[wsc.Problem](), true, "Problem")
	responses := map[string]*huma.Response{}
	for _, code := range slices.Compact(slices.Sorted(slices.Values(codes))) {
		status := strconv.Itoa(statusOf(code))
		response := responses[status]
		if response == nil {
			response = &huma.Response{
				Description: http.StatusText(statusOf(code)) + ":",
				Content:     map[string]*huma.MediaType{problemType: {Schema: schema, Examples: map[string]*huma.Example{}}},
			}
			responses[status] = response
		} else {
			response.Description += ","
		}
		name := string(code)
		response.Description += " `" + name + "`"
		response.Content[problemType].Examples[name] = &huma.Example{Ref: "#/components/examples/" + name}
		if components.Examples[name] == nil {
			components.Examples[name] = &huma.Example{Value: problemExample(code)}
		}
	}
	return responses
}

// apiVersion is the version of the API, whatever the version of the program: a new major one would have another prefix.
const apiVersion = "1.0.0"

// apiConfig is the API's description without its operations.
func apiConfig(cfg Config) huma.Config {
	description := "Upload a list of websites, get an answer for every line. Requests need an API key, except those about the service itself. " +
		"Errors are problem documents (RFC 9457) with a stable `code`."
	if cfg.TemporalUIURL != "" {
		description += "\n\nThe workflows of the jobs are shown in the [Temporal UI](" + cfg.TemporalUIURL + ")."
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Website Status Checker", Version: apiVersion, Description: description,
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Tags: []*huma.Tag{
				{Name: "Jobs", Description: "Lists that are being checked or were checked."},
				{Name: "Uploads", Description: "Lists to look at before they are submitted."},
				{Name: "Results", Description: "What came out of a job."},
				{Name: "Checks", Description: "One URL, checked at once."},
				{Name: "Keys", Description: "API keys and what happened with them; except for `GET /me` they need an admin key."},
				{Name: "Service", Description: "Health of the service."},
			},
			Servers: []*huma.Server{{URL: "/", Description: "The server that this description comes from."}},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				Examples:        map[string]*huma.Example{},
				SecuritySchemes: securitySchemes(),
			},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{humaProblem},
	}
}

// tidy removes from the description what Huma says of itself: its own form of errors, which no client sees, and
// that lists could be null, which they never are.
func tidy(api *huma.OpenAPI) {
	schemas := api.Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	for _, schema := range schemas {
		for _, property := range schema.Properties {
			property.Nullable = property.Nullable && property.Type != huma.TypeArray
		}
	}
	for _, operation := range operations(api) {
		for _, parameter := range operation.Parameters {
			parameter.Schema.Nullable = false
			parameter.Schema.Description = "" // the parameter has it
		}
	}
}

// jsonFormat writes JSON as Huma does and reads it strictly.
func jsonFormat() huma.Format {
	return huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshalStrict}
}

// JobPath names a job in the path. It is exported because Huma looks into embedded types only if they are.
type JobPath struct {
	ID string `path:"id" doc:"Identifier of the job." example:"01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"`
}

func (p JobPath) jobID() string { return p.ID }
