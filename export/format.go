package export

import (
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// Format is a file format of exports.
type Format string

// The formats.
const (
	// FormatCSV is RFC 4180 in UTF-8 without a byte order mark, with LF line ends and a header row.
	FormatCSV Format = "csv"
	// FormatJSON is one JSON array of objects.
	FormatJSON Format = "json"
	// FormatNDJSON is one JSON object per line.
	FormatNDJSON Format = "ndjson"
	// FormatXLSX is an Office Open XML workbook.
	FormatXLSX Format = "xlsx"
)

// Formats lists every format.
func Formats() []Format {
	return []Format{FormatCSV, FormatJSON, FormatNDJSON, FormatXLSX}
}

// ParseFormat reads the name of a format, ignoring case. The error is a *wsc.Error with wsc.CodeInvalidRequest
// at the field "format" that names the allowed ones.
func ParseFormat(text string) (Format, error) {
	names := make([]string, 0, len(Formats()))
	for _, format := range Formats() {
		if strings.EqualFold(text, string(format)) {
			return format, nil
		}
		names = append(names, string(format))
	}
	return "", wsc.Errorf(wsc.CodeInvalidRequest, "%q is not a format of exports; choose one of %s.",
		clip(text), strings.Join(names, ", ")).At(wsc.Place{Field: "format"})
}

// ContentType is the media type of the format, with its character encoding where it is text.
func (f Format) ContentType() string {
	switch f {
	case FormatCSV:
		return "text/csv; charset=utf-8"
	case FormatJSON:
		return "application/json"
	case FormatNDJSON:
		return "application/x-ndjson"
	case FormatXLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "application/octet-stream"
}

// Extension is the end of the format's file names, without a dot.
func (f Format) Extension() string { return string(f) }

// clip shortens a text that somebody sent, for a message.
func clip(text string) string {
	const limit = 40
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
