package checker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// catalogue reads the rows of a catalogue of cases: the project's own, and those of the folder that
// WSC_EXTRA_CASES names.
func catalogue(t testing.TB, name string) [][]string {
	t.Helper()
	rows := readRows(t, filepath.Join("testdata", name))
	require.NotEmpty(t, rows)
	if folder := os.Getenv("WSC_EXTRA_CASES"); folder != "" {
		extra := filepath.Join(folder, name)
		if _, err := os.Stat(extra); err == nil {
			rows = append(rows, readRows(t, extra)...)
		}
	}
	return rows
}

func readRows(t testing.TB, path string) [][]string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	var rows [][]string
	for line := range strings.Lines(string(content)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows
}
