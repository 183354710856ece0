package urllist

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

	wsc "github.com/website-status-checker/wsc"
)

// upload is one bad upload and what becomes of it: an error with a code, or counts of lines.
type upload struct {
	filename, content string
	code              wsc.Code
	urls, invalid     int64
}

// uploads builds what the rows of the catalogue describe, as far as the content of a file is concerned.
func uploads(t *testing.T) map[string]upload {
	row := func(cells string) string { return string(rawWorkbook(t, worksheet(cells), "")) }
	good := string(workbookOf(t, sheetRows{"S", [][]any{{"url"}, {"a.com"}}}))
	long := func(n int) string { return "https://a.com/" + strings.Repeat("x", n-len("https://a.com/")) }
	return map[string]upload{
		"empty_file":               {filename: "a.csv", code: wsc.CodeEmptyUpload},
		"bom_only":                 {filename: "a.csv", content: "\xef\xbb\xbf", code: wsc.CodeEmptyUpload},
		"whitespace_only":          {filename: "a.csv", content: " \n\t\r\n \n", code: wsc.CodeNoURLs},
		"header_only":              {filename: "a.csv", content: "name,url\n", code: wsc.CodeNoURLs},
		"comments_only_txt":        {filename: "a.txt", content: "# one\n# two\n", code: wsc.CodeNoURLs},
		"wrong_ext_xlsx_is_text":   {filename: "list.xlsx", content: "https://a.com\n", code: wsc.CodeInvalidXLSX},
		"wrong_ext_csv_is_xlsx":    {filename: "list.csv", content: good, urls: 1},
		"no_extension":             {filename: "list", content: "a.com\nb.com\n", urls: 2},
		"plain_zip":                {filename: "list.xlsx", content: string(zipOf(t, [2]string{"a.txt", "a.com"})), code: wsc.CodeInvalidXLSX},
		"empty_zip":                {filename: "list.xlsx", content: string(zipOf(t)), code: wsc.CodeInvalidXLSX},
		"truncated_zip":            {filename: "list.xlsx", content: good[:len(good)/2], code: wsc.CodeInvalidXLSX},
		"double_ext":               {filename: "list.csv.exe", content: "a.com\n", code: wsc.CodeUnsupportedType},
		"binary":                   {filename: "list.csv", content: "\x7fELF\x02\x01\x01\x00\x00\x00\x00", code: wsc.CodeUnsupportedType},
		"png":                      {filename: "list.csv", content: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", code: wsc.CodeUnsupportedType},
		"pdf":                      {filename: "list.txt", content: "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", code: wsc.CodeUnsupportedType},
		"html":                     {filename: "list.csv", content: "<!DOCTYPE html><html>", code: wsc.CodeUnsupportedType},
		"old_xls":                  {filename: "list.xls", content: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", code: wsc.CodeUnsupportedType},
		"utf8_bom":                 {filename: "a.csv", content: "\xef\xbb\xbfurl\na.com\n", urls: 1},
		"utf16le_bom":              {filename: "a.csv", content: utf16Text(unicode.LittleEndian, unicode.UseBOM, "url\tn\r\na.com\t1\r\n"), urls: 1},
		"utf16be_bom":              {filename: "a.csv", content: utf16Text(unicode.BigEndian, unicode.UseBOM, "url\tn\r\na.com\t1\r\n"), urls: 1},
		"utf16_no_bom":             {filename: "a.csv", content: utf16Text(unicode.LittleEndian, unicode.IgnoreBOM, "url\r\na.com\r\n"), code: wsc.CodeUnsupportedEncoding},
		"utf32_bom":                {filename: "a.csv", content: "\xff\xfe\x00\x00a\x00\x00\x00", code: wsc.CodeUnsupportedEncoding},
		"latin1":                   {filename: "a.csv", content: "url\nhttp://caf\xe9.fr\na.com\n", urls: 2},
		"invalid_utf8_overlong":    {filename: "a.csv", content: "url\nhttp://a.com/\xc0\xaf\nhttp://a.com/\xed\xa0\x80\nb.com\n", urls: 1, invalid: 2},
		"control_chars":            {filename: "a.csv", content: "url\nhttp://a.com/\x01\nhttp://a.com/\x1b[31m\nb.com\n", urls: 1, invalid: 2},
		"nul_bytes":                {filename: "a.csv", content: "url\nhttp://a.com/\x00x\nhttp://bbbbbbbbbbbbbbbbb.com\n", urls: 1, invalid: 1},
		"cr_only":                  {filename: "a.csv", content: "url\ra.com\rb.com", urls: 2},
		"unterminated_quote":       {filename: "a.csv", content: "url\n\"http://a.com\nb.com\nc.com\n", urls: 2, invalid: 1},
		"ragged_rows":              {filename: "a.csv", content: "n,url\na\nb,b.com,c\nd,d.com\n", urls: 2, invalid: 1},
		"tab_delim":                {filename: "a.csv", content: "n\turl\n1\ta.com\n", urls: 1},
		"no_header":                {filename: "a.csv", content: "https://a.com,A\nhttps://b.com,B\n", urls: 2},
		"no_url_column":            {filename: "a.csv", content: "name,site\nfoo,bar\nx,y\n", code: wsc.CodeMissingColumn},
		"header_case_space":        {filename: "a.csv", content: "n, URL \n1,a.com\n", urls: 1},
		"huge_cell":                {filename: "a.csv", content: "url\n\"" + strings.Repeat("x", 4<<20) + "\"\n", code: wsc.CodeLineTooLong},
		"huge_line_txt":            {filename: "a.txt", content: strings.Repeat("x", 4<<20), code: wsc.CodeLineTooLong},
		"all_invalid":              {filename: "a.csv", content: "url\n" + strings.Repeat("not a url\n", 10_000), code: wsc.CodeNoValidURLs},
		"dup_by_normalisation":     {filename: "a.csv", content: "url\nHTTP://Ex.com:80/\nhttp://ex.com\n", urls: 2},
		"mixed_valid_invalid":      {filename: "a.csv", content: "url\n" + strings.Repeat("a.com\nnot a url\n", 500), urls: 500, invalid: 500},
		"url_2048":                 {filename: "a.csv", content: "url\n" + long(2048) + "\n" + long(2049) + "\n" + long(65536) + "\n", urls: 1, invalid: 2},
		"zip_bomb_nested_entries":  {filename: "a.xlsx", content: string(bombOf(t, 10, 1<<30)), code: wsc.CodeDecompressedTooLarge},
		"zip_bomb_overlap":         {filename: "a.xlsx", content: string(bombOf(t, 200, 1<<25)), code: wsc.CodeDecompressedTooLarge},
		"xlsx_row_overflow":        {filename: "a.xlsx", content: row(`<row r="2000000000"/>`), code: wsc.CodeInvalidXLSX},
		"xlsx_bad_ref":             {filename: "a.xlsx", content: row(`<row r="1"><c r="ZZZZZ1"/></row>`), code: wsc.CodeInvalidXLSX},
		"xlsx_number_date_bool":    {filename: "a.xlsx", content: row(`<row r="1"><c r="A1"><v>12345</v></c></row><row r="2"><c r="A2" t="b"><v>1</v></c></row><row r="3"><c r="A3" t="str"><v>a.com</v></c></row>`), urls: 1, invalid: 2},
		"xlsx_cell_40k":            {filename: "a.xlsx", content: row(`<row r="1"><c r="A1" t="str"><v>` + long(40_000) + `</v></c></row><row r="2"><c r="A2" t="str"><v>a.com</v></c></row>`), urls: 1, invalid: 1},
		"xlsx_xxe":                 {filename: "a.xlsx", content: string(rawWorkbook(t, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`+worksheet(""), "")), code: wsc.CodeInvalidXLSX},
		"xlsx_external_links":      {filename: "a.xlsx", content: externalLinks(t), urls: 1},
		"json_truncated":           {filename: "a.json", content: `{"urls":["http://a"`, code: wsc.CodeInvalidJSON},
		"json_trailing":            {filename: "a.json", content: `{"urls":["a.com"]}{"urls":[]}`, code: wsc.CodeInvalidJSON},
		"json_dup_keys":            {filename: "a.json", content: `{"urls":["a.com"],"urls":["b.com"]}`, code: wsc.CodeInvalidJSON},
		"json_case_keys":           {filename: "a.json", content: `{"URLS":["a.com"]}`, code: wsc.CodeInvalidJSON},
		"json_null_urls":           {filename: "a.json", content: `{"urls":null}`, code: wsc.CodeInvalidJSON},
		"json_empty_urls":          {filename: "a.json", content: `{"urls":[]}`, code: wsc.CodeNoURLs},
		"json_lone_surrogate":      {filename: "a.json", content: `["http://a.com/\ud800","a.com"]`, urls: 1, invalid: 1},
		"json_deep_nesting":        {filename: "a.json", content: `["a.com",` + strings.Repeat("[", 1<<20), code: wsc.CodeInvalidJSON},
		"json_huge_string":         {filename: "a.json", content: `["` + strings.Repeat("x", 4<<20) + `"]`, code: wsc.CodeLineTooLong},
		"filename_win_traversal":   {filename: `..\..\list.csv`, content: "a.com\n", urls: 1},
		"xlsx_huge_shared_strings": {filename: "a.xlsx", content: string(rawWorkbook(t, worksheet(""), "<sst><si><t>"+strings.Repeat("x", 3<<20)+"</t></si></sst>")), code: wsc.CodeInvalidXLSX},
	}
}

// externalLinks is a good workbook that also refers to a part outside of itself.
func externalLinks(t *testing.T) string {
	const kind = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	return string(zipOf(t,
		[2]string{"[Content_Types].xml", "<Types/>"},
		[2]string{"xl/workbook.xml", `<workbook><sheets><sheet name="S" id="r1"/></sheets></workbook>`},
		[2]string{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r0" TargetMode="External" Type="` + kind + `externalLink" Target="http://127.0.0.1/x"/>` +
			`<Relationship Id="r1" Type="` + kind + `worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		[2]string{"xl/worksheets/sheet1.xml", worksheet(`<row r="1"><c r="A1" t="str"><v>a.com</v></c></row>`)},
	))
}

func TestBadUploads(t *testing.T) {
	for name, upload := range uploads(t) {
		t.Run(name, func(t *testing.T) { upload.try(t) })
	}
}

func (u upload) try(t *testing.T) {
	t.Helper()
	summary, err := Scan(t.Context(), strings.NewReader(u.content), int64(len(u.content)), Options{Filename: u.filename, TempDir: t.TempDir()})
	require.Equal(t, u.code, wsc.CodeOf(err), "%v", err)
	if u.code == "" {
		require.Equal(t, u.urls, summary.URLs, "URLs; %+v", summary.Problems)
		require.Equal(t, u.invalid, summary.Invalid, "invalid lines; %+v", summary.Problems)
	}
	requirePreviewAgrees(t, u, summary)
}

// requirePreviewAgrees previews the file: what Scan refuses is refused too, or the preview says that it would be.
func requirePreviewAgrees(t *testing.T, u upload, summary Summary) {
	t.Helper()
	preview, err := Preview(t.Context(), strings.NewReader(u.content), int64(len(u.content)), Options{Filename: u.filename, TempDir: t.TempDir()})
	if err != nil {
		require.Equal(t, u.code, wsc.CodeOf(err), "%v", err)
		return
	}
	require.Equal(t, u.code != "", preview.Refusal != nil)
	if u.code != "" {
		require.Equal(t, u.code, preview.Refusal.Code)
		require.NotEmpty(t, preview.Refusal.Detail)
		return
	}
	require.Equal(t, []int64{summary.URLs, summary.Invalid, summary.Blank}, []int64{preview.URLs, preview.Invalid, preview.Blank})
	require.Equal(t, summary.List, preview.List)
}

// The rows of the catalogue that concern the content of a file, and of a second one named by WSC_EXTRA_CASES.
func TestBadUploadCatalogue(t *testing.T) {
	known := uploads(t)
	for _, path := range catalogues("bad_uploads.tsv") {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range bytes.Lines(content) {
			fields := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
			if len(fields) < 3 || strings.HasPrefix(fields[0], "#") {
				continue
			}
			t.Run(fields[0], func(t *testing.T) {
				upload, ok := known[fields[0]]
				if !ok {
					t.Skipf("%q is not about the content of a file, or this test has no such file; tried elsewhere or not at all", fields[1])
				}
				upload.try(t)
			})
		}
	}
}

// catalogues returns the paths of a catalogue of cases.
func catalogues(name string) []string {
	paths := []string{filepath.Join("testdata", name)}
	if folder := os.Getenv("WSC_EXTRA_CASES"); folder != "" {
		if extra := filepath.Join(folder, name); fileExists(extra) {
			paths = append(paths, extra)
		}
	}
	return paths
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestErrorsSayWhere(t *testing.T) {
	for _, test := range []struct {
		name, filename, content string
		options                 Options
		code                    wsc.Code
		place                   wsc.Place
		message                 string
	}{
		{
			name: "unknown column lists the columns", filename: "a.csv", content: "name,site\na,b.com\n", options: Options{URLColumn: "link"},
			code: wsc.CodeMissingColumn, place: wsc.Place{Line: 1, Column: "link"}, message: `There is no column "link". The columns are "name", "site".`,
		},
		{
			name: "letter behind the last column", filename: "a.csv", content: "a.com,b.com\n", options: Options{URLColumn: "C"},
			code: wsc.CodeMissingColumn, place: wsc.Place{Column: "C"}, message: `There is no column "C". The columns are "A", "B".`,
		},
		{
			name: "too many lines", filename: "a.txt", content: "a.com\n\nb.com\nc.com\n", options: Options{MaxURLs: 2},
			code: wsc.CodeTooManyURLs, place: wsc.Place{Line: 4}, message: "The list has more than 2 lines, which is the most that is accepted; split it.",
		},
		{
			name: "long line", filename: "a.txt", content: "a.com\n" + strings.Repeat("x", maxLine+1) + "\nb.com\n",
			code: wsc.CodeLineTooLong, place: wsc.Place{Line: 2}, message: "This line is longer than 1 MiB, which no list of URLs needs; is the file the right one?",
		},
		{
			name: "no valid URL names the first problems", filename: "a.csv", content: "url\nfoo bar\nftp://x.com\n",
			code: wsc.CodeNoValidURLs, place: wsc.Place{Line: 2, Column: "url"},
			message: `None of the 2 lines holds a URL that can be checked. Line 2: "foo bar" is not a web address; write it like example.com or https://example.com/. Line 3: The scheme "ftp" is not checked, only http and https.`,
		},
		{
			name: "JSON syntax", filename: "a.json", content: "[\"a.com\",\n  \"é\" x]",
			code: wsc.CodeInvalidJSON, place: wsc.Place{Line: 2, Column: "7"}, message: "This is not valid JSON: invalid character 'x' after array element.",
		},
		{
			name: "unsupported type", filename: "a.docx", content: "x",
			code: wsc.CodeUnsupportedType, message: ".docx files are not read; upload a .csv, .tsv, .txt, .xlsx, .json or .ndjson file.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Filename = test.filename
			_, err := Scan(t.Context(), strings.NewReader(test.content), int64(len(test.content)), test.options)
			var known *wsc.Error
			require.ErrorAs(t, err, &known)
			require.Equal(t, test.code, known.Code)
			require.Equal(t, test.message, known.Message)
			require.Equal(t, test.place, known.Place)
		})
	}
}

func TestScanCountsWhatReadingYields(t *testing.T) {
	var content strings.Builder
	content.WriteString("url\n")
	for i := range 1000 {
		switch i % 100 {
		case 7:
			content.WriteString("no url here\n")
		case 8:
			content.WriteString("\n")
		default:
			fmt.Fprintf(&content, "https://example.com/%d\n", i)
		}
	}
	summary, err := Scan(t.Context(), strings.NewReader(content.String()), int64(content.Len()), Options{Filename: "a.csv"})
	require.NoError(t, err)
	require.Equal(t, int64(980), summary.URLs)
	require.Equal(t, int64(10), summary.Invalid)
	require.Equal(t, int64(10), summary.Blank)
	require.Len(t, summary.Problems, 10)
	require.Equal(t, Problem{9, "no url here", wsc.KindInvalidURL, `"no url here" is not a web address; write it like example.com or https://example.com/.`}, summary.Problems[0])
}
