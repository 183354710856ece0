// Package export writes results as CSV, JSON, NDJSON and XLSX, row by row and in constant memory.
//
// There are two layouts. The results layout (NewWriter) has one row or object per result. The original layout
// (NewOriginalWriter) has the rows and columns of the upload in their order, with the columns of the results behind
// them. CSV and XLSX show both as tables; JSON and NDJSON show results as the HTTP API does, and the original layout
// as flat objects with the table's column names.
//
// Workbooks are written by this package itself, straight into the ZIP stream: without temporary files, with a second
// sheet where the first is full. BenchmarkResults compares that with excelize, which reads them back in the tests.
//
// A writer is used by one goroutine. It holds no files and no goroutines, so one that is given up half-way needs no
// Close; what it wrote until then is no complete document.
package export

import (
	"fmt"
	"io"

	wsc "github.com/website-status-checker/wsc"
)

// Writer receives results in the order in which they are exported.
type Writer interface {
	// Write adds a result, which it does not keep. An error of the underlying writer is returned as soon as it is
	// known, wrapped, and by every later call.
	Write(result *wsc.Result) error
	// Close finishes the document, so that it is complete and valid, also with no results in it.
	// It does not close the underlying writer. The Writer can't be used after it.
	Close() error
}

// OriginalWriter receives the rows of an upload in their order.
type OriginalWriter interface {
	// WriteRow adds a row with its cells as they were uploaded. Outcome is "duplicate" or "blank" for such rows and
	// "" for others. Result is the result of the row's URL: for a duplicate that of the first row with the same URL;
	// nil for a blank row and for one that has no result (yet). Nothing is kept. Errors are as those of Writer.Write.
	WriteRow(cells []string, outcome string, result *wsc.Result) error
	// Close finishes the document as Writer.Close does.
	Close() error
}

// Options are what a document may say beside its rows.
type Options struct {
	// Job is the job that the results belong to, for the title and the summary of workbooks. It may be nil.
	Job *wsc.Job
}

// NewWriter starts a document in the results layout. The error is that of ParseFormat for an unknown format, else
// one of w.
func NewWriter(format Format, w io.Writer, opts Options) (Writer, error) {
	if format == FormatJSON || format == FormatNDJSON {
		return newJSONWriter(format, w), nil
	}
	columns := resultColumns()
	t, err := newTable(format, w, headingsOf(columns), opts)
	if err != nil {
		return nil, err
	}
	return &resultWriter{table: t, columns: columns}, nil
}

// heading is the top of a column.
type heading struct {
	name  string
	width float64
}

func headingsOf(columns []column) []heading {
	headings := make([]heading, 0, len(columns))
	for _, c := range columns {
		headings = append(headings, heading{c.name, c.width})
	}
	return headings
}

// table is a document of rows under a fixed header.
type table interface {
	// row adds a row with one cell per heading.
	row(cells []cell) error
	// close finishes the document; the tally is what its rows were.
	close(counts *tally) error
}

// newTable starts a table and writes its header.
func newTable(format Format, w io.Writer, headings []heading, opts Options) (table, error) {
	switch format {
	case FormatCSV:
		return newCSVTable(w, headings)
	case FormatJSON, FormatNDJSON:
		return newJSONTable(format, w, headings)
	case FormatXLSX:
		return newWorkbook(w, headings, opts, sheetRows)
	}
	_, err := ParseFormat(string(format))
	return nil, err
}

// resultWriter is a Writer over a table.
type resultWriter struct {
	table   table
	columns []column
	cells   []cell
	counts  tally
}

// Write implements Writer.
func (w *resultWriter) Write(result *wsc.Result) error {
	w.counts.add("", result)
	w.cells = appendCells(w.cells[:0], w.columns, result)
	return writing(w.table.row(w.cells))
}

// Close implements Writer.
func (w *resultWriter) Close() error { return writing(w.table.close(&w.counts)) }

func appendCells(cells []cell, columns []column, result *wsc.Result) []cell {
	for n := range columns {
		cells = append(cells, columns[n].value(result))
	}
	return cells
}

// writing says what was being done when an error of the underlying writer came up.
func writing(err error) error {
	if err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}
