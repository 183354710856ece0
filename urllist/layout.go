package urllist

import (
	"fmt"
	"strings"
	"unicode"

	wsc "github.com/website-status-checker/wsc"
)

// The reasons for a URL column.
const (
	byOption  = "option"
	byHeader  = "header"
	byContent = "content"
	byOnly    = "only_column"
)

// maxNameBytes bounds the names of columns that a list is described with.
const maxNameBytes = 64 << 10

// layout is what was decided about the columns of a document.
type layout struct {
	// header holds the names of the columns, nil if there are none.
	header []string
	// headerRow is the number of the row with the names, 0 if there is none.
	headerRow int64
	width     int
	column    int
	chosenBy  string
}

// names returns a name for each column, its letter where it has none or where the names before it are longer than
// maxNameBytes: they are kept with the job and part of every answer about it.
func (l *layout) names() []string {
	if l.width == 0 {
		return nil
	}
	names := make([]string, l.width)
	length := 0
	for i := range names {
		if i < len(l.header) {
			names[i] = wsc.TrimURL(l.header[i])
		}
		if length += len(names[i]); names[i] == "" || length > maxNameBytes {
			names[i] = columnLetter(i)
		}
	}
	return names
}

// noColumn stands for the column of a list in which there is none with URLs.
const noColumn = -1

// decide finds header and URL column by what the first rows hold.
func (d *document) decide(s *sample, opts Options) (*layout, error) {
	l := &layout{width: max(len(s.first), len(s.columns))}
	asked := strings.TrimSpace(opts.URLColumn)
	switch {
	case d.named:
		l.header, l.width = s.names, len(s.names)
		if s.rows > 0 && !s.firstWhole {
			s.countFirst()
		}
	case s.rows == 0:
		l.width = 0
	case d.isHeader(s, asked):
		l.header, l.headerRow = s.first, s.firstNumber
	default:
		s.countFirst()
	}
	if s.whole == s.rows && d.named || s.rows == 0 {
		l.chosenBy = byOnly
		return l, nil
	}
	for len(s.columns) < l.width {
		s.columns = append(s.columns, columnStats{})
	}
	err := d.take(l, s, asked)
	if err == nil || !opts.preview {
		return l, err
	}
	if d.refusal == nil { // a sheet that is missing comes first
		d.refusal = err
	}
	if asked == "" || d.find(l, s) != nil {
		l.column, l.chosenBy = noColumn, ""
	}
	return l, nil
}

// take takes the column that was asked for, or finds one.
func (d *document) take(l *layout, s *sample, asked string) error {
	if asked != "" {
		return d.choose(l, asked)
	}
	return d.find(l, s)
}

// countFirst counts the first row, which is data, like the others.
func (s *sample) countFirst() {
	for i, cell := range s.first {
		s.count(i, []byte(cell))
	}
}

// isHeader reports whether the first row names the columns. It does when a cell of it is the name that was asked for or
// the name of a URL column; it does not when a cell holds a URL or a number.
func (d *document) isHeader(s *sample, asked string) bool {
	hasURL, hasNumber, part := false, false, false
	for _, cell := range s.first {
		if asked != "" && sameName(asked, cell) && likeness([]byte(cell)) != likeURL || nameRank(cell) == rankExact {
			return true
		}
		part = part || nameRank(cell) == rankPart
		hasURL = hasURL || likeness([]byte(cell)) == likeURL
		hasNumber = hasNumber || isNumber(cell)
	}
	if hasURL || hasNumber || d.textHeader {
		return false
	}
	if len(s.first) > 1 || part {
		return true
	}
	// A single cell is a name if it reads like one; anything else is a line that has to be accounted for.
	return strings.IndexFunc(s.first[0], func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsSpace(r) && !unicode.IsDigit(r) && r != '_' && r != '-'
	}) < 0
}

func isNumber(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && strings.Trim(text, "0123456789.,-+% ") == ""
}

// choose takes the column that was asked for, by name or else by letter.
func (d *document) choose(l *layout, asked string) error {
	l.chosenBy = byOption
	for i, name := range l.header {
		if sameName(asked, name) {
			l.column = i
			return nil
		}
	}
	if i := columnIndex(asked); !d.named && i >= 0 && i < l.width {
		l.column = i
		return nil
	}
	return wsc.Errorf(wsc.CodeMissingColumn, "There is no column %q. The columns are %s.", shorten(asked), l.listed()).
		At(wsc.Place{Sheet: d.list.Sheet, Line: l.headerRow, Column: shorten(asked)})
}

// find takes the column that is named like one for URLs, or else the one in which most cells are URLs.
func (d *document) find(l *layout, s *sample) error {
	if l.width == 1 && !d.named {
		l.chosenBy = byOnly
		if len(l.header) == 1 && nameRank(l.header[0]) != rankNone {
			l.chosenBy = byHeader
		}
		return nil
	}
	if i := byName(l.header, s); i >= 0 {
		l.column, l.chosenBy = i, byHeader
		return nil
	}
	if i := byCells(s.columns); i >= 0 {
		l.column, l.chosenBy = i, byContent
		return nil
	}
	if s.rows == 1 && l.headerRow > 0 {
		// Nothing but a header, so no column is better than another.
		l.chosenBy = byOnly
		return nil
	}
	return wsc.Errorf(wsc.CodeMissingColumn,
		"No column is named url, website, link or domain, and in none of them most cells are URLs. Name the column with url_column; the columns are %s.", l.listed()).
		At(wsc.Place{Sheet: d.list.Sheet, Line: l.headerRow})
}

// byName returns the best column by its name, -1 if there is none. Among several, those whose cells are URLs come first;
// a name that only has such a word in it, like "Domain rating", needs that support.
func byName(header []string, s *sample) int {
	best, bestScore := -1, 0
	for i, name := range header {
		rank := nameRank(name)
		supported := mostly(s.columns[i].url+s.columns[i].weak, s.columns[i].filled)
		score := 0
		switch {
		case rank == rankExact && supported:
			score = 300 - namePriority(name)
		case rank == rankExact:
			score = 200 - namePriority(name)
		case rank == rankPart && (supported || s.rows == 1):
			score = 100
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

// byCells returns the column with the most URLs among those in which most cells are URLs, -1 if there is none.
func byCells(columns []columnStats) int {
	for _, count := range []func(columnStats) int{
		func(c columnStats) int { return c.url },
		func(c columnStats) int { return c.url + c.weak },
	} {
		best, most := -1, 0
		for i, c := range columns {
			if n := count(c); mostly(n, c.filled) && n > most {
				best, most = i, n
			}
		}
		if best >= 0 {
			return best
		}
	}
	return -1
}

func mostly(part, whole int) bool { return part > 0 && part*2 >= whole }

// listed names the columns for a message.
func (l *layout) listed() string {
	const most = 20
	var quoted []string
	for i, name := range l.names() {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("and %d more", l.width-most))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", shorten(name)))
	}
	if len(quoted) == 0 {
		return "none"
	}
	return strings.Join(quoted, ", ")
}

// shorten cuts a text of the file for a message.
func shorten(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
