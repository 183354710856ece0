package apiserver_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/website-status-checker/wsc/internal/health"
)

var update = flag.Bool("update", false, "rewrite the files that the tests compare with")

func TestHealth(t *testing.T) {
	b := newBundle(t)
	a := b.get(t, "/healthz")
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, `{"status":"ok","version":"1.2.3"}`, string(a.body))
}

func TestReadinessNamesWhatIsMissing(t *testing.T) {
	b := newBundle(t)
	a := b.get(t, "/readyz")
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, `{"status":"ok","database":"ok","temporal":"ok","blob_store":"ok"}`, string(a.body))

	b.workflows.down.Store(true)
	a = b.get(t, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.JSONEq(t, `{"status":"error","database":"ok","temporal":"error","blob_store":"ok"}`, string(a.body))
	require.Contains(t, b.log.String(), "10.0.0.7", "why stands in the log only")
	b.workflows.down.Store(false)

	require.NoError(t, os.RemoveAll(b.blobDir))
	require.NoError(t, os.WriteFile(b.blobDir, nil, 0o600), "a file in the folder's place")
	require.Contains(t, string(b.get(t, "/readyz").body), `"blob_store":"error"`)
	require.NoError(t, b.store.Close())
	require.Contains(t, string(b.get(t, "/readyz").body), `"database":"error"`)
}

func TestReadinessTellsMoreToThoseWhoAsk(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.Facts = health.Facts{Namespace: "default", BlobStore: "file"} })
	for _, query := range []string{"?verbose", "?verbose=", "?verbose=true"} {
		a := b.get(t, "/readyz"+query)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var ready health.Readiness
		a.decode(t, &ready)
		require.Equal(t, health.OK, ready.Status)
		require.NotNil(t, ready.Details, query)
		require.Positive(t, ready.Details.Database.SchemaVersion)
		require.Positive(t, ready.Details.Database.LatencyMS)
		require.Equal(t, "default", ready.Details.Temporal.Namespace)
		require.Equal(t, "file", ready.Details.BlobStore.Kind)
	}
	require.NotContains(t, string(b.get(t, "/readyz?verbose=false").body), "details")
	b.workflows.down.Store(true)
	a := b.get(t, "/readyz?verbose")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.NotContains(t, string(a.body), "10.0.0.7", "no address is told")
}

func TestMetricsCanBeServedElsewhere(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.HideMetrics = true })
	require.Equal(t, http.StatusNotFound, b.get(t, "/metrics").status)
	require.Equal(t, http.StatusOK, b.get(t, "/readyz").status)
}

func TestMetricsCountRoutesNotAddresses(t *testing.T) {
	b := newBundle(t)
	b.get(t, "/api/v1/jobs/"+unknownID)
	b.get(t, "/nothing/here")
	b.do(t, "BREW", "/nothing", nil)
	text := string(b.get(t, "/metrics").body)
	require.Contains(t, text, `wsc_http_requests_total{code="404",method="GET",route="/api/v1/jobs/{id}"} 1`)
	require.Contains(t, text, `wsc_http_requests_total{code="404",method="GET",route="none"} 1`)
	require.Contains(t, text, `method="other"`)
	require.Contains(t, text, `wsc_http_request_duration_seconds_count{method="GET",route="/api/v1/jobs/{id}"} 1`)
	require.NotContains(t, text, unknownID)
}

func TestDocumentationNeedsNoOtherHost(t *testing.T) {
	b := newBundle(t)
	page := b.get(t, "/docs")
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.header.Get("Content-Type"), "text/html")
	for _, match := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(page.body), -1) {
		require.True(t, strings.HasPrefix(match[1], "/"), match[1])
		a := b.get(t, match[1])
		require.Equal(t, http.StatusOK, a.status, match[1])
		again := b.do(t, http.MethodGet, match[1], nil, "If-None-Match", a.header.Get("ETag"))
		require.Equal(t, http.StatusNotModified, again.status)
	}
	require.Contains(t, page.header.Get("Content-Security-Policy"), "script-src 'self'")
	require.Contains(t, string(b.get(t, "/docs/start.js").body), "validatorUrl: null")
}

func TestVendoredFilesAreUnchanged(t *testing.T) {
	notice, err := os.ReadFile("docsui/NOTICE")
	require.NoError(t, err)
	sums := regexp.MustCompile(`(?m)^([0-9a-f]{64})  (\S+)$`).FindAllStringSubmatch(string(notice), -1)
	require.Len(t, sums, 5)
	for _, sum := range sums {
		data, err := os.ReadFile("docsui/" + sum[2])
		require.NoError(t, err)
		got := sha256.Sum256(data)
		require.Equal(t, sum[1], hex.EncodeToString(got[:]), sum[2])
	}
}

// TestOpenAPI compares the description with the one in the documentation; -update rewrites that.
func TestOpenAPI(t *testing.T) {
	b := newBundle(t)
	asYAML := b.get(t, "/openapi.yaml")
	require.Equal(t, http.StatusOK, asYAML.status)
	const golden = "../docs/openapi.yaml"
	if *update {
		require.NoError(t, os.WriteFile(golden, asYAML.body, 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(want), sha256.Sum256(asYAML.body), "the API's description changed; run go test ./apiserver -update if that is meant")

	var fromYAML, fromJSON any
	require.NoError(t, yaml.Unmarshal(asYAML.body, &fromYAML))
	require.NoError(t, json.Unmarshal(b.get(t, "/openapi.json").body, &fromJSON))
	text, err := json.Marshal(fromYAML)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &fromYAML))
	require.Equal(t, fromJSON, fromYAML)
	require.Zero(t, strings.Count(string(text), "ErrorModel"), "every error is documented as a problem of ours")
	requireReferences(t, fromJSON, fromJSON)
}

// requireReferences checks that every $ref leads somewhere.
func requireReferences(t *testing.T, root, node any) {
	t.Helper()
	switch node := node.(type) {
	case map[string]any:
		if ref, isText := node["$ref"].(string); isText {
			at := root
			for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				object, isObject := at.(map[string]any)
				require.True(t, isObject, ref)
				at = object[name]
			}
			require.NotNil(t, at, ref)
		}
		for _, child := range node {
			requireReferences(t, root, child)
		}
	case []any:
		for _, child := range node {
			requireReferences(t, root, child)
		}
	}
}

// operation is what the test looks at of an operation's description.
type operation struct {
	OperationID string `json:"operationId"` //nolint:tagliatelle // OpenAPI spells it so
	Summary     string `json:"summary"`
	Description string `json:"description"`
	Parameters  []struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"parameters"`
	RequestBody *struct {
		Content map[string]any `json:"content"`
	} `json:"requestBody"` //nolint:tagliatelle // OpenAPI spells it so
	Responses map[string]struct {
		Description string `json:"description"`
	} `json:"responses"`
}

func TestEveryOperationIsDocumented(t *testing.T) {
	b := newBundle(t)
	var api struct {
		OpenAPI string                          `json:"openapi"`
		Paths   map[string]map[string]operation `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(b.get(t, "/openapi.json").body, &api))
	require.Equal(t, "3.1.0", api.OpenAPI)
	seen := map[string]bool{}
	for path, operations := range api.Paths {
		for method, operation := range operations {
			name := method + " " + path
			require.NotEmpty(t, operation.OperationID, name)
			require.False(t, seen[operation.OperationID], name)
			seen[operation.OperationID] = true
			require.NotEmpty(t, operation.Summary, name)
			require.NotEmpty(t, operation.Description, name)
			require.Contains(t, operation.Responses["500"].Description, "`internal`", name)
			for _, parameter := range operation.Parameters {
				require.NotEmpty(t, parameter.Description, "%s %s", name, parameter.Name)
			}
			if strings.Contains(path, "{id}") {
				require.Contains(t, operation.Responses["404"].Description, "`not_found`", name)
				require.NotEmpty(t, operation.Parameters, name)
			}
		}
	}
	body := api.Paths["/api/v1/jobs"]["post"].RequestBody
	require.NotNil(t, body)
	require.Contains(t, body.Content, "multipart/form-data")
	require.Contains(t, body.Content, "application/json")
}
