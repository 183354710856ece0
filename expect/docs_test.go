package expect_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every example of the documentation compiles.
func TestDocumentedExamplesCompile(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "expectations.md"))
	require.NoError(t, err)
	_, examples, found := strings.Cut(string(page), "## Examples")
	require.True(t, found)
	examples, _, _ = strings.Cut(examples, "\n## ")
	compiler := newCompiler(t)
	rows := regexp.MustCompile("(?m)^\\| .* \\| `(.*)` \\|$").FindAllStringSubmatch(examples, -1)
	require.GreaterOrEqual(t, len(rows), 10)
	for _, row := range rows {
		_, err := compiler.Compile(strings.ReplaceAll(row[1], `\|`, "|"))
		require.NoError(t, err, row[1])
	}
}
