package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/apitest"
)

// secretIn is the secret that a page shows.
func secretIn(t testing.TB, body string) string {
	t.Helper()
	match := regexp.MustCompile(`<code id="secret">(wsc_\w+)</code>`).FindStringSubmatch(body)
	require.NotNil(t, match, body)
	return match[1]
}

// works reports whether the API takes the secret.
func works(t testing.TB, server *apitest.Server, secret string) bool {
	t.Helper()
	api, err := client.New(server.URL, client.WithKey(secret))
	require.NoError(t, err)
	defer api.Close()
	_, err = api.Me(t.Context())
	return err == nil
}

func TestAKeyIsMadeAndItsSecretShownOnce(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	require.Contains(t, b.get("/keys").body, "No keys yet")
	answer := b.post("/keys", url.Values{
		"name": {" CRM " + hostile}, "owner_email": {"ops@example.com"}, "scopes": {"read", "write"}, "rate_limit_hour": {"5000"},
		"allowed_ips": {"127.0.0.0/8\r\n::1\n"}, "expires_at": {"2999-12-31"},
	})
	require.Equal(t, http.StatusOK, answer.status, answer.body)
	require.Contains(t, answer.header.Get("Cache-Control"), "no-store")
	require.NotContains(t, answer.body, "<script>alert")
	require.Contains(t, answer.body, `<div class="with-script"><button type="button" class="primary" data-copy="secret">`, "it needs a script")
	secret := secretIn(t, answer.body)
	require.True(t, works(t, server, secret))

	page, err := server.Keys.List(t.Context(), wsc.KeyFilter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, page, 1)
	key := page[0]
	require.Equal(t, "2999-12-31", key.ExpiresAt.AddDate(0, 0, -1).Format("2006-01-02"))
	for _, path := range []string{"/keys", "/keys/" + key.ID} {
		body := b.get(path).body
		require.NotContains(t, body, secret, path)
		require.NotContains(t, body, "<script>alert", path)
		for _, want := range []string{"CRM &lt;script&gt;", "ops@example.com", key.Prefix, "active", "see its own jobs", "start and change its own jobs", "5,000", "127.0.0.0/8", "::1/128"} {
			require.Contains(t, body, want, path)
		}
	}
}

func TestProblemsOfANewKeyStandAtTheirFields(t *testing.T) {
	t.Parallel()
	b := signedIn(t, start(t), apitest.AdminKey)
	right := func() url.Values { return url.Values{"name": {"typed"}, "scopes": {"read"}} }
	for field, wrong := range map[string]struct{ value, id, message string }{
		"name":            {" ", "name-hint", "Give the key a name"},
		"owner_email":     {"nobody<b>", "owner_email-hint", "Write an e-mail address like name@example.com"},
		"rate_limit_hour": {"many", "limit-hint", "Write a whole number"},
		"allowed_ips":     {"10.0.0.0/8\nhome", "ips-hint", "Write networks like"},
		"expires_at":      {"2001-01-01", "expires-hint", "lies in the past"},
		"scopes":          {"everything", "scopes-hint", ""},
	} {
		form := right()
		form.Set(field, wrong.value)
		answer := b.post("/keys", form)
		require.Equal(t, http.StatusUnprocessableEntity, answer.status, field)
		require.Regexp(t, `<div id="`+wrong.id+`"><p class="problem wrap">.*`+wrong.message, answer.body, field)
		require.Contains(t, answer.body, `<details class="fold new-key" open>`, field)
		require.Contains(t, answer.body, `data-page="/keys"`, "Back leads to the page and sends no form")
		require.NotContains(t, answer.body, "nobody<b>")
		if field != "name" {
			require.Contains(t, answer.body, `value="typed"`, "what was typed stays")
		}
	}
	form := right()
	form.Del("scopes")
	require.Contains(t, b.post("/keys", form).body, "Choose at least one.")
	for field, test := range map[string]struct{ value, id, want string }{
		"rate_limit_hour": {"-5", "limit-hint", `Write a whole number; 0 is no limit\.`},
		"name":            {strings.Repeat("n", 101), "name-hint", `Write at most 100 characters\.`},
	} {
		form = right()
		form.Set(field, test.value)
		require.Regexp(t, `<div id="`+test.id+`"><p class="problem wrap"><svg.*</svg> `+test.want+"</p>", b.post("/keys", form).body)
	}
	form = right()
	form.Set("rate_limit_hour", "1000000001")
	require.Contains(t, b.post("/keys", form).body, "Write 1000000000 or a smaller number.")
	body := b.get("/keys").body
	require.Contains(t, body, "No keys yet", "none was made")
	require.NotContains(t, body, "data-page", "the page has its own address")
}

func TestAKeyIsRotatedRevokedAndMadeActiveAgain(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	b := signedIn(t, server, apitest.AdminKey)
	path := "/keys/" + key.ID
	answer := b.post(path+"/rotate", url.Values{"grace_seconds": {"3600"}})
	require.Equal(t, http.StatusOK, answer.status)
	require.Contains(t, answer.body, "The secret before works until")
	second := secretIn(t, answer.body)
	require.True(t, works(t, server, key.Secret))
	require.Regexp(t, `<progress value="999" max="1000".*<data value="999">999</data> requests`, b.get(path).body, "one was used")
	require.Contains(t, b.get(path).body, "Secret before")
	third := secretIn(t, b.post(path+"/rotate", url.Values{"grace_seconds": {"0"}}).body)
	require.False(t, works(t, server, second))
	require.Equal(t, http.StatusUnprocessableEntity, b.post(path+"/rotate", url.Values{"grace_seconds": {"x"}}).status)

	require.Contains(t, b.get(path).body, "data-confirm=")
	require.Equal(t, path, b.post(path+"/revoke", nil).header.Get("Location"))
	require.False(t, works(t, server, third))
	body := b.get(path).body
	require.Contains(t, body, "revoked")
	require.NotContains(t, body, "/rotate")
	answer = b.post(path+"/rotate", url.Values{"grace_seconds": {"0"}})
	require.Equal(t, http.StatusConflict, answer.status)
	require.Contains(t, answer.body, "The key was revoked or has expired.")
	require.Contains(t, answer.body, `data-page="`+path+`"`)
	require.Equal(t, path, b.post(path+"/activate", nil).header.Get("Location"))
	require.True(t, works(t, server, third))

	for _, id := range []string{wsc.AdminKeyID, wsc.NewID(), "%3Cscript%3E"} {
		answer := b.get("/keys/" + id)
		require.Equal(t, http.StatusNotFound, answer.status, id)
		require.Contains(t, answer.body, "There is no such key.", id)
	}
}

func TestAKeyIsChanged(t *testing.T) {
	t.Parallel()
	server := start(t)
	until := time.Date(2999, 6, 30, 12, 0, 0, 0, time.UTC)
	key := server.CreateKey(t, wsc.KeyRequest{
		Name: "before", OwnerEmail: "ops@example.com", Scopes: []wsc.Scope{wsc.ScopeRead}, AllowedIPs: []string{"127.0.0.0/8", "::1"}, ExpiresAt: &until,
	})
	b := signedIn(t, server, apitest.AdminKey)
	path := "/keys/" + key.ID
	page := b.get(path).body
	for _, want := range []string{`action="` + path + `"`, `value="before"`, `value="ops@example.com"`, `value="1000"`, `value="2999-06-30"`, "127.0.0.0/8\n::1/128</textarea>", `value="read" checked`, `value="write"> `} {
		require.Contains(t, page, want)
	}
	form := func() url.Values {
		return url.Values{
			"name": {" after "}, "owner_email": {""}, "scopes": {"read", "write"}, "rate_limit_hour": {"0"}, "allowed_ips": {""}, "expires_at": {"2999-06-30"},
		}
	}
	answer := b.post(path, form())
	require.Equal(t, http.StatusSeeOther, answer.status, answer.body)
	require.Equal(t, path, answer.header.Get("Location"))
	changed, err := server.Keys.Get(t.Context(), key.ID)
	require.NoError(t, err)
	require.Equal(t, "after", changed.Name)
	require.Empty(t, changed.OwnerEmail)
	require.Equal(t, []wsc.Scope{wsc.ScopeRead, wsc.ScopeWrite}, changed.Scopes)
	require.Zero(t, changed.RateLimitHour)
	require.Empty(t, changed.AllowedIPs)
	require.True(t, until.Equal(*changed.ExpiresAt), "the same day is no change")
	require.True(t, works(t, server, key.Secret), "its secret is the same")

	moved := form()
	moved.Set("expires_at", "2999-07-01")
	require.Equal(t, http.StatusSeeOther, b.post(path, moved).status)
	changed, err = server.Keys.Get(t.Context(), key.ID)
	require.NoError(t, err)
	require.Equal(t, time.Date(2999, 7, 2, 0, 0, 0, 0, time.UTC), changed.ExpiresAt.UTC(), "the key works on its last day")
	require.Contains(t, b.get(path).body, `value="2999-07-01"`)

	for field, wrong := range map[string]struct{ value, message string }{
		"name": {"", "Give the key a name"}, "rate_limit_hour": {"", "Write a whole number"}, "scopes": {"", ""},
		"allowed_ips": {"home", "Write networks like"}, "expires_at": {"", "can be moved, but not taken away"}, "owner_email": {"<b>", "e-mail address like"},
	} {
		bad := form()
		bad.Set(field, wrong.value)
		answer := b.post(path, bad)
		require.Equal(t, http.StatusUnprocessableEntity, answer.status, field)
		require.Regexp(t, `<p class="problem wrap">.*`+wrong.message, answer.body, field)
		require.Contains(t, answer.body, `<details class="fold change-key" open>`, field)
		require.Contains(t, answer.body, `data-page="`+path+`"`, field)
		require.Contains(t, answer.body, `<h1 class="raw wrap">after</h1>`, "the key is what it was")
	}
	require.Equal(t, http.StatusNotFound, b.post("/keys/"+wsc.NewID(), form()).status)
	b = signedIn(t, server, member(t, server).Secret)
	require.Equal(t, http.StatusForbidden, b.post(path, form()).status)
}

func TestTheKeysArePaged(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, apitest.AdminKey)
	for i := range 51 {
		server.CreateKey(t, wsc.KeyRequest{Name: fmt.Sprintf("key-%02d", i), Scopes: []wsc.Scope{wsc.ScopeRead}})
	}
	first := b.get("/keys").body
	require.Contains(t, first, "key-50")
	require.NotContains(t, first, "key-00")
	require.NotContains(t, first, "First page")
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(first)
	require.NotNil(t, next)
	second := b.get(html.UnescapeString(next[1])).body
	require.Contains(t, second, "key-00")
	require.NotContains(t, second, "key-50")
	require.Contains(t, second, `href="/keys">First page`)
	wrong := b.get("/keys?cursor=nonsense")
	require.Equal(t, http.StatusSeeOther, wrong.status)
	require.Equal(t, "/keys", wrong.header.Get("Location"))
}

func TestKeysAndEventsAreForAdministrators(t *testing.T) {
	t.Parallel()
	server := start(t)
	key := member(t, server)
	b := signedIn(t, server, key.Secret)
	body := b.get("/jobs").body
	require.NotContains(t, body, `href="/keys"`)
	require.NotContains(t, body, `href="/audit"`)
	for _, path := range []string{"/keys", "/keys/" + key.ID, "/audit"} {
		answer := b.get(path)
		require.Equal(t, http.StatusForbidden, answer.status, path)
		require.Contains(t, answer.body, "Your key may not do this", path)
	}
	for _, path := range []string{"/keys", "/keys/" + key.ID + "/rotate", "/keys/" + key.ID + "/revoke", "/keys/" + key.ID + "/activate"} {
		answer := b.post(path, url.Values{"name": {"x"}, "scopes": {"admin"}, "grace_seconds": {"0"}})
		require.Equal(t, http.StatusForbidden, answer.status, path)
		require.NotContains(t, answer.body, `id="secret"`)
	}
	require.True(t, works(t, server, key.Secret))
}
