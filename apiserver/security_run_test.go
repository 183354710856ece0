package apiserver_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// attacks are the tests of the catalogue's rows, by name.
func attacks() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"read_other_job":           readOtherJob,
		"write_other_job":          writeOtherJob,
		"export_url_guess":         exportURLGuess,
		"id_enumeration":           idEnumeration,
		"idempotency_cross_tenant": idempotencyCrossTenant,
		"bad_keys":                 badKeys,
		"bruteforce":               bruteforce,
		"revocation":               revocation,
		"timing":                   timingOfKeys,
		"excess_data":              excessData,
		"page_size":                pageSize,
		"body_limits":              bodyLimits,
		"concurrent_jobs_quota":    concurrentJobsQuota,
		"sse_limit":                streamsOfOneKey,
		"slowloris_headers":        slowlorisHeaders,
		"slow_read":                slowRead,
		"export_bomb":              exportBomb,
		"rate_limit_xff":           rateLimitXFF,
		"rate_limit_path_tricks":   rateLimitPathTricks,
		"method_matrix":            methodMatrix,
		"error_oracle":             errorOracle,
		"cors":                     corsOrigins,
		"csrf":                     crossSiteRequests,
		"errors":                   errorsTellNothing,
		"open_redirect":            openRedirect,
		"xss_stored":               storedScripts,
		"cache_poison":             cachePoison,
		"hostile_sites":            hostileSites,
	}
}

// TestAPISecurity plays the catalogue of attacks on the API, and further rows of the folder that WSC_EXTRA_CASES names.
func TestAPISecurity(t *testing.T) {
	known := attacks()
	for _, name := range catalogue(t, "api_security_tests.tsv", 1) {
		t.Run(name, func(t *testing.T) {
			attack := known[name]
			if attack == nil {
				t.Skip("this test does not know how to play such an attack")
			}
			attack(t)
		})
	}
}

// newKey makes an ordinary key, without a limit of requests, and returns it with its secret.
func (b *bundle) newKey(t testing.TB, name string, adjust ...func(*wsc.KeyRequest)) *wsc.KeyWithSecret {
	t.Helper()
	request := wsc.KeyRequest{Name: name, RateLimitHour: new(int64)}
	for _, change := range adjust {
		change(&request)
	}
	key, err := b.keys.Create(t.Context(), request)
	require.NoError(t, err)
	return key
}

// as sends a request with another key than the admin's; "" is none.
func (b *bundle) as(t testing.TB, secret, method, path string, body io.Reader, header ...string) answer {
	t.Helper()
	request := b.request(t, method, path, body)
	request.Header.Set("X-Api-Key", secret)
	if secret == "" {
		request.Header.Del("X-Api-Key")
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return b.send(t, request)
}

// submitAs submits a list of one URL with another key.
func (b *bundle) submitAs(t testing.TB, secret, name string, header ...string) wsc.Job {
	t.Helper()
	var job wsc.Job
	body := strings.NewReader(`{"name":"` + name + `","urls":["https://` + name + `.example/"]}`)
	a := b.as(t, secret, http.MethodPost, "/api/v1/jobs", body, append([]string{"Content-Type", "application/json"}, header...)...)
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	a.decode(t, &job)
	return job
}

// listAs lists jobs with another key.
func (b *bundle) listAs(t testing.TB, secret, query string) wsc.JobPage {
	t.Helper()
	var page wsc.JobPage
	b.as(t, secret, http.MethodGet, "/api/v1/jobs"+query, nil).decode(t, &page)
	return page
}

// route is an operation of the API's own description.
type route struct{ method, path string }

// documentedRoutes are all operations of the API.
func (b *bundle) documentedRoutes(t testing.TB) []route {
	t.Helper()
	var api struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	b.get(t, "/openapi.json").decode(t, &api)
	var routes []route
	for path, operations := range api.Paths {
		for method := range operations {
			routes = append(routes, route{strings.ToUpper(method), path})
		}
	}
	require.NotEmpty(t, routes)
	return routes
}
