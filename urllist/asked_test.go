package urllist

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	wsc "github.com/website-status-checker/wsc"
)

// urlsOf reads a list and returns its URLs as they are written, and the errors of the lines without one.
func urlsOf(t *testing.T, content string, opts Options) (list wsc.List, urls, problems []string, err error) {
	t.Helper()
	reader, err := Open(strings.NewReader(content), int64(len(content)), opts)
	if err != nil {
		return list, nil, nil, err
	}
	t.Cleanup(func() { require.NoError(t, reader.Close()) })
	for {
		line, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return reader.List(), urls, problems, nil
		}
		require.NoError(t, err)
		switch line.Kind {
		case LineURL:
			urls = append(urls, line.Text)
		case LineInvalid:
			problems = append(problems, line.Problem.Reason)
		case LineBlank:
		}
	}
}

func knownError(t *testing.T, err error) *wsc.Error {
	t.Helper()
	requireKnown(t, err)
	var known *wsc.Error
	require.ErrorAs(t, err, &known)
	return known
}

func TestADelimiterIsAskedFor(t *testing.T) {
	table := func(delimiter string) string {
		return strings.ReplaceAll("name|url\nA, Inc; x|a.example\nB|b.example\n", "|", delimiter)
	}
	for name, test := range map[string]struct {
		filename, content, delimiter string
		list                         wsc.List
	}{
		"one that is not found":  {filename: "a.csv", content: table("^"), delimiter: "^", list: wsc.List{Format: "csv", Delimiter: "^"}},
		"in a text":              {filename: "a.txt", content: table("~"), delimiter: "~", list: wsc.List{Format: "csv", Delimiter: "~"}},
		"a space":                {filename: "a.csv", content: "name url\n\"A, Inc\" a.example\nB b.example\n", delimiter: " ", list: wsc.List{Format: "csv", Delimiter: " "}},
		"a tab by its escape":    {filename: "a.csv", content: table("\t"), delimiter: `\t`, list: wsc.List{Format: "tsv", Delimiter: "\t"}},
		"a tab":                  {filename: "a.csv", content: table("\t"), delimiter: "\t", list: wsc.List{Format: "tsv", Delimiter: "\t"}},
		"a tab by its name":      {filename: "a.csv", content: table("\t"), delimiter: "tab", list: wsc.List{Format: "tsv", Delimiter: "\t"}},
		"declared as another":    {filename: "a.csv", content: "sep=;\n" + table("^"), delimiter: "^", list: wsc.List{Format: "csv", Delimiter: "^"}},
		"declared and not asked": {filename: "a.csv", content: "sep=^\n" + table("^"), list: wsc.List{Format: "csv", Delimiter: "^"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, urls, problems, err := urlsOf(t, test.content, Options{Filename: test.filename, Delimiter: test.delimiter})
			require.NoError(t, err)
			test.list.Encoding, test.list.HasHeader, test.list.Columns, test.list.URLColumn, test.list.ChosenBy = "utf-8", true, []string{"name", "url"}, "url", "header"
			require.Equal(t, test.list, list)
			require.Equal(t, []string{"a.example", "b.example"}, urls)
			require.Empty(t, problems)
		})
	}
}

func TestAnEncodingIsAskedFor(t *testing.T) {
	in := func(name, text string) string {
		encoding, err := htmlindex.Get(name)
		require.NoError(t, err)
		encoded, err := encoding.NewEncoder().String(text)
		require.NoError(t, err)
		return encoded
	}
	const czech, russian, japanese = "název;url\nŽluť;žluť.example\n", "имя;url\nЯндекс;яндекс.example\n", "名前;url\n表;表.example\n"
	for name, test := range map[string]struct{ content, encoding, want string }{
		"one that is taken for another": {in("windows-1250", czech), "windows-1250", "žluť.example"},
		"in capitals":                   {in("windows-1251", russian), " Windows-1251 ", "яндекс.example"},
		"of several bytes":              {in("shift_jis", japanese), "shift_jis", "表.example"},
		"with escapes":                  {in("iso-2022-jp", japanese), "iso-2022-jp", "表.example"},
		"UTF-16 without a mark":         {utf16Text(unicode.LittleEndian, unicode.IgnoreBOM, czech), "utf-16le", "žluť.example"},
		"UTF-16 with a mark":            {utf16Text(unicode.BigEndian, unicode.UseBOM, czech), "utf-16be", "žluť.example"},
		"UTF-16 of few NUL bytes":       {utf16Text(unicode.BigEndian, unicode.IgnoreBOM, strings.Repeat(russian[:len("имя")]+"表", 20)+";url\nx;žluť.example\n"), "utf-16be", "žluť.example"},
		"UTF-8 with a mark":             {"\ufeff" + czech, "utf-8", "žluť.example"},
		"Latin 1":                       {in("windows-1252", "Näme;url\nx;müller.example\n"), "iso-8859-1", "müller.example"},
	} {
		t.Run(name, func(t *testing.T) {
			list, urls, problems, err := urlsOf(t, test.content, Options{Filename: "a.csv", Encoding: test.encoding})
			require.NoError(t, err)
			want := strings.ToLower(strings.TrimSpace(test.encoding))
			if want == "iso-8859-1" {
				want = "windows-1252"
			}
			require.Equal(t, want, list.Encoding)
			require.Equal(t, []string{test.want}, urls)
			require.Empty(t, problems)
		})
	}
}

func TestEveryEncodingIsRead(t *testing.T) {
	for _, name := range wsc.ListEncodings() {
		encoding, err := htmlindex.Get(name)
		require.NoError(t, err, name)
		canonical, err := htmlindex.Name(encoding)
		require.NoError(t, err, name)
		require.Equal(t, canonical, name)
		encoded, err := encoding.NewEncoder().String("url\na.example\n")
		require.NoError(t, err, name)
		_, urls, _, err := urlsOf(t, encoded, Options{Filename: "a.csv", Encoding: name})
		require.NoError(t, err, name)
		require.Equal(t, []string{"a.example"}, urls, name)
	}
}

// What does not fit the encoding costs the lines that it stands in, as where the encoding was found.
func TestBytesThatDoNotFitTheEncodingAreInvalid(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().String("url\nmüller.example\na.example\n")
	require.NoError(t, err)
	for encoding, want := range map[string]string{"utf-8": "not valid UTF-8", "shift_jis": "U+FFFD", "euc-kr": "U+FFFD"} {
		list, urls, problems, err := urlsOf(t, latin, Options{Filename: "a.csv", Encoding: encoding})
		require.NoError(t, err, encoding)
		require.Equal(t, encoding, list.Encoding)
		require.Equal(t, []string{"a.example"}, urls, encoding)
		require.Len(t, problems, 1, encoding)
		require.Contains(t, problems[0], want, encoding)
	}
	_, err = Scan(t.Context(), strings.NewReader(latin), int64(len(latin)), Options{Filename: "a.csv", Encoding: "utf-16le"})
	known := knownError(t, err)
	require.Equal(t, wsc.CodeNoValidURLs, known.Code)
	require.EqualValues(t, 1, known.Line)
}

func TestWhatCanNotBeAskedFor(t *testing.T) {
	book := string(workbookOf(t, sheetRows{"Leads", [][]any{{"url"}, {"a.com"}}}))
	const list = "name,url\nA,a.com\n"
	for name, test := range map[string]struct {
		filename, content string
		options           Options
		field, detail     string
	}{
		"several characters":           {"a.csv", list, Options{Delimiter: ",;"}, delimiterField, `It is ",;".`},
		"a letter":                     {"a.csv", list, Options{Delimiter: "x"}, delimiterField, "no letter"},
		"a digit":                      {"a.csv", list, Options{Delimiter: "7"}, delimiterField, "digit"},
		"a quotation mark":             {"a.csv", list, Options{Delimiter: `"`}, delimiterField, "quotation mark"},
		"a line end":                   {"a.csv", list, Options{Delimiter: "\n"}, delimiterField, `"\n"`},
		"NUL":                          {"a.csv", list, Options{Delimiter: "\x00"}, delimiterField, `"\x00"`},
		"outside of ASCII":             {"a.csv", list, Options{Delimiter: "¦"}, delimiterField, "single ASCII character"},
		"a long delimiter":             {"a.csv", list, Options{Delimiter: strings.Repeat(";", 10_000)}, delimiterField, ";…"},
		"no encoding":                  {"a.csv", list, Options{Encoding: "klingon"}, encodingField, `"klingon" is not an encoding that is read. encoding must be one of utf-8, utf-16le, `},
		"an encoding that is unsafe":   {"a.csv", list, Options{Encoding: "utf-7"}, encodingField, "windows-1252"},
		"the replacement encoding":     {"a.csv", list, Options{Encoding: "replacement"}, encodingField, "is not an encoding"},
		"a long encoding":              {"a.csv", list, Options{Encoding: strings.Repeat("é", 10_000)}, encodingField, "é…"},
		"the delimiter of a workbook":  {"a.xlsx", book, Options{Delimiter: ";"}, delimiterField, "A workbook has no delimiter to choose; leave delimiter out."},
		"the encoding of a workbook":   {"a.csv", book, Options{Encoding: "utf-8"}, encodingField, "A workbook has no encoding to choose; leave encoding out."},
		"the delimiter of JSON":        {"a.json", `["a.com"]`, Options{Delimiter: ";"}, delimiterField, "JSON has no delimiter to choose; leave delimiter out."},
		"the encoding of NDJSON":       {"a.ndjson", `{"url":"a.com"}`, Options{Encoding: "utf-8"}, encodingField, "JSON has no encoding"},
		"the delimiter of JSON in CSV": {"a.csv", `["a.com"]`, Options{Delimiter: ";"}, delimiterField, "JSON has no delimiter"},
	} {
		t.Run(name, func(t *testing.T) {
			test.options.Filename, test.options.TempDir = test.filename, t.TempDir()
			_, err := Open(strings.NewReader(test.content), int64(len(test.content)), test.options)
			known := knownError(t, err)
			require.Equal(t, wsc.CodeInvalidOptions, known.Code)
			require.Equal(t, wsc.Place{Field: test.field}, known.Place)
			require.Contains(t, known.Message, test.detail)
			require.Less(t, len(known.Message), 1000)

			preview := previewOf(t, test.content, test.options)
			require.Equal(t, &wsc.PreviewRefusal{Code: known.Code, Detail: known.Message, Place: known.Place}, preview.Refusal)
			require.EqualValues(t, 1, preview.URLs, "the list is shown as it is found")
		})
	}
}

// A choice that leaves nothing to show, here a single line that is too long, shows what is found without it.
func TestAPreviewWithAWrongChoiceShowsTheListAllTheSame(t *testing.T) {
	content := "Firm;url\n" + strings.Repeat("Firm;müller.example\n", 70_000)
	preview := previewOf(t, content, Options{Filename: "a.csv", Encoding: "utf-16le", Delimiter: ";"})
	require.Equal(t, wsc.CodeLineTooLong, preview.Refusal.Code)
	require.Equal(t, wsc.Place{Line: 1}, preview.Refusal.Place)
	require.Equal(t, []string{"utf-8", ";"}, []string{preview.Encoding, preview.Delimiter})
	require.EqualValues(t, 70_000, preview.URLs)

	both := previewOf(t, "Firm^url\nx^a.example\n", Options{Filename: "a.csv", Encoding: "no", Delimiter: "^"})
	require.Equal(t, encodingField, both.Refusal.Field)
	require.Equal(t, "^", both.Delimiter, "what is not wrong is kept")

	_, err := Preview(t.Context(), bytes.NewReader([]byte("%PDF-1.7")), 8, Options{Filename: "a.csv", Delimiter: "no"})
	require.Equal(t, wsc.CodeUnsupportedType, wsc.CodeOf(err), "nothing helps such a file")
}

// It seems to be UTF-16, which a person who sees the rows can confirm.
func TestUTF16WithoutAMarkIsShown(t *testing.T) {
	for order, encoding := range map[unicode.Endianness]string{unicode.LittleEndian: "utf-16le", unicode.BigEndian: "utf-16be"} {
		content := utf16Text(order, unicode.IgnoreBOM, "url\na.example\n")
		found := previewOf(t, content, Options{Filename: "a.csv"})
		require.Equal(t, wsc.CodeUnsupportedEncoding, found.Refusal.Code)
		require.Equal(t, encodingField, found.Refusal.Field)
		require.Equal(t, encoding, found.Encoding)
		require.Equal(t, "a.example", found.Rows[0].URL)
		chosen := previewOf(t, content, Options{Filename: "a.csv", Encoding: encoding})
		require.Nil(t, chosen.Refusal)
		require.Empty(t, chosen.Warnings)
	}
}

func TestPreviewWarnsOfADelimiterThatIsNotThere(t *testing.T) {
	preview := previewOf(t, "name,url\nA,a.example\n", Options{Filename: "a.csv", Delimiter: "^"})
	require.Equal(t, wsc.CodeNoValidURLs, preview.Refusal.Code)
	require.Contains(t, preview.Warnings, `No line that is shown has the delimiter "^", so that each is a single cell.`)
	require.Empty(t, previewOf(t, "name^url\nA^a.example\n", Options{Filename: "a.csv", Delimiter: "^"}).Warnings)
}
