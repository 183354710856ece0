package web

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible is a text of a list or a website in which what a reader would not see can be seen: control characters become
// their pictures, and characters that turn the direction of writing or have no width become their code points. Other
// text stays as it is.
func visible(text string) string {
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == utf8.RuneError, !hidden(c):
			b.WriteRune(c)
		case c < ' ':
			b.WriteRune('␀' + c)
		case c == 0x7f:
			b.WriteRune('␡')
		default:
			fmt.Fprintf(&b, "⟨U+%04X⟩", c)
		}
	}
	return b.String()
}

// hidden reports whether a character does something in place of being seen. The joiners of emoji and of Indian and
// Persian script are left alone.
func hidden(c rune) bool {
	if c == 0x200c || c == 0x200d {
		return false
	}
	return unicode.Is(unicode.Cc, c) || unicode.Is(unicode.Cf, c) || c == 0x2028 || c == 0x2029
}

// shortened is the begin of a text, at most as many characters as said.
func shortened(text string, characters int) string {
	if len(text) <= characters {
		return text
	}
	count := 0
	for i := range text {
		if count == characters {
			return text[:i] + "…"
		}
		count++
	}
	return text
}

// webLink is the address for a link to a website, "" if the text is not one that a browser may be sent to: only http and
// https lead there.
func webLink(text string) string {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		return ""
	}
	return address.String()
}
