package apiserver_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
)

// badUpload plays one row of the catalogue. want lists the answers that the row allows, as "status code";
// 202 stands alone. After any other answer nothing may be left.
type badUpload struct {
	setup func(*setup)
	play  func(t *testing.T, b *bundle) answer
	want  []string
	// check looks closer at an accepted job.
	check func(t *testing.T, b *bundle, a answer)
}

// file plays an upload of one file.
func file(name, content string) func(*testing.T, *bundle) answer {
	return func(t *testing.T, b *bundle) answer {
		t.Helper()
		return b.upload(t, part{name: "file", filename: name, content: content})
	}
}

// named plays the upload of a good list with the given Content-Disposition.
func named(disposition string) func(*testing.T, *bundle) answer {
	return func(t *testing.T, b *bundle) answer {
		t.Helper()
		return b.upload(t, part{disposition: `form-data; name="file"; ` + disposition, content: "example.com\n"})
	}
}

func jsonBody(body string) func(*testing.T, *bundle) answer {
	return func(t *testing.T, b *bundle) answer { t.Helper(); return b.postJSON(t, "/api/v1/jobs", body) }
}

func encode16(order binary.AppendByteOrder, text string) string {
	var data []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return string(data)
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, content := range files {
		out, err := w.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(out, content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return buf.String()
}

// workbook makes a workbook with one column.
func workbook(t *testing.T, cells ...any) string {
	t.Helper()
	f := excelize.NewFile()
	defer func() { require.NoError(t, f.Close()) }()
	for i, cell := range cells {
		require.NoError(t, f.SetCellValue("Sheet1", fmt.Sprintf("A%d", i+1), cell))
	}
	var buf bytes.Buffer
	require.NoError(t, f.Write(&buf))
	return buf.String()
}

// sheetXML makes a workbook whose only sheet is the given XML.
func sheetXML(t *testing.T, sheet string) string {
	t.Helper()
	return patched(t, map[string]string{"xl/worksheets/sheet1.xml": sheet})
}

// patched is a small workbook with some of its parts replaced or added.
func patched(t *testing.T, parts map[string]string) string {
	t.Helper()
	source, err := zip.NewReader(strings.NewReader(workbook(t, "url", "example.com")), int64(len(workbook(t, "url", "example.com"))))
	require.NoError(t, err)
	files := map[string]string{}
	for _, entry := range source.File {
		r, err := entry.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		files[entry.Name] = string(data)
	}
	maps.Copy(files, parts)
	return zipped(t, files)
}

func worksheet(rows string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`
}

// raw sends bytes over a connection of its own and reads what comes back; send may end early.
func raw(t *testing.T, b *bundle, send func(net.Conn)) answer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(15*time.Second)))
	send(conn)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, body}
}

// uploadHead begins a request to POST /jobs.
func uploadHead(contentType string, length int) string {
	return uploadHeadTo("/api/v1/jobs", contentType, length)
}

func (b *bundle) uploadHead(contentType string, length int) string {
	return uploadHeadTo(b.target, contentType, length)
}

func uploadHeadTo(path, contentType string, length int) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+adminKey+"\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", path, contentType, length)
}

func badUploads(t *testing.T) map[string]badUpload {
	t.Helper()
	const good = "example.com\n"
	small := func(s *setup) { s.jobs.MaxUploadBytes = 64 << 10 }
	count := func(targets, invalid int) func(*testing.T, *bundle, answer) {
		return func(t *testing.T, b *bundle, a answer) {
			t.Helper()
			requireRows(t, b, a, targets, invalid)
		}
	}
	cases := map[string]badUpload{
		"empty_file":        {play: file("l.csv", ""), want: []string{"400 empty_upload"}},
		"comments_only_txt": {play: file("l.txt", "# a\n# b\n"), want: []string{"400 no_urls"}},
		"missing_file_part": {play: func(t *testing.T, b *bundle) answer {
			t.Helper()
			return b.upload(t, part{name: "options", content: "{}"})
		}, want: []string{"400 missing_file"}},
		"content_length_lies_short": {play: func(t *testing.T, b *bundle) answer {
			t.Helper()
			body, contentType := form(t, part{name: "file", filename: "l.txt", content: good})
			return raw(t, b, func(conn net.Conn) {
				_, _ = fmt.Fprint(conn, b.uploadHead(contentType, body.Len()-20)+body.String()) // what is too much may meet a closed connection
			})
		}, want: []string{"400 malformed_body"}},
		"quota_exceeded": {setup: func(s *setup) { s.jobs.Quota = wsc.JobQuota{StoredURLs: 2} }, play: func(t *testing.T, b *bundle) answer {
			t.Helper()
			a := file("list.txt", "1.example\n2.example\n3.example\n")(t, b)
			require.NotEmpty(t, a.header.Get("Retry-After"))
			return a
		}, want: []string{"429 quota_exceeded"}},
		"over_size_limit_declared": {setup: small, play: func(t *testing.T, b *bundle) answer {
			t.Helper()
			return raw(t, b, func(conn net.Conn) {
				_, err := fmt.Fprint(conn, b.uploadHead("multipart/form-data; boundary=x", 1<<30))
				require.NoError(t, err)
			})
		}, want: []string{"413 upload_too_large"}},
		"gzip_content_encoding": {play: func(t *testing.T, b *bundle) answer {
			t.Helper()
			body, contentType := form(t, part{name: "file", filename: "l.txt", content: good})
			return b.do(t, http.MethodPost, b.target, body, "Content-Type", contentType, "Content-Encoding", "gzip")
		}, want: []string{"415 unsupported_media_type"}},
		"slow_upload": {
			setup: func(s *setup) { s.api.Limits = apiserver.Limits{UploadStall: 300 * time.Millisecond} },
			play:  slowUpload, want: []string{"408 request_timeout"},
		},
		"wrong_ext_xlsx_is_text":  {play: file("list.xlsx", good), want: []string{"400 invalid_xlsx"}},
		"no_extension":            {play: file("list", good), want: []string{"202"}, check: count(1, 0)},
		"plain_zip":               {play: file("l.xlsx", zipped(t, map[string]string{"a.txt": "x"})), want: []string{"400 invalid_xlsx"}},
		"empty_zip":               {play: file("l.xlsx", zipped(t, nil)), want: []string{"400 invalid_xlsx"}},
		"truncated_zip":           {play: file("l.xlsx", workbook(t, "url", "example.com")[:3000]), want: []string{"400 invalid_xlsx"}},
		"double_ext":              {play: named(`filename="list.csv.exe"`), want: []string{"415 unsupported_type"}},
		"filename_traversal":      {play: named(`filename="../../../../etc/passwd"`), want: []string{"202", "400 invalid_filename"}},
		"filename_win_traversal":  {play: named(`filename="..\\..\\windows\\win.ini"`), want: []string{"202", "400 invalid_filename"}},
		"filename_absolute":       {play: named(`filename="/etc/cron.d/x"`), want: []string{"202", "400 invalid_filename"}, check: isNamed("x")},
		"filename_nul":            {play: named("filename=\"a\x00.csv\""), want: []string{"400 invalid_filename"}},
		"filename_crlf":           {play: named(`filename="a%0d%0aSet-Cookie:x=1.csv"`), want: []string{"202"}, check: downloadHeadersAreClean},
		"filename_rtl":            {play: named("filename=\"a\u202evsc.csv\""), want: []string{"202"}, check: isNamed("avsc.csv")},
		"filename_star_conflict":  {play: named(`filename="a.csv"; filename*=UTF-8''b%2Fc.csv`), want: []string{"202"}, check: isNamed("c.csv")},
		"utf8_bom":                {play: file("l.csv", "\ufeffurl\nexample.com\n"), want: []string{"202"}, check: count(1, 0)},
		"utf16le_bom":             {play: file("l.csv", encode16(binary.LittleEndian, "\ufeffurl\nexample.com\n")), want: []string{"202"}, check: count(1, 0)},
		"utf16be_bom":             {play: file("l.csv", encode16(binary.BigEndian, "\ufeffurl\nexample.com\n")), want: []string{"202"}, check: count(1, 0)},
		"utf16_no_bom":            {play: file("l.csv", encode16(binary.LittleEndian, "url\nexample.com\n")), want: []string{"400 unsupported_encoding"}},
		"latin1":                  {play: file("l.txt", "http://caf\xe9.fr\nexample.com\n"), want: []string{"202"}},
		"invalid_utf8_overlong":   {play: file("l.txt", "http://a\xc0\xaf.example\nhttp://\xed\xa0\x80.example\nexample.com\nhttp://ü.example/\n"), want: []string{"202"}},
		"control_chars":           {play: file("l.txt", "http://a.example/\x01\x1b[31m\nexample.com\n"), want: []string{"202"}, check: count(1, 1)},
		"cr_only":                 {play: file("l.csv", "url\rexample.com\rexample.org\r"), want: []string{"202"}, check: count(2, 0)},
		"unterminated_quote":      {play: file("l.csv", "url\n\"http://a.example\nexample.com\nexample.org\n"), want: []string{"202", "400 csv_syntax"}},
		"ragged_rows":             {play: file("l.csv", "name,url\na,example.com\nb\nc,example.org,x,y\n"), want: []string{"202"}, check: count(2, 1)},
		"tab_delim":               {play: file("l.csv", "name\turl\na\texample.com\n"), want: []string{"202"}, check: count(1, 0)},
		"no_header":               {play: file("l.csv", "https://example.com,a\nhttps://example.org,b\n"), want: []string{"202"}, check: count(2, 0)},
		"no_url_column":           {play: file("l.csv", "name,site_name\nAnna,x y\nBob,z w\n"), want: []string{"400 missing_column", "400 no_valid_urls"}},
		"header_case_space":       {play: file("l.csv", "name, URL \na,example.com\n"), want: []string{"202"}, check: count(1, 0)},
		"huge_cell":               {play: file("l.csv", "url,x\nexample.com,"+strings.Repeat("x", 3<<20)+"\n"), want: []string{"400 line_too_long"}},
		"huge_line_txt":           {play: file("l.txt", strings.Repeat("x", 3<<20)), want: []string{"400 line_too_long"}},
		"all_invalid":             {play: file("l.txt", strings.Repeat("not a url\n", 10000)), want: []string{"400 no_valid_urls"}},
		"dup_by_normalisation":    {play: file("l.txt", "HTTP://Ex.com:80/\nhttp://ex.com\n"), want: []string{"202"}, check: count(1, 0)},
		"mixed_valid_invalid":     {play: file("l.txt", strings.Repeat("not a url\n", 50)+"example.com\nexample.org\n"), want: []string{"202"}, check: count(2, 50)},
		"url_2048":                {play: file("l.txt", "http://a.example/"+strings.Repeat("x", 2031)+"\nhttp://a.example/"+strings.Repeat("x", 2032)+"\nhttp://a.example/"+strings.Repeat("x", 65536)+"\n"), want: []string{"202"}, check: count(1, 2)},
		"zip_bomb_nested_entries": {setup: func(s *setup) { s.jobs.MaxUploadBytes = 32 << 20 }, play: file("l.xlsx", bomb(t, 10, 1024, 0)), want: []string{"413 decompressed_too_large"}},
		"zip_bomb_overlap":        {play: file("l.xlsx", overlapping(t, 200, 10)), want: []string{"413 decompressed_too_large"}},
		"xlsx_row_overflow":       {play: file("l.xlsx", sheetXML(t, worksheet(`<row r="2000000000"><c r="A2000000000" t="inlineStr"><is><t>example.com</t></is></c></row>`))), want: []string{"400 invalid_xlsx"}},
		"xlsx_bad_ref":            {play: file("l.xlsx", sheetXML(t, worksheet(`<row r="1"><c r="!!!" t="inlineStr"><is><t>example.com</t></is></c></row>`))), want: []string{"400 invalid_xlsx"}},
		"xlsx_xxe":                {play: file("l.xlsx", sheetXML(t, `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>`)), want: []string{"400 invalid_xlsx"}},
		"xlsx_number_date_bool":   {play: file("l.xlsx", workbook(t, "url", "example.com", 12345, true, time.Now())), want: []string{"202"}, check: count(1, 3)},
		"xlsx_cell_40k":           {play: file("l.xlsx", sheetXML(t, worksheet(`<row r="1"><c r="A1" t="inlineStr"><is><t>example.com</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>http://a.example/`+strings.Repeat("x", 40000)+`</t></is></c></row>`))), want: []string{"202"}, check: count(1, 1)},
		"xlsx_external_links": {play: file("l.xlsx", patched(t, map[string]string{
			"xl/externalLinks/externalLink1.xml": `<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`,
			"xl/connections.xml":                 `<connections xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`,
		})), want: []string{"202"}, check: count(1, 0)},
		"json_truncated":          {play: jsonBody(`{"urls":["http://a"`), want: []string{"400 invalid_json"}},
		"json_trailing":           {play: jsonBody(`{"urls":["a.example"]}{"urls":[]}`), want: []string{"400 invalid_json"}},
		"json_dup_keys":           {play: jsonBody(`{"urls":["a.example"],"urls":["b.example"]}`), want: []string{"400 invalid_json"}},
		"json_case_keys":          {play: jsonBody(`{"URLS":["a.example"]}`), want: []string{"422 invalid_request"}},
		"json_unknown_field":      {play: jsonBody(`{"urls":["a.example"],"owner_id":"x","status":"done"}`), want: []string{"422 invalid_request"}},
		"json_null_urls":          {play: jsonBody(`{"urls":null}`), want: []string{"422 invalid_request"}},
		"json_empty_urls":         {play: jsonBody(`{"urls":[]}`), want: []string{"422 invalid_request"}},
		"json_lone_surrogate":     {play: jsonBody(`{"urls":["http://\ud800.example/","a.example"]}`), want: []string{"202", "422 invalid_request"}},
		"json_wrong_content_type": {play: wrongContentType, want: []string{"415 unsupported_media_type"}},
		"export_roundtrip":        {play: file("l.csv", "url,title\n'=example.com,x\nexample.com,'=1+1\n"), want: []string{"202"}},
		"idempotency_conflict":    {play: idempotencyConflict, want: []string{"409 idempotency_conflict"}},
		"client_abort":            {play: clientAbort, want: []string{"200"}},
		// A spool that can't be written to: a really full disk needs a file system of its own.
		"disk_full_spool": {setup: func(s *setup) { s.jobs.SpoolDir = "/dev/full" }, play: file("l.txt", good), want: []string{"503 storage_unavailable"}},
		"db_down_upload": {play: func(t *testing.T, b *bundle) answer {
			t.Helper()
			require.NoError(t, b.store.Close())
			return b.upload(t, part{name: "file", filename: "l.txt", content: good})
		}, want: []string{"503 storage_unavailable"}},
	}
	return cases
}
