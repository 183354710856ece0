package urllist

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// Whatever a file holds and however it is to be read: a preview agrees with what a submission does, and is short.
func FuzzPreview(f *testing.F) {
	book := workbookOf(f, sheetRows{"Notes", [][]any{{"x"}}}, sheetRows{"Leads", [][]any{{"n", "url"}, {"A", "a.com"}}})
	for _, seed := range []string{
		"url\na.com\n", "a,b\nx,a.com\n", "name,site\nfoo,bar\nx,y\n", `[{"a":"x","url":"b.com"}]`, `["a.com",[1]]`, "# c\n", "\xff\xfea\x00.\x00c\x00", "\xe9,a.com\n", "",
	} {
		f.Add([]byte(seed), "list.csv", "", "")
		f.Add([]byte(seed), "list.json", "url", "")
		f.Add([]byte(seed), "", "B", "Q1")
	}
	f.Add(book, "list.xlsx", "", "Q1")
	f.Add(book, "list.xlsx", "n", "notes")
	f.Fuzz(func(t *testing.T, content []byte, name, column, sheet string) {
		opts := Options{Filename: name, URLColumn: column, Sheet: sheet, MaxURLs: 30, TempDir: t.TempDir()}
		summary, scanErr := Scan(t.Context(), bytes.NewReader(content), int64(len(content)), opts)
		preview, err := Preview(t.Context(), bytes.NewReader(content), int64(len(content)), opts)
		if err != nil {
			requireKnown(t, err)
			require.Error(t, scanErr)
			return
		}
		require.Equal(t, scanErr != nil, preview.Refusal != nil, "%v", scanErr)
		if scanErr == nil {
			require.Equal(t, summary.List, preview.List)
			require.Equal(t, []int64{summary.URLs, summary.Invalid, summary.Blank}, []int64{preview.URLs, preview.Invalid, preview.Blank})
		} else {
			require.Equal(t, wsc.CodeOf(scanErr), preview.Refusal.Code)
		}
		require.LessOrEqual(t, len(preview.Rows), previewRows)
		require.LessOrEqual(t, len(preview.Problems), previewProblems)
		require.LessOrEqual(t, preview.Duplicates, max(preview.URLs-1, 0))
		for _, row := range preview.Rows {
			require.LessOrEqual(t, len(row.Cells), previewColumns)
			for _, text := range append(row.Cells, row.URL) {
				require.True(t, utf8.ValidString(text))
				require.LessOrEqual(t, utf8.RuneCountInString(text), previewText+1)
			}
		}
	})
}
