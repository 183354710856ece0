package web

import (
	"net/url"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// otherDelimiter is the choice of a separator that has to be typed.
const otherDelimiter = "other"

// readingChoice is one of the ways to read a list, such as a column or an encoding.
type readingChoice struct {
	Value, Label string
	Selected     bool
}

// separators are the delimiters that can be chosen without typing one, by their values in the form.
func separators() []readingChoice {
	return []readingChoice{
		{Value: ",", Label: "Comma"}, {Value: ";", Label: "Semicolon"}, {Value: "tab", Label: "Tab"}, {Value: "|", Label: "Vertical bar"}, {Value: " ", Label: "Space"},
	}
}

// waitsForSeparator reports whether a form differs from the list as it is shown only in that a separator is going to be typed.
func waitsForSeparator(form url.Values) bool {
	return form.Get("delimiter") == otherDelimiter && form.Get("other_delimiter") == "" &&
		form.Has("shown_column") && form.Get("shown_column") == form.Get("url_column") && form.Get("shown_encoding") == form.Get("encoding")
}

// TextList reports whether the list is a text, so that there is a delimiter and an encoding to choose.
func (v *uploadView) TextList() bool {
	return v.Format == "csv" || v.Format == "tsv" || v.Format == "txt"
}

// ChosenColumn is the column that the form has chosen, "" if there is none to choose.
func (v *uploadView) ChosenColumn() string {
	if !v.Tabular() {
		return ""
	}
	for _, choice := range v.Columns {
		if choice.Selected {
			return choice.Value
		}
	}
	return ""
}

// Delimiters are the choices of what stands between the cells of a line.
func (v *uploadView) Delimiters() []readingChoice {
	found := readingChoice{Label: "Detect it"}
	if v.Asked.Delimiter == "" {
		found = readingChoice{Label: "Detected (none)", Selected: !v.TypesDelimiter}
		if words := v.DelimiterWords(); words != "" {
			found.Label = "Detected (" + words + ")"
		}
	}
	choices := append([]readingChoice{found}, separators()...)
	chosen := v.Asked.Delimiter == "" && !v.TypesDelimiter
	asked, err := wsc.ParseDelimiter(v.Asked.Delimiter)
	for i := range choices[1:] {
		value, _ := wsc.ParseDelimiter(choices[1+i].Value) // all of them are delimiters
		choices[1+i].Selected = err == nil && value == asked
		chosen = chosen || choices[1+i].Selected
	}
	return append(choices, readingChoice{Value: otherDelimiter, Label: "Another character", Selected: !chosen})
}

// TypedDelimiter is the separator that was typed, "" if one was chosen.
func (v *uploadView) TypedDelimiter() string {
	choices := v.Delimiters()
	if choices[len(choices)-1].Selected {
		return v.Asked.Delimiter
	}
	return ""
}

// Encodings are the choices of the encoding.
func (v *uploadView) Encodings() []readingChoice {
	asked, err := wsc.ParseEncoding(v.Asked.Encoding)
	found := readingChoice{Label: "Detect it"}
	if asked == "" {
		found = readingChoice{Label: "Detected (" + encodingName(v.Encoding) + ")", Selected: true}
	}
	choices := []readingChoice{found}
	for _, name := range wsc.ListEncodings() {
		label := encodingName(name)
		if script := encodingScript(name); script != "" {
			label += " (" + script + ")"
		}
		choices = append(choices, readingChoice{Value: name, Label: label, Selected: err == nil && name == asked})
	}
	return choices
}

// DelimiterRefusal and EncodingRefusal are described at SheetRefusal.
func (v *uploadView) DelimiterRefusal() string {
	asked, err := wsc.ParseDelimiter(v.Asked.Delimiter)
	unread := err == nil && asked != 0 && v.Delimiter != string(asked) && v.EncodingRefusal() == ""
	return v.readingRefusal("options.delimiter", unread)
}

// EncodingRefusal is described at SheetRefusal.
func (v *uploadView) EncodingRefusal() string {
	asked, err := wsc.ParseEncoding(v.Asked.Encoding)
	unread := err == nil && asked != "" && v.Encoding != asked
	return v.readingRefusal("options.encoding", unread)
}

// readingRefusal is the refusal if it names the option, or if the list could not be shown as the option says.
func (v *uploadView) readingRefusal(option string, unread bool) string {
	if v.Refusal == nil || !v.TextList() || v.Refusal.Field != option && (v.Refusal.Field != "" || !unread) {
		return ""
	}
	return v.Refusal.Detail
}

// encodingName writes the name of an encoding as people do.
func encodingName(name string) string {
	written := map[string]string{
		"shift_jis": "Shift_JIS", "gb18030": "GB18030", "big5": "Big5", "ibm866": "IBM866", "macintosh": "Macintosh", "x-mac-cyrillic": "Macintosh Cyrillic",
	}
	if words, found := written[name]; found {
		return words
	}
	if page, found := strings.CutPrefix(name, "windows-"); found {
		return "Windows-" + page
	}
	return strings.ToUpper(name)
}

// encodingScript says for what an encoding is used, "" if for everything.
func encodingScript(name string) string {
	return map[string]string{
		"windows-1252": "Western European", "windows-1250": "Central European", "windows-1251": "Cyrillic", "windows-1253": "Greek",
		"windows-1254": "Turkish", "windows-1255": "Hebrew", "windows-1256": "Arabic", "windows-1257": "Baltic", "windows-1258": "Vietnamese",
		"windows-874": "Thai",
		"iso-8859-2":  "Central European", "iso-8859-3": "South European", "iso-8859-4": "Baltic", "iso-8859-5": "Cyrillic", "iso-8859-6": "Arabic",
		"iso-8859-7": "Greek", "iso-8859-8": "Hebrew", "iso-8859-10": "Nordic", "iso-8859-13": "Baltic", "iso-8859-14": "Celtic",
		"iso-8859-15": "Western European", "iso-8859-16": "South-Eastern European",
		"shift_jis": "Japanese", "euc-jp": "Japanese", "iso-2022-jp": "Japanese", "gb18030": "Chinese", "gbk": "Chinese, simplified",
		"big5": "Chinese, traditional", "euc-kr": "Korean",
		"koi8-r": "Russian", "koi8-u": "Ukrainian", "ibm866": "Cyrillic", "macintosh": "Western European",
	}[name]
}
