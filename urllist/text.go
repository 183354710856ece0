package urllist

import (
	"bytes"
	"errors"
	"io"

	wsc "github.com/website-status-checker/wsc"
)

// lines is the file as a text with one URL per line.
func (f textFile) lines() *document {
	d := f.document(formatTXT)
	d.textHeader = true
	d.open = func([]string) (source, error) {
		return &textSource{lines: newLineReader(f.reader())}, nil
	}
	return d
}

// records is the file as delimited text. Delimiter 0 stands for a single column; declared says that the first line does
// nothing but name the delimiter.
func (f textFile) records(delimiter byte, declared bool) *document {
	format := formatCSV
	if delimiter == '\t' {
		format = formatTSV
	}
	d := f.document(format)
	if delimiter != 0 {
		d.list.Delimiter = string(delimiter)
	}
	d.open = func([]string) (source, error) {
		reader := newRecordReader(f.reader(), delimiter)
		reader.skipFirst = declared
		return reader, nil
	}
	return d
}

// textSource reads one URL per line; lines that begin with # are comments.
type textSource struct {
	lines  *lineReader
	number int64
	cells  [1][]byte
}

func (s *textSource) close() error { return nil }

func (s *textSource) next() (row, error) {
	line, err := nextLine(s.lines, &s.number)
	if err != nil {
		return row{}, err
	}
	line = bytes.TrimSpace(line)
	if bytes.HasPrefix(line, []byte("#")) {
		s.cells[0] = nil
		return row{number: s.number, cells: s.cells[:], comment: true}, nil
	}
	s.cells[0] = line
	return row{number: s.number, cells: s.cells[:]}, nil
}

// nextLine reads one line and counts it. The line is valid until the next call.
func nextLine(lines *lineReader, number *int64) ([]byte, error) {
	*number++
	end, next, err := lines.lineAt(0)
	if errors.Is(err, errLongLine) {
		return nil, longLine(wsc.Place{Line: *number})
	}
	if err != nil {
		return nil, err
	}
	line := lines.data()[:end]
	lines.consume(next)
	return line, nil
}

// delimiters are the characters that separate cells, the likeliest first.
const delimiters = ",;\t|"

// delimiterSampleRows is how many rows are looked at to find the delimiter.
const delimiterSampleRows = 200

// declaredDelimiter returns the delimiter that a first line like "sep=;" names, which Excel understands; else 0.
func declaredDelimiter(text []byte) byte {
	line := text
	if end := bytes.IndexAny(text, "\r\n"); end >= 0 {
		line = text[:end]
	}
	line = bytes.Trim(line, `"`)
	if len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")) && wsc.IsDelimiter(line[4]) {
		return line[4]
	}
	return 0
}

// spread says how a delimiter cuts the beginning of a file.
type spread struct {
	rows, several int
	// regular is how many rows have the most frequent number of cells above one.
	regular int
	// header says that the first row has several cells, none of which is a URL.
	header bool
	// named says that a cell of the first row is the name of a URL column.
	named bool
}

// measure cuts the beginning of a text by a delimiter. A row that the end of the sample may cut off is left out.
func measure(text []byte, whole bool, delimiter byte) spread {
	records := newRecordReader(bytes.NewReader(text), delimiter)
	counts := map[int]int{}
	var s, before spread
	for s.rows <= delimiterSampleRows {
		row, err := records.next()
		if err != nil {
			if !whole && errors.Is(err, io.EOF) && before.rows > 0 {
				s = before
			}
			break
		}
		if row.problem != "" || allBlank(row.cells) || len(row.cells) == 1 && bytes.HasPrefix(row.cells[0], []byte("#")) {
			continue
		}
		before = s
		s.rows++
		if len(row.cells) > 1 {
			s.several++
			counts[len(row.cells)]++
			s.regular = max(s.regular, counts[len(row.cells)])
		}
		if s.rows == 1 {
			s.header = len(row.cells) > 1
			for _, cell := range row.cells {
				s.named = s.named || nameRank(string(cell)) == rankExact
				s.header = s.header && likeness(cell) != likeURL
			}
			s.header = s.header || s.named && len(row.cells) > 1
		}
	}
	return s
}

// delimiterOfRecords finds the delimiter of a file that is said to be delimited text; 0 if it has one column.
// A delimiter must cut the header or most of the rows, so that a comma within a URL does not pass for one.
func delimiterOfRecords(text []byte, whole bool) byte {
	best, share := byte(0), -1.0
	for _, delimiter := range []byte(delimiters) {
		s := measure(text, whole, delimiter)
		if s.rows == 0 || !s.header && s.several*2 <= s.rows {
			continue
		}
		if regular := float64(s.regular) / float64(s.rows); regular > share {
			best, share = delimiter, regular
		}
	}
	return best
}

// delimiterOfText finds the delimiter of a file that may as well be a plain text; 0 if it is one.
// Commas, semicolons and bars can stand in a URL, so they must cut rows that are no URLs as a whole, or a header.
func delimiterOfText(text []byte, whole bool) byte {
	plain, lines := 0, newRecordReader(bytes.NewReader(text), 0)
	rows := 0
	for rows < delimiterSampleRows {
		row, err := lines.next()
		if err != nil {
			break
		}
		if allBlank(row.cells) || bytes.HasPrefix(bytes.TrimSpace(firstCell(row)), []byte("#")) {
			continue
		}
		rows++
		if likeness(row.cells[0]) == likeURL {
			plain++
		}
	}
	for _, delimiter := range []byte("\t,;|") {
		s := measure(text, whole, delimiter)
		if s.rows == 0 || s.regular*10 < s.rows*8 {
			continue
		}
		if delimiter == '\t' || s.named || plain*2 < rows {
			return delimiter
		}
	}
	return 0
}
