package wsc_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestEveryErrorKindHasAGroupAndASentence(t *testing.T) {
	seen := map[wsc.ErrorKind]bool{}
	for _, kind := range wsc.ErrorKinds() {
		require.True(t, kind.Valid())
		require.False(t, seen[kind], "%s is listed twice", kind)
		seen[kind] = true
		require.NotEmpty(t, kind.Group(), kind)
		require.Regexp(t, `^[A-Z].*\.$`, kind.Sentence(), kind)
	}
	require.Empty(t, wsc.ErrorKind("x").Group())
	require.False(t, wsc.ErrorKind("").Valid())
}

// Every constant is in the list, and every kind of the list stands in the table of docs/results.md as it is, in order.
func TestEveryErrorKindIsDocumented(t *testing.T) {
	source, err := os.ReadFile("errorkind.go")
	require.NoError(t, err)
	constants := regexp.MustCompile(`(?m)^\tKind\w+\s+ErrorKind = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	kinds := wsc.ErrorKinds()
	require.Len(t, constants, len(kinds))
	for i, constant := range constants {
		require.Equal(t, constant[1], string(kinds[i]))
	}

	page, err := os.ReadFile("docs/results.md")
	require.NoError(t, err)
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| \\w+ \\| (?:yes|no) \\| .*").FindAllString(string(page), -1)
	require.Len(t, rows, len(kinds))
	for i, kind := range kinds {
		retried := "no"
		if kind.Transient() {
			retried = "yes"
		}
		begin := fmt.Sprintf("| `%s` | %s | %s | %s | ", kind, kind.Group(), retried, kind.Sentence())
		advice, found := strings.CutPrefix(rows[i], begin)
		require.True(t, found, "want %s\nhave %s", begin, rows[i])
		require.Greater(t, len(advice), len("What to do. |"), kind)
	}
}

func TestEveryFieldOfAResultIsDocumented(t *testing.T) {
	page, err := os.ReadFile("docs/results.md")
	require.NoError(t, err)
	for _, value := range []any{wsc.Result{}, wsc.Timings{}, wsc.Redirect{}, wsc.TLSInfo{}} {
		for field := range reflect.TypeOf(value).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "-" {
				require.Contains(t, string(page), "`"+name+"`", "%T.%s", value, field.Name)
			}
		}
	}
}
