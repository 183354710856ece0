package apiserver

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// Every code of the domain stands in the table of docs/api.md with the status that it has.
func TestEveryCodeIsDocumented(t *testing.T) {
	source, err := os.ReadFile("../errors.go")
	require.NoError(t, err)
	page, err := os.ReadFile("../docs/api.md")
	require.NoError(t, err)
	codes := regexp.MustCompile(`(?m)^\tCode\w+\s+Code = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	require.Greater(t, len(codes), 20)
	for _, match := range codes {
		row := fmt.Sprintf("| %d | `%s` |", statusOf(wsc.Code(match[1])), match[1])
		require.Contains(t, string(page), row)
	}
	rows := regexp.MustCompile("(?m)^\\| \\d+ \\| `").FindAllString(string(page), -1)
	require.Len(t, rows, len(codes), "rows without a code")
}
