package web

import (
	"crypto/rand"
	"net/http"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// shownColumns is how many columns the table of a preview has at most, as the API sends no more cells.
const shownColumns = 50

// uploadView is what the page of an upload shows.
type uploadView struct {
	Upload *wsc.Upload
	*wsc.Preview
	Columns []readingChoice
	// Heads are the columns of the table, and Lines its rows.
	Heads    []headCell
	Lines    []lineView
	Form     optionsForm
	CanWrite bool
	// Asked is how the list was asked to be read.
	Asked client.Reading
	// TypesDelimiter is true for a person who is about to type a separator.
	TypesDelimiter bool
	// Problem is what was wrong with the start, if it belongs to no field.
	Problem *wsc.Problem
}

// headCell is the head of a column of the table.
type headCell struct {
	Label string
	URL   bool
}

// lineView is a row of the table.
type lineView struct {
	Line    int64
	Cells   []dataCell
	Problem string
}

type dataCell struct {
	Text string
	URL  bool
}

func (s *Site) newUploadView(r *http.Request, upload *wsc.Upload, asked client.Reading) *uploadView {
	v := &uploadView{
		Upload: upload, Preview: upload.Preview, Asked: asked, CanWrite: page{Key: keyOf(r)}.CanWrite(),
		Form: newOptionsForm(s.defaults, rand.Text()),
	}
	v.choices()
	v.table()
	return v
}

// choices lists the columns. One whose name does not tell it from the others is asked for by its letter.
func (v *uploadView) choices() {
	names := v.Preview.Columns
	seen := map[string]int{}
	for _, name := range names {
		seen[plainName(name)]++
	}
	chosen := false
	for i, name := range names {
		choice := readingChoice{Value: name, Label: name}
		if seen[plainName(name)] > 1 || len(name) > 255 {
			choice.Value, choice.Label = columnLetter(i), shortened(name, 80)+" ("+columnLetter(i)+")"
		}
		choice.Selected = !chosen && v.Asked.URLColumn != "" && choice.Value == v.Asked.URLColumn && name == v.URLColumn
		chosen = chosen || choice.Selected
		v.Columns = append(v.Columns, choice)
	}
	for i, name := range names {
		if !chosen && v.URLColumn != "" && name == v.URLColumn {
			v.Columns[i].Selected, chosen = true, true
		}
	}
}

func plainName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// columnLetter is the name that spreadsheets give a column: A, B, … Z, AA.
func columnLetter(index int) string {
	letters := ""
	for index++; index > 0; index = (index - 1) / 26 {
		letters = string(rune('A'+(index-1)%26)) + letters
	}
	return letters
}

// table arranges the first rows. The column with the URLs is always there, also behind the last one shown.
func (v *uploadView) table() {
	width := min(len(v.Preview.Columns), shownColumns)
	for _, row := range v.Preview.Rows {
		width = max(width, len(row.Cells))
	}
	marked := -1
	for i, choice := range v.Columns {
		if choice.Selected {
			marked = i
		}
	}
	if len(v.Columns) == 0 && width == 1 {
		marked = 0
	}
	for i := range width {
		head := headCell{Label: columnLetter(i), URL: i == marked}
		if i < len(v.Preview.Columns) && v.HasHeader || i < len(v.Preview.Columns) && len(v.Preview.Columns) > 1 {
			head.Label = v.Preview.Columns[i]
		}
		v.Heads = append(v.Heads, head)
	}
	apart := marked >= width
	if apart {
		v.Heads = append(v.Heads, headCell{Label: v.Columns[marked].Label, URL: true})
	}
	for _, row := range v.Preview.Rows {
		line := lineView{Line: row.Line, Problem: row.Problem}
		for i := range width {
			cell := dataCell{URL: i == marked}
			if i < len(row.Cells) {
				cell.Text = row.Cells[i]
			}
			line.Cells = append(line.Cells, cell)
		}
		if apart {
			line.Cells = append(line.Cells, dataCell{Text: row.URL, URL: true})
		}
		v.Lines = append(v.Lines, line)
	}
}

// Unique is how many URLs are checked.
func (v *uploadView) Unique() int64 { return v.URLs - v.Duplicates }

// Results is how many results the job will have: lines without a URL have one too.
func (v *uploadView) Results() int64 { return v.Unique() + v.Invalid }

// Tabular reports whether there is more than one column.
func (v *uploadView) Tabular() bool { return len(v.Columns) > 1 }

// SheetRefusal, ColumnRefusal, DelimiterRefusal, EncodingRefusal and OtherRefusal are why the list can't be started as it is read, each for its place on the
// page; "" if that is not the reason.
func (v *uploadView) SheetRefusal() string { return v.refusal(wsc.CodeMissingSheet) }

// ColumnRefusal is described at SheetRefusal.
func (v *uploadView) ColumnRefusal() string {
	if v.ChosenBy == "option" && v.Tabular() {
		if reason := v.refusal(wsc.CodeNoValidURLs); reason != "" {
			return reason
		}
	}
	return v.refusal(wsc.CodeMissingColumn)
}

// OtherRefusal is described at SheetRefusal.
func (v *uploadView) OtherRefusal() string {
	if v.Refusal == nil || v.SheetRefusal()+v.ColumnRefusal()+v.DelimiterRefusal()+v.EncodingRefusal() != "" {
		return ""
	}
	return v.Refusal.Detail
}

func (v *uploadView) refusal(code wsc.Code) string {
	if v.Refusal == nil || v.Refusal.Code != code {
		return ""
	}
	return v.Refusal.Detail
}

// FormatWords says what kind of file it is.
func (v *uploadView) FormatWords() string {
	switch v.Format {
	case "csv":
		return "CSV table"
	case "tsv":
		return "Table with tabs"
	case "txt":
		return "Text, one URL per line"
	case "xlsx":
		return "Excel workbook"
	case "json":
		return "JSON"
	case "ndjson":
		return "JSON, one value per line"
	default:
		return v.Format
	}
}

// EncodingWords names the encoding as people write it; "" for a workbook, whose encoding is no matter of choice or doubt.
func (v *uploadView) EncodingWords() string {
	if v.Format == "xlsx" {
		return ""
	}
	return encodingName(v.Encoding)
}

// DelimiterWords names what stands between the cells of a line.
func (v *uploadView) DelimiterWords() string {
	switch v.Delimiter {
	case ",":
		return "comma"
	case ";":
		return "semicolon"
	case "\t":
		return "tab"
	case "|":
		return "vertical bar"
	case " ":
		return "space"
	default:
		return v.Delimiter
	}
}

// ChosenWords says why the column was taken, unless a warning says it.
func (v *uploadView) ChosenWords() string {
	switch v.ChosenBy {
	case "option":
		return "You chose it."
	case "header":
		return "Found by its name."
	default:
		return ""
	}
}
