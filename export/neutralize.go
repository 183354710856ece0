package export

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Neutralize returns the text in a form that spreadsheet programs do not run as a formula: a text that begins with
// = + - @, their full-width forms, a TAB, a CR or an LF, white space and invisible characters before them included,
// gets an apostrophe in front, which those programs read as "this is text". Numbers with a sign, such as -12.5, stay
// as they are. Neutralizing twice is the same as once, and Restore takes the apostrophe away again.
func Neutralize(text string) string {
	if startsFormula(text) {
		return "'" + text
	}
	return text
}

// Restore undoes Neutralize: it removes the first character of a text that is an apostrophe in front of something
// that Neutralize protects, and returns every other text as it is.
func Restore(text string) string {
	if rest, found := strings.CutPrefix(text, "'"); found && startsFormula(rest) {
		return rest
	}
	return text
}

// startsFormula reports whether a spreadsheet program may run a cell with the text as a formula.
func startsFormula(text string) bool {
	if text == "" || isWordByte(text[0]) {
		return false
	}
	switch text[0] {
	case '\t', '\r', '\n':
		return true
	}
	text = strings.TrimLeftFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	switch first, _ := utf8.DecodeRuneInString(text); first {
	case '=', '@', '＝', '＋', '－', '＠':
		return true
	case '+', '-':
		return !isNumber(text[1:])
	}
	return false
}

// isWordByte reports whether c is an ASCII letter or digit, with which nearly every cell begins.
func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isNumber reports whether the text is a decimal number without a sign: digits, and optionally a fraction.
func isNumber(text string) bool {
	whole, fraction, hasFraction := strings.Cut(text, ".")
	return isDigits(whole) && (!hasFraction || isDigits(fraction))
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
