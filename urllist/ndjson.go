package urllist

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// ndjson is the file as one JSON string or object per line.
func (f textFile) ndjson() *document {
	d := f.document(formatNDJSON)
	d.named = true
	d.open = func(columns []string) (source, error) {
		return &ndjsonSource{elementReader: newElementReader(columns), lines: newLineReader(f.reader())}, nil
	}
	return d
}

// ndjsonSource reads one element per line. A line that is no JSON is a row with a problem.
type ndjsonSource struct {
	*elementReader
	lines  *lineReader
	number int64
}

func (s *ndjsonSource) close() error { return nil }

func (s *ndjsonSource) next() (row, error) {
	line, err := nextLine(s.lines, &s.number)
	if err != nil {
		return row{}, err
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return row{number: s.number}, nil
	}
	element, err := s.element(line)
	if err != nil {
		var fault faultError
		if !errors.As(err, &fault) {
			fault = faultError("This is not valid JSON: " + err.Error() + ".")
		}
		s.cells = append(s.cells[:0], line)
		return row{number: s.number, cells: s.cells, problem: string(fault)}, nil
	}
	element.number = s.number
	return element, nil
}

// element reads the single element of a line.
func (s *ndjsonSource) element(line []byte) (row, error) {
	unlimited := func() error { return nil } // the line is short enough already
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	token, err := next(decoder, unlimited)
	if err != nil {
		return row{}, err
	}
	element, err := s.read(decoder, token, unlimited)
	if err != nil {
		return row{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return row{}, faultError("There is more than one JSON value on this line.")
	}
	return element, nil
}
