package urllist

import (
	"context"
	"errors"
	"io"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// The bounds of a preview, so that one of any list is a short text.
const (
	previewRows     = 20
	previewColumns  = 50
	previewText     = 200
	previewProblems = 20
	previewSheets   = 500
	// previewSheetName is the longest name of a sheet that is told, in characters. Spreadsheet programs allow 31.
	previewSheetName = 255
)

// Preview reads a whole list like Scan, in one pass, and describes it for a person who decides how to read it: the first
// 20 lines that are not blank with their cells, each at most 200 characters of at most 50 columns; counts; the first 20
// problems; and what is odd, in sentences. Up to Options.MaxURLs lines it also counts duplicates, with a Deduper.
//
// Where Scan would refuse the list because of the sheet or the column, or because it has no URLs or too many, Preview
// succeeds and says so in Refusal. It then shows the sheet and the column that are found without asking; if no column has
// URLs, URLColumn is empty and no line counts as one with a URL. After too many lines the rest is not read.
// The same goes for a delimiter or an encoding in which the file can't be read. Options.KeepCells has no meaning.
//
// Errors are those of Scan about the file itself.
func Preview(ctx context.Context, src io.ReaderAt, size int64, opts Options) (wsc.Preview, error) {
	opts.preview = true
	preview, err := readPreview(ctx, src, size, opts)
	var refusal *wsc.PreviewRefusal
	for opts.Delimiter+opts.Encoding != "" {
		known, ok := errors.AsType[*wsc.Error](err)
		if !ok {
			break
		}
		if refusal == nil {
			refusal = refusalOf(known)
		}
		opts = opts.withoutRefused(known)
		preview, err = readPreview(ctx, src, size, opts)
	}
	if err == nil && refusal != nil {
		preview.Refusal = refusal
	}
	return preview, err
}

// readPreview reads a list as the options say.
func readPreview(ctx context.Context, src io.ReaderAt, size int64, opts Options) (wsc.Preview, error) {
	reader, err := Open(src, size, opts)
	if err != nil {
		return wsc.Preview{}, err
	}
	p := newPreviewer(reader)
	err = p.read(ctx)
	if closeErr := reader.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return wsc.Preview{}, err
	}
	return p.result(), nil
}

// previewer collects what a preview shows while a list is read.
type previewer struct {
	reader  *Reader
	preview wsc.Preview
	seen    *Deduper
	causes  causes
	// widest is the most cells of a row that is shown.
	widest int
	// problems are those of the first lines, for the verdict.
	problems []Problem
}

func newPreviewer(reader *Reader) *previewer {
	p := &previewer{reader: reader, seen: NewDeduper()}
	p.preview.List = reader.List()
	p.preview.Rows, p.preview.Problems, p.preview.Warnings = []wsc.PreviewRow{}, []wsc.PreviewRow{}, []string{}
	for _, name := range reader.sheets[:min(len(reader.sheets), previewSheets)] {
		if clipTo(name, previewSheetName) == name { // a longer one is not what a person would choose
			p.preview.Sheets = append(p.preview.Sheets, name)
		}
	}
	return p
}

// read reads the list to its end, or to where there are too many lines.
func (p *previewer) read(ctx context.Context) error {
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		p.reader.options.KeepCells = len(p.preview.Rows) < previewRows
		line, err := p.reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if wsc.CodeOf(err) == wsc.CodeTooManyURLs {
			p.refuse(err)
			return nil
		}
		if err != nil {
			return err
		}
		p.add(&line)
	}
}

// add counts a line and shows it if it is one of the first.
func (p *previewer) add(line *Line) {
	switch line.Kind {
	case LineBlank:
		p.preview.Blank++
		return
	case LineURL:
		if _, duplicate := p.seen.Add(line.URL.URL, p.preview.URLs); duplicate {
			p.preview.Duplicates++
		}
		p.preview.URLs++
	case LineInvalid:
		p.preview.Invalid++
		p.addProblem(line)
	}
	if len(p.preview.Rows) == previewRows {
		return
	}
	shown := p.row(line)
	p.widest = max(p.widest, len(line.Cells))
	for _, cell := range line.Cells[:min(len(line.Cells), previewColumns)] {
		shown.Cells = append(shown.Cells, clipTo(cell, previewText))
	}
	p.preview.Rows = append(p.preview.Rows, shown)
}

func (p *previewer) addProblem(line *Line) {
	p.causes.add(line)
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, Problem{line.Number, clip(line.Text), line.Problem.Kind, line.Problem.Reason})
	}
	if len(p.preview.Problems) < previewProblems && p.reader.column != noColumn {
		p.preview.Problems = append(p.preview.Problems, p.row(line))
	}
}

// row is a line without its cells. As long as there is no column to take URLs from, no line is to blame.
func (p *previewer) row(line *Line) wsc.PreviewRow {
	row := wsc.PreviewRow{Line: line.Number, URL: clipTo(line.Text, previewText)}
	if line.Kind == LineInvalid && p.reader.column != noColumn {
		row.Problem = line.Problem.Reason
	}
	return row
}

// result is the preview of a list that was read.
func (p *previewer) result() wsc.Preview {
	if p.reader.refusal != nil {
		p.refuse(p.reader.refusal)
	}
	if p.preview.Refusal == nil {
		summary := Summary{List: p.preview.List, URLs: p.preview.URLs, Invalid: p.preview.Invalid, Blank: p.preview.Blank, Problems: p.problems}
		p.refuse(summary.verdict())
	}
	p.warn()
	return p.preview
}

// refuse says why the list can't be submitted as it is read; nil changes nothing.
func (p *previewer) refuse(err error) {
	if known, ok := errors.AsType[*wsc.Error](err); ok {
		p.preview.Refusal = refusalOf(known)
	}
}

func refusalOf(err *wsc.Error) *wsc.PreviewRefusal {
	return &wsc.PreviewRefusal{Code: err.Code, Detail: err.Message, Place: err.Place}
}

// clipTo shortens a text to so many characters and a mark. What it returns shares no memory with the text.
func clipTo(text string, most int) string {
	runes := 0
	for i := range text {
		if runes == most {
			return strings.Clone(text[:i]) + "…"
		}
		runes++
	}
	return strings.Clone(text)
}
