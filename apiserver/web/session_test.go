package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/apitest"
)

func TestWhoIsNotSignedInIsShownTheSignInPage(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, start(t))
	answer := b.get("/account?x=1")
	require.Equal(t, http.StatusSeeOther, answer.status)
	require.Equal(t, "/sign-in?next=%2Faccount%3Fx%3D1", answer.header.Get("Location"))
	answer = b.get(answer.header.Get("Location"))
	require.Equal(t, http.StatusOK, answer.status)
	require.Contains(t, answer.body, `value="/account?x=1"`)
	require.Equal(t, http.StatusSeeOther, b.post("/sign-out", nil).status)
}

func TestAnEndedSessionLeadsBackToThePage(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, start(t))
	part := b.request(http.MethodGet, "/jobs?q=a", http.NoBody)
	part.Header.Set("HX-Request", "true")
	part.Header.Set("HX-Current-URL", b.server.URL+"/jobs?status=failed")
	require.Equal(t, "/sign-in?ended=1&next=%2Fjobs%3Fstatus%3Dfailed", b.do(part).header.Get("HX-Redirect"), "the page, not what a script asked for")
	form := b.request(http.MethodPost, "/jobs/1/pause", http.NoBody)
	form.Header.Set("Referer", b.server.URL+"/jobs/1")
	require.Equal(t, "/sign-in?ended=1&next=%2Fjobs%2F1", b.do(form).header.Get("Location"))
	for _, hostile := range []string{"https://evil.example//evil.example/x", "javascript:alert(1)", "%", ""} {
		part.Header.Set("HX-Current-URL", hostile)
		target := b.do(part).header.Get("HX-Redirect")
		require.NotContains(t, target, "evil.example/x", target)
		require.Equal(t, "/sign-in?ended=1", target)
	}

	require.Equal(t, "/sign-in?next=%2Fjobs%2F1", b.get("/jobs/1/export?format=csv").header.Get("Location"))

	body := b.get("/sign-in?ended=1&next=%2Fjobs%2F1").body
	require.Contains(t, body, "You were signed out")
	require.Contains(t, body, `value="/jobs/1"`)
	require.Contains(t, b.get("/sign-in?next=%2Fjobs%2F1").body, "Sign in to see this page.")
	require.NotContains(t, b.get("/sign-in").body, "to see this page")
	address, err := url.Parse(b.server.URL)
	require.NoError(t, err)
	b.http.Jar.SetCookies(address, []*http.Cookie{{Name: "wsc_session", Value: "over"}})
	require.Equal(t, "/sign-in?ended=1&next=%2Fjobs%2F1", b.get("/jobs/1").header.Get("Location"))
}

func TestSigningInLeadsBack(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := newBrowser(t, server)
	answer := b.post("/sign-in", url.Values{"key": {" " + apitest.AdminKey + "\n"}, "next": {"/account"}})
	require.Equal(t, http.StatusSeeOther, answer.status)
	require.Equal(t, "/account", answer.header.Get("Location"))
	cookie := answer.header.Get("Set-Cookie")
	for _, attribute := range []string{"wsc_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"} {
		require.Contains(t, cookie, attribute)
	}
	require.NotContains(t, cookie, "Secure", "the browser came by http")
	require.NotContains(t, cookie, apitest.AdminKey)
	answer = b.get("/account")
	require.Equal(t, http.StatusOK, answer.status)
	require.Contains(t, answer.body, "admin key of the configuration")
	require.NotContains(t, answer.body, apitest.AdminKey)
	require.Eventually(t, func() bool {
		events, err := server.Store.Events(t.Context(), wsc.AuditFilter{Kinds: []wsc.SecurityEventKind{wsc.EventSignedIn}, Limit: 10})
		return err == nil && len(events) == 1 && events[0].KeyID == wsc.AdminKeyID
	}, 5*time.Second, 20*time.Millisecond)
}

func TestNextLeadsToThisSiteOnly(t *testing.T) {
	t.Parallel()
	server := start(t)
	for _, next := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "evil.example",
		"/\t/evil.example", "http:evil.example", "", "//%65vil.example", "/ok\r\nSet-Cookie: x=1",
	} {
		answer := newBrowser(t, server).post("/sign-in", url.Values{"key": {apitest.AdminKey}, "next": {next}})
		require.Equal(t, http.StatusSeeOther, answer.status, next)
		require.Equal(t, "/", answer.header.Get("Location"), next)
	}
}

func TestAWrongKeyIsToldInTheForm(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, start(t))
	answer := b.post("/sign-in", url.Values{"key": {"wsc_wrong<script>"}, "next": {"/account"}})
	require.Equal(t, http.StatusUnauthorized, answer.status)
	require.Contains(t, answer.body, "The API key is mistyped or incomplete.")
	require.Contains(t, answer.body, `aria-invalid="true"`)
	require.Contains(t, answer.body, `value="/account"`, "the way back is kept")
	require.Empty(t, answer.header.Values("Set-Cookie"))
}

func TestManyWrongKeysAreThrottled(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, start(t))
	last := answer{}
	for range 25 {
		last = b.post("/sign-in", url.Values{"key": {wsc.NewKeySecret()}})
	}
	require.Equal(t, http.StatusTooManyRequests, last.status)
	require.Contains(t, last.body, "Too many wrong API keys came from this address.")
}

func TestASignedOutSessionIsGoneOnTheServer(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	kept := b.http.Jar.Cookies(address)
	require.Equal(t, "/sign-in", b.post("/sign-out", nil).header.Get("Location"))
	require.Empty(t, b.http.Jar.Cookies(address))
	b.http.Jar.SetCookies(address, kept)
	require.Equal(t, http.StatusSeeOther, b.get("/account").status)
}

func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	one, other := signedIn(t, server, key.Secret), signedIn(t, server, key.Secret)
	admin := signedIn(t, server, apitest.AdminKey)
	require.Equal(t, http.StatusSeeOther, one.post("/account/sign-out-everywhere", nil).status)
	require.Equal(t, http.StatusSeeOther, other.get("/account").status)
	require.Equal(t, http.StatusOK, admin.get("/account").status)
}

func TestALinkSignsInOnce(t *testing.T) {
	t.Parallel()
	server := start(t)
	link, err := server.Keys.NewSignInLink(t.Context(), apitest.AdminKey)
	require.NoError(t, err)
	first, second := newBrowser(t, server), newBrowser(t, server)
	require.Equal(t, http.StatusSeeOther, first.get("/sign-in/"+link).status)
	require.Equal(t, http.StatusOK, first.get("/account").status)
	answer := second.get("/sign-in/" + link)
	require.Equal(t, http.StatusUnauthorized, answer.status)
	require.Contains(t, answer.body, "This sign-in link was used before, or has expired.")
	require.Equal(t, http.StatusSeeOther, second.get("/account").status)
}

func TestRequestsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	b := signedIn(t, start(t), apitest.AdminKey)
	request := b.request(http.MethodPost, "/sign-out", http.NoBody)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	request.Header.Set("Origin", "https://evil.example")
	answer := b.do(request)
	require.Equal(t, http.StatusForbidden, answer.status)
	require.Equal(t, "text/html; charset=utf-8", answer.header.Get("Content-Type"), "a browser gets a page")
	require.Contains(t, answer.body, "not taken from other sites")
	request = b.request(http.MethodPost, "/sign-out", http.NoBody)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	request.Header.Set("Accept", "*/*")
	require.Equal(t, "application/problem+json", b.do(request).header.Get("Content-Type"), "a program gets a document")
	require.Equal(t, http.StatusOK, b.get("/account").status, "still signed in")
}

func TestALinkFromAnotherSiteArrivesSignedIn(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, start(t)) // a Strict cookie does not come along with the first request
	request := b.request(http.MethodGet, "/account", http.NoBody)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	answer := b.do(request)
	require.Equal(t, http.StatusOK, answer.status)
	require.Contains(t, answer.body, `http-equiv="refresh" content="0"`)
}

func TestTheSessionIsNoKeyForTheAPI(t *testing.T) {
	t.Parallel()
	b := signedIn(t, start(t), apitest.AdminKey)
	require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/jobs").status)
}

func TestEveryPageHasAStrictPolicy(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	for _, path := range []string{"/", "/jobs", "/keys", "/audit", "/account", "/sign-in", "/nowhere"} {
		answer := b.get(path)
		policy := answer.header.Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'", path)
		require.NotContains(t, policy, "unsafe", path)
		require.NotContains(t, answer.body, "<style", path)
		require.NotContains(t, answer.body, " style=", path)
		require.NotContains(t, answer.body, "<script>", path)
		require.NotContains(t, strings.ToLower(answer.body), " onclick", path)
	}
}

func TestAMissingPageIsAPage(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, start(t))
	answer := b.get("/nowhere")
	require.Equal(t, http.StatusNotFound, answer.status)
	require.Contains(t, answer.body, "There is no such page.")
	require.Equal(t, "text/html; charset=utf-8", answer.header.Get("Content-Type"))
	require.NotContains(t, answer.body, `<nav aria-label="Main">`)

	signed := signedIn(t, start(t), apitest.AdminKey)
	answer = signed.get("/nowhere")
	require.Equal(t, http.StatusNotFound, answer.status)
	require.Contains(t, answer.body, "There is no such page.")
	require.Contains(t, answer.body, `<nav aria-label="Main">`, "who is signed in keeps the navigation")
}

func TestTheThemeIsRemembered(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, start(t))
	require.NotContains(t, b.get("/sign-in").body, "data-theme=\"")
	require.Equal(t, http.StatusSeeOther, b.post("/theme", url.Values{"theme": {"dark"}, "next": {"/sign-in"}}).status)
	require.Contains(t, b.get("/sign-in").body, `data-theme="dark"`)
	b.post("/theme", url.Values{"theme": {"system"}})
	require.NotContains(t, b.get("/sign-in").body, "data-theme=\"")
}

func TestProblemsArePages(t *testing.T) {
	t.Parallel()
	server := start(t)
	limit := int64(3)
	key := server.CreateKey(t, wsc.KeyRequest{Scopes: []wsc.Scope{wsc.ScopeRead}, RateLimitHour: &limit})
	b := signedIn(t, server, key.Secret)
	last := answer{}
	for range 4 {
		last = b.get("/account")
	}
	require.Equal(t, http.StatusTooManyRequests, last.status)
	require.Contains(t, last.body, "Too many requests")
	require.Contains(t, last.body, `href="/account">`, "the way to try again")

	b = signedIn(t, server, apitest.AdminKey)
	last = b.get("/sign-out")
	require.Equal(t, http.StatusMethodNotAllowed, last.status)
	require.Equal(t, "POST", last.header.Get("Allow"))
	require.Contains(t, last.body, "Not an address of a page")
	last = b.get("/api/v1/nowhere")
	require.Equal(t, "application/problem+json", last.header.Get("Content-Type"), "the API has documents, also for browsers")

	require.NoError(t, server.Store.Close())
	for _, path := range []string{"/jobs", "/keys", "/audit"} {
		last = b.get(path)
		require.GreaterOrEqual(t, last.status, 500, path)
		require.Contains(t, last.body, "Try again", path)
		require.NotContains(t, last.body, "sql", path)
	}
}

func TestTheAccountPageSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	server := start(t)
	limit := int64(200)
	key := server.CreateKey(t, wsc.KeyRequest{Name: "<b>bold", RateLimitHour: &limit, AllowedIPs: []string{"127.0.0.0/8", "::1"}})
	body := signedIn(t, server, key.Secret).get("/account").body
	require.Regexp(t, `<progress value="1\d\d" max="200"`, body)
	require.Contains(t, body, "&lt;b&gt;bold")
	require.Contains(t, body, "127.0.0.0/8")
	require.Contains(t, body, "data-confirm=")
}
