package urllist

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// Whatever a file holds, reading it ends, every line has a number above the one before it and a meaning, the text is
// valid UTF-8, and reading it twice gives the same.
func FuzzOpen(f *testing.F) {
	for _, seed := range []string{
		"url\na.com\n", "a.com,b\r\n\"x\"\"y\",c.com", "\"open\na.com\n", "\xff\xfea\x00.\x00c\x00", "\xef\xbb\xbfurl;n\n1;2",
		`["a.com",{"url":"b.com"},[1]]`, `{"urls":["a.com"],"x":{}}`, "{\"url\":\"a.com\"}\n{\"url\":1}\n", "# c\na.com\n", "a\rb\rc", "\xe9\n", "[::1]\n",
		"PK\x03\x04", "n\turl\n\"\ta.com", "\x00\x00\x00",
	} {
		f.Add([]byte(seed), "list.csv")
		f.Add([]byte(seed), "list.txt")
		f.Add([]byte(seed), "list.json")
		f.Add([]byte(seed), "")
	}
	f.Add(rawWorkbook(f, worksheet(`<row r="1"><c r="A1" t="s"><v>0</v></c><c t="b"><v>1</v></c></row>`), "<sst><si><t>a.com</t></si></sst>"), "list.xlsx")
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		lines, err := readChecked(t, content, name)
		again, errAgain := readChecked(t, content, name)
		require.Equal(t, lines, again)
		require.Equal(t, err == nil, errAgain == nil)
	})
}

func readChecked(t *testing.T, content []byte, name string) ([]string, error) {
	reader, err := Open(bytes.NewReader(content), int64(len(content)), Options{Filename: name, KeepCells: true, TempDir: t.TempDir()})
	if err != nil {
		requireKnown(t, err)
		return nil, err
	}
	defer func() { require.NoError(t, reader.Close()) }()
	var lines []string
	number := int64(0)
	for {
		line, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			requireKnown(t, err)
			return lines, err
		}
		require.Greater(t, line.Number, number)
		number = line.Number
		require.True(t, utf8.ValidString(line.Text))
		require.Equal(t, line.Kind == LineURL, line.URL.URL != "")
		require.Equal(t, line.Kind == LineInvalid, line.Problem != nil)
		for _, cell := range line.Cells {
			require.True(t, utf8.ValidString(cell))
		}
		lines = append(lines, describe(line))
	}
}

// requireKnown checks that an error is one for people and lies in the file.
func requireKnown(t *testing.T, err error) {
	t.Helper()
	var known *wsc.Error
	require.ErrorAs(t, err, &known)
	require.NotEmpty(t, known.Message)
}

// On text that encoding/csv accepts, the records are those of encoding/csv; on any other, no line is lost: each is the
// first line of a record, or within a quoted cell of one.
func FuzzRecordReader(f *testing.F) {
	for _, seed := range []string{
		"", "a,b\nc,d\n", "\"a\",\"b\"\"c\"\n", "\"a\nb\",c\n", "a\r\nb\r\n", "a\rb", "\"open\nx\ny\n", "\"a\"b,c\nd\n", "b\",\"\nb\",\"\n",
		",,\n\n,", "x,\"\"\"\"\n", " \"a\" ,b\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ours := records(t, text)
		if theirs, ok := encodingCSV(text); ok {
			require.Equal(t, theirs, ours)
		}
	})
}

// records reads all records that are not an empty line.
func records(t *testing.T, text string) [][]string {
	reader := newRecordReader(strings.NewReader(text), ',')
	var all [][]string
	number := int64(0)
	for {
		row, err := reader.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			require.Equal(t, wsc.CodeLineTooLong, wsc.CodeOf(err))
			return nil
		}
		require.Greater(t, row.number, number)
		require.NotEmpty(t, row.cells)
		number = row.number
		if len(row.cells) == 1 && len(row.cells[0]) == 0 && row.problem == "" {
			continue
		}
		var cells []string
		for _, cell := range row.cells {
			cells = append(cells, string(cell))
		}
		all = append(all, cells)
	}
	require.Equal(t, countLines(text), reader.number-1, "lines")
	return all
}

func countLines(text string) int64 {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		lines++
	}
	return int64(lines)
}

// encodingCSV reads text that both readers understand the same way: it has no CR, which encoding/csv keeps, no line
// with a quoted cell alone that is empty, and no spaces around quotes.
func encodingCSV(text string) ([][]string, bool) {
	if strings.ContainsAny(text, "\r") || strings.Contains(text, " \"") || strings.Contains(text, "\t\"") || strings.Contains(text, "\n\"\"\n") || strings.HasPrefix(text, "\"\"\n") || strings.HasSuffix(text, "\"\"") {
		return nil, false
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	all, err := reader.ReadAll()
	return all, err == nil
}

// A JSON text is either read to its end or refused with a place, and what encoding/json calls invalid is refused.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`[]`, `["a"]`, `{"urls":["a"]}`, `[{"url":"a","url":"b"}]`, `["a",]`, `{"urls":[1,null,true,{"a":[{}]}]}`, `[`, `{"urls":{}}`, `"a"`, `["\ud800"]`, `[1 2]`, `{"a":1,"urls":["x"],"b":[[]]} x`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := textFile{src: strings.NewReader(text), size: int64(len(text)), encoding: textEncoding{name: encodingUTF8}}
		src, err := file.json().open(nil)
		for number := int64(1); err == nil; number++ {
			var row row
			if row, err = src.next(); err == nil {
				require.Equal(t, number, row.number)
			}
		}
		if errors.Is(err, io.EOF) {
			require.True(t, json.Valid([]byte(text)), "accepted although it is no JSON")
			return
		}
		var known *wsc.Error
		require.ErrorAs(t, err, &known)
		require.Positive(t, known.Line)
		require.NotEmpty(t, known.Column)
	})
}
