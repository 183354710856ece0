package apiserver_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// withOptions plays an upload with options.
func withOptions(options, filename, content string) func(*testing.T, *bundle) answer {
	return func(t *testing.T, b *bundle) answer {
		t.Helper()
		return b.upload(t, part{name: "options", content: options}, part{name: "file", filename: filename, content: content})
	}
}

// moreBadUploads are classes of bad uploads that the catalogue does not have. They always run; a further catalogue may
// name them.
func moreBadUploads(t *testing.T) map[string]badUpload {
	t.Helper()
	const good = "example.com\n"
	nul := strings.Repeat("\x00", 600)
	unsupported := func(name, content string) badUpload {
		return badUpload{play: file(name, content), want: []string{"415 unsupported_type"}}
	}
	accepted := func(targets, invalid int) func(*testing.T, *bundle, answer) {
		return func(t *testing.T, b *bundle, a answer) { t.Helper(); requireRows(t, b, a, targets, invalid) }
	}
	return map[string]badUpload{
		"bom_only":                  {play: file("l.csv", "\xef\xbb\xbf"), want: []string{"400 empty_upload"}},
		"whitespace_only":           {play: file("l.csv", " \n\t\r\n \n"), want: []string{"400 no_urls"}},
		"header_only":               {play: file("l.csv", "name,url\n"), want: []string{"400 no_urls"}},
		"only_line_ends":            {play: file("l.txt", strings.Repeat("\n", 3<<20)), want: []string{"413 too_many_urls"}},
		"wrong_ext_csv_is_xlsx":     {play: file("list.csv", workbook(t, "url", "example.com")), want: []string{"202"}, check: accepted(1, 0)},
		"wrong_ext_txt_is_csv":      {play: file("list.txt", "name,url\nA,example.com\n"), want: []string{"202"}, check: accepted(1, 0)},
		"wrong_ext_csv_is_json":     {play: file("list.csv", `{"urls": ["example.com"]}`), want: []string{"202"}, check: accepted(1, 0)},
		"no_extension_xlsx":         {play: file("list", workbook(t, "url", "example.com")), want: []string{"202"}, check: accepted(1, 0)},
		"binary":                    unsupported("list.csv", "\x7fELF\x02\x01\x01"+nul),
		"png":                       unsupported("list.csv", "\x89PNG\r\n\x1a\n"+nul),
		"pdf":                       unsupported("list.xlsx", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
		"html":                      unsupported("list.csv", "<!DOCTYPE html><html>"),
		"gzip":                      unsupported("list.csv", "\x1f\x8b\x08"+nul),
		"old_xls":                   unsupported("list.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"+nul),
		"ods":                       unsupported("list.xlsx", zipped(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"})),
		"docx":                      unsupported("list.txt", zipped(t, map[string]string{"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"})),
		"sitemap":                   unsupported("list.txt", `<?xml version="1.0"?><urlset><url><loc>https://example.com/</loc></url></urlset>`),
		"unknown_extension":         {play: file("list.exe", good), want: []string{"415 unsupported_type"}},
		"utf32_bom":                 {play: file("l.csv", "\xff\xfe\x00\x00u\x00\x00\x00"), want: []string{"400 unsupported_encoding"}},
		"nul_bytes":                 {play: file("l.csv", "url\nhttp://a.example/\x00x\nhttp://bbbbbbbbbbbbbbbbb.example\n"), want: []string{"202"}},
		"empty_filename":            {play: named(`filename=""`), want: []string{"400 invalid_filename"}},
		"long_filename":             {play: named(`filename="` + strings.Repeat("a", 5000) + `.csv"`), want: []string{"202"}},
		"missing_boundary":          {play: form2("multipart/form-data", "x"), want: []string{"400 malformed_body"}},
		"wrong_boundary":            {play: form2("multipart/form-data; boundary=y", "--x\r\n\r\n--x--\r\n"), want: []string{"400 malformed_body"}},
		"no_body":                   {play: form2("multipart/form-data; boundary=x", ""), want: []string{"400 malformed_body"}},
		"two_files":                 {play: parts(part{name: "file", filename: "a.txt", content: good}, part{name: "file", filename: "b.txt", content: good}), want: []string{"422 invalid_request"}},
		"unknown_form_field":        {play: parts(part{name: "owner_id", content: "x"}, part{name: "file", filename: "a.txt", content: good}), want: []string{"422 invalid_request"}},
		"options_no_json":           {play: parts(part{name: "options", content: "{"}, part{name: "file", filename: "a.txt", content: good}), want: []string{"422 invalid_options"}},
		"options_delimiter":         {play: withOptions(`{"delimiter":",;"}`, "a.csv", "a^b\nx^a.example\n"), want: []string{"422 invalid_options"}},
		"options_delimiter_nul":     {play: withOptions(`{"delimiter":"\u0000"}`, "a.csv", "a^b\nx^a.example\n"), want: []string{"422 invalid_options"}},
		"options_delimiter_long":    {play: withOptions(`{"delimiter":"`+strings.Repeat(";", 10_000)+`"}`, "a.csv", good), want: []string{"422 invalid_options"}},
		"options_delimiter_absent":  {play: withOptions(`{"delimiter":"^"}`, "a.csv", "a,b\nx,a.example\n"), want: []string{"400 no_valid_urls"}},
		"options_delimiter_json":    {play: withOptions(`{"delimiter":";"}`, "a.json", `["a.example"]`), want: []string{"422 invalid_options"}},
		"options_encoding":          {play: withOptions(`{"encoding":"klingon"}`, "a.csv", good), want: []string{"422 invalid_options"}},
		"options_encoding_wrong":    {play: withOptions(`{"encoding":"utf-16le"}`, "a.csv", good+good), want: []string{"400 no_valid_urls"}},
		"options_encoding_json":     {play: withOptions(`{"encoding":"utf-8"}`, "a.ndjson", `{"url":"a.example"}`), want: []string{"422 invalid_options"}},
		"options_reading_right":     {play: withOptions(`{"delimiter":"^","encoding":"windows-1250"}`, "a.csv", "a^url\nx^m\xfcller.example\n"), want: []string{"202"}},
		"options_unknown":           {play: parts(part{name: "options", content: `{"owner":"x"}`}, part{name: "file", filename: "a.txt", content: good}), want: []string{"422 invalid_options"}},
		"options_too_long":          {play: parts(part{name: "options", content: strings.Repeat(" ", 70<<10)}, part{name: "file", filename: "a.txt", content: good}), want: []string{"422 invalid_options"}},
		"too_many_urls":             {play: file("l.txt", strings.Repeat(good, 20_001)), want: []string{"413 too_many_urls"}},
		"over_size_limit_chunked":   {setup: func(s *setup) { s.jobs.MaxUploadBytes = 64 << 10 }, play: chunked, want: []string{"413 upload_too_large"}},
		"content_length_lies_long":  {play: lyingLong, want: []string{"400 malformed_body"}},
		"json_deep_nesting":         {play: jsonBody(`{"urls":` + strings.Repeat("[", 100_000)), want: []string{"422 invalid_request"}},
		"json_huge_string":          {play: jsonBody(`{"urls":["` + strings.Repeat("x", 3<<20) + `"]}`), want: []string{"400 line_too_long"}},
		"json_file_deep_nesting":    {play: file("l.json", `["a.example",`+strings.Repeat("[", 1<<20)), want: []string{"400 invalid_json"}},
		"xlsx_far_right_cell":       {play: file("l.xlsx", sheetXML(t, worksheet(`<row r="1"><c r="A1" t="str"><v>example.com</v></c><c r="XFD1"><v>1</v></c></row>`))), want: []string{"202"}, check: accepted(1, 0)},
		"xlsx_far_right_cells":      {play: file("l.xlsx", sheetXML(t, worksheet(farRight(10_000)))), want: []string{"413 decompressed_too_large"}},
		"xlsx_billion_laughs":       {play: file("l.xlsx", sheetXML(t, `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`+worksheet(`<row r="1"><c r="A1" t="str"><v>&b;</v></c></row>`))), want: []string{"400 invalid_xlsx"}},
		"xlsx_huge_shared_strings":  {play: file("l.xlsx", patched(t, map[string]string{"xl/sharedStrings.xml": "<sst><si><t>" + strings.Repeat("x", 3<<20) + "</t></si></sst>"})), want: []string{"400 invalid_xlsx"}},
		"xlsx_same_part_twice":      {play: file("l.xlsx", patched(t, map[string]string{"xl/workbook.xml": `<workbook xmlns:r="r"><sheets><sheet name="A" r:id="rId1"/><sheet name="B" r:id="rId1"/></sheets></workbook>`})), want: []string{"400 invalid_xlsx"}},
		"xlsx_encrypted":            {play: file("l.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"+nul+encode16(binary.LittleEndian, "EncryptedPackage")), want: []string{"400 invalid_xlsx"}},
		"polyglot_pdf_zip":          unsupported("list.xlsx", "%PDF-1.7\n"+workbook(t, "url", "example.com")),
		"zip_bomb_declared_small":   {play: file("l.xlsx", bomb(t, 1, 1500, 1000)), want: []string{"400 invalid_xlsx"}},
		"idempotency_key_too_long":  {play: keyed(strings.Repeat("k", 256)), want: []string{"422 invalid_request"}},
		"idempotency_key_not_ascii": {play: keyed("k\xe9"), want: []string{"422 invalid_request"}},
		"idempotency_replay":        {play: replay, want: []string{"202"}, check: accepted(1, 0)},
		"csv_formulas":              {play: file("l.csv", "url,x\nexample.com,=1+1\n"), want: []string{"202"}, check: accepted(1, 0)},
		"options_in_url": {play: func(t *testing.T, b *bundle) answer {
			t.Helper()
			return b.postJSON(t, "/api/v1/jobs?owner=x", `{"urls":["a.example"]}`)
		}, want: []string{"422 invalid_request"}},
	}
}

func parts(list ...part) func(*testing.T, *bundle) answer {
	return func(t *testing.T, b *bundle) answer { t.Helper(); return b.upload(t, list...) }
}

// form2 plays a body with a Content-Type of its own.
func form2(contentType, body string) func(*testing.T, *bundle) answer {
	return func(t *testing.T, b *bundle) answer {
		t.Helper()
		return b.do(t, http.MethodPost, b.target, strings.NewReader(body), "Content-Type", contentType)
	}
}

func keyed(key string) func(*testing.T, *bundle) answer {
	return func(t *testing.T, b *bundle) answer {
		t.Helper()
		return b.do(t, http.MethodPost, "/api/v1/jobs", strings.NewReader(`{"urls":["a.example"]}`), "Content-Type", "application/json", "Idempotency-Key", key)
	}
}

func farRight(rows int) string {
	var xml strings.Builder
	for n := 1; n <= rows; n++ {
		fmt.Fprintf(&xml, `<row r="%d"><c r="A%d" t="str"><v>a.example</v></c><c r="XFD%d"><v>1</v></c></row>`, n, n, n)
	}
	return xml.String()
}

// chunked sends more than the limit without saying how much.
func chunked(t *testing.T, b *bundle) answer {
	t.Helper()
	return raw(t, b, func(conn net.Conn) {
		_, err := io.WriteString(conn, "POST "+b.target+" HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+adminKey+"\r\nContent-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n")
		require.NoError(t, err)
		content := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l.txt\"\r\n\r\n" + strings.Repeat("example.com\n", 110_000)
		_, _ = fmt.Fprintf(conn, "%x\r\n%s\r\n0\r\n\r\n", len(content), content) // the server may close before the end
	})
}

// lyingLong declares more than it sends.
func lyingLong(t *testing.T, b *bundle) answer {
	t.Helper()
	body, contentType := form(t, part{name: "file", filename: "l.txt", content: "example.com\n"})
	return raw(t, b, func(conn net.Conn) {
		_, err := fmt.Fprint(conn, b.uploadHead(contentType, body.Len()+1000)+body.String()[:body.Len()-20])
		require.NoError(t, err)
		tcp, isTCP := conn.(*net.TCPConn)
		require.True(t, isTCP)
		require.NoError(t, tcp.CloseWrite())
	})
}

// replay sends the same twice.
func replay(t *testing.T, b *bundle) answer {
	t.Helper()
	var first, second wsc.Job
	a := keyed("k")(t, b)
	require.Empty(t, a.header.Get("Idempotency-Replayed"))
	a.decode(t, &first)
	again := keyed("k")(t, b)
	require.Equal(t, a.status, again.status)
	require.Equal(t, a.header.Get("Location"), again.header.Get("Location"))
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	again.decode(t, &second)
	require.Equal(t, first, second)
	return again
}
