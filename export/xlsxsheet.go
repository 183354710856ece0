package export

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// sheet writes one worksheet into its part of the ZIP file.
type sheet struct {
	name    string
	out     *bufio.Writer
	line    []byte
	letters []string
	// header says that the first row is a header; such a sheet is frozen below it and can be filtered.
	header bool
	rows   int
}

// newSheet begins a worksheet with columns of the given widths.
func newSheet(name string, w io.Writer, widths []float64, header bool) (*sheet, error) {
	s := &sheet{name: name, out: bufio.NewWriterSize(w, bufferSize), letters: columnLetters(len(widths)), header: header}
	head := append([]byte(xmlDeclaration), `<worksheet xmlns="`+sheetNamespace+`"><sheetViews>`...)
	if header {
		head = append(head, `<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`+
			`<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView>`...)
	} else {
		head = append(head, `<sheetView workbookViewId="0"/>`...)
	}
	head = append(head, `</sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`...)
	for n, width := range widths {
		number := strconv.Itoa(n + 1)
		head = append(head, `<col min="`+number+`" max="`+number+`" width="`...)
		head = strconv.AppendFloat(head, width, 'g', -1, 64)
		head = append(head, `" customWidth="1"/>`...)
	}
	head = append(head, `</cols><sheetData>`...)
	_, err := s.out.Write(head)
	return s, err
}

// row adds a row. A style other than styleNone replaces the one that a cell's kind has.
func (s *sheet) row(cells []cell, style int) error {
	s.rows++
	line := s.line[:0]
	line = append(line, `<row r="`...)
	at := len(line)
	line = strconv.AppendInt(line, int64(s.rows), 10)
	number := string(line[at:])
	line = append(line, `">`...)
	for n := range cells {
		if !isBlankCell(&cells[n]) {
			line = s.appendCell(line, s.letters[n], number, &cells[n], style)
		}
	}
	line = append(line, `</row>`...)
	s.line = line
	_, err := s.out.Write(s.line)
	return err
}

func (s *sheet) appendCell(dst []byte, letters, row string, c *cell, style int) []byte {
	dst = append(dst, `<c r="`...)
	dst = append(dst, letters...)
	dst = append(dst, row...)
	dst = append(dst, '"')
	moment := time.Time{}
	if c.kind == cellTime {
		moment = time.UnixMilli(c.number).UTC()
	}
	if style == styleNone {
		style = styleOf(c, moment)
	}
	if style != styleNone {
		dst = append(dst, ` s="`...)
		dst = strconv.AppendInt(dst, int64(style), 10)
		dst = append(dst, '"')
	}
	switch {
	case c.kind == cellText, c.kind == cellStatus:
		return appendTextCell(dst, c.text)
	case c.kind == cellUploaded && isSheetNumber(c.text):
		return append(append(append(dst, `><v>`...), c.text...), `</v></c>`...)
	case c.kind == cellUploaded:
		return appendTextCell(dst, c.text)
	case c.kind == cellTime && !hasSerial(moment):
		return appendTextCell(dst, string(appendTime(nil, c.number)))
	}
	dst = append(dst, `><v>`...)
	switch c.kind {
	case cellInteger:
		dst = strconv.AppendInt(dst, c.number, 10)
	case cellDecimal:
		dst = appendDecimal(dst, c.number)
	case cellTime:
		dst = appendSerial(dst, moment)
	case cellEmpty, cellText, cellUploaded, cellStatus: // written above, or not at all
	}
	return append(dst, `</v></c>`...)
}

// isBlankCell reports whether there is nothing to write for the cell.
func isBlankCell(c *cell) bool {
	return c.kind == cellEmpty || c.kind == cellUploaded && c.text == ""
}

// isSheetNumber reports whether an uploaded cell is a number that a workbook shows exactly as it was written. What
// looks like one but would be changed, such as 007, -0 or a number of 20 digits, stays a text.
func isSheetNumber(text string) bool {
	const exactDigits = 15
	if text == "-0" {
		return false
	}
	text = strings.TrimPrefix(text, "-")
	if len(text) > exactDigits+1 || !isNumber(text) {
		return false
	}
	whole, fraction, hasFraction := strings.Cut(text, ".")
	if len(whole) > 1 && whole[0] == '0' || hasFraction && fraction[len(fraction)-1] == '0' {
		return false
	}
	return len(whole)+len(fraction) <= exactDigits
}

// appendTextCell appends a text as an inline string, which no program takes for a formula.
func appendTextCell(dst []byte, text string) []byte {
	dst = append(dst, ` t="inlineStr"><is><t`...)
	if text != "" && (text[0] <= ' ' || text[len(text)-1] <= ' ') {
		dst = append(dst, ` xml:space="preserve"`...)
	}
	dst = append(dst, '>')
	dst = appendXMLText(dst, text)
	return append(dst, `</t></is></c>`...)
}

// styleOf is the style of a cell by its kind. A text that could be taken for a formula when somebody edits the cell
// gets the style that keeps it a text.
func styleOf(c *cell, moment time.Time) int {
	switch c.kind {
	case cellStatus:
		switch wsc.Status(c.text) {
		case wsc.StatusActive:
			return styleActive
		case wsc.StatusInactive:
			return styleInactive
		case wsc.StatusError:
			return styleError
		}
	case cellDecimal:
		return styleDecimal
	case cellTime:
		if hasSerial(moment) {
			return styleTime
		}
	case cellText, cellUploaded:
		if startsFormula(c.text) {
			return styleQuoted
		}
	case cellEmpty, cellInteger:
	}
	return styleNone
}

// hasSerial reports whether the 1900 date system of workbooks can express the time exactly.
func hasSerial(moment time.Time) bool {
	return !moment.Before(time.Date(1900, time.March, 1, 0, 0, 0, 0, time.UTC)) && moment.Year() <= 9999
}

// appendSerial appends a time as days since the end of 1899, to the second.
func appendSerial(dst []byte, moment time.Time) []byte {
	const (
		secondsPerDay = 24 * 60 * 60
		unixEpoch     = 25_569 // 1970-01-01
	)
	return strconv.AppendFloat(dst, unixEpoch+float64(moment.Unix())/secondsPerDay, 'f', 9, 64)
}

// filterRange is the range that the sheet's filter covers, "" for a sheet without a header.
func (s *sheet) filterRange(absolute bool) string {
	if !s.header {
		return ""
	}
	last := s.letters[len(s.letters)-1]
	if absolute {
		return "$A$1:$" + last + "$" + strconv.Itoa(s.rows)
	}
	return "A1:" + last + strconv.Itoa(s.rows)
}

// close ends the worksheet.
func (s *sheet) close() error {
	end := `</sheetData>`
	if filter := s.filterRange(false); filter != "" {
		end += `<autoFilter ref="` + filter + `"/>`
	}
	if _, err := s.out.WriteString(end + `</worksheet>`); err != nil {
		return err
	}
	return s.out.Flush()
}

// columnLetters are the names of the first count columns: A, B, … Z, AA, AB and so on.
func columnLetters(count int) []string {
	letters := make([]string, count)
	for n := range letters {
		letters[n] = columnLetter(n)
	}
	return letters
}

// columnLetter is the name of a column, counted from 0.
func columnLetter(n int) string {
	name := string(rune('A' + n%26))
	for n = n/26 - 1; n >= 0; n = n/26 - 1 {
		name = string(rune('A'+n%26)) + name
	}
	return name
}
