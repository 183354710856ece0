package apiserver

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// Every code of the domain stands in the table of docs/api.md with the status that it has, what it means and what to
// do, and has an example in the description of the API.
func TestEveryCodeIsDocumented(t *testing.T) {
	source, err := os.ReadFile("../errors.go")
	require.NoError(t, err)
	page, err := os.ReadFile("../docs/api.md")
	require.NoError(t, err)
	codes := regexp.MustCompile(`(?m)^\tCode\w+\s+Code = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	require.Greater(t, len(codes), 20)
	for _, match := range codes {
		code := wsc.Code(match[1])
		row := fmt.Sprintf(`(?m)^\| %d \| %s \| [^|]+\. \| [^|]+\. \|$`, statusOf(code), "`"+match[1]+"`")
		require.True(t, regexp.MustCompile(row).Match(page), "docs/api.md has no row that matches %s", row)
		require.NotEmpty(t, problemExample(code).Detail, "%s has no example", code)
	}
	rows := regexp.MustCompile("(?m)^\\| \\d+ \\| `").FindAllString(string(page), -1)
	require.Len(t, rows, len(codes), "rows without a code")
}
