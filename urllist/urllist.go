// Package urllist reads lists of websites as people have them: CSV, TSV, plain text, XLSX workbooks, JSON and NDJSON.
//
// Reading streams: memory does not grow with the length of the list. Every line of the file is accounted for, as a
// URL, as an invalid line with the reason, or as a blank one; a broken line never costs the lines behind it.
package urllist

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// Options says how to read a list. The zero value finds everything out by itself.
type Options struct {
	// Filename is the original name; its extension and the content together tell the format.
	Filename string
	// URLColumn names the column with the URLs, ignoring case and white space, or is its letter (A, B, …). Empty finds it.
	URLColumn string
	// Sheet names the sheet of a workbook, ignoring case and white space. Empty takes the first one with URLs in it.
	Sheet string
	// Delimiter and Encoding are those of wsc.Options: how a CSV or text file is read. Empty finds them. For a workbook or JSON
	// they are wsc.CodeInvalidOptions.
	Delimiter, Encoding string
	// MaxURLs is the most non-blank lines accepted, 0 for no limit. One more is wsc.CodeTooManyURLs, and so is a list
	// with many more blank lines than that.
	MaxURLs int64
	// KeepCells fills Line.Cells.
	KeepCells bool
	// TempDir is the folder for what has to be unpacked; empty means os.TempDir.
	TempDir string
	// preview goes on without the sheet or the column that was asked for; see document.refusal.
	preview bool
}

// freeBlanks is how many blank lines even the shortest list may have.
const freeBlanks = 10_000

// LineKind says what a line of a list is.
type LineKind int

// The kinds of lines.
const (
	// LineURL holds a URL that can be checked.
	LineURL LineKind = iota
	// LineInvalid holds something else.
	LineInvalid
	// LineBlank holds nothing, or a comment in a text file.
	LineBlank
)

// Line is one line, row or element of a list.
type Line struct {
	// Number is the line or row in the file, from 1; in a JSON array the element.
	// A CSV row that spans several lines has the number of its first one.
	Number int64
	// Text is the trimmed text of the URL cell, always valid UTF-8. Of a row that can't be split it is the whole line.
	Text string
	Kind LineKind
	// URL is set for LineURL.
	URL wsc.NormalizedURL
	// Problem is set for LineInvalid; its kind is invalid_url or blocked_scheme.
	Problem *wsc.URLError
	// Cells are all cells of the row, valid UTF-8, if Options.KeepCells is set. The slice is valid until the next call.
	Cells []string
}

// Reader reads the lines of one list in their order. It is not safe for concurrent use.
type Reader struct {
	source    source
	list      wsc.List
	header    []string
	headerRow int64
	// column is noColumn in a preview if there is no column with URLs.
	column   int
	options  Options
	nonBlank int64
	blank    int64
	cells    []string
	// sheets and refusal are the document's.
	sheets  []string
	refusal error
}

// Open detects the format of a list and prepares reading it from its first line. src must stay valid until Close.
//
// Errors about the file are *wsc.Error, with one of CodeEmptyUpload, CodeUnsupportedType, CodeUnsupportedEncoding,
// CodeInvalidXLSX, CodeInvalidJSON, CodeDecompressedTooLarge, CodeLineTooLong, CodeMissingColumn, CodeMissingSheet or CodeInvalidOptions.
// Any other error is a failure of src or of the disk.
func Open(src io.ReaderAt, size int64, opts Options) (*Reader, error) {
	document, err := detect(src, size, opts)
	if err != nil {
		return nil, err
	}
	source, layout, err := document.arrange(opts)
	if err != nil {
		return nil, alsoClose(err, document.close)
	}
	list := document.list
	list.HasHeader = layout.headerRow > 0
	list.Columns = layout.names()
	if layout.column >= 0 && layout.column < len(list.Columns) {
		list.URLColumn = list.Columns[layout.column]
	}
	list.ChosenBy = layout.chosenBy
	return &Reader{
		source: &closingSource{source, document.close}, list: list, options: opts,
		header: layout.header, headerRow: layout.headerRow, column: layout.column,
		sheets: document.sheets, refusal: document.refusal,
	}, nil
}

// List describes how the file is read.
func (r *Reader) List() wsc.List { return r.list }

// Header returns the names of the columns in their order, or nil if the file has none.
func (r *Reader) Header() []string { return slices.Clone(r.header) }

// Close releases what the reader holds, temporary files included. It does not close src.
func (r *Reader) Close() error { return r.source.close() }

// Next returns the next line, the header left out, and io.EOF behind the last one.
// Errors about the file are *wsc.Error with the place; after an error there are no more lines.
func (r *Reader) Next() (Line, error) {
	for {
		row, err := r.source.next()
		if err != nil {
			return Line{}, err
		}
		if row.number == r.headerRow {
			continue
		}
		line := r.line(row)
		if line.Kind == LineBlank {
			if r.blank++; r.options.MaxURLs > 0 && r.blank > 2*r.options.MaxURLs+freeBlanks {
				return Line{}, wsc.Errorf(wsc.CodeTooManyURLs,
					"The list has more than %d blank lines; take them out.", r.blank-1).At(wsc.Place{Sheet: r.list.Sheet, Line: row.number})
			}
		} else {
			r.nonBlank++
			if r.options.MaxURLs > 0 && r.nonBlank > r.options.MaxURLs {
				return Line{}, wsc.Errorf(wsc.CodeTooManyURLs,
					"The list has more than %d lines, which is the most that is accepted; split it.", r.options.MaxURLs).
					At(wsc.Place{Sheet: r.list.Sheet, Line: row.number})
			}
		}
		return line, nil
	}
}

// line classifies a row.
func (r *Reader) line(row row) Line {
	line := Line{Number: row.number, Kind: LineInvalid}
	if r.options.KeepCells {
		r.cells = r.cells[:0]
		for _, cell := range row.cells {
			r.cells = append(r.cells, validText(cell))
		}
		line.Cells = r.cells
	}
	if row.problem != "" {
		line.Text = wsc.TrimURL(validText(firstCell(row)))
		line.Problem = invalid(row.problem)
		return line
	}
	if row.comment {
		line.Kind = LineBlank
		return line
	}
	cell := []byte(nil)
	switch {
	case row.whole:
		cell = firstCell(row)
	case r.column >= 0 && r.column < len(row.cells):
		cell = row.cells[r.column]
	}
	raw := wsc.TrimURL(string(cell))
	if raw == "" {
		if allBlank(row.cells) {
			line.Kind = LineBlank
			return line
		}
		line.Problem = invalid("The row has no URL in its URL column.")
		return line
	}
	url, err := wsc.ReadURL(raw)
	line.Text = strings.ToValidUTF8(raw, "\ufffd")
	if err == nil {
		line.Kind, line.URL = LineURL, url
		return line
	}
	if !errors.As(err, &line.Problem) {
		line.Problem = invalid(err.Error())
	}
	return line
}

func invalid(reason string) *wsc.URLError {
	return &wsc.URLError{Kind: wsc.KindInvalidURL, Reason: reason}
}

func validText(cell []byte) string { return strings.ToValidUTF8(string(cell), "\ufffd") }

func firstCell(row row) []byte {
	if len(row.cells) == 0 {
		return nil
	}
	return row.cells[0]
}

func allBlank(cells [][]byte) bool {
	for _, cell := range cells {
		if len(cell) > 0 && wsc.TrimURL(string(cell)) != "" {
			return false
		}
	}
	return true
}

// row is one row of a list before its meaning is known.
type row struct {
	number int64
	// cells are valid until the next row is read.
	cells [][]byte
	// whole says that the first cell is the URL, whatever the URL column is: an element of a JSON array of strings.
	whole bool
	// comment says that the row holds nothing for us although it has text.
	comment bool
	// problem says why the row could not be split into cells; the first cell then holds its text.
	problem string
}

// source yields the rows of a list in their order, and io.EOF behind the last one.
type source interface {
	next() (row, error)
	close() error
}

// closingSource is a source that closes its document too.
type closingSource struct {
	source
	closeDocument func() error
}

func (c *closingSource) close() error {
	return alsoClose(c.source.close(), c.closeDocument)
}

// alsoClose closes something and returns err, joined with the error of closing if there is one.
func alsoClose(err error, closer func() error) error {
	if closeErr := closer(); closeErr != nil {
		return errors.Join(err, closeErr)
	}
	return err
}

// document is a file whose format is known.
type document struct {
	list wsc.List
	// open starts reading at the first row. columns are the names that an earlier pass over the same document found,
	// for formats whose columns have no order of their own.
	open func(columns []string) (source, error)
	// named says that columns are found by name only, as in JSON objects, and that no row is a header.
	named bool
	// textHeader says that only a row with the name of a URL column is a header, as in a text file.
	textHeader bool
	close      func() error
	// sheets names all sheets of a workbook.
	sheets []string
	// refusal is why a preview reads another sheet or another column than the one that was asked for, nil if it does not.
	refusal error
}

// arrange reads the beginning of the document, decides on header and URL column, and starts again at the first row.
func (d *document) arrange(opts Options) (source, *layout, error) {
	first, err := d.open(nil)
	if err != nil {
		return nil, nil, err
	}
	sample, err := takeSample(first, sampleRows)
	if err != nil {
		return nil, nil, alsoClose(err, first.close)
	}
	if named, ok := first.(interface{ columns() []string }); ok {
		sample.names = named.columns()
	}
	if err := first.close(); err != nil {
		return nil, nil, fmt.Errorf("reading the list: %w", err)
	}
	layout, err := d.decide(sample, opts)
	if err != nil {
		return nil, nil, err
	}
	src, err := d.open(sample.names)
	if err != nil {
		return nil, nil, err
	}
	if records, ok := src.(*recordReader); ok {
		records.urlColumn = layout.column
	}
	return src, layout, nil
}
