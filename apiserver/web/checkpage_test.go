package web_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/apitest"
)

// reader makes a key that may only look.
func reader(t testing.TB, server *apitest.Server) *wsc.KeyWithSecret {
	t.Helper()
	return server.CreateKey(t, wsc.KeyRequest{Name: "reader", Scopes: []wsc.Scope{wsc.ScopeRead}})
}

func TestTheStartPageSaysWhatToDo(t *testing.T) {
	t.Parallel()
	server := start(t)
	body := signedIn(t, server, member(t, server).Secret).get("/").body
	require.Contains(t, body, `<form id="upload" method="post" action="/uploads" enctype="multipart/form-data">`)
	require.Contains(t, body, "Every line gets an answer")
	require.Contains(t, body, "up to 4 MiB", "the limit is that of this server")
	require.Contains(t, body, `<data value="20000">20,000</data> lines`)
	require.Contains(t, body, "They are kept for an hour")
	require.Contains(t, body, `action="/check"`)
	require.Regexp(t, `<textarea id="urls"[^>]*>\s*</textarea>`, body, "the box is empty")
}

func TestTheExampleWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	body := signedIn(t, start(t), apitest.AdminKey).get("/?example").body
	require.Regexp(t, `<textarea id="urls"[^>]*>\s+https://example.com/\nwikipedia.org\n`, body)
}

func TestWhoMayOnlyLookIsToldSo(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, reader(t, server).Secret)
	body := b.get("/").body
	require.Contains(t, body, "This key can see jobs, but not start any.")
	require.NotContains(t, body, `action="/uploads"`)
	require.NotContains(t, body, `action="/check"`)
	require.NotContains(t, body, "Drop a list", "nothing is offered that the key may not do")

	require.Equal(t, http.StatusForbidden, b.sendFile("/uploads", "l.csv", "url\na.example\n").status)
	answer := b.post("/check", map[string][]string{"urls": {"a.example"}})
	require.Equal(t, http.StatusForbidden, answer.status)
	require.Contains(t, answer.body, "This key can see jobs, but not start any.")
}

// The address of a form is where a browser stays after an error; asking for it once more leads back to the page.
func TestAddressesOfFormsLeadToTheirPages(t *testing.T) {
	t.Parallel()
	b := signedIn(t, start(t), apitest.AdminKey)
	for path, page := range map[string]string{
		"/check": "/", "/uploads": "/", "/uploads/some-id/start": "/uploads/some-id", "/uploads/some-id/delete": "/uploads/some-id",
		"/keys/some-id/rotate": "/keys/some-id", "/keys/some-id/revoke": "/keys/some-id", "/keys/some-id/activate": "/keys/some-id",
		"/account/sign-out-everywhere": "/account",
	} {
		answer := b.get(path)
		require.Equal(t, http.StatusSeeOther, answer.status, path)
		require.Equal(t, page, answer.header.Get("Location"), path)
	}
}

// TestTheFirstLoadIsSmall counts what a browser fetches for the start page: the page itself and every file that it names.
func TestTheFirstLoadIsSmall(t *testing.T) {
	t.Parallel()
	b := signedIn(t, start(t), apitest.AdminKey)
	packed := func(path string) answer {
		request := b.request(http.MethodGet, path, http.NoBody)
		request.Header.Set("Accept-Encoding", "gzip") // so that the client leaves the body as it came
		answer := b.do(request)
		require.Equal(t, http.StatusOK, answer.status, path)
		return answer
	}
	first := packed("/")
	require.Equal(t, "gzip", first.header.Get("Content-Encoding"))
	size, requests := len(first.body), 1
	seen := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(b.get("/").body, -1) {
		require.False(t, seen[match[1]], match[1])
		seen[match[1]] = true
		size += len(packed(match[1]).body)
		requests++
	}
	t.Logf("%d bytes in %d requests", size, requests)
	require.GreaterOrEqual(t, requests, 4)
	require.LessOrEqual(t, requests, 5)
	require.LessOrEqual(t, size, 150<<10)
}
