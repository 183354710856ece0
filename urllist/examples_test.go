package urllist

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The lists that come with the project hold what their README says.
func TestExamples(t *testing.T) {
	for name, blank := range map[string]int{"websites.csv": 1, "websites.xlsx": 0, "websites.txt": 2, "websites.json": 0, "websites.ndjson": 1} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("..", "examples", name))
			require.NoError(t, err)
			seen := map[string]bool{}
			dedupe, duplicates, invalid, blanks := NewDeduper(), 0, 0, 0
			reader, err := Open(openFile(t, name), int64(len(content)), Options{Filename: name})
			require.NoError(t, err)
			for {
				line, err := reader.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				switch line.Kind {
				case LineURL:
					if _, duplicate := dedupe.Add(line.URL.URL, line.Number); duplicate {
						duplicates++
					}
					seen[line.URL.URL] = true
				case LineInvalid:
					invalid++
				case LineBlank:
					blanks++
				}
			}
			require.NoError(t, reader.Close())
			require.Len(t, seen, 25)
			require.Equal(t, 1, duplicates)
			require.Equal(t, 1, invalid)
			require.Equal(t, blank, blanks)
		})
	}
}

func openFile(t *testing.T, name string) *os.File {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "examples", name))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	return file
}
