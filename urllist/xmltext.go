package urllist

// This file holds what XML says of characters: references, line ends, which are legal, and names. Tokens are in xml.go.

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape returns a text without references and with line feeds only.
func (x *xmlReader) unescape(text []byte) ([]byte, error) {
	if err := validXML(text); err != nil {
		return nil, err
	}
	x.unescaped = x.unescaped[:0]
	return x.appendUnescaped(text)
}

// appendUnescaped is unescape for a text whose characters are known to be valid; it keeps what was unescaped before.
func (x *xmlReader) appendUnescaped(text []byte) ([]byte, error) {
	if bytes.IndexByte(text, '&') < 0 {
		if bytes.IndexByte(text, '\r') < 0 {
			return text, nil
		}
		return x.lineEnds(text), nil
	}
	from := len(x.unescaped)
	for len(text) > 0 {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			x.unescaped = appendLineEnds(x.unescaped, text)
			break
		}
		x.unescaped = appendLineEnds(x.unescaped, text[:i])
		end := bytes.IndexByte(text[i:], ';')
		if end < 0 || end > maxEntity {
			return nil, xmlError("& is not followed by a reference")
		}
		r, ok := reference(text[i+1 : i+end])
		if !ok {
			return nil, xmlError("there is a reference to an unknown entity")
		}
		x.unescaped = utf8.AppendRune(x.unescaped, r)
		text = text[i+end+1:]
	}
	return x.unescaped[from:len(x.unescaped):len(x.unescaped)], nil
}

// lineEnds replaces CR and CRLF by LF.
func (x *xmlReader) lineEnds(text []byte) []byte {
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	from := len(x.unescaped)
	x.unescaped = appendLineEnds(x.unescaped, text)
	return x.unescaped[from:len(x.unescaped):len(x.unescaped)]
}

func appendLineEnds(dst, text []byte) []byte {
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\r')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:i]...), '\n')
		if text = text[i+1:]; len(text) > 0 && text[0] == '\n' {
			text = text[1:]
		}
	}
	return dst
}

// reference returns the character that &name; stands for.
func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, isNumber := strings.CutPrefix(string(name), "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if !isNumber || err != nil || code > utf8.MaxRune || !legalRune(rune(code)) {
		return 0, false
	}
	return rune(code), true
}

// validXML reports whether a text is UTF-8 and has only characters that XML allows.
func validXML(text []byte) error {
	ascii := true
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return xmlError("there is a control character")
		}
		if c >= utf8.RuneSelf {
			ascii = false
		}
	}
	if ascii {
		return nil
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 || !legalRune(r) {
			return xmlError("a character is not valid UTF-8, or not allowed in XML")
		}
		i += size
	}
	return nil
}

func legalRune(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

// nameLength is the length of the name at the beginning of a text, 0 if there is none.
func nameLength(text []byte) int {
	for i, c := range text {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':', c >= utf8.RuneSelf:
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		default:
			return i
		}
	}
	return len(text)
}

// localName is a name without its prefix.
func localName(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 {
		return name[i+1:]
	}
	return name
}
