package checker

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestHeadersOfTheAnswerAreKept(t *testing.T) {
	for _, name := range wsc.AnswerHeaders() {
		require.Equal(t, http.CanonicalHeaderKey(name), name)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Server", "the first hop")
			http.Redirect(w, r, "/end", http.StatusFound)
			return
		}
		header := w.Header()
		header.Set("Server", "nginx")
		header.Add("Vary", "Accept")
		header.Add("Vary", "Cookie")
		header.Set("ETag", `"`+strings.Repeat("x", 400)+`"`)
		header.Set("X-Robots-Tag", "no\xffindex")
		header.Set("Set-Cookie", "session=secret")
		header.Set("X-Unknown", "no")
	}))
	t.Cleanup(server.Close)
	result := checkTimes(t, localChecker(t, server.URL+"/"), server.URL+"/", 1)[0]
	require.Equal(t, map[string]string{
		"Server": "nginx", "Vary": "Accept, Cookie", "Etag": `"` + strings.Repeat("x", 254), "X-Robots-Tag": "no\ufffdindex",
	}, result.Headers)
}
