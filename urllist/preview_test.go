package urllist

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func previewOf(t *testing.T, content string, opts Options) wsc.Preview {
	t.Helper()
	opts.TempDir = t.TempDir()
	preview, err := Preview(t.Context(), strings.NewReader(content), int64(len(content)), opts)
	require.NoError(t, err)
	return preview
}

func TestPreviewShowsTheFirstRowsAndCountsAll(t *testing.T) {
	var content strings.Builder
	content.WriteString("Company,Website\nA,a.com\n\nB,\nC,HTTPS://A.com/\n")
	for i := range 100 {
		fmt.Fprintf(&content, "N,https://n%d.example/\n", i%50)
	}
	preview := previewOf(t, content.String(), Options{Filename: "list.csv"})
	require.Equal(t, wsc.List{
		Format: "csv", Encoding: "utf-8", Delimiter: ",", HasHeader: true, Columns: []string{"Company", "Website"}, URLColumn: "Website", ChosenBy: "header",
	}, preview.List)
	require.Equal(t, []int64{102, 51, 1, 1}, []int64{preview.URLs, preview.Duplicates, preview.Invalid, preview.Blank})
	require.Len(t, preview.Rows, 20)
	noURL := wsc.PreviewRow{Line: 4, Cells: []string{"B", ""}, Problem: "The row has no URL in its URL column."}
	require.Equal(t, []wsc.PreviewRow{{Line: 2, Cells: []string{"A", "a.com"}, URL: "a.com"}, noURL, {Line: 5, Cells: []string{"C", "HTTPS://A.com/"}, URL: "HTTPS://A.com/"}}, preview.Rows[:3])
	noURL.Cells = nil
	require.Equal(t, []wsc.PreviewRow{noURL}, preview.Problems)
	require.Nil(t, preview.Refusal)
	require.Empty(t, preview.Sheets)
	require.Equal(t, []string{
		"1 of 103 lines holds no URL that can be checked: in most of them the URL column is empty.",
		"51 lines repeat a URL that an earlier line already has; every URL is checked once.",
	}, preview.Warnings)
}

func TestPreviewOfAPlainListHasNothingToWarnOf(t *testing.T) {
	for name, content := range map[string]string{
		"a.txt": "# my sites\na.com\nb.com\n", "a.csv": "name,url\nA,a.com\n", "a.json": `["a.com"]`, "a.ndjson": `{"url":"a.com"}` + "\n",
		"a.xlsx": string(workbookOf(t, sheetRows{"S", [][]any{{"url"}, {"a.com"}}})),
	} {
		preview := previewOf(t, content, Options{Filename: name})
		require.Equal(t, []string{}, preview.Warnings, name)
		require.NotNil(t, preview.Problems, name)
		require.Nil(t, preview.Refusal, name)
	}
}

func TestPreviewWarns(t *testing.T) {
	wide := strings.Repeat("c,", 59) + "a.com\n"
	twoSheets := string(workbookOf(t, sheetRows{"Notes", [][]any{{"no", "list"}}}, sheetRows{"Leads", [][]any{{"url"}, {"a.com"}}}, sheetRows{"Old", nil}))
	for name, test := range map[string]struct {
		filename, content string
		options           Options
		want              []string
	}{
		"Windows-1252": {filename: "a.csv", content: "url,Ort\na.com,M\xfcnchen\n", want: []string{
			"The file is not UTF-8 and was taken to be Windows-1252. If letters with accents look wrong, choose another encoding or save it as UTF-8.",
		}},
		"UTF-16": {filename: "a.txt", content: "\xff\xfea\x00.\x00c\x00o\x00m\x00", want: []string{
			"The file is not UTF-8; by its first bytes it was taken to be UTF-16LE.",
		}},
		"a column by its content, with a header": {filename: "a.csv", content: "Name,Seite\nA,a.com\nB,b.com\n", want: []string{
			"No column has a name like “url”; the column \"Seite\" was taken, since most of its cells look like URLs.",
			"Line 1 was taken for the names of the columns, so that it is not checked.",
		}},
		"a column that was asked for, with a header": {filename: "a.csv", content: "Name,Seite\nA,a.com\n", options: Options{URLColumn: "B"}, want: []string{
			"Line 1 was taken for the names of the columns, so that it is not checked.",
		}},
		"many columns": {filename: "a.csv", content: wide + wide, want: []string{
			"No column has a name like “url”; the column \"BH\" was taken, since most of its cells look like URLs.",
			"The list has 60 columns; only the first 50 are shown here.",
			"1 line repeats a URL that an earlier line already has; every URL is checked once.",
		}},
		"other sheets":               {filename: "a.xlsx", content: twoSheets, want: []string{"Only the sheet \"Leads\" is read; the workbook also has \"Notes\", \"Old\"."}},
		"a sheet that was asked for": {filename: "a.xlsx", content: twoSheets, options: Options{Sheet: "leads"}, want: []string{}},
		"e-mail addresses": {filename: "a.txt", content: "a@b.com\nc@d.com\nx y\na.com\n", want: []string{
			"3 of 4 lines hold no URL that can be checked: most of them hold e-mail addresses.",
		}},
		"other schemes": {filename: "a.txt", content: "ftp://a.com\nmailto:x@a.com\na.com\n", want: []string{
			"2 of 3 lines hold no URL that can be checked: most of them have another scheme than http and https.",
		}},
		"words": {filename: "a.txt", content: "hello\nbig world\na.com\n", want: []string{
			"2 of 3 lines hold no URL that can be checked: most of them hold words instead of addresses.",
		}},
		"all sorts": {filename: "a.txt", content: "hello\nx@y.z\nftp://a.com\nhttp://\na.com\n", want: []string{
			"4 of 5 lines hold no URL that can be checked.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			test.options.Filename = test.filename
			preview := previewOf(t, test.content, test.options)
			require.Equal(t, test.want, preview.Warnings)
			require.Nil(t, preview.Refusal)
		})
	}
}

// What a submission would be refused for is told, and the rows are shown all the same.
func TestPreviewSaysWhatASubmissionWouldBeRefusedFor(t *testing.T) {
	book := string(workbookOf(t, sheetRows{"Notes", [][]any{{"just words"}}}, sheetRows{"Leads", [][]any{{"n", "url"}, {"A", "a.com"}}}))
	for name, test := range map[string]struct {
		filename, content string
		options           Options
		code              wsc.Code
		place             wsc.Place
		column            string
		urls, rows        int
	}{
		"a column that there is not": {
			filename: "a.csv", content: "name,site\nA,a.com\nB,b.com\n", options: Options{URLColumn: "link"},
			code: wsc.CodeMissingColumn, place: wsc.Place{Line: 1, Column: "link"}, column: "site", urls: 2, rows: 2,
		},
		"no column with URLs": {
			filename: "a.csv", content: "name,site\nfoo,bar\nx,y\n", code: wsc.CodeMissingColumn, place: wsc.Place{Line: 1}, rows: 2,
		},
		"neither the column nor another": {
			filename: "a.csv", content: "name,site\nfoo,bar\nx,y\n", options: Options{URLColumn: "link"},
			code: wsc.CodeMissingColumn, place: wsc.Place{Line: 1, Column: "link"}, rows: 2,
		},
		"a column without URLs": {
			filename: "a.csv", content: "name,url\nfoo,a.com\n", options: Options{URLColumn: "name"},
			code: wsc.CodeNoValidURLs, place: wsc.Place{Line: 2, Column: "name"}, column: "name", rows: 1,
		},
		"JSON objects without URLs": {
			filename: "a.json", content: `[{"a":"x","b":"y"}]`, code: wsc.CodeMissingColumn, rows: 1,
		},
		"a sheet that there is not": {
			filename: "a.xlsx", content: book, options: Options{Sheet: "Q3"}, code: wsc.CodeMissingSheet, place: wsc.Place{Sheet: "Q3"}, column: "url", urls: 1, rows: 1,
		},
		"neither sheet nor column": {
			filename: "a.xlsx", content: book, options: Options{Sheet: "Q3", URLColumn: "link"}, code: wsc.CodeMissingSheet, place: wsc.Place{Sheet: "Q3"}, column: "url", urls: 1, rows: 1,
		},
		"a sheet without URLs": {
			filename: "a.xlsx", content: book, options: Options{Sheet: "Notes"}, code: wsc.CodeNoURLs, place: wsc.Place{Sheet: "Notes"}, column: "just words",
		},
		"too many lines": {
			filename: "a.txt", content: "a.com\nb.com\nc.com\nd.com\n", options: Options{MaxURLs: 3}, code: wsc.CodeTooManyURLs, place: wsc.Place{Line: 4}, column: "A", urls: 3, rows: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.options.Filename = test.filename
			preview := previewOf(t, test.content, test.options)
			require.NotNil(t, preview.Refusal)
			require.Equal(t, test.code, preview.Refusal.Code)
			require.Equal(t, test.place, preview.Refusal.Place)
			require.NotEmpty(t, preview.Refusal.Detail)
			require.Equal(t, test.column, preview.URLColumn)
			require.EqualValues(t, test.urls, preview.URLs)
			require.Len(t, preview.Rows, test.rows)
			if test.column == "" {
				require.Empty(t, preview.Problems, "no line is to blame")
				require.Empty(t, preview.ChosenBy)
				require.NotEmpty(t, preview.Rows[0].Cells)
				require.Empty(t, preview.Rows[0].Problem)
			}
			_, err := Scan(t.Context(), strings.NewReader(test.content), int64(len(test.content)), test.options)
			require.Equal(t, test.code, wsc.CodeOf(err), "as a submission says")
		})
	}
}

func TestPreviewNamesTheSheets(t *testing.T) {
	preview := previewOf(t, string(workbookOf(t, sheetRows{"Notes", nil}, sheetRows{"Leads", [][]any{{"a.com"}}})), Options{Filename: "a.xlsx"})
	require.Equal(t, []string{"Notes", "Leads"}, preview.Sheets)
	require.Equal(t, "Leads", preview.Sheet)
}

// A preview of any list is short.
func TestPreviewIsBounded(t *testing.T) {
	row := strings.Repeat(strings.Repeat("ü", 1000)+",", 200) + "http://a b/" + strings.Repeat("ü", 3000) + "\n"
	preview := previewOf(t, strings.Repeat("x,", 200)+"url\n"+strings.Repeat(row, 30), Options{Filename: "a.csv"})
	require.Len(t, preview.Rows, 20)
	require.Len(t, preview.Problems, 20)
	for _, row := range preview.Rows {
		require.Len(t, row.Cells, 50)
		for _, cell := range append(row.Cells, row.URL) {
			require.Equal(t, 201, utf8.RuneCountInString(cell), "200 characters and a mark")
		}
		require.Less(t, len(row.Problem), 1000)
	}
	require.Less(t, len(preview.Refusal.Detail), 2000)
}

func TestPreviewEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	list := generatedList{lines: 10}
	_, err := Preview(ctx, list, list.size(), Options{Filename: "a.csv"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestPreviewErrorsAreNotTheFilesFault(t *testing.T) {
	broken := errors.New("disk broken")
	_, err := Preview(t.Context(), failingReaderAt{broken}, 100, Options{Filename: "a.csv"})
	require.ErrorIs(t, err, broken)
	require.Equal(t, wsc.CodeInternal, wsc.CodeOf(err))
}
