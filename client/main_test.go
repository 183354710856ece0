package client_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// api is a hand-made server that behaves like the API, and remembers what it was asked.
type api struct {
	*httptest.Server
	mux *http.ServeMux

	mu       sync.Mutex
	requests []*http.Request
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{mux: http.NewServeMux()}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.requests = append(a.requests, r)
		a.mu.Unlock()
		a.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// asked returns the requests so far.
func (a *api) asked() []*http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]*http.Request(nil), a.requests...)
}

func (a *api) client(t *testing.T, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(a.URL, options...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// answer writes JSON. It runs in the server's goroutine, so it must not end the test.
func answer(t *testing.T, w http.ResponseWriter, status int, body any) {
	t.Helper()
	w.Header().Set("Content-Type", "application/json")
	if _, isProblem := body.(wsc.Problem); isProblem {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(status)
	assert.NoError(t, json.NewEncoder(w).Encode(body))
}
