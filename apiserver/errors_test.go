package apiserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
)

// failingExport is a store whose results break off.
type failingExport struct {
	apiserver.Store
	after int
}

func (f failingExport) EachResult(_ context.Context, _ string, _ wsc.ResultFilter, fn func(*wsc.Result) error) error {
	for i := range f.after {
		if err := fn(&wsc.Result{Seq: int64(i), URL: "https://example.com/"}); err != nil {
			return err
		}
	}
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The database does not answer.").Because(errors.New("pq: secret detail"))
}

// brokenStore fails in ways that a client must not see.
type brokenStore struct {
	apiserver.Store
	fail func() error
}

func (b brokenStore) JobsByID(context.Context, []string) ([]wsc.Job, error) { return nil, b.fail() }

func readAll(response *http.Response) ([]byte, error) { return io.ReadAll(response.Body) }

func TestInternalErrorsAreLoggedAndNotShown(t *testing.T) {
	for name, test := range map[string]struct {
		fail   func() error
		status int
		code   wsc.Code
	}{
		"plain error": {func() error { return errors.New("secret detail") }, 500, wsc.CodeInternal},
		"wrapped cause": {func() error {
			return wsc.Errorf(wsc.CodeStorageUnavailable, "Away.").Because(errors.New("secret detail"))
		}, 503, wsc.CodeStorageUnavailable},
		"panic":           {func() error { panic("secret detail") }, 500, wsc.CodeInternal},
		"took too long":   {func() error { return fmt.Errorf("secret detail: %w", context.DeadlineExceeded) }, 503, wsc.CodeStorageUnavailable},
		"internal domain": {func() error { return wsc.Errorf(wsc.CodeInternal, "secret detail") }, 500, wsc.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBundle(t, func(s *setup) { s.api.Store = brokenStore{s.api.Store, test.fail} })
			for _, route := range []string{"", "/events", "/results", "/stats", "/export"} {
				a := b.get(t, "/api/v1/jobs/"+unknownID+route)
				require.Equal(t, test.status, a.status)
				p := a.problem(t)
				require.Equal(t, test.code, p.Code)
				require.NotContains(t, string(a.body), "secret")
				require.Contains(t, b.log.String(), "secret detail")
				require.Contains(t, b.log.String(), p.RequestID)
				require.Equal(t, test.status == 503, a.header.Get("Retry-After") != "")
			}
		})
	}
}

func TestMethodMatrix(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	for path, allow := range map[string]string{
		"/api/v1/jobs":                        "GET, HEAD, POST",
		"/api/v1/jobs/" + job.ID:              "GET, HEAD, PATCH, DELETE",
		"/api/v1/jobs/" + job.ID + "/cancel":  "POST",
		"/api/v1/jobs/" + job.ID + "/events":  "GET, HEAD",
		"/api/v1/jobs/" + job.ID + "/results": "GET, HEAD",
		"/api/v1/jobs/" + job.ID + "/stats":   "GET, HEAD",
		"/api/v1/jobs/" + job.ID + "/export":  "GET, HEAD",
		"/api/v1/checks":                      "POST",
		"/healthz":                            "GET, HEAD",
		"/readyz":                             "GET, HEAD",
		"/docs":                               "GET, HEAD",
		"/openapi.json":                       "GET, HEAD",
		"/metrics":                            "GET, HEAD",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND"} {
			allowed := false
			for name := range strings.SplitSeq(allow, ", ") {
				allowed = allowed || name == method
			}
			if allowed {
				continue
			}
			a := b.do(t, method, path, nil, "X-HTTP-Method-Override", "DELETE")
			require.Equal(t, http.StatusMethodNotAllowed, a.status, "%s %s", method, path)
			require.Equal(t, allow, a.header.Get("Allow"), "%s %s", method, path)
			if method != http.MethodHead {
				require.Equal(t, wsc.CodeMethodNotAllowed, a.problem(t).Code)
			}
		}
	}
}

func TestUnknownAddress(t *testing.T) {
	b := newBundle(t)
	for _, path := range []string{"/api/v1/jobs/", "//api/v1/jobs", "/api/v1/x", "/docs/", "/docs/../errors.go", "/api/v1/JOBS"} {
		a := b.get(t, path)
		require.Equal(t, http.StatusNotFound, a.status, path)
		require.Equal(t, wsc.CodeNotFound, a.problem(t).Code)
	}
}

func TestRequestsFromOtherSitesPagesAreRefused(t *testing.T) {
	b := newBundle(t)
	for name, header := range map[string][]string{
		"fetch metadata": {"Sec-Fetch-Site", "cross-site"},
		"origin":         {"Origin", "https://evil.example"},
		"null origin":    {"Origin", "null"},
	} {
		a := b.do(t, http.MethodPost, "/api/v1/jobs", strings.NewReader(`{"urls":["a.example"]}`), append(header, "Content-Type", "application/json")...)
		require.Equal(t, http.StatusForbidden, a.status, name)
		require.Equal(t, wsc.CodeForbidden, a.problem(t).Code)
		require.Empty(t, a.header.Get("Access-Control-Allow-Origin"))
	}
	b.requireNothingLeft(t)
	a := b.do(t, http.MethodPost, "/api/v1/checks", strings.NewReader(`{"url":"a.example"}`), "Content-Type", "application/json", "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusOK, a.status)
}

func TestForeignHostNamesAreRefused(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.AllowedHosts = []string{"localhost", "127.0.0.1", "::1"} })
	for host, status := range map[string]int{
		"rebound.example:80": 403, "rebound.example": 403, "127.0.0.1.evil.example": 403,
		"localhost:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "LOCALHOST": 200,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/healthz", nil)
		require.NoError(t, err)
		request.Host = host
		require.Equal(t, status, b.send(t, request).status, host)
	}
}

func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	b := newBundle(t)
	for _, path := range []string{"/healthz", "/docs", "/openapi.json", "/api/v1/jobs", "/nothing", "/metrics"} {
		header := b.get(t, path).header
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "DENY", header.Get("X-Frame-Options"), path)
		require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.NotEmpty(t, header.Get("X-Request-Id"), path)
	}
}

func TestRequestIDs(t *testing.T) {
	b := newBundle(t)
	require.Equal(t, "my-id_1.x", b.do(t, http.MethodGet, "/healthz", nil, "X-Request-Id", "my-id_1.x").header.Get("X-Request-Id"))
	for _, bad := range []string{"a b", "x\t[31m", strings.Repeat("a", 65), "é"} {
		got := b.do(t, http.MethodGet, "/healthz", nil, "X-Request-Id", bad).header.Get("X-Request-Id")
		require.NotEqual(t, bad, got)
		require.Len(t, got, 26)
	}
}

// What a client sent wrongly is not repeated at length.
func TestValidationErrorsAreShort(t *testing.T) {
	b := newBundle(t)
	a := b.postJSON(t, "/api/v1/checks", `{"url":"a.example","`+strings.Repeat("x", 10000)+`":1}`)
	require.Equal(t, wsc.CodeInvalidRequest, a.problem(t).Code)
	require.Less(t, len(a.body), 1500)
	require.NotContains(t, string(b.postJSON(t, "/api/v1/checks", `{"url":"a.example","options":{"method":"<script>"}}`).body), "script>")
	a = b.postJSON(t, "/api/v1/checks", `{"url":"`+strings.Repeat("x", 2<<20)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, a.status)
	require.Equal(t, wsc.CodeUploadTooLarge, a.problem(t).Code)
}
