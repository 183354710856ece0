package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// TestStylesOfPagesDoNotMeet looks for names that the style sheets of two pages use: all sheets are one file, so that what
// one page calls a thing would be styled by the other as well. The name of a thing is the first class of a selector; others
// beside it are its states, and what follows lies within it.
func TestStylesOfPagesDoNotMeet(t *testing.T) {
	t.Parallel()
	forAll := []string{"1-base.css", "2-parts.css"} // every other sheet belongs to a page
	onPurpose := map[string]string{".results": "the sheet of one result has the keys that both pages show"}
	sheets, err := filepath.Glob("assets/css/*.css")
	require.NoError(t, err)
	shared, users := map[string]bool{}, map[string][]string{}
	for _, sheet := range sheets {
		content, err := os.ReadFile(sheet)
		require.NoError(t, err)
		for _, name := range styledNames(string(content)) {
			if slices.Contains(forAll, filepath.Base(sheet)) {
				shared[name] = true
			} else if !slices.Contains(users[name], sheet) {
				users[name] = append(users[name], sheet)
			}
		}
	}
	require.Greater(t, len(users), 100, "the sheets were read")
	for name, sheets := range users {
		if len(sheets) > 1 && !shared[name] && onPurpose[name] == "" {
			t.Errorf("%s is styled by %s", name, strings.Join(sheets, " and "))
		}
	}
	for name := range onPurpose {
		require.Greater(t, len(users[name]), 1, "%s meets nothing any more", name)
	}
}

// styledNames are the names that a style sheet gives: the first class of each selector, and its animations.
func styledNames(sheet string) []string {
	sheet = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(sheet, "")
	firstClass := regexp.MustCompile(`^[^\s>+~.]*(\.[a-z][\w-]*)`)
	var names []string
	for _, match := range regexp.MustCompile(`([^{};]+)\{`).FindAllStringSubmatch(sheet, -1) {
		rule := strings.TrimSpace(match[1])
		if strings.HasPrefix(rule, "@keyframes") {
			names = append(names, rule)
		}
		if strings.HasPrefix(rule, "@") {
			continue
		}
		rule = regexp.MustCompile(`\([^()]*(\([^()]*\)[^()]*)*\)`).ReplaceAllString(rule, "") // :is(…), :has(…), :not(…)
		for selector := range strings.SplitSeq(rule, ",") {
			if found := firstClass.FindStringSubmatch(strings.TrimSpace(selector)); found != nil {
				names = append(names, found[1])
			}
		}
	}
	return names
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
