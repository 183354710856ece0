package urllist

import (
	"fmt"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// cause is why a line that is not blank likely holds no URL, as people make lists.
type cause int

// The causes, in the order of preference among equally frequent ones.
const (
	// causeOther is what has no cause of its own.
	causeOther cause = iota
	causeNoCell
	causeMail
	causeScheme
	causeWords
	causeCount
)

// causes counts the invalid lines of a list by their cause.
type causes [causeCount]int64

func (c *causes) add(line *Line) { c[causeOf(line)]++ }

func causeOf(line *Line) cause {
	switch {
	case line.Problem.Kind == wsc.KindBlockedScheme:
		return causeScheme
	case line.Text == "":
		return causeNoCell
	case strings.Contains(line.Text, "@") && !strings.ContainsAny(line.Text, "/ "):
		return causeMail
	case !strings.ContainsAny(line.Text, "./:\""):
		return causeWords
	}
	return causeOther
}

// likely returns the cause of most of the lines; causeOther if no single one is that of more than half of them.
func (c *causes) likely() cause {
	total := int64(0)
	for _, n := range c {
		total += n
	}
	for i, n := range c {
		if n*2 > total {
			return cause(i)
		}
	}
	return causeOther
}

// sentence ends a sentence about the lines without a URL.
func (c cause) sentence() string {
	switch c {
	case causeNoCell:
		return ": in most of them the URL column is empty."
	case causeMail:
		return ": most of them hold e-mail addresses."
	case causeScheme:
		return ": most of them have another scheme than http and https."
	case causeWords:
		return ": most of them hold words instead of addresses."
	case causeOther, causeCount:
	}
	return "."
}

// warn says what is odd about the list.
func (p *previewer) warn() {
	p.warnOfReading()
	p.warnOfColumns()
	p.warnOfLines()
}

func (p *previewer) warningf(format string, args ...any) {
	p.preview.Warnings = append(p.preview.Warnings, fmt.Sprintf(format, args...))
}

// warnOfReading tells what was assumed about the file.
func (p *previewer) warnOfReading() {
	switch {
	case strings.TrimSpace(p.reader.options.Encoding) != "": // nothing was assumed
	case p.preview.Encoding == encodingWindows1252:
		p.warningf("The file is not UTF-8 and was taken to be Windows-1252. If letters with accents look wrong, choose another encoding or save it as UTF-8.")
	case isUTF16(p.preview.Encoding):
		p.warningf("The file is not UTF-8; by its first bytes it was taken to be %s.", strings.ToUpper(p.preview.Encoding))
	}
	if p.reader.options.Delimiter != "" && p.widest == 1 {
		p.warningf("No line that is shown has the delimiter %q, so that each is a single cell.", p.preview.Delimiter)
	}
	if strings.TrimSpace(p.reader.options.Sheet) != "" && p.reader.refusal == nil || len(p.preview.Sheets) < 2 {
		return
	}
	var others []string
	for _, name := range p.preview.Sheets {
		if name != p.preview.Sheet {
			others = append(others, fmt.Sprintf("%q", shorten(name)))
		}
	}
	const shown = 5
	if more := len(others) - shown; more > 0 {
		others = append(others[:shown], fmt.Sprintf("%d more", more))
	}
	p.warningf("Only the sheet %q is read; the workbook also has %s.", shorten(p.preview.Sheet), strings.Join(others, ", "))
}

// warnOfColumns tells what was assumed about header and columns.
func (p *previewer) warnOfColumns() {
	if p.preview.ChosenBy == byContent {
		p.warningf("No column has a name like “url”; the column %q was taken, since most of its cells look like URLs.", shorten(p.preview.URLColumn))
	}
	// The name of a URL column makes a row a header for sure.
	if p.reader.headerRow > 0 && p.preview.ChosenBy != byHeader {
		p.warningf("Line %d was taken for the names of the columns, so that it is not checked.", p.reader.headerRow)
	}
	if width := max(len(p.preview.Columns), p.widest); width > previewColumns {
		p.warningf("The list has %d columns; only the first %d are shown here.", width, previewColumns)
	}
}

// warnOfLines tells of lines that are not checked.
func (p *previewer) warnOfLines() {
	if p.reader.column == noColumn {
		return
	}
	if n := p.preview.Invalid; n > 0 {
		p.warningf("%d of %d lines %s no URL that can be checked%s", n, n+p.preview.URLs, verb(n, "holds", "hold"), p.causes.likely().sentence())
	}
	if n := p.preview.Duplicates; n > 0 {
		p.warningf("%d %s a URL that an earlier line already has; every URL is checked once.", n, verb(n, "line repeats", "lines repeat"))
	}
}

func verb(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
