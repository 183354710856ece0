package urllist

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// compoundFile is the skeleton of a file of Excel or Word before 2007, whose directory names one stream.
func compoundFile(stream string) []byte {
	file := make([]byte, 200<<10)
	copy(file, oleMagic)
	binary.LittleEndian.PutUint16(file[30:], 9)   // sectors of 512 bytes
	binary.LittleEndian.PutUint32(file[48:], 300) // the directory is behind what is looked at first
	copy(file[301*512+128:], strings.Join(strings.Split(stream, ""), "\x00"))
	return file
}

// What a file is does not depend on its name, and the message says what to do.
func TestOtherFilesAreToldByTheirContent(t *testing.T) {
	nul := strings.Repeat("\x00", 300)
	for _, test := range []struct {
		name, content, message string
	}{
		{"old Excel file", string(compoundFile("Workbook")), "The file is an old Excel file (.xls), which is not read; save it as .xlsx or .csv."},
		{"older Excel file", string(compoundFile("Book")), "an old Excel file (.xls)"},
		{"old Word document", string(compoundFile("WordDocument")), "an old Word document (.doc)"},
		{"short compound file", oleMagic, "an old Excel file (.xls) or another old document"},
		{"OpenDocument", string(zipOf(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, [2]string{"content.xml", "<x/>"})), "an OpenDocument file, which is not read; save it as .xlsx or .csv."},
		{"binary workbook", string(zipOf(t, [2]string{"[Content_Types].xml", "<x/>"}, [2]string{"xl/workbook.bin", ""}, [2]string{"_rels/.rels", `<Relationships><Relationship Type="/officeDocument" Target="xl/workbook.bin"/></Relationships>`})), "a binary workbook (.xlsb)"},
		{"Numbers", string(zipOf(t, [2]string{"Index/Document.iwa", "x"})), "a Numbers or Pages document"},
		{"PDF", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document, which is not read; save the list as .txt or .csv."},
		{"PNG", "\x89PNG\r\n\x1a\n" + nul, "a PNG image, not a list of websites"},
		{"WebP", "RIFF\x10\x00\x00\x00WEBPVP8 ", "a WebP image"},
		{"HEIC", "\x00\x00\x00\x18ftypheic", "a video or image"},
		{"gzip", "\x1f\x8b\x08" + nul, "a gzip archive, which is not unpacked; unpack the list and upload"},
		{"bzip2", "BZh91AY&SY" + nul, "a bzip2 archive"},
		{"tar", "list.csv" + strings.Repeat("\x00", 249) + "ustar\x0000", "a tar archive"},
		{"HTML", "\ufeff \n<!DOCTYPE HTML><html>", "a web page (HTML), which is not read"},
		{"table saved as Excel", "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table>", "a web page (HTML)"},
		{"spreadsheet of 2003", "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook>", "a spreadsheet in XML"},
		{"sitemap", "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">", "a sitemap (XML), which is not read; copy its addresses into a .txt file, one a line."},
		{"Parquet", "PAR1\x15\x00", "a Parquet file"},
		{"SQLite", "SQLite format 3\x00", "an SQLite database"},
		{"program", "MZ\x90\x00\x03", "a program"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, filename := range []string{"list.csv", "list.txt", "list.xlsx", "list.json", "list"} {
				_, err := Open(bytes.NewReader([]byte(test.content)), int64(len(test.content)), Options{Filename: filename})
				require.Equal(t, wsc.CodeUnsupportedType, wsc.CodeOf(err), "%s: %v", filename, err)
				require.ErrorContains(t, err, test.message)
			}
		})
	}
}

// Words that files of other kinds begin with can begin a list too.
func TestTextThatLooksLikeAnotherFile(t *testing.T) {
	for _, content := range []string{"BZh.example\n", "PAR1.example\n", "RIFF.example\n", "GIF8.example\n", "BM.example\n", "MZ.example\n", "ID3.example\n", "Obj.example\n", "PK.example\n", "ftyp.example\n"} {
		summary, err := Scan(t.Context(), strings.NewReader(content), int64(len(content)), Options{Filename: "list.txt"})
		require.NoError(t, err, content)
		require.Equal(t, int64(1), summary.URLs, content)
	}
}

func TestContentCountsBeforeTheName(t *testing.T) {
	workbook := string(workbookOf(t, sheetRows{"S", [][]any{{"url"}, {"a.com"}}}))
	for _, test := range []struct{ filename, content, format string }{
		{"list.csv", workbook, "xlsx"},
		{"list.txt", workbook, "xlsx"},
		{"list", workbook, "xlsx"},
		{"list.json", workbook, "xlsx"},
		{"list.txt", "name,url\nA,a.com\nB,b.com\n", "csv"},
		{"list.txt", `["a.com"]`, "json"},
		{"list.csv", `{"urls": ["a.com"]}`, "json"},
		{"list.csv", "[\n  {\"url\": \"a.com\"}\n]", "json"},
		{"list", "{\"url\":\"a.com\"}\n{\"url\":\"b.com\"}\n", "ndjson"},
		{"list.tsv", "name,url\nA,a.com\nB,b.com\n", "csv"},
		{"list.csv", "name\turl\nA\ta.com\n", "tsv"},
	} {
		t.Run(test.format+" in "+test.filename, func(t *testing.T) {
			reader, err := Open(strings.NewReader(test.content), int64(len(test.content)), Options{Filename: test.filename})
			require.NoError(t, err)
			require.NoError(t, reader.Close())
			require.Equal(t, test.format, reader.List().Format)
		})
	}
}
