package urllist

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
)

// sheetRows is a sheet for a test workbook.
type sheetRows struct {
	name string
	rows [][]any
}

// workbookOf makes a workbook with excelize.
func workbookOf(t testing.TB, sheets ...sheetRows) []byte {
	t.Helper()
	file := excelize.NewFile()
	for i, s := range sheets {
		if i == 0 {
			require.NoError(t, file.SetSheetName("Sheet1", s.name))
		} else {
			_, err := file.NewSheet(s.name)
			require.NoError(t, err)
		}
		for row, cells := range s.rows {
			if len(cells) > 0 {
				require.NoError(t, file.SetSheetRow(s.name, fmt.Sprintf("A%d", row+1), &cells))
			}
		}
	}
	var buf bytes.Buffer
	require.NoError(t, file.Write(&buf))
	require.NoError(t, file.Close())
	return buf.Bytes()
}

// rawWorkbook makes a workbook of one sheet with the given XML between <worksheet> and </worksheet>.
func rawWorkbook(t testing.TB, sheet, sharedStrings string) []byte {
	t.Helper()
	const rels = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	parts := [][2]string{
		{"[Content_Types].xml", `<Types/>`},
		{"_rels/.rels", `<Relationships><Relationship Id="r1" Type="` + rels + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns:r="x"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="` + rels + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="` + rels + `/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", sheet},
	}
	if sharedStrings != "" {
		parts = append(parts, [2]string{"xl/sharedStrings.xml", sharedStrings})
	}
	return zipOf(t, parts...)
}

func zipOf(t testing.TB, parts ...[2]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	archive := zip.NewWriter(&buf)
	for _, part := range parts {
		w, err := archive.Create(part[0])
		require.NoError(t, err)
		_, err = w.Write([]byte(part[1]))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return buf.Bytes()
}

func worksheet(rows string) string {
	return "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"
}

func TestWorkbooks(t *testing.T) {
	leads := sheetRows{"Leads", [][]any{{"Name", "Website"}, {"A", "a.com"}, {}, {"B", 12345}, {"C", nil}, {"D", true}, {"E", "b.com"}}}
	notes := sheetRows{"Notes", [][]any{{"written by"}, {"somebody"}}}
	for _, test := range []struct {
		name    string
		content []byte
		options Options
		lines   []string
		list    wsc.List
	}{
		{
			name: "first sheet with URLs", content: workbookOf(t, notes, leads),
			lines: []string{"2 url https://a.com/", "4 invalid 12345", "5 invalid", "6 invalid TRUE", "7 url https://b.com/"},
			list:  wsc.List{Format: "xlsx", Encoding: "utf-8", HasHeader: true, Sheet: "Leads", Columns: []string{"Name", "Website"}, URLColumn: "Website", ChosenBy: "header"},
		},
		{
			name: "sheet by name, column by letter", content: workbookOf(t, leads, sheetRows{"Other list", [][]any{{"x.com", "y.com"}}}),
			options: Options{Sheet: "otherlist", URLColumn: "B"},
			lines:   []string{"1 url https://y.com/"},
			list:    wsc.List{Format: "xlsx", Encoding: "utf-8", Sheet: "Other list", Columns: []string{"A", "B"}, URLColumn: "B", ChosenBy: "option"},
		},
		{
			name: "dates are no URLs", content: workbookOf(t, sheetRows{"S", [][]any{{"url"}, {time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)}, {"a.com"}}}),
			lines: []string{"2 invalid 45293", "3 url https://a.com/"},
		},
		{
			name: "inline, formula, rich and escaped strings",
			content: rawWorkbook(t, worksheet(`<row r="1"><c r="A1" t="inlineStr"><is><t>a.com/</t><r><t>x</t></r><rPh><t>no</t></rPh></is></c></row>`+
				`<row r="3"><c r="A3" t="str"><f>HYPERLINK("x")</f><v>b.com</v></c></row>`+
				`<row r="4"><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row><row r="9"/>`+
				`<row r="10"><c r="A10" t="e"><v>#N/A</v></c></row>`),
				`<sst><si><r><t>c</t></r><r><t>.com</t></r></si><si><t>d.com/_x0041_&amp;</t></si></sst>`),
			lines: []string{"1 url https://a.com/x", "3 url https://b.com/", "4 url https://c.com/", "5 url https://d.com/A&", "9 blank", "10 invalid #N/A"},
		},
		{
			name:    "prefixed elements",
			content: rawWorkbook(t, `<x:worksheet xmlns:x="y"><x:sheetData><x:row r="1"><x:c r="A1" t="str"><x:v>a.com</x:v></x:c></x:row></x:sheetData></x:worksheet>`, ""),
			lines:   []string{"1 url https://a.com/"},
		},
		{
			name:    "a cell far to the right",
			content: rawWorkbook(t, worksheet(`<row r="1"><c r="XFD1" t="str"><v>a.com</v></c></row>`), ""),
			lines:   []string{"1 url https://a.com/"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Filename = "a.xlsx"
			lines, list, err := readAll(test.content, test.options)
			require.NoError(t, err)
			require.Equal(t, test.lines, lines)
			if test.list.Format != "" {
				require.Equal(t, test.list, list)
			}
		})
	}
}

func TestBadWorkbooks(t *testing.T) {
	good := workbookOf(t, sheetRows{"S", [][]any{{"url"}, {"a.com"}}})
	flipped := bytes.Clone(good)
	at := bytes.Index(flipped, []byte("xl/worksheets/sheet1.xml")) + 40
	flipped[at] ^= 0xFF
	for _, test := range []struct {
		name    string
		content []byte
		options Options
		code    wsc.Code
		place   wsc.Place
		message string
	}{
		{"text", []byte("https://a.com\n"), Options{}, wsc.CodeInvalidXLSX, wsc.Place{}, "not an XLSX workbook but text"},
		{"other archive", zipOf(t, [2]string{"a.txt", "x"}), Options{}, wsc.CodeInvalidXLSX, wsc.Place{}, "some other ZIP archive"},
		{"empty archive", zipOf(t), Options{}, wsc.CodeInvalidXLSX, wsc.Place{}, "some other ZIP archive"},
		{"half a file", good[:len(good)/2], Options{}, wsc.CodeInvalidXLSX, wsc.Place{}, "only a part"},
		{"flipped byte", flipped, Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S"}, "damaged"},
		{"Word document", zipOf(t, [2]string{"[Content_Types].xml", "<x/>"}, [2]string{"word/document.xml", "<x/>"}), Options{}, wsc.CodeUnsupportedType, wsc.Place{}, "Word document"},
		{"OpenDocument", zipOf(t, [2]string{"mimetype", "x"}, [2]string{"content.xml", "<x/>"}), Options{}, wsc.CodeUnsupportedType, wsc.Place{}, "OpenDocument"},
		{"protected", compoundFile("EncryptedPackage"), Options{}, wsc.CodeInvalidXLSX, wsc.Place{}, "password"},
		{"row behind the end", rawWorkbook(t, worksheet(`<row r="2000000000"/>`), ""), Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S"}, "behind the last row"},
		{"rows out of order", rawWorkbook(t, worksheet(`<row r="2"/><row r="1"/>`), ""), Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S", Line: 2}, "stands behind"},
		{"bad reference", rawWorkbook(t, worksheet(`<row r="1"><c r="!!!"/></row>`), ""), Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S", Line: 1, Column: "!!!"}, "not a cell"},
		{"column behind the end", rawWorkbook(t, worksheet(`<row r="1"><c r="ZZZZZ1"/></row>`), ""), Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S", Line: 1, Column: "ZZZZZ1"}, "not a cell"},
		{"unknown shared string", rawWorkbook(t, worksheet(`<row r="1"><c r="A1" t="s"><v>7</v></c></row>`), ""), Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S", Line: 1, Column: "A1"}, "no shared string"},
		{"entity", rawWorkbook(t, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`+worksheet(`<row r="1"><c r="A1" t="str"><v>&e;</v></c></row>`), ""), Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S"}, "document type"},
		{"undeclared entity", rawWorkbook(t, worksheet(`<row r="1"><c r="A1" t="str"><v>&e;</v></c></row>`), ""), Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S", Line: 1, Column: "A1"}, "not valid XML"},
		{"sheet cut off", rawWorkbook(t, `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a.com</v>`, ""), Options{}, wsc.CodeInvalidXLSX, wsc.Place{Sheet: "S", Line: 1, Column: "A1"}, "unexpectedly"},
		{"huge cell", rawWorkbook(t, worksheet(`<row r="1"><c r="A1" t="str"><v>`+strings.Repeat("x", 3<<20)+`</v></c></row>`), ""), Options{}, wsc.CodeLineTooLong, wsc.Place{Sheet: "S", Line: 1, Column: "A1"}, "1 MiB"},
		{"huge shared string", rawWorkbook(t, worksheet(""), "<sst><si><t>"+strings.Repeat("x", 3<<20)+"</t></si></sst>"), Options{}, wsc.CodeInvalidXLSX, wsc.Place{}, "1 MiB"},
		{"unknown sheet", good, Options{Sheet: "T"}, wsc.CodeMissingSheet, wsc.Place{Sheet: "T"}, `The sheets are "S"`},
		{"unknown column", good, Options{URLColumn: "link"}, wsc.CodeMissingColumn, wsc.Place{Sheet: "S", Line: 1, Column: "link"}, `The columns are "url"`},
		{"too much", bombOf(t, 10, 1<<30), Options{}, wsc.CodeDecompressedTooLarge, wsc.Place{}, "1024 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Filename = "a.xlsx"
			_, err := Scan(t.Context(), bytes.NewReader(test.content), int64(len(test.content)), test.options)
			var known *wsc.Error
			require.ErrorAs(t, err, &known)
			require.Equal(t, test.code, known.Code, "%v", err)
			require.Equal(t, test.place, known.Place)
			require.Contains(t, known.Message, test.message)
		})
	}
}

// bombOf is an archive whose directory declares count parts of size bytes each, which it does not hold.
func bombOf(t testing.TB, count int, size uint64) []byte {
	t.Helper()
	var buf bytes.Buffer
	archive := zip.NewWriter(&buf)
	for i := range count {
		_, err := archive.CreateRaw(&zip.FileHeader{
			Name: fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), Method: zip.Deflate,
			CRC32: crc32.ChecksumIEEE(nil), UncompressedSize64: size,
		})
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return buf.Bytes()
}

func TestArchiveWithEndlessDirectoryIsRefused(t *testing.T) {
	var buf bytes.Buffer
	archive := zip.NewWriter(&buf)
	for i := range 40_000 {
		_, err := archive.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%0200d", i)})
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	_, err := Open(bytes.NewReader(buf.Bytes()), int64(buf.Len()), Options{Filename: "a.xlsx"})
	require.Equal(t, wsc.CodeInvalidXLSX, wsc.CodeOf(err))
}

func TestOverlappingPartsAreRefused(t *testing.T) {
	var buf bytes.Buffer
	archive := zip.NewWriter(&buf)
	for i := range 5 {
		_, err := archive.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Deflate, CompressedSize64: 1000, UncompressedSize64: 1000})
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	_, err := Open(bytes.NewReader(buf.Bytes()), int64(buf.Len()), Options{Filename: "a.xlsx"})
	require.Equal(t, wsc.CodeInvalidXLSX, wsc.CodeOf(err))
	require.ErrorContains(t, err, "overlap")
}

// Shared strings that are too many for memory go to a temporary file, and nothing is left of it.
func TestManySharedStringsGoToDisk(t *testing.T) {
	const count = 2000
	text := func(i int) string { return fmt.Sprintf("https://a.com/%d/%s", i, strings.Repeat("x", i%700)) }
	var strs, rows strings.Builder
	for i := range count {
		fmt.Fprintf(&strs, "<si><t>%s</t></si>", text(i))
		// Backwards, so that the strings are not asked for in their order.
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c></row>`, i+1, i+1, count-1-i)
	}
	content := rawWorkbook(t, worksheet(rows.String()), "<sst>"+strs.String()+"</sst>")
	for _, limit := range []int64{0, 1, 100_000, stringsInMemory} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			folder := t.TempDir()
			archive, err := openArchive(bytes.NewReader(content), int64(len(content)))
			require.NoError(t, err)
			book := &workbook{archive: archive, strings: &stringTable{tempDir: folder, inMemory: limit}}
			require.NoError(t, book.load())
			require.Equal(t, limit < stringsInMemory, book.strings.file != nil)
			source, err := book.open(book.sheets[0])
			require.NoError(t, err)
			for i := range count {
				row, err := source.next()
				require.NoError(t, err)
				require.Equal(t, text(count-1-i), string(row.cells[0]))
			}
			require.NoError(t, source.close())
			require.NoError(t, book.close())
			left, err := os.ReadDir(folder)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}
