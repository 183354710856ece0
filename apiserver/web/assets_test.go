package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLibrariesAreUnchanged keeps the libraries as they were published.
func TestLibrariesAreUnchanged(t *testing.T) {
	t.Parallel()
	notice, err := os.ReadFile("vendor/NOTICE")
	require.NoError(t, err)
	_, sums, found := strings.Cut(string(notice), "sha256\n")
	require.True(t, found)
	listed := map[string]bool{"NOTICE": true}
	for line := range strings.Lines(sums) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		content, err := os.ReadFile("vendor/" + name)
		require.NoError(t, err)
		got := sha256.Sum256(content)
		require.Equal(t, want, hex.EncodeToString(got[:]), name)
		listed[name] = true
	}
	entries, err := os.ReadDir("vendor")
	require.NoError(t, err)
	for _, entry := range entries {
		require.True(t, listed[entry.Name()], "%s is not in NOTICE", entry.Name())
	}
}

func TestAssetsAreKeptByBrowsers(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, start(t))
	addresses := regexp.MustCompile(`/assets/[^"]+`).FindAllString(b.get("/sign-in").body, -1)
	require.GreaterOrEqual(t, len(addresses), 3)
	for _, address := range addresses {
		answer := b.get(address)
		require.Equal(t, http.StatusOK, answer.status, address)
		require.Equal(t, "public, max-age=31536000, immutable", answer.header.Get("Cache-Control"), address)
		require.NotEmpty(t, answer.body, address)

		request := b.request(http.MethodGet, strings.Split(address, "?")[0], http.NoBody)
		request.Header.Set("If-None-Match", answer.header.Get("ETag"))
		again := b.do(request)
		require.Equal(t, http.StatusNotModified, again.status, address)
		require.Equal(t, "no-cache", again.header.Get("Cache-Control"), "an address without the version changes its content")
	}
	require.Equal(t, http.StatusNotFound, b.get("/assets/nothing.js").status)
	require.Equal(t, http.StatusOK, b.get("/favicon.ico").status)
}
