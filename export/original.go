package export

import (
	"io"
	"strconv"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

const (
	outcomeColumn = "outcome"
	extraColumn   = "extra_cells"
	// extraSeparator stands between the cells that a row has beyond the header.
	extraSeparator = " | "
)

// NewOriginalWriter starts a document in the original layout: the columns of the upload, then those of the results
// (outcome and the rest, see the documentation of exports), then extra_cells for what a row holds beyond the header.
// Header is the header row of the upload; nil means that it has none, and the columns are named by letters, as many
// as the job's List has, or else as the first row has. Column names are made unique, so the names of result columns
// that the upload has too begin with "wsc_". The errors are those of NewWriter, and wsc.CodeInvalidRequest for more
// columns than a workbook can have.
func NewOriginalWriter(format Format, w io.Writer, header []string, opts Options) (OriginalWriter, error) {
	if _, err := ParseFormat(string(format)); err != nil {
		return nil, err
	}
	o := &originalWriter{format: format, out: w, opts: opts, columns: appendedColumns()}
	if header == nil && opts.Job != nil && opts.Job.List != nil {
		header = columnLetters(len(opts.Job.List.Columns))
	}
	if len(header) == 0 {
		return o, nil // begun by the first row
	}
	return o, o.begin(header)
}

// appendedColumns are the result columns of the original layout: all but the URL, which the upload has.
func appendedColumns() []column {
	var columns []column
	for _, c := range resultColumns() {
		if c.name != "url" {
			columns = append(columns, c)
		}
	}
	return columns
}

// originalWriter is an OriginalWriter over a table.
type originalWriter struct {
	format  Format
	out     io.Writer
	opts    Options
	columns []column
	// width is the number of columns of the upload, 0 until the table is begun.
	width  int
	table  table
	cells  []cell
	counts tally
}

// begin writes the header.
func (o *originalWriter) begin(header []string) error {
	o.width = len(header)
	headings := make([]heading, 0, o.width+len(o.columns)+2)
	for n, name := range header {
		if name = strings.TrimSpace(name); name == "" {
			name = columnLetter(n)
		}
		headings = append(headings, heading{name, middleWidth})
	}
	headings = append(headings, heading{outcomeColumn, narrowWidth})
	headings = append(headings, headingsOf(o.columns)...)
	headings = append(headings, heading{extraColumn, middleWidth})
	makeUnique(headings, o.width)
	t, err := newTable(o.format, o.out, headings, o.opts)
	if err != nil {
		return err
	}
	o.table = t
	return nil
}

// makeUnique renames columns so that all names differ, ignoring case. The names of the upload, which come first, stay
// where they can.
func makeUnique(headings []heading, uploaded int) {
	// uses counts how often a name was asked for, so that a header of many equal names takes no quadratic time.
	uses := make(map[string]int, len(headings))
	for n := range headings {
		name := headings[n].name
		if n >= uploaded && uses[strings.ToLower(name)] > 0 {
			name = "wsc_" + name
		}
		unique := name
		for uses[strings.ToLower(unique)] > 0 {
			uses[strings.ToLower(name)]++
			unique = name + "_" + strconv.Itoa(uses[strings.ToLower(name)])
		}
		uses[strings.ToLower(unique)]++
		headings[n].name = unique
	}
}

// WriteRow implements OriginalWriter.
func (o *originalWriter) WriteRow(cells []string, outcome string, result *wsc.Result) error {
	if o.table == nil {
		if err := o.begin(columnLetters(max(1, len(cells)))); err != nil {
			return writing(err)
		}
	}
	o.counts.add(outcome, result)
	row := o.cells[:0]
	for n := range o.width {
		if n < len(cells) {
			row = append(row, cell{kind: cellUploaded, text: cells[n]})
		} else {
			row = append(row, cell{})
		}
	}
	row = append(row, textCell(outcomeOf(outcome, result)))
	if result != nil {
		row = appendCells(row, o.columns, result)
	} else {
		row = append(row, make([]cell, len(o.columns))...)
	}
	row = append(row, extraCell(cells, o.width))
	o.cells = row
	return writing(o.table.row(o.cells))
}

// extraCell holds the cells beyond the header, so that nothing of a row that is too long gets lost.
func extraCell(cells []string, width int) cell {
	if len(cells) <= width {
		return cell{}
	}
	extra := cells[width:]
	for len(extra) > 0 && extra[len(extra)-1] == "" {
		extra = extra[:len(extra)-1]
	}
	return textCell(strings.Join(extra, extraSeparator))
}

// Close implements OriginalWriter.
func (o *originalWriter) Close() error {
	if o.table == nil {
		if err := o.begin(columnLetters(1)); err != nil {
			return writing(err)
		}
	}
	return writing(o.table.close(&o.counts))
}
