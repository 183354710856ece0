package localcheck_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
	"github.com/website-status-checker/wsc/internal/testsite"
	"github.com/website-status-checker/wsc/localcheck"
)

// resumeList is a list with everything that makes going on hard: texts that are quoted, neutralised, and invalid.
func resumeList(t *testing.T, b *bench) *localcheck.List {
	t.Helper()
	lines := []string{"url", "=1+1", `"a, ""b"" c"`, "not a url"}
	for i := range 20 {
		lines = append(lines, fmt.Sprintf(`"%s"`, b.hosts.URL(i, fmt.Sprintf(`/page,%d?q=""x""`, i))))
	}
	return listOf(t, "list.csv", lines...)
}

const resumeRows = 23

func writeAll(t *testing.T, b *bench, path string, format export.Format, resume bool) localcheck.Summary {
	t.Helper()
	list := resumeList(t, b)
	var output *localcheck.Output
	var previous *localcheck.Previous
	var err error
	if resume {
		output, previous, err = localcheck.ResumeOutput(path, format)
	} else {
		output, err = localcheck.CreateOutput(path, format)
	}
	require.NoError(t, err)
	check, err := localcheck.New(b.config, list, previous)
	require.NoError(t, err)
	require.NoError(t, check.Run(t.Context(), output.Write))
	require.NoError(t, output.Flush())
	require.NoError(t, output.Close())
	return check.Summary()
}

// keysOf returns line and URL of every row, sorted.
func keysOf(t *testing.T, path string, format export.Format) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var keys []string
	if format == export.FormatNDJSON {
		for line := range bytes.Lines(text) {
			var result wsc.Result
			require.NoError(t, json.Unmarshal(line, &result))
			keys = append(keys, fmt.Sprint(result.Line, result.URL))
		}
	} else {
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		require.NoError(t, err)
		for _, row := range rows[1:] {
			keys = append(keys, row[0]+row[1])
		}
	}
	slices.Sort(keys)
	return keys
}

func TestResumeAfterACutAtEveryPlace(t *testing.T) {
	for _, format := range []export.Format{export.FormatCSV, export.FormatNDJSON} {
		t.Run(string(format), func(t *testing.T) {
			b := newBench(t, testsite.HostsConfig{}, wsc.Options{})
			path := filepath.Join(t.TempDir(), "out."+format.Extension())
			summary := writeAll(t, b, path, format, false)
			require.EqualValues(t, resumeRows, summary.ProcessedURLs)
			whole, err := os.ReadFile(path)
			require.NoError(t, err)
			want := keysOf(t, path, format)
			require.Len(t, want, resumeRows)
			for cut := 0; cut <= len(whole); cut += 61 {
				require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
				before := b.hosts.Total()
				summary := writeAll(t, b, path, format, true)
				require.Equal(t, want, keysOf(t, path, format), "cut at byte %d", cut)
				require.EqualValues(t, resumeRows, summary.ProcessedURLs)
				require.EqualValues(t, 20, summary.ActiveCount)
				require.LessOrEqual(t, b.hosts.Total()-before, int(resumeRows-summary.Earlier), "what stands there is not checked again")
			}
			before := b.hosts.Total()
			summary = writeAll(t, b, path, format, true)
			require.EqualValues(t, resumeRows, summary.Earlier)
			require.Equal(t, before, b.hosts.Total())
			require.Equal(t, want, keysOf(t, path, format))
		})
	}
}

func TestResumeOfAnInterruptedRunChecksOnlyTheRest(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{}, wsc.Options{})
	b.config.Concurrency = 2
	path := filepath.Join(t.TempDir(), "out.csv")
	output, err := localcheck.CreateOutput(path, export.FormatCSV)
	require.NoError(t, err)
	check, err := localcheck.New(b.config, resumeList(t, b), nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	written := 0
	err = check.Run(ctx, func(r *wsc.Result) error {
		if written++; written == 8 {
			cancel()
		}
		return output.Write(r)
	})
	require.ErrorIs(t, err, localcheck.ErrInterrupted)
	require.NoError(t, output.Close())
	require.Len(t, keysOf(t, path, export.FormatCSV), written)

	summary := writeAll(t, b, path, export.FormatCSV, true)
	require.EqualValues(t, written, summary.Earlier)
	require.Equal(t, 20, b.hosts.Total(), "no URL was requested twice")
	require.Len(t, keysOf(t, path, export.FormatCSV), resumeRows)
}

func TestResumeRefusesWhatIsNoOutputOfThisList(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{}, wsc.Options{})
	folder := t.TempDir()
	whole := filepath.Join(folder, "whole.csv")
	writeAll(t, b, whole, export.FormatCSV, false)
	text, err := os.ReadFile(whole)
	require.NoError(t, err)
	rows := strings.SplitAfter(string(text), "\n")
	header := rows[0]
	for name, test := range map[string]struct {
		format  export.Format
		content string
		want    string
	}{
		"another table":         {export.FormatCSV, "name,website\nA,example.com\n", "header"},
		"a row too many cells":  {export.FormatCSV, header + "1,2,3\n", "wrong number of fields"},
		"a row without status":  {export.FormatCSV, header + strings.Repeat(",", strings.Count(header, ",")) + "\n", "no status"},
		"a row that is twice":   {export.FormatCSV, header + rows[8] + rows[8], "same URL"},
		"another list":          {export.FormatCSV, header + strings.ReplaceAll(rows[8], "page", "side"), "not in the list"},
		"another list's line":   {export.FormatCSV, header + strings.Replace(rows[1], "2,", "99,", 1), "not in the list"},
		"text instead of JSON":  {export.FormatNDJSON, "hello\n", "Line 1 is no result"},
		"JSON but not a result": {export.FormatNDJSON, "{\"a\":1}\n", "no status"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			require.NoError(t, os.WriteFile(path, []byte(test.content), 0o600))
			output, previous, err := localcheck.ResumeOutput(path, test.format)
			if err == nil {
				_, err = localcheck.New(b.config, resumeList(t, b), previous)
				require.NoError(t, output.Discard())
			}
			require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, test.want)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, test.content, string(after), "a refused file stays as it is")
		})
	}
}

func TestResumeNeedsAFormatThatGrows(t *testing.T) {
	for _, format := range []export.Format{export.FormatJSON, export.FormatXLSX} {
		_, _, err := localcheck.ResumeOutput(filepath.Join(t.TempDir(), "out"), format)
		require.Equal(t, wsc.CodeInvalidRequest, wsc.CodeOf(err))
	}
	_, _, err := localcheck.ResumeOutput(os.DevNull, export.FormatCSV)
	require.Equal(t, wsc.CodeInvalidRequest, wsc.CodeOf(err))
}

func TestResumeWithoutAFileStartsOne(t *testing.T) {
	b := newBench(t, testsite.HostsConfig{}, wsc.Options{})
	path := filepath.Join(t.TempDir(), "new.csv")
	summary := writeAll(t, b, path, export.FormatCSV, true)
	require.Zero(t, summary.Earlier)
	require.Len(t, keysOf(t, path, export.FormatCSV), resumeRows)
}

func TestDocumentsAppearOnlyWhenTheyAreComplete(t *testing.T) {
	for _, format := range []export.Format{export.FormatJSON, export.FormatXLSX} {
		folder := t.TempDir()
		path := filepath.Join(folder, "out."+format.Extension())
		output, err := localcheck.CreateOutput(path, format)
		require.NoError(t, err)
		require.NoError(t, output.Write(&wsc.Result{URL: "example.com", Status: wsc.StatusActive}))
		require.NoFileExists(t, path)
		require.NoError(t, output.Discard())
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Empty(t, entries)
	}
}
