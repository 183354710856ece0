package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/version"
)

// scrape is what Prometheus would read.
func scrape(t testing.TB, registry prometheus.Gatherer) string {
	t.Helper()
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	return answer.Body.String()
}

// series are the lines of a metric, with their values.
func series(text, name string) []string {
	return regexp.MustCompile(`(?m)^`+name+`(\{.*\})? .*$`).FindAllString(text, -1)
}

func TestTheProcessSaysWhichBuildRuns(t *testing.T) {
	registry := prometheus.NewRegistry()
	require.NoError(t, telemetry.RegisterProcess(registry, version.Info{Version: "v1.2.3", Commit: "abc", Go: "go1.26"}))
	text := scrape(t, registry)
	require.Equal(t, []string{`wsc_build_info{commit="abc",go_version="go1.26",version="v1.2.3"} 1`}, series(text, "wsc_build_info"))
	require.Len(t, series(text, "go_goroutines"), 1)
	require.Len(t, series(text, "process_open_fds"), 1)

	err := telemetry.RegisterProcess(registry, version.Info{})
	require.ErrorContains(t, err, "register metrics", "a second registration is an error, not a panic")
	require.GreaterOrEqual(t, strings.Count(err.Error(), "register metrics"), 3, "all that is wrong is named")
}
