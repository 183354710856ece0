package export

import (
	"strings"
	"unicode/utf8"
)

const (
	// cellUnits is the most that a cell of a workbook holds, in UTF-16 code units.
	cellUnits = 32_767
	// cutMark stands at the end of a text that was longer.
	cutMark = "… (cut)"
)

// appendXMLText appends a text as XML character data for a cell. What XML forbids is removed, what is not UTF-8
// becomes U+FFFD, and line breaks become LF, as spreadsheet programs have them within a cell.
func appendXMLText(dst []byte, text string) []byte {
	if isPlainXML(text) && len(text) <= cellUnits {
		return append(dst, text...)
	}
	text = cutToCell(cleanXML(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '_' && isEscapeSequence(text[i:]):
			dst = append(dst, "_x005F_"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendXMLAttribute appends a text as the value of an attribute in double quotes.
func appendXMLAttribute(dst []byte, text string) []byte {
	for _, r := range cleanXML(text) {
		switch r {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// isPlainXML reports whether the text is printable ASCII without anything to escape, as nearly every cell is.
func isPlainXML(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c >= 0x7f, c == '&', c == '<', c == '>', c == '_' && i+1 < len(text) && text[i+1] == 'x':
			return false
		}
	}
	return true
}

// cleanXML removes the characters that XML 1.0 forbids and normalises line breaks.
func cleanXML(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, text)
}

// cutToCell shortens a text that a cell can't hold, and marks it.
func cutToCell(text string) string {
	if len(text) <= cellUnits {
		return text
	}
	units, keep := 0, 0
	limit := cellUnits - len([]rune(cutMark))
	for i, r := range text {
		if units <= limit {
			keep = i
		}
		units++
		if r > 0xFFFF {
			units++
		}
	}
	if units <= cellUnits {
		return text
	}
	return text[:keep] + cutMark
}

// isEscapeSequence reports whether the text begins with _xHHHH_, which spreadsheet programs read as the character
// with that code (ECMA-376 part 1, 22.9.2.19) and which therefore needs an escape itself.
func isEscapeSequence(text string) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	return strings.Trim(text[2:6], "0123456789abcdefABCDEF") == ""
}
