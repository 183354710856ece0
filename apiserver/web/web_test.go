package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/internal/apitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// browser is a client with cookies that does not follow redirects.
type browser struct {
	t      testing.TB
	server *apitest.Server
	http   *http.Client
}

// answer is what a browser got.
type answer struct {
	status int
	header http.Header
	body   string
}

func newBrowser(t testing.TB, server *apitest.Server) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Jar: jar, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	return &browser{t: t, server: server, http: client}
}

// signedIn is a browser that is signed in with a key.
func signedIn(t testing.TB, server *apitest.Server, secret string) *browser {
	t.Helper()
	b := newBrowser(t, server)
	answer := b.post("/sign-in", url.Values{"key": {secret}})
	require.Equal(t, http.StatusSeeOther, answer.status, answer.body)
	return b
}

func (b *browser) do(request *http.Request) answer {
	b.t.Helper()
	response, err := b.http.Do(request)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return answer{response.StatusCode, response.Header, string(body)}
}

func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, body)
	require.NoError(b.t, err)
	request.Header.Set("Accept", "text/html")
	return request
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, path, http.NoBody))
}

func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	request := b.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(request)
}

func start(t testing.TB) *apitest.Server {
	t.Helper()
	return apitest.Start(t, apiserver.Limits{})
}

// member makes a key that may read and write, but is no admin.
func member(t testing.TB, server *apitest.Server) *wsc.KeyWithSecret {
	t.Helper()
	return server.CreateKey(t, wsc.KeyRequest{Name: "member", Scopes: []wsc.Scope{wsc.ScopeRead, wsc.ScopeWrite}})
}
