package urllist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	wsc "github.com/website-status-checker/wsc"
)

// readAll reads a list to its end and writes each line as "number url <normalized>", "number invalid <text>" or
// "number blank".
func readAll(content []byte, opts Options) (lines []string, list wsc.List, err error) {
	reader, err := Open(bytes.NewReader(content), int64(len(content)), opts)
	if err != nil {
		return nil, wsc.List{}, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		line, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return lines, reader.List(), nil
		}
		if err != nil {
			return lines, reader.List(), err
		}
		lines = append(lines, describe(line))
	}
}

func describe(line Line) string {
	switch line.Kind {
	case LineURL:
		return fmt.Sprintf("%d url %s", line.Number, line.URL.URL)
	case LineInvalid:
		return strings.TrimSpace(fmt.Sprintf("%d invalid %s", line.Number, line.Text))
	case LineBlank:
	}
	return fmt.Sprintf("%d blank", line.Number)
}

func utf16Text(order unicode.Endianness, mark unicode.BOMPolicy, text string) string {
	encoded, err := unicode.UTF16(order, mark).NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return encoded
}

func windows1252(text string) string {
	encoded, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return encoded
}

func TestReadAccountsForEveryLine(t *testing.T) {
	for _, test := range []struct {
		name     string
		filename string
		content  string
		options  Options
		lines    []string
		list     wsc.List
	}{
		{
			name: "header named url", filename: "a.csv", content: "name,url\nAcme,acme.com\nFoo,https://foo.org/x?y#z\n",
			lines: []string{"2 url https://acme.com/", "3 url https://foo.org/x?y"},
			list:  wsc.List{Format: "csv", Encoding: "utf-8", Delimiter: ",", HasHeader: true, Columns: []string{"name", "url"}, URLColumn: "url", ChosenBy: "header"},
		},
		{
			name: "first row is data", filename: "a.csv", content: "https://a.com,A\nhttps://b.com,B",
			lines: []string{"1 url https://a.com/", "2 url https://b.com/"},
			list:  wsc.List{Format: "csv", Encoding: "utf-8", Delimiter: ",", Columns: []string{"A", "B"}, URLColumn: "A", ChosenBy: "content"},
		},
		{
			name: "single column without header", filename: "a.csv", content: "a.com\nb.com\n",
			lines: []string{"1 url https://a.com/", "2 url https://b.com/"},
			list:  wsc.List{Format: "csv", Encoding: "utf-8", Columns: []string{"A"}, URLColumn: "A", ChosenBy: "only_column"},
		},
		{
			name: "single column keeps the comma of a URL", filename: "a.csv", content: "url\nhttps://a.com/x,1.html\nhttps://a.com/y\n",
			lines: []string{"2 url https://a.com/x,1.html", "3 url https://a.com/y"},
			list:  wsc.List{Format: "csv", Encoding: "utf-8", HasHeader: true, Columns: []string{"url"}, URLColumn: "url", ChosenBy: "header"},
		},
		{
			name: "semicolons and commas within cells", filename: "a.csv", content: "Firma;Webseite\nMüller, GmbH;https://mueller.de/a,b\nX;x.de\n",
			lines: []string{"2 url https://mueller.de/a,b", "3 url https://x.de/"},
			list:  wsc.List{Format: "csv", Encoding: "utf-8", Delimiter: ";", HasHeader: true, Columns: []string{"Firma", "Webseite"}, URLColumn: "Webseite", ChosenBy: "content"},
		},
		{
			name: "tabs in a file named csv", filename: "a.csv", content: "URL\tname\na.com\tA, Inc\n",
			lines: []string{"2 url https://a.com/"},
			list:  wsc.List{Format: "tsv", Encoding: "utf-8", Delimiter: "\t", HasHeader: true, Columns: []string{"URL", "name"}, URLColumn: "URL", ChosenBy: "header"},
		},
		{
			name: "declared delimiter", filename: "a.csv", content: "sep=;\r\nName;URL\r\nA, B;a.com\r\n",
			lines: []string{"1 blank", "3 url https://a.com/"},
		},
		{
			name: "bars", filename: "a.csv", content: "id|link\n1|a.com\n2|b.com\n",
			lines: []string{"2 url https://a.com/", "3 url https://b.com/"},
			list:  wsc.List{Format: "csv", Encoding: "utf-8", Delimiter: "|", HasHeader: true, Columns: []string{"id", "link"}, URLColumn: "link", ChosenBy: "header"},
		},
		{
			name: "quotes, quoted line ends and doubled quotes", filename: "a.csv",
			content: "note,url\n\"two\nlines \"\"quoted\"\"\",a.com\n\"x\" , \"b.com\"\n5\" disk,c.com\n",
			lines:   []string{"2 url https://a.com/", "4 url https://b.com/", "5 url https://c.com/"},
		},
		{
			name: "a quote that is never closed costs one line", filename: "a.csv",
			content: "url\n\"https://a.com\nhttps://b.com\nhttps://c.com\n",
			lines:   []string{"2 invalid \"https://a.com", "3 url https://b.com/", "4 url https://c.com/"},
		},
		{
			name: "a quote that is closed lines later costs one line", filename: "a.csv",
			content: "url,n\n\"https://a.com,1\nhttps://b.com,2\nhttps://c.com\",3\nd.com,4\n",
			lines:   []string{"2 invalid \"https://a.com,1", "3 url https://b.com/", "4 invalid https://c.com\"", "5 url https://d.com/"},
		},
		{
			name: "text behind a closing quote", filename: "a.csv", content: "n,url\n\"a\"b,a.com\nx,b.com\n",
			lines: []string{"2 invalid \"a\"b,a.com", "3 url https://b.com/"},
		},
		{
			name: "ragged rows", filename: "a.csv", content: "n,url,x\na,a.com\nb\n\n,,\nc,c.com,1,2,3\n",
			lines: []string{"2 url https://a.com/", "3 invalid", "4 blank", "5 blank", "6 url https://c.com/"},
		},
		{
			name: "CRLF, LF and CR", filename: "a.csv", content: "url,n\r\na.com,1\nb.com,2\rc.com,3\r\n\r\nd.com,4",
			lines: []string{"2 url https://a.com/", "3 url https://b.com/", "4 url https://c.com/", "5 blank", "6 url https://d.com/"},
		},
		{
			name: "CR only", filename: "a.csv", content: "url\ra.com\rb.com\r",
			lines: []string{"2 url https://a.com/", "3 url https://b.com/"},
		},
		{
			name: "byte order mark", filename: "a.csv", content: "\xef\xbb\xbf\"url\",n\na.com,1\n",
			lines: []string{"2 url https://a.com/"},
			list:  wsc.List{Format: "csv", Encoding: "utf-8", Delimiter: ",", HasHeader: true, Columns: []string{"url", "n"}, URLColumn: "url", ChosenBy: "header"},
		},
		{
			name: "UTF-16LE with mark", filename: "a.csv", content: utf16Text(unicode.LittleEndian, unicode.UseBOM, "name\tURL\r\nÄ\tmüller.de\r\n"),
			lines: []string{"2 url https://xn--mller-kva.de/"},
			list:  wsc.List{Format: "tsv", Encoding: "utf-16le", Delimiter: "\t", HasHeader: true, Columns: []string{"name", "URL"}, URLColumn: "URL", ChosenBy: "header"},
		},
		{
			name: "UTF-16BE with mark", filename: "a.txt", content: utf16Text(unicode.BigEndian, unicode.UseBOM, "a.com\nb.com\n"),
			lines: []string{"1 url https://a.com/", "2 url https://b.com/"},
			list:  wsc.List{Format: "txt", Encoding: "utf-16be", Columns: []string{"A"}, URLColumn: "A", ChosenBy: "only_column"},
		},
		{
			name: "Windows-1252", filename: "a.csv", content: windows1252("Straße;URL\nKöln – Süd;http://café.fr/é\n"),
			lines: []string{"2 url http://xn--caf-dma.fr/%C3%A9"},
			list:  wsc.List{Format: "csv", Encoding: "windows-1252", Delimiter: ";", HasHeader: true, Columns: []string{"Straße", "URL"}, URLColumn: "URL", ChosenBy: "header"},
		},
		{
			name: "broken UTF-8 in a UTF-8 file is an invalid line", filename: "a.csv", content: "url,n\nhttp://a.com/é,ü\nhttp://b.com/\xff,x\nhttp://c.com/\xc0\xaf,y\nd.com,\xff\n",
			lines: []string{"2 url http://a.com/%C3%A9", "3 invalid http://b.com/\ufffd", "4 invalid http://c.com/\ufffd", "5 url https://d.com/"},
		},
		{
			name: "comments and blank lines of a text", filename: "a.txt", content: "# list\n\na.com\n  # more\n b.com \nnonsense here\n",
			lines: []string{"1 blank", "2 blank", "3 url https://a.com/", "4 blank", "5 url https://b.com/", "6 invalid nonsense here"},
			list:  wsc.List{Format: "txt", Encoding: "utf-8", Columns: []string{"A"}, URLColumn: "A", ChosenBy: "only_column"},
		},
		{
			name: "text with commas in every URL", filename: "a.txt", content: "https://a.com/x,1.html\nhttps://a.com/y,2.html\n",
			lines: []string{"1 url https://a.com/x,1.html", "2 url https://a.com/y,2.html"},
		},
		{
			name: "text that is a table", filename: "a.txt", content: "name,url\nA,https://a.com/x\nB,b.com\n",
			lines: []string{"2 url https://a.com/x", "3 url https://b.com/"},
			list:  wsc.List{Format: "csv", Encoding: "utf-8", Delimiter: ",", HasHeader: true, Columns: []string{"name", "url"}, URLColumn: "url", ChosenBy: "header"},
		},
		{
			name: "text with a header", filename: "a.txt", content: "Website\na.com\n",
			lines: []string{"2 url https://a.com/"},
		},
		{
			name: "no extension", filename: "list", content: "a.com\nb.com\n",
			lines: []string{"1 url https://a.com/", "2 url https://b.com/"},
		},
		{
			name: "column by name, ignoring case and spaces", filename: "a.csv", options: Options{URLColumn: " Home page "},
			content: "url,homepage\na.com,b.com\n",
			lines:   []string{"2 url https://b.com/"},
			list:    wsc.List{Format: "csv", Encoding: "utf-8", Delimiter: ",", HasHeader: true, Columns: []string{"url", "homepage"}, URLColumn: "homepage", ChosenBy: "option"},
		},
		{
			name: "column by letter", filename: "a.csv", options: Options{URLColumn: "b"},
			content: "a.com,b.com\n", lines: []string{"1 url https://b.com/"},
		},
		{
			name: "number columns named like domains lose against URLs", filename: "a.csv",
			content: "Domain Rating,Landing page,Linked domains\n71,https://a.com/,12\n50,https://b.com/,9\n",
			lines:   []string{"2 url https://a.com/", "3 url https://b.com/"},
		},
		{
			name: "header with padding", filename: "a.csv", content: "id, URL ,x\n1,a.com,y\n", lines: []string{"2 url https://a.com/"},
		},
		{
			name: "JSON array of strings", filename: "a.json", content: `["a.com", "", null, 5, ["x"], "https://b.com/é"]`,
			lines: []string{"1 url https://a.com/", "2 blank", "3 blank", "4 invalid 5", "5 invalid", "6 url https://b.com/%C3%A9"},
			list:  wsc.List{Format: "json", Encoding: "utf-8", ChosenBy: "only_column"},
		},
		{
			name: "JSON array of objects", filename: "a.json", content: `[{"name":"A","website":"a.com","tags":["x",{"y":1}]},{"website":"b.com"},{"name":"C"},{}]`,
			lines: []string{"1 url https://a.com/", "2 url https://b.com/", "3 invalid", "4 blank"},
			list:  wsc.List{Format: "json", Encoding: "utf-8", Columns: []string{"name", "website", "tags"}, URLColumn: "website", ChosenBy: "header"},
		},
		{
			name: "JSON object with urls", filename: "a.json", content: `{"name":"x","meta":{"urls":1},"urls":["a.com"],"note":[]}`,
			lines: []string{"1 url https://a.com/"},
		},
		{
			name: "JSON objects with the column by name", filename: "a.json", options: Options{URLColumn: "home"}, content: `[{"url":"a.com","Home":"b.com"}]`,
			lines: []string{"1 url https://b.com/"},
		},
		{
			name: "JSON without extension", content: ` [ "a.com" ]`, lines: []string{"1 url https://a.com/"},
		},
		{
			name: "an IPv6 address is no JSON", filename: "a.txt", content: "[2001:db8::1]:8080\n", lines: []string{"1 url https://[2001:db8::1]:8080/"},
		},
		{
			name: "NDJSON", filename: "a.ndjson", content: "{\"url\":\"a.com\"}\n\"b.com\"\n\n{broken\n{\"url\":\"c.com\",\"url\":\"d.com\"}\n{\"x\":1}\n5\n",
			lines: []string{"1 url https://a.com/", "2 url https://b.com/", "3 blank", "4 invalid {broken", "5 invalid {\"url\":\"c.com\",\"url\":\"d.com\"}", "6 invalid", "7 invalid 5"},
			list:  wsc.List{Format: "ndjson", Encoding: "utf-8", Columns: []string{"url", "x"}, URLColumn: "url", ChosenBy: "header"},
		},
		{
			name: "NDJSON named json", filename: "a.json", content: "{\"url\":\"a.com\"}\n{\"url\":\"b.com\"}\n",
			lines: []string{"1 url https://a.com/", "2 url https://b.com/"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Filename = test.filename
			lines, list, err := readAll([]byte(test.content), test.options)
			require.NoError(t, err)
			require.Equal(t, test.lines, lines)
			if test.list.Format != "" {
				require.Equal(t, test.list, list)
			}
		})
	}
}

func TestInvalidLinesSayWhy(t *testing.T) {
	content := []byte("url\nftp://a.com\nme@a.com\n\"x\n")
	reader, err := Open(bytes.NewReader(content), int64(len(content)), Options{Filename: "a.csv"})
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Close()) }()
	for _, want := range []wsc.URLError{
		{Kind: wsc.KindBlockedScheme, Reason: `The scheme "ftp" is not checked, only http and https.`},
		{Kind: wsc.KindInvalidURL, Reason: `"me@a.com" is a mail address, not a web address; write that of the website.`},
		{Kind: wsc.KindInvalidURL, Reason: "The quote that opens a cell of this line is never closed."},
	} {
		line, err := reader.Next()
		require.NoError(t, err)
		require.Equal(t, &want, line.Problem)
	}
}

func TestCellsAreKept(t *testing.T) {
	content := []byte("name,url\n\"A \"\"B\"\"\",a.com,extra\né\xff,b.com\n")
	reader, err := Open(bytes.NewReader(content), int64(len(content)), Options{Filename: "a.csv", KeepCells: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Close()) }()
	require.Equal(t, []string{"name", "url"}, reader.Header())
	line, err := reader.Next()
	require.NoError(t, err)
	require.Equal(t, []string{`A "B"`, "a.com", "extra"}, line.Cells)
	line, err = reader.Next()
	require.NoError(t, err)
	require.Equal(t, []string{"é\ufffd", "b.com"}, line.Cells)
}

func TestReadErrorsAreNotTheFilesFault(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := Open(failingReaderAt{broken}, 100, Options{Filename: "a.csv"})
	require.ErrorIs(t, err, broken)
	require.Equal(t, wsc.CodeInternal, wsc.CodeOf(err))
}

type failingReaderAt struct{ err error }

func (f failingReaderAt) ReadAt([]byte, int64) (int, error) { return 0, f.err }
