package apiserver_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// described is what these tests look at of the API's description.
type described struct {
	Paths      map[string]map[string]describedOperation `json:"paths"`
	Components struct {
		Examples map[string]struct {
			Value wsc.Problem `json:"value"`
		} `json:"examples"`
	} `json:"components"`
}

type describedOperation struct {
	OperationID string                   `json:"operationId"` //nolint:tagliatelle // OpenAPI spells it so
	RequestBody describedBody            `json:"requestBody"` //nolint:tagliatelle // OpenAPI spells it so
	Responses   map[string]describedBody `json:"responses"`
}

type describedBody struct {
	Description string `json:"description"`
	Content     map[string]struct {
		Example  any                          `json:"example"`
		Examples map[string]map[string]string `json:"examples"`
	} `json:"content"`
}

func description(t *testing.T, b *bundle) described {
	t.Helper()
	var api described
	require.NoError(t, json.Unmarshal(b.get(t, "/openapi.json").body, &api))
	return api
}

func TestTheDescriptionHasTheRoutesOfTheServer(t *testing.T) {
	b := newBundle(t)
	// The pages for people and the description itself are no operations.
	operations := regexp.MustCompile(`^[A-Z]+ (/api/.*|/healthz|/readyz|/metrics)$`)
	served := map[string]bool{}
	routes, isRouter := b.api.Handler().(chi.Routes)
	require.True(t, isRouter)
	require.NoError(t, chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if name := method + " " + route; operations.MatchString(name) {
			served[name] = true
		}
		return nil
	}))
	listed := map[string]bool{}
	for path, operations := range description(t, b).Paths {
		for method := range operations {
			listed[strings.ToUpper(method)+" "+path] = true
		}
	}
	require.Greater(t, len(served), 10)
	require.Equal(t, slices.Sorted(maps.Keys(served)), slices.Sorted(maps.Keys(listed)))
}

func TestEveryBodyHasAnExample(t *testing.T) {
	// A workbook can't be shown as a text.
	const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	api := description(t, newBundle(t))
	for _, operations := range api.Paths {
		for _, operation := range operations {
			for mediaType, body := range operation.RequestBody.Content {
				require.NotNil(t, body.Example, "request of %s as %s", operation.OperationID, mediaType)
			}
			for status, response := range operation.Responses {
				for mediaType, body := range response.Content {
					if mediaType != workbook && status < "300" {
						require.NotNil(t, body.Example, "answer of %s as %s", operation.OperationID, mediaType)
					}
				}
			}
		}
	}
}

func TestEveryErrorOfAnOperationHasAnExample(t *testing.T) {
	const problems = "application/problem+json"
	api := description(t, newBundle(t))
	codes := regexp.MustCompile("`([a-z_]+)`")
	used := map[string]bool{}
	for _, operations := range api.Paths {
		for _, operation := range operations {
			for status, response := range operation.Responses {
				body, isProblem := response.Content[problems]
				if status < "400" || !isProblem {
					// Readiness says in its own words what is away.
					require.True(t, status < "400" || operation.OperationID == "get-readiness", "%s %s", operation.OperationID, status)
					continue
				}
				var named []string
				for _, match := range codes.FindAllStringSubmatch(response.Description, -1) {
					named = append(named, match[1])
				}
				require.Equal(t, named, slices.Sorted(maps.Keys(body.Examples)), "%s %s", operation.OperationID, status)
				for _, code := range named {
					require.Equal(t, "#/components/examples/"+code, body.Examples[code]["$ref"])
					example := api.Components.Examples[code].Value
					require.EqualValues(t, code, example.Code)
					require.Equal(t, status, strconv.Itoa(example.Status), code)
					require.NotEmpty(t, example.Detail, code)
					used[code] = true
				}
			}
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(api.Components.Examples)), "examples without an operation")
}

func TestTheDescriptionIsTheSameForEveryBuild(t *testing.T) {
	older := newBundle(t, func(s *setup) { s.api.Version = "v1.0.0" })
	newer := newBundle(t, func(s *setup) { s.api.Version = "v1.1.0-5-gabcdef0-dirty" })
	require.Equal(t, string(older.get(t, "/openapi.yaml").body), string(newer.get(t, "/openapi.yaml").body))
}
