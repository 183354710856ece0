package expect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis stands for what was cut.
const ellipsis = "…"

// clip returns the first characters of a text, the last of which is an ellipsis if something was cut.
func clip(text string, limit int) string {
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	count := 0
	for i := range text {
		if count == limit-1 {
			return text[:i] + ellipsis
		}
		count++
	}
	return text
}

// oneLine replaces control characters by spaces and bytes that are no characters by the replacement character.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
