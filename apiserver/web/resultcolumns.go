package web

import (
	"slices"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// resultColumn is a column of the results table. The URL and the outcome are always there.
type resultColumn struct {
	// Name is that of the cols parameter, Title what people read.
	Name, Title string
	// Sort is the order by this column, "" if there is none.
	Sort wsc.ResultSort
	// Numeric columns are aligned to the right, and begin with their largest value when they are sorted.
	Numeric bool
	// Usual columns are shown unless others were chosen, Fixed ones always.
	Usual, Fixed bool
}

// resultColumns lists every column in its place.
func resultColumns() []resultColumn {
	return []resultColumn{
		{Name: "line", Title: "Line", Sort: wsc.SortSeq, Numeric: true, Usual: true},
		{Name: "url", Title: "URL", Sort: wsc.SortURL, Fixed: true},
		{Name: "status", Title: "Outcome", Sort: wsc.SortStatus, Fixed: true},
		{Name: "http_status", Title: "HTTP", Sort: wsc.SortHTTPStatus, Usual: true},
		{Name: "problem", Title: "Problem", Usual: true},
		{Name: "response_time", Title: "Time", Sort: wsc.SortResponseTime, Numeric: true, Usual: true},
		{Name: "host", Title: "Host", Sort: wsc.SortHost},
		{Name: "title", Title: "Page title"},
		{Name: "final_url", Title: "Final URL"},
		{Name: "checked_at", Title: "Checked"},
		{Name: "attempts", Title: "Attempts", Numeric: true},
		{Name: "remote_ip", Title: "Address"},
		{Name: "content_type", Title: "Content type"},
		{Name: "certificate", Title: "Certificate"},
	}
}

func usualColumns() []string {
	var names []string
	for _, column := range resultColumns() {
		if column.Usual {
			names = append(names, column.Name)
		}
	}
	return names
}

// knownColumns are those of the names that can be chosen; it is never nil.
func knownColumns(names []string) []string {
	known := []string{}
	for _, column := range resultColumns() {
		if !column.Fixed && slices.Contains(names, column.Name) {
			known = append(known, column.Name)
		}
	}
	return known
}

// columnsText is the cols parameter for a choice of columns.
func columnsText(names []string) string {
	if len(names) == 0 {
		return "url" // which is always there: no other was chosen
	}
	return strings.Join(names, ",")
}
