package urllist

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// maxRows is the last row of a sheet.
	maxRows = 1 << 20
	// maxCells bounds the cells of a sheet, those that are left out between others included: a cell far to the right is
	// small in the file and wide in the list. A sheet whose cells are all there unpacks to too much before.
	maxCells = 128 << 20
)

// sheetSource reads the rows of one worksheet as a stream. Rows that are not in the file are not reported.
type sheetSource struct {
	book  *workbook
	part  *part
	sheet string
	row   int64
	// text holds the text of the row's cells one after the other, spans where each begins and ends.
	text  []byte
	spans []cellSpan
	cells [][]byte
	value []byte
	// reference is that of the current cell, digits the number of the row for comparing it with.
	reference, digits []byte
	// width counts the cells of all rows so far.
	width int64
	done  bool
}

// cellSpan is where the text of a cell is.
type cellSpan struct{ column, from, to int }

func (b *workbook) open(s sheet) (source, error) {
	part, err := b.archive.part(s.part, maxUnpacked)
	if err != nil {
		return nil, err
	}
	return &sheetSource{book: b, part: part, sheet: s.name}, nil
}

func (s *sheetSource) close() error { return s.part.close() }

func (s *sheetSource) next() (row, error) {
	if s.done {
		return row{}, io.EOF
	}
	found, err := s.start("row", "sheetData")
	if err != nil {
		return row{}, s.fail(err, "")
	}
	if !found {
		s.done = true
		// The rest of the part is read too, so that a damaged one does not pass.
		for err == nil {
			_, err = s.part.token()
		}
		if !errors.Is(err, io.EOF) {
			return row{}, s.fail(err, "")
		}
		return row{}, io.EOF
	}
	if err := s.beginRow(string(s.part.xml.attribute("r"))); err != nil {
		return row{}, err
	}
	if err := s.readRow(); err != nil {
		return row{}, err
	}
	cells := s.arranged()
	if s.width += int64(len(cells)); s.width > maxCells {
		return row{}, s.fail(wsc.Errorf(wsc.CodeDecompressedTooLarge,
			"The sheet has text in columns that are too far to the right in too many rows; save the columns that are needed as .csv."), "")
	}
	return row{number: s.row, cells: cells}, nil
}

// start reads up to the next start of an element, whose attributes the part then has, and reports whether there is one
// before the end of the enclosing element.
func (s *sheetSource) start(element, enclosing string) (bool, error) {
	for {
		token, err := s.token()
		if err != nil {
			return false, err
		}
		switch token.kind {
		case xmlStart:
			if string(token.name) == element {
				return true, nil
			}
		case xmlEnd:
			if string(token.name) == enclosing {
				return false, nil
			}
		case xmlText:
		}
	}
}

// token returns the next token; within the rows the sheet must not end.
func (s *sheetSource) token() (xmlToken, error) {
	token, err := s.part.token()
	if errors.Is(err, io.EOF) {
		return token, invalidXLSX("The workbook is damaged: the sheet ends unexpectedly.")
	}
	return token, err
}

// beginRow takes the number of a row; a row without one follows its predecessor.
func (s *sheetSource) beginRow(text string) error {
	number := s.row + 1
	if text != "" {
		var err error
		if number, err = strconv.ParseInt(text, 10, 64); err != nil || number < 1 {
			return s.fail(invalidXLSX("%q is not the number of a row.", shorten(text)), "")
		}
	}
	if number > maxRows {
		return s.fail(invalidXLSX("Row %d is behind the last row that a sheet can have, %d.", number, maxRows), "")
	}
	if number <= s.row {
		return s.fail(invalidXLSX("Row %d stands behind row %d.", number, s.row), "")
	}
	s.row = number
	return nil
}

// readRow reads the cells of a row up to its end.
func (s *sheetSource) readRow() error {
	s.text, s.spans = s.text[:0], s.spans[:0]
	column := -1
	for {
		cell, err := s.start("c", "row")
		if err != nil {
			return s.fail(err, "")
		}
		if !cell {
			return nil
		}
		column++
		s.reference = append(s.reference[:0], s.part.xml.attribute("r")...)
		if len(s.reference) > 0 {
			if column, err = s.parseReference(s.reference); err != nil {
				return s.fail(err, string(s.reference))
			}
		}
		if column >= maxColumns {
			return s.fail(invalidXLSX("The row has more than %d columns.", maxColumns), string(s.reference))
		}
		from := len(s.text)
		if err := s.readCell(kindOfCell(s.part.xml.attribute("t"))); err != nil {
			return s.fail(err, string(s.reference))
		}
		if len(s.text) > maxLine || len(s.spans) >= maxColumns {
			return longLine(wsc.Place{Sheet: s.sheet, Line: s.row})
		}
		if len(s.text) > from { // an empty cell, which may have a style only, is as good as none
			s.spans = append(s.spans, cellSpan{column, from, len(s.text)})
		}
	}
}

// parseReference returns the column of a reference like "B7", which must be to the current row.
func (s *sheetSource) parseReference(reference []byte) (int, error) {
	letters := 0
	for letters < len(reference) && reference[letters] > '9' {
		letters++
	}
	column := -1
	if letters <= 3 {
		column = columnIndex(string(reference[:letters]))
	}
	s.digits = strconv.AppendInt(s.digits[:0], s.row, 10)
	if column < 0 || !bytes.Equal(bytes.TrimLeft(reference[letters:], "0"), s.digits) {
		return 0, invalidXLSX("%q is not a cell of row %d.", shorten(string(reference)), s.row)
	}
	return column, nil
}

// kindOfCell is the type of a cell, "" for one that is not treated in a way of its own.
func kindOfCell(attribute []byte) string {
	switch string(attribute) {
	case "s":
		return "s"
	case "b":
		return "b"
	case "str", "inlineStr":
		return "str"
	}
	return ""
}

// readCell appends the text of a cell, of the given type, to s.text. Of a formula it is the stored result.
func (s *sheetSource) readCell(kind string) error {
	s.value = s.value[:0]
	inValue, phonetic := false, false
	for {
		token, err := s.token()
		if err != nil {
			return err
		}
		switch token.kind {
		case xmlStart:
			switch string(token.name) {
			case "v", "t":
				inValue = !phonetic
			case "rPh":
				phonetic = true
			}
		case xmlText:
			if inValue {
				if s.value = append(s.value, token.text...); len(s.value) > maxLine {
					return errLongLine
				}
			}
		case xmlEnd:
			switch string(token.name) {
			case "v", "t":
				inValue = false
			case "rPh":
				phonetic = false
			case "c":
				return s.keep(kind)
			}
		}
	}
}

// keep appends the value of a cell as text.
func (s *sheetSource) keep(kind string) error {
	switch kind {
	case "s":
		if len(s.value) == 0 {
			return nil
		}
		index, err := strconv.Atoi(string(s.value))
		if err != nil {
			return invalidXLSX("%q is not the number of a shared string.", shorten(string(s.value)))
		}
		var found bool
		if s.text, found, err = s.book.strings.appendString(s.text, index); err != nil {
			return err
		}
		if !found {
			return invalidXLSX("The workbook has no shared string %d.", index)
		}
	case "b":
		switch string(s.value) {
		case "1":
			s.text = append(s.text, "TRUE"...)
		case "0":
			s.text = append(s.text, "FALSE"...)
		}
	case "str":
		s.text = append(s.text, unescape(s.value)...)
	default:
		s.text = append(s.text, s.value...)
	}
	return nil
}

// arranged puts the cells of the row at their columns.
func (s *sheetSource) arranged() [][]byte {
	width := 0
	for _, span := range s.spans {
		width = max(width, span.column+1)
	}
	if cap(s.cells) < width {
		s.cells = make([][]byte, width)
	}
	s.cells = s.cells[:width]
	clear(s.cells)
	for _, span := range s.spans {
		s.cells[span.column] = s.text[span.from:span.to]
	}
	return s.cells
}

// fail adds the place to an error about the file.
func (s *sheetSource) fail(err error, cell string) error {
	place := wsc.Place{Sheet: s.sheet, Line: s.row, Column: shorten(cell)}
	if errors.Is(err, errLongLine) {
		return longLine(place)
	}
	var known *wsc.Error
	if errors.As(err, &known) && known.Place == (wsc.Place{}) {
		return known.At(place)
	}
	return err
}
