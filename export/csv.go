package export

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// bufferSize is how much of a document is collected before it goes to the underlying writer, in bytes.
const bufferSize = 64 << 10

// csvTable writes a table as RFC 4180 in UTF-8. Lines end in LF, which every reader of CSV takes and line-based
// tools prefer, and there is no byte order mark, which many programs take for a part of the first column's name.
type csvTable struct {
	out  *bufio.Writer
	line []byte
}

func newCSVTable(w io.Writer, headings []heading) (*csvTable, error) {
	t := &csvTable{out: bufio.NewWriterSize(w, bufferSize)}
	cells := make([]cell, 0, len(headings))
	for _, h := range headings {
		cells = append(cells, textCell(h.name))
	}
	return t, t.row(cells)
}

func (t *csvTable) row(cells []cell) error {
	t.line = t.line[:0]
	for n := range cells {
		if n > 0 {
			t.line = append(t.line, ',')
		}
		t.line = appendCSVCell(t.line, &cells[n])
	}
	if len(t.line) == 0 {
		t.line = append(t.line, '"', '"') // an empty line would be no row at all
	}
	t.line = append(t.line, '\n')
	_, err := t.out.Write(t.line)
	return err
}

func (t *csvTable) close(*tally) error { return t.out.Flush() }

func appendCSVCell(dst []byte, c *cell) []byte {
	switch c.kind {
	case cellText, cellUploaded, cellStatus:
		return appendCSVText(dst, c.text)
	case cellInteger:
		return strconv.AppendInt(dst, c.number, 10)
	case cellDecimal:
		return appendDecimal(dst, c.number)
	case cellTime:
		return appendTime(dst, c.number)
	case cellEmpty:
	}
	return dst
}

// appendCSVText appends a text neutralized, without NUL, which many readers refuse, and with U+FFFD for what is not
// UTF-8. It is quoted where RFC 4180 asks for it, and where a reader may trim or misread it otherwise.
func appendCSVText(dst []byte, text string) []byte {
	if isPlain(text) {
		return append(dst, text...)
	}
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	text = Neutralize(strings.ToValidUTF8(text, "\uFFFD"))
	if !needsQuotes(text) {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for {
		before, after, found := strings.Cut(text, `"`)
		dst = append(dst, before...)
		if !found {
			return append(dst, '"')
		}
		dst = append(dst, '"', '"')
		text = after
	}
}

// isPlain reports whether the text can stand in CSV as it is: printable ASCII that begins with a letter or digit and
// holds no delimiter, quote or space. Nearly every cell is like that.
func isPlain(text string) bool {
	if text == "" || !isWordByte(text[0]) {
		return text == ""
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c <= ' ' || c >= utf8.RuneSelf, c == ',', c == '"', c == ';':
			return false
		}
	}
	return true
}

// needsQuotes reports whether a cell must be quoted. Semicolons and TABs count, so that a program that guesses the
// delimiter does not guess them.
func needsQuotes(text string) bool {
	if text == "" {
		return false
	}
	if strings.ContainsAny(text, ",;\"\r\n\t") || text == `\.` {
		return true
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	return isSpace(first) || isSpace(last)
}

func isSpace(r rune) bool { return r <= ' ' || r == '\u00a0' || r == '\ufeff' || r == '\u3000' }
