package checker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain finds goroutines that outlive their check. Go's resolver is let off: it reads from a silent name server until
// its own time limit of a few seconds, whoever asked and however long ago that one gave up.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net.(*Resolver).tryOneName"),
		goleak.IgnoreAnyFunction("net.(*Resolver).goLookupIPCNAMEOrder"),
		goleak.IgnoreAnyFunction("net.(*Resolver).lookupIPAddr.func2"),
	)
}

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
