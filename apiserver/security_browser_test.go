package apiserver_test

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

const trustedOrigin = "https://app.example.com"

func trustingOrigin(s *setup) { s.api.CORSOrigins = []string{trustedOrigin} }

// requireNoCORS checks that no header lets another site's page read the answer.
func requireNoCORS(t *testing.T, a answer, origin string) {
	t.Helper()
	for name := range a.header {
		require.False(t, strings.HasPrefix(name, "Access-Control-"), "%s for %q", name, origin)
	}
}

func corsOrigins(t *testing.T) {
	closed, open := newBundle(t), newBundle(t, trustingOrigin)
	preflight := func(b *bundle, origin string) answer {
		return b.as(t, "", http.MethodOptions, "/api/v1/jobs", nil, "Origin", origin,
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-api-key,content-type")
	}
	for _, origin := range []string{
		"https://evil.example", "null", "https://app.example.com.evil.example", "https://evil-app.example.com", "https://app.example.com:444",
		"http://app.example.com", "https://APP.example.com", "https://app.example.com/", "https://app.example.com@evil.example",
		"https://sub.app.example.com", "https://app-example.com", "*", "https://app.example.com, https://evil.example",
	} {
		for _, b := range []*bundle{closed, open} {
			for _, path := range []string{"/api/v1/me", "/api/v1/jobs", "/healthz", "/docs", "/openapi.json", "/nothing"} {
				requireNoCORS(t, b.do(t, http.MethodGet, path, nil, "Origin", origin), origin)
			}
			a := preflight(b, origin)
			requireNoCORS(t, a, origin)
			require.Equal(t, http.StatusMethodNotAllowed, a.status)
		}
	}
	requireNoCORS(t, closed.do(t, http.MethodGet, "/api/v1/me", nil, "Origin", trustedOrigin), trustedOrigin)
	requireNoCORS(t, open.get(t, "/api/v1/me"), "")

	for _, tc := range []struct {
		path   string
		secret string
		status int
	}{{"/api/v1/me", adminKey, 200}, {"/api/v1/me", "", 401}, {"/api/v1/jobs/" + unknownID, adminKey, 404}, {"/api/v1/jobs?limit=0", adminKey, 422}} {
		a := open.as(t, tc.secret, http.MethodGet, tc.path, nil, "Origin", trustedOrigin)
		require.Equal(t, tc.status, a.status)
		require.Equal(t, []string{trustedOrigin}, a.header.Values("Access-Control-Allow-Origin"))
		require.Empty(t, a.header.Values("Access-Control-Allow-Credentials"))
		require.Contains(t, strings.Join(a.header.Values("Vary"), ","), "Origin")
		for _, name := range []string{"Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID", "Content-Disposition"} {
			require.Contains(t, strings.Split(a.header.Get("Access-Control-Expose-Headers"), ", "), name)
		}
	}
	a := preflight(open, trustedOrigin)
	require.Equal(t, http.StatusNoContent, a.status)
	require.Equal(t, trustedOrigin, a.header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, a.header.Get("Access-Control-Allow-Headers"), "X-API-Key")
	require.Contains(t, a.header.Get("Access-Control-Allow-Methods"), "DELETE")
	require.Empty(t, a.body)
	require.Empty(t, a.header.Get("RateLimit"), "a preflight has no key to count for")
	a = open.do(t, http.MethodPost, "/api/v1/jobs", strings.NewReader(`{"urls":["a.example"]}`), "Content-Type", "application/json",
		"Origin", trustedOrigin, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	require.Equal(t, trustedOrigin, a.header.Get("Access-Control-Allow-Origin"))
}

// crossSiteRequests: there are no cookies which a browser would add, and requests of other sites' pages are refused before
// the key is looked at.
func crossSiteRequests(t *testing.T) {
	b := newBundle(t, trustingOrigin)
	job := b.submit(t, "l.txt", "example.com\n")
	list, formType := form(t, part{name: "file", filename: "l.txt", content: "example.com\n"})
	for name, browser := range map[string][]string{
		"a form of another site":    {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"},
		"a script of another site":  {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"},
		"an older browser":          {"Origin", "https://evil.example"},
		"a page without an origin":  {"Origin", "null"},
		"another site, same domain": {"Origin", "https://other.example.com", "Sec-Fetch-Site", "same-site"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, tc := range []struct{ method, path, contentType, body string }{
				{http.MethodPost, "/api/v1/jobs", "text/plain", `{"urls":["a.example"]}`},
				{http.MethodPost, "/api/v1/jobs", "application/json", `{"urls":["a.example"]}`},
				{http.MethodPost, "/api/v1/jobs", formType, list.String()},
				{http.MethodPost, "/api/v1/jobs", "application/x-www-form-urlencoded", "urls=a.example"},
				{http.MethodPost, "/api/v1/checks", "text/plain", `{"url":"a.example"}`},
				{http.MethodPost, "/api/v1/jobs/" + job.ID + "/cancel", "text/plain", ""},
				{http.MethodDelete, "/api/v1/jobs/" + job.ID, "", ""},
				{http.MethodPost, "/api/v1/keys", "application/json", `{"name":"x"}`},
				{http.MethodPatch, "/api/v1/keys/" + unknownID, "application/json", `{}`},
			} {
				a := b.do(t, tc.method, tc.path, strings.NewReader(tc.body), append(slices.Clone(browser), "Content-Type", tc.contentType)...)
				require.Equal(t, http.StatusForbidden, a.status, "%s %s", tc.method, tc.path)
				require.Equal(t, wsc.CodeForbidden, a.problem(t).Code)
			}
		})
	}
	// Even without a browser's headers, no body that a form can send is taken for JSON.
	require.Equal(t, http.StatusUnsupportedMediaType, b.do(t, http.MethodPost, "/api/v1/checks", strings.NewReader(`{"url":"a.example"}`), "Content-Type", "text/plain").status)
	require.Equal(t, http.StatusUnsupportedMediaType, b.do(t, http.MethodPost, "/api/v1/jobs", strings.NewReader(`{"urls":["a.example"]}`), "Content-Type", "text/plain").status)
	// GET changes nothing.
	for _, path := range []string{"/cancel", "/delete", "/retry"} {
		require.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, b.get(t, "/api/v1/jobs/"+job.ID+path).status)
	}
	a := b.get(t, "/api/v1/jobs")
	require.Empty(t, a.header.Values("Set-Cookie"))
	var page wsc.JobPage
	a.decode(t, &page)
	require.Len(t, page.Jobs, 1)
	require.Equal(t, wsc.JobPending, page.Jobs[0].Status)
}

// openRedirect: no address leads anywhere but to the sign-in page.
func openRedirect(t *testing.T) {
	b := newBundle(t)
	for _, place := range []string{"//evil.example", `/\evil.example`, "https:evil.example", "https://evil.example/", "javascript:alert(1)", "///evil.example", "/%09/evil.example"} {
		for _, path := range []string{
			"/?next=" + place, "/docs?next=" + place, "/login?next=" + place, "/api/v1/jobs?next=" + place, "/healthz?next=" + place, "/openapi.json?return_to=" + place,
			"/docs/" + place, "/" + place, place, "/api/v1/" + place + "/..", "/docs" + place, "/healthz/" + place,
		} {
			if !strings.HasPrefix(path, "/") {
				continue // no request's target
			}
			a := sendTarget(t, b, http.MethodGet, path, adminKey)
			if a.status == http.StatusSeeOther {
				require.Equal(t, "/sign-in", strings.Split(a.header.Get("Location"), "?")[0], path)
			} else {
				require.NotContains(t, []int{301, 302, 307, 308}, a.status, path)
				require.Empty(t, a.header.Get("Location"), path)
			}
			require.Empty(t, a.header.Get("Refresh"), path)
		}
	}
}

// storedScripts: what a list brings along is never answered as something that a browser would run.
func storedScripts(t *testing.T) {
	b := newBundle(t)
	const script = `"><script>alert(1)</script><svg onload=alert(1)>{{7*7}}${7*7}`
	formula := `=HYPERLINK("javascript:alert(1)","x")`
	job := b.submit(t, `a<script>alert(1)<`+"\u202e"+`svg>.csv`, "url,label\nexample.com,"+strings.ReplaceAll(script, `"`, "'")+"\njavascript:alert(1),x\n")
	b.begin(t, job.ID, 2)
	b.results(t, job.ID,
		wsc.Result{Seq: 0, Line: 2, URL: "https://example.com/?q=" + script, NormalizedURL: "https://example.com/", Host: "example.com", Status: wsc.StatusActive, HTTPStatus: 200, Title: script, ContentType: "text/html" + script, CheckedAt: time.Now()},
		wsc.Result{Seq: 1, Line: 3, URL: formula, Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL, ErrorMessage: script, Title: "@SUM(1)", CheckedAt: time.Now()},
	)
	base := "/api/v1/jobs/" + job.ID
	for _, path := range []string{
		"/api/v1/jobs", base, base + "/results", base + "/stats", base + "/export", base + "/export?format=json", base + "/export?format=ndjson", base + "/export?format=xlsx",
		base + "/export?layout=original", base + "/results?sort=" + "%3Cscript%3E", "/%3Cscript%3Ealert(1)%3C/script%3E", "/api/v1/jobs?q=%3Cscript%3E&limit=0",
	} {
		a := b.get(t, path)
		kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
		require.Contains(t, []string{
			"application/json", "application/problem+json", "text/csv", "application/x-ndjson", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		}, kind, path)
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", a.header.Get("Content-Security-Policy"), path)
		if strings.Contains(path, "/export") {
			disposition := a.header.Get("Content-Disposition")
			require.True(t, strings.HasPrefix(disposition, "attachment;"), disposition)
			require.False(t, strings.ContainsAny(disposition, "<>\r\n\u202e"), disposition)
		}
		if kind == "text/csv" {
			for line := range strings.Lines(string(a.body)) {
				for cell := range strings.SplitSeq(line, ",") {
					require.False(t, strings.HasPrefix(strings.Trim(cell, `"`), "="), "%s: a formula in %q", path, line)
					require.False(t, strings.HasPrefix(strings.Trim(cell, `"`), "@"), "%s: a formula in %q", path, line)
				}
			}
		}
	}
	require.NotContains(t, job.Filename, "\u202e")
	// The page of the documentation runs its own files only.
	policy := b.get(t, "/docs").header.Get("Content-Security-Policy")
	require.NotContains(t, policy, "unsafe")
	require.Contains(t, policy, "default-src 'none'")
}

// cachePoison: no cache in between keeps an answer, or gives it to someone else.
func cachePoison(t *testing.T) {
	b := newBundle(t, trustingOrigin, func(s *setup) {
		s.api.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	job := b.submit(t, "l.txt", "example.com\n")
	for _, path := range []string{"/api/v1/me", "/api/v1/jobs", "/api/v1/jobs/" + job.ID, "/api/v1/jobs/" + job.ID + "/export", "/api/v1/jobs/" + job.ID + "/results", "/api/v1/jobs/" + unknownID, "/nothing.css", "/api/v1/jobs/" + job.ID + "/export/x.css"} {
		for _, secret := range []string{adminKey, ""} {
			a := b.as(t, secret, http.MethodGet, path, nil, "X-Forwarded-Host", "evil.example", "X-Original-URL", "/healthz", "X-Rewrite-URL", "/healthz", "X-Forwarded-Proto", "http")
			require.Equal(t, "private, no-store", a.header.Get("Cache-Control"), path)
			vary := strings.Join(a.header.Values("Vary"), ", ")
			for _, name := range []string{"Authorization", "X-API-Key", "Origin"} {
				require.Contains(t, vary, name, path)
			}
			require.NotContains(t, string(a.body)+fmt.Sprint(a.header), "evil.example", path)
			require.Empty(t, a.header.Get("Strict-Transport-Security"))
		}
	}
	events := b.stream(t.Context(), t, job.ID)
	defer events.close()
	require.Contains(t, events.response.Header.Get("Cache-Control"), "no-store")
	require.Contains(t, events.response.Header.Get("Cache-Control"), "private")

	a := b.do(t, http.MethodGet, "/api/v1/me", nil, "X-Forwarded-Proto", "https")
	require.Equal(t, "max-age=31536000", a.header.Get("Strict-Transport-Security"), "told by a configured proxy")
	direct := newBundle(t)
	a = direct.do(t, http.MethodGet, "/api/v1/me", nil, "X-Forwarded-Proto", "https")
	require.Empty(t, a.header.Get("Strict-Transport-Security"), "claimed by the client")
}

func methodMatrix(t *testing.T) {
	b := newBundle(t)
	allowed := map[string][]string{"/docs": {"GET"}, "/openapi.json": {"GET"}, "/openapi.yaml": {"GET"}}
	for _, route := range b.documentedRoutes(t) {
		allowed[route.path] = append(allowed[route.path], route.method)
	}
	for path, methods := range allowed {
		target := strings.ReplaceAll(path, "{id}", unknownID)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "TRACK", "PROPFIND", "BREW"} {
			if slices.Contains(methods, method) || (method == "HEAD" && slices.Contains(methods, "GET")) {
				continue
			}
			if method == "HEAD" { // its answer has no body to read
				require.Equal(t, http.StatusMethodNotAllowed, b.do(t, method, target, nil).status, path)
				continue
			}
			a := sendTarget(t, b, method, target, adminKey)
			require.Equal(t, http.StatusMethodNotAllowed, a.status, "%s %s", method, path)
			require.Equal(t, wsc.CodeMethodNotAllowed, a.problem(t).Code)
			want := slices.Clone(methods)
			if slices.Contains(methods, "GET") {
				want = append(want, "HEAD")
			}
			require.ElementsMatch(t, want, strings.Split(a.header.Get("Allow"), ", "), "%s %s", method, path)
			require.NotContains(t, string(a.body), adminKey, "no echo")
		}
	}
	for _, target := range []string{"/nothing", "*", "example.com:443"} {
		for _, method := range []string{"TRACE", "CONNECT", "OPTIONS", "BREW"} {
			a := raw(t, b, func(conn net.Conn) {
				_, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, target)
				require.NoError(t, err)
			})
			if target == "*" && method == "OPTIONS" {
				require.Equal(t, http.StatusOK, a.status, "net/http answers this itself, with nothing")
				require.Empty(t, a.body)
				continue
			}
			require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed}, a.status, "%s %s", method, target)
		}
	}
}
