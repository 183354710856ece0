package export

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
)

// openWorkbook reads a document again with another implementation.
func openWorkbook(t *testing.T, document []byte) *excelize.File {
	t.Helper()
	requireWellFormed(t, document)
	file, err := excelize.OpenReader(bytes.NewReader(document))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	return file
}

// requireWellFormed reads every part with an XML parser, which is stricter than excelize.
func requireWellFormed(t *testing.T, document []byte) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(document), int64(len(document)))
	require.NoError(t, err)
	for _, file := range archive.File {
		part, err := file.Open()
		require.NoError(t, err)
		decoder := xml.NewDecoder(part)
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, file.Name)
		}
	}
}

func sheetRowsOf(t *testing.T, file *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := file.GetRows(sheet, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	return rows
}

func TestAWorkbookHasTheCellsOfTheCSV(t *testing.T) {
	want := readCSV(t, exportResults(t, FormatCSV, nil, sampleResults()...))
	file := openWorkbook(t, exportResults(t, FormatXLSX, sampleJob(), sampleResults()...))
	require.Equal(t, []string{"Results", "Summary"}, file.GetSheetList())
	got := sheetRowsOf(t, file, "Results")
	require.Len(t, got, len(want))
	require.Equal(t, want[0], got[0])
	for n := 1; n < len(want); n++ {
		row, expected := byName(t, want[0], got[n]), byName(t, want[0], want[n])
		for name, text := range expected {
			switch {
			case strings.HasSuffix(name, "_not_after") || name == "checked_at":
				if text == "" {
					require.Empty(t, row[name])
					continue
				}
				serial, err := strconv.ParseFloat(row[name], 64)
				require.NoError(t, err)
				moment, err := excelize.ExcelDateToTime(serial, false)
				require.NoError(t, err)
				require.Equal(t, text, moment.Round(time.Second).Format(time.RFC3339), name)
			default:
				require.Equal(t, Restore(text), row[name], name)
			}
		}
	}
}

func TestAWorkbookHasNumbersDatesAndTextsButNoFormulas(t *testing.T) {
	file := openWorkbook(t, exportResults(t, FormatXLSX, nil, sampleResults()...))
	for cell, want := range map[string]excelize.CellType{
		"A2": excelize.CellTypeUnset, // a number: the type is the default
		"D2": excelize.CellTypeUnset, "G2": excelize.CellTypeUnset, "S2": excelize.CellTypeUnset, "T4": excelize.CellTypeUnset,
		"B2": excelize.CellTypeInlineString, "C2": excelize.CellTypeInlineString, "K3": excelize.CellTypeInlineString,
	} {
		got, err := file.GetCellType("Results", cell)
		require.NoError(t, err)
		require.Equal(t, want, got, cell)
	}
	for cell, want := range map[string]string{
		"G2": "123.457", "S2": "2026-06-01 12:00:00", "AB2": "2026-03-04 05:06:07", "T4": "-3",
		"K3": `=HYPERLINK("http://evil.example/","click")`,
	} {
		shown, err := file.GetCellValue("Results", cell)
		require.NoError(t, err)
		require.Equal(t, want, shown, cell)
		formula, err := file.GetCellFormula("Results", cell)
		require.NoError(t, err)
		require.Empty(t, formula)
		link, _, err := file.GetCellHyperLink("Results", cell)
		require.NoError(t, err)
		require.False(t, link)
	}
}

func TestAWorkbookIsReadyToWorkWith(t *testing.T) {
	document := exportResults(t, FormatXLSX, sampleJob(), sampleResults()...)
	file := openWorkbook(t, document)
	panes, err := file.GetPanes("Results")
	require.NoError(t, err)
	require.True(t, panes.Freeze)
	require.Equal(t, 1, panes.YSplit)
	require.Contains(t, string(zipParts(t, document)), `<autoFilter ref="A1:AD6"/>`)
	width, err := file.GetColWidth("Results", "B")
	require.NoError(t, err)
	require.Greater(t, width, 20.0)
	style, err := file.GetCellStyle("Results", "A1")
	require.NoError(t, err)
	require.Equal(t, styleHeader, style)
	properties, err := file.GetDocProps()
	require.NoError(t, err)
	require.Equal(t, "Leads & <friends>.csv", properties.Title)
	require.Equal(t, "2026-03-04T05:00:00Z", properties.Created)
	require.Equal(t, 0, file.GetActiveSheetIndex())
}

func TestTheSummaryCountsAndExplains(t *testing.T) {
	file := openWorkbook(t, exportResults(t, FormatXLSX, sampleJob(), sampleResults()...))
	values := map[string]string{}
	for _, row := range sheetRowsOf(t, file, "Summary") {
		if len(row) >= 2 {
			values[row[0]] = strings.Join(row[1:], "|")
		}
	}
	for label, want := range map[string]string{
		"List": "Leads & <friends>.csv", "Job": sampleJob().ID, "Job status": "completed",
		"URLs (unique or invalid)": "5", "Invalid lines": "1", "Duplicate lines": "2", "Blank lines": "1",
		"Results": "5", "Active": "1", "Inactive": "1", "Error": "3",
		"tls_expired":  "1|" + wsc.KindTLSExpired.Sentence(),
		"dns_nxdomain": "1|" + wsc.KindDNSNXDomain.Sentence(),
		"invalid_url":  "1|" + wsc.KindInvalidURL.Sentence(),
	} {
		require.Equal(t, want, values[label], label)
	}
	require.NotContains(t, values, "timeout")
}

func TestAWorkbookWithoutResultsOpens(t *testing.T) {
	file := openWorkbook(t, exportResults(t, FormatXLSX, nil))
	require.Len(t, sheetRowsOf(t, file, "Results"), 1)
	require.NotEmpty(t, sheetRowsOf(t, file, "Summary"))
}

func TestAWorkbookKeepsHostileTexts(t *testing.T) {
	for name, tc := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			job := &wsc.Job{Filename: tc.text}
			result := &wsc.Result{URL: tc.text, Status: wsc.StatusError, ErrorMessage: tc.text, Title: tc.text}
			file := openWorkbook(t, exportResults(t, FormatXLSX, job, result))
			rows := sheetRowsOf(t, file, "Results")
			row := byName(t, rows[0], rows[1])
			require.Equal(t, tc.xlsx, row["url"])
			require.Equal(t, tc.xlsx, row["title"])
			formula, err := file.GetCellFormula("Results", "B2")
			require.NoError(t, err)
			require.Empty(t, formula)
		})
	}
}

func TestAFullSheetGoesOnInTheNext(t *testing.T) {
	for _, tc := range []struct {
		name    string
		results int
		sheets  map[string]int
	}{
		{"full to the last row", 9, map[string]int{"Results": 10}},
		{"one more", 10, map[string]int{"Results": 10, "Results 2": 2}},
		{"three sheets", 20, map[string]int{"Results": 10, "Results 2": 10, "Results 3": 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var document bytes.Buffer
			columns := resultColumns()
			book, err := newWorkbook(&document, headingsOf(columns), Options{}, 10)
			require.NoError(t, err)
			w := &resultWriter{table: book, columns: columns}
			for n := range tc.results {
				require.NoError(t, w.Write(typicalResult(n)))
			}
			require.NoError(t, w.Close())

			file := openWorkbook(t, document.Bytes())
			require.Len(t, file.GetSheetList(), len(tc.sheets)+1)
			seen := map[string]bool{}
			for sheet, count := range tc.sheets {
				rows := sheetRowsOf(t, file, sheet)
				require.Len(t, rows, count, sheet)
				require.Equal(t, "line", rows[0][0])
				for _, row := range rows[1:] {
					require.False(t, seen[row[0]], "line %s twice", row[0])
					seen[row[0]] = true
				}
			}
			require.Len(t, seen, tc.results)
			require.Contains(t, string(zipParts(t, document.Bytes())), "'Results'!$A$1:$AD$10<")
		})
	}
	require.Equal(t, 1_048_576, sheetRows)
}

func TestTimesThatNoWorkbookCanExpressAreTexts(t *testing.T) {
	result := &wsc.Result{TLS: &wsc.TLSInfo{NotAfter: time.Date(1850, time.January, 2, 0, 0, 0, 0, time.UTC)}, CheckedAt: time.Date(10_000, time.January, 1, 0, 0, 0, 0, time.UTC)}
	file := openWorkbook(t, exportResults(t, FormatXLSX, nil, result))
	for cell, want := range map[string]string{"S2": "1850-01-02T00:00:00Z", "AB2": "10000-01-01T00:00:00Z"} {
		got, err := file.GetCellValue("Results", cell)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestMoreColumnsThanASheetHasAreRefused(t *testing.T) {
	_, err := NewOriginalWriter(FormatXLSX, io.Discard, make([]string, sheetColumns), Options{})
	require.Equal(t, wsc.CodeInvalidRequest, wsc.CodeOf(err))
	w, err := NewOriginalWriter(FormatCSV, io.Discard, make([]string, sheetColumns), Options{})
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

func TestColumnLettersAreThoseOfSpreadsheets(t *testing.T) {
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16_383: "XFD"} {
		require.Equal(t, want, columnLetter(n))
	}
}

func FuzzXMLText(f *testing.F) {
	for _, tc := range hostileTexts() {
		if len(tc.text) < 1000 {
			f.Add(tc.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got struct {
			Name string `xml:"name,attr"`
			Text string `xml:",chardata"`
		}
		document := append(appendXMLAttribute([]byte(`<t name="`), text), `">`...)
		document = append(appendXMLText(document, text), `</t>`...)
		require.NoError(t, xml.Unmarshal(document, &got), "%q", document)
		want := cleanXML(text)
		if len(want) <= cellUnits {
			require.Equal(t, want, strings.ReplaceAll(got.Text, "_x005F_", "_"))
		}
	})
}
