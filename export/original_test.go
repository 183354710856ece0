package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
)

func TestOriginalKeepsRowsAndColumnsInTheirOrder(t *testing.T) {
	header := []string{"Company", "Website", "Staff", "Note"}
	rows := readCSV(t, exportOriginal(t, FormatCSV, header, nil, sampleRows()...))
	require.Len(t, rows, 1+len(sampleRows()))
	require.Equal(t, header, rows[0][:4])
	require.Equal(t, []string{"outcome", "line", "status", "http_status"}, rows[0][4:8])
	require.Equal(t, "extra_cells", rows[0][len(rows[0])-1])
	require.NotContains(t, rows[0], "url")
	var outcomes, lines, extras []string
	for n, row := range rows[1:] {
		named := byName(t, rows[0], row)
		uploaded := sampleRows()[n].cells
		for i, name := range header {
			want := ""
			if i < len(uploaded) {
				want = uploaded[i]
			}
			require.Equal(t, Neutralize(want), named[name])
		}
		outcomes, lines, extras = append(outcomes, named["outcome"]), append(lines, named["line"]), append(extras, named["extra_cells"])
	}
	require.Equal(t, []string{"checked", "checked", "duplicate", "checked", "blank", "checked", "invalid", "not_checked"}, outcomes)
	require.Equal(t, []string{"2", "3", "2", "5", "", "7", "8", ""}, lines)
	require.Equal(t, []string{"", "", "more | =1+1", "", "", "", "", ""}, extras)
}

func TestOriginalGivesEveryColumnAnOwnName(t *testing.T) {
	for _, tc := range []struct {
		name         string
		header, want []string
		appended     string
	}{
		{"nothing in common", []string{"Company", "Website"}, []string{"Company", "Website"}, "status"},
		{"a result's name", []string{"Status", "URL"}, []string{"Status", "URL"}, "wsc_status"},
		{"an earlier export", []string{"status", "wsc_status"}, []string{"status", "wsc_status"}, "wsc_status_2"},
		{"twice the same", []string{"a", "A", "a", "a_2"}, []string{"a", "A_2", "a_3", "a_2_2"}, "status"},
		{"a number taken", []string{"a_2", "a", "a"}, []string{"a_2", "a", "a_3"}, "status"},
		{"no name", []string{"", " ", "x"}, []string{"A", "B", "x"}, "status"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, format := range []Format{FormatCSV, FormatXLSX, FormatJSON} {
				document := exportOriginal(t, format, tc.header, nil, originalRow{make([]string, len(tc.header)), "", sampleResults()[0]})
				names := columnNames(t, format, document)
				require.Equal(t, tc.want, names[:len(tc.want)], format)
				require.Equal(t, tc.appended, names[len(tc.want)+2], format)
				unique := map[string]bool{}
				for _, name := range names {
					require.False(t, unique[strings.ToLower(name)], "%s twice", name)
					unique[strings.ToLower(name)] = true
				}
			}
		})
	}
}

// columnNames reads the names of the columns, in their order.
func columnNames(t *testing.T, format Format, document []byte) []string {
	t.Helper()
	switch format {
	case FormatCSV:
		return readCSV(t, document)[0]
	case FormatXLSX:
		return sheetRowsOf(t, openWorkbook(t, document), resultsSheet)[0]
	case FormatJSON, FormatNDJSON:
	}
	var names []string
	decoder := json.NewDecoder(bytes.NewReader(document))
	for depth, key := 0, true; ; {
		token, err := decoder.Token()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			return names
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth, key = depth+1, true
		case json.Delim(']'), json.Delim('}'):
			depth--
		default:
			if key {
				names = append(names, fmt.Sprint(token))
			}
			key = !key
		}
	}
}

func TestManyEqualNamesAreMadeUniqueQuickly(t *testing.T) {
	header := make([]string, 10_000)
	for n := range header {
		header[n] = "same"
	}
	start := time.Now()
	exportOriginal(t, FormatCSV, header, nil)
	require.Less(t, time.Since(start), 5*time.Second)
}

func TestOriginalWithoutAHeaderIsNamedByLetters(t *testing.T) {
	row := originalRow{[]string{"example.com", "x", "y"}, "", sampleResults()[0]}
	t.Run("as many as the first row has", func(t *testing.T) {
		rows := readCSV(t, exportOriginal(t, FormatCSV, nil, nil, row))
		require.Equal(t, []string{"A", "B", "C", "outcome"}, rows[0][:4])
		require.Equal(t, []string{"example.com", "x", "y", "checked"}, rows[1][:4])
	})
	t.Run("as many as the list has", func(t *testing.T) {
		job := &wsc.Job{List: &wsc.List{Columns: []string{"A", "B"}}}
		rows := readCSV(t, exportOriginal(t, FormatCSV, nil, job, row))
		require.Equal(t, []string{"A", "B", "outcome"}, rows[0][:3])
		require.Equal(t, "y", rows[1][len(rows[1])-1])
	})
	t.Run("with an empty first row", func(t *testing.T) {
		rows := readCSV(t, exportOriginal(t, FormatCSV, nil, nil, originalRow{nil, "blank", nil}, row))
		require.Equal(t, []string{"A", "outcome"}, rows[0][:2])
		require.Equal(t, "x | y", rows[2][len(rows[2])-1])
	})
}

func TestOriginalShowsUploadedNumbersExactly(t *testing.T) {
	cells := []string{"120", "-1.5", "007", "1.50", "+5", "1e5", "-0", "12345678901234567890", "0.1", "999999999999999", "1.", ".5", "0"}
	file := openWorkbook(t, exportOriginal(t, FormatXLSX, nil, nil, originalRow{cells, "", nil}))
	numbers := map[string]bool{"120": true, "-1.5": true, "0.1": true, "999999999999999": true, "0": true}
	for n, want := range cells {
		place := columnLetter(n) + "2"
		got, err := file.GetCellValue(resultsSheet, place)
		require.NoError(t, err)
		require.Equal(t, want, got)
		kind, err := file.GetCellType(resultsSheet, place)
		require.NoError(t, err)
		require.Equal(t, numbers[want], kind == excelize.CellTypeUnset, "%s as a number", want)
	}
}

func TestOriginalJSONHasEveryKeyInEveryObject(t *testing.T) {
	var got []map[string]any
	require.NoError(t, json.Unmarshal(exportOriginal(t, FormatJSON, []string{"Company", "Website", "Staff", "Note"}, nil, sampleRows()...), &got))
	require.Len(t, got, len(sampleRows()))
	for _, object := range got {
		require.Len(t, object, len(got[0]))
	}
	require.Equal(t, "120", got[0]["Staff"])
	require.InDelta(t, 200, got[0]["http_status"], 0)
	require.Equal(t, "2026-03-04T05:06:07Z", got[0]["checked_at"])
	require.Nil(t, got[4]["status"])
}

func TestOriginalSummaryCountsRowsOnce(t *testing.T) {
	file := openWorkbook(t, exportOriginal(t, FormatXLSX, []string{"Company", "Website"}, nil, sampleRows()...))
	values := map[string]string{}
	for _, row := range sheetRowsOf(t, file, summarySheet) {
		if len(row) == 2 {
			values[row[0]] = row[1]
		}
	}
	require.Equal(t, map[string]string{
		"Results": "5", "Active": "1", "Inactive": "1", "Error": "3", "Duplicate rows": "1", "Blank rows": "1", "Rows not checked": "1",
	}, values)
}
