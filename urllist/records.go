package urllist

import (
	"bytes"
	"errors"
	"io"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// maxColumns is the most cells of a row, as in a workbook.
	maxColumns = 16384
	// rereadLimit bounds the bytes that are looked at in vain for a closing quote, so that a file made of opening
	// quotes takes no more than linear time. Behind it, a quoted cell must end on its own line.
	rereadLimit = 32 << 20
)

// recordReader reads delimited text after RFC 4180, with any line end, and with rows of different lengths.
//
// It differs from encoding/csv in what follows a mistake: a quote that is not closed, or is followed by text, makes
// a row with a problem out of the one line it stands on, and reading goes on with the next line.
// A quote inside an unquoted cell is an ordinary character.
type recordReader struct {
	lines     *lineReader
	delimiter byte // 0: the whole line is one cell
	number    int64
	// skipFirst says that the first line only declares the delimiter.
	skipFirst bool
	// urlColumn is the column whose cells can't span lines, -1 while it is unknown.
	urlColumn int
	cells     [][]byte
	spans     []span
	unescaped []byte
	reread    int
}

// span is a cell within the bytes of a record.
type span struct {
	from, to int
	escaped  bool // holds doubled quotes
}

func newRecordReader(src io.Reader, delimiter byte) *recordReader {
	return &recordReader{lines: newLineReader(src), delimiter: delimiter, urlColumn: -1}
}

func (r *recordReader) close() error { return nil }

func (r *recordReader) next() (row, error) {
	r.number++
	end, next, err := r.lines.lineAt(0)
	if errors.Is(err, errLongLine) {
		return row{}, longLine(wsc.Place{Line: r.number})
	}
	if err != nil {
		return row{}, err
	}
	line := r.lines.data()[:end]
	if r.skipFirst && r.number == 1 {
		r.lines.consume(next)
		r.cells = append(r.cells[:0], line)
		return row{number: r.number, cells: r.cells, whole: true, comment: true}, nil
	}
	if bytes.IndexByte(line, '"') >= 0 {
		return r.quoted(end, next)
	}
	r.lines.consume(next)
	r.cells = r.cells[:0]
	for r.delimiter != 0 && len(r.cells) < maxColumns {
		i := bytes.IndexByte(line, r.delimiter)
		if i < 0 {
			break
		}
		r.cells = append(r.cells, line[:i])
		line = line[i+1:]
	}
	r.cells = append(r.cells, line)
	if len(r.cells) > maxColumns {
		return row{number: r.number, cells: r.cells[:1], problem: "The row has more than 16384 columns."}, nil
	}
	return row{number: r.number, cells: r.cells}, nil
}

// quoted reads a record whose first line, which ends at end, has a quote in it.
//
//nolint:gocognit // a state machine over one record, whose states share all that they know
func (r *recordReader) quoted(end, next int) (row, error) {
	first := physicalLine{end, next}
	r.spans = r.spans[:0]
	number, position, recordEnd, lines := r.number, 0, next, int64(1)
	for {
		data := r.lines.data()
		start := position + leadingSpaces(data[position:end], r.delimiter)
		if start == end || data[start] != '"' {
			cellEnd := end
			if i := r.indexDelimiter(data[position:end]); i >= 0 {
				cellEnd = position + i
			}
			r.spans = append(r.spans, span{position, cellEnd, false})
			position = cellEnd
		} else {
			cell := span{from: start + 1}
			searched := start + 1
			for {
				quote := bytes.IndexByte(data[searched:end], '"')
				if quote < 0 {
					if r.reread > rereadLimit {
						return r.broken(first, recordEnd, "The quote that opens a cell of this line is not closed on it."), nil
					}
					lineEnd, following, err := r.lines.lineAt(recordEnd)
					if errors.Is(err, io.EOF) || errors.Is(err, errLongLine) {
						return r.broken(first, recordEnd, "The quote that opens a cell of this line is never closed."), nil
					}
					if err != nil {
						return row{}, err
					}
					searched, end, recordEnd = recordEnd, lineEnd, following
					lines++
					data = r.lines.data()
					continue
				}
				quote += searched
				if quote+1 < end && data[quote+1] == '"' {
					cell.escaped = true
					searched = quote + 2
					continue
				}
				cell.to, position = quote, quote+1
				break
			}
			position += leadingSpaces(data[position:end], r.delimiter)
			if position < end && (r.delimiter == 0 || data[position] != r.delimiter) {
				return r.broken(first, recordEnd, "A closing quote in this row is followed by more text; a quote inside a quoted cell is written twice."), nil
			}
			r.spans = append(r.spans, cell)
		}
		if position >= end {
			break
		}
		if len(r.spans) >= maxColumns {
			return r.broken(first, recordEnd, "The row has more than 16384 columns."), nil
		}
		position++ // the delimiter
	}
	r.cut()
	if lines > 1 && r.urlColumn >= 0 && r.urlColumn < len(r.cells) && bytes.ContainsAny(bytes.TrimSpace(r.cells[r.urlColumn]), "\r\n") {
		return r.broken(first, recordEnd, "The quote that opens the URL cell is not closed on this line."), nil
	}
	r.number += lines - 1
	r.lines.consume(recordEnd)
	return row{number: number, cells: r.cells}, nil
}

// physicalLine is where the first line of a record ends, without and with its terminator.
type physicalLine struct{ end, next int }

// broken gives up on a record: its first line becomes a row with a problem, what follows is read anew.
func (r *recordReader) broken(first physicalLine, looked int, problem string) row {
	r.reread += looked - first.next
	r.cells = append(r.cells[:0], r.lines.data()[:first.end])
	r.lines.consume(first.next)
	return row{number: r.number, cells: r.cells, problem: problem}
}

// cut makes cells of the spans of a record.
func (r *recordReader) cut() {
	data := r.lines.data()
	r.cells = r.cells[:0]
	r.unescaped = r.unescaped[:0]
	for _, s := range r.spans {
		cell := data[s.from:s.to]
		if s.escaped {
			// The scratch space may move when it grows; cells that were cut before keep the old one.
			begin := len(r.unescaped)
			for len(cell) > 0 {
				i := bytes.IndexByte(cell, '"')
				if i < 0 {
					break
				}
				r.unescaped = append(r.unescaped, cell[:i+1]...)
				cell = cell[i+2:]
			}
			r.unescaped = append(r.unescaped, cell...)
			cell = r.unescaped[begin:len(r.unescaped):len(r.unescaped)]
		}
		r.cells = append(r.cells, cell)
	}
}

func (r *recordReader) indexDelimiter(line []byte) int {
	if r.delimiter == 0 {
		return -1
	}
	return bytes.IndexByte(line, r.delimiter)
}

func leadingSpaces(line []byte, delimiter byte) int {
	for i, c := range line {
		if c != ' ' && c != '\t' || c == delimiter {
			return i
		}
	}
	return len(line)
}

func longLine(place wsc.Place) error {
	return wsc.Errorf(wsc.CodeLineTooLong, "This line is longer than 1 MiB, which no list of URLs needs; is the file the right one?").At(place)
}
