package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestEveryKindHasANameAndAdvice(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, kind := range wsc.ErrorKinds() {
		name := kindName(kind)
		require.NotEqual(t, string(kind), name, kind)
		require.False(t, names[name], "%s: two kinds are called %q", kind, name)
		names[name] = true
		words := advice(&wsc.Result{Status: wsc.StatusError, ErrorKind: kind})
		require.True(t, strings.HasSuffix(words, "."), kind)
		require.NotContains(t, words, "!", kind)
		require.NotEqual(t, kind.Sentence(), words, kind)
		require.NotEqual(t, kind.Group(), groupName(kind.Group()), kind)
	}
	require.Len(t, kindAdvices(), len(wsc.ErrorKinds()), "no kind has two entries, and none is made up")
	require.Empty(t, kindName(""))
}

func TestStatusesThatAreNotAcceptedHaveAdvice(t *testing.T) {
	t.Parallel()
	for status := 100; status <= 599; status++ {
		words := advice(&wsc.Result{Status: wsc.StatusInactive, HTTPStatus: status})
		require.True(t, strings.HasSuffix(words, "."), status)
	}
	for status, words := range map[int]string{
		http.StatusMovedPermanently: "new address", http.StatusUnauthorized: "login", http.StatusForbidden: "User-Agent", http.StatusNotFound: "typing error",
		http.StatusGone: "Take the URL off", http.StatusTooManyRequests: "Rate per host", http.StatusInternalServerError: "log", http.StatusServiceUnavailable: "maintenance",
		http.StatusTeapot: "robots", 599: "log", 204: "add it to the “Accepted status codes”",
	} {
		require.Contains(t, advice(&wsc.Result{Status: wsc.StatusInactive, HTTPStatus: status}), words, status)
	}
}

// What is named in quotation marks can be found in the form.
func TestAdviceNamesFieldsAsTheFormDoes(t *testing.T) {
	t.Parallel()
	labels := map[string]bool{}
	for _, field := range optionFields(wsc.Defaults{}) {
		labels[field.Label] = true
	}
	words := advice(&wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 200, ErrorMessage: "expected …"})
	for _, kind := range wsc.ErrorKinds() {
		words += advice(&wsc.Result{Status: wsc.StatusError, ErrorKind: kind})
	}
	for status := 100; status <= 599; status++ {
		words += advice(&wsc.Result{Status: wsc.StatusInactive, HTTPStatus: status})
	}
	named := map[string]bool{}
	for _, match := range regexp.MustCompile(`“([^”]*)”`).FindAllStringSubmatch(words, -1) {
		require.True(t, labels[match[1]], match[1])
		named[match[1]] = true
	}
	for _, name := range []string{"Accept any certificate", "User-Agent", "Most redirects", "Respect robots.txt", "Request headers"} {
		require.True(t, named[name], name)
	}
}

func TestAdviceForAnswersThatAreFine(t *testing.T) {
	t.Parallel()
	require.Empty(t, advice(&wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200}))
	moved := &wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200, Redirects: []wsc.Redirect{{HTTPStatus: 308}}}
	require.Contains(t, advice(moved), "Write the final URL into your list")
	moved.Redirects[0].HTTPStatus = http.StatusFound
	require.Empty(t, advice(moved), "for now only")
	unmet := &wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 200, ErrorMessage: "expected …"}
	require.Contains(t, advice(unmet), "correct the “Expectation”")
}
