package export

import (
	"archive/zip"
	"compress/flate"
	"io"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// sheetRows is the most rows that a sheet has, its header included.
	sheetRows = 1_048_576
	// sheetColumns is the most columns that a sheet has.
	sheetColumns = 16_384
	// resultsSheet names the sheet with the rows; when it is full they go on in "Results 2" and so on.
	resultsSheet = "Results"
	// summarySheet names the last sheet.
	summarySheet = "Summary"
)

// workbook writes a table as an Office Open XML workbook (ECMA-376). The parts of the ZIP file are written one after
// the other; those that list the others come last, so nothing has to be known beforehand or changed afterwards.
type workbook struct {
	zip      *zip.Writer
	job      *wsc.Job
	headings []cell
	widths   []float64
	// rowsPerSheet is sheetRows but in tests.
	rowsPerSheet int
	// sheets are those begun so far; the last one is open.
	sheets []*sheet
}

func newWorkbook(w io.Writer, headings []heading, opts Options, rowsPerSheet int) (*workbook, error) {
	if len(headings) > sheetColumns {
		return nil, wsc.Errorf(wsc.CodeInvalidRequest, "A workbook has at most %d columns, and this export has %d; choose csv instead.",
			sheetColumns, len(headings)).At(wsc.Place{Field: "format"})
	}
	b := &workbook{zip: zip.NewWriter(w), job: opts.Job, rowsPerSheet: rowsPerSheet}
	b.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestSpeed)
	})
	for _, h := range headings {
		b.headings = append(b.headings, textCell(h.name))
		b.widths = append(b.widths, h.width)
	}
	if err := b.part("docProps/core.xml", coreProperties(b.job)); err != nil {
		return nil, err
	}
	if err := b.part("xl/styles.xml", styles()); err != nil {
		return nil, err
	}
	return b, b.beginResults()
}

// part writes a whole part.
func (b *workbook) part(name, content string) error {
	w, err := b.zip.Create(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, content)
	return err
}

// begin opens the next sheet.
func (b *workbook) begin(name string, widths []float64, header bool) error {
	w, err := b.zip.Create(sheetPath(len(b.sheets)))
	if err != nil {
		return err
	}
	s, err := newSheet(name, w, widths, header)
	if err != nil {
		return err
	}
	b.sheets = append(b.sheets, s)
	return nil
}

// beginResults opens the next sheet for rows and writes its header.
func (b *workbook) beginResults() error {
	name := resultsSheet
	if n := len(b.sheets); n > 0 {
		name += " " + strconv.Itoa(n+1)
	}
	if err := b.begin(name, b.widths, true); err != nil {
		return err
	}
	return b.current().row(b.headings, styleHeader)
}

func (b *workbook) current() *sheet { return b.sheets[len(b.sheets)-1] }

func (b *workbook) row(cells []cell) error {
	if b.current().rows >= b.rowsPerSheet {
		if err := b.current().close(); err != nil {
			return err
		}
		if err := b.beginResults(); err != nil {
			return err
		}
	}
	return b.current().row(cells, styleNone)
}

func (b *workbook) close(counts *tally) error {
	if err := b.current().close(); err != nil {
		return err
	}
	if err := b.writeSummary(counts); err != nil {
		return err
	}
	parts := []struct{ name, content string }{
		{"xl/workbook.xml", workbookPart(b.sheets)},
		{"xl/_rels/workbook.xml.rels", workbookRelations(len(b.sheets))},
		{"_rels/.rels", packageRelations()},
		{"[Content_Types].xml", contentTypes(len(b.sheets))},
	}
	for _, p := range parts {
		if err := b.part(p.name, p.content); err != nil {
			return err
		}
	}
	return b.zip.Close()
}

// sheetPath is the part of a sheet, counted from 0.
func sheetPath(n int) string { return "xl/worksheets/sheet" + strconv.Itoa(n+1) + ".xml" }
