package wsc

import (
	"fmt"
	"slices"
	"strings"
)

// ListEncodings returns the encodings that a text list can be asked to be read in, by their names in the Encoding Standard
// of the WHATWG, the likeliest first.
func ListEncodings() []string {
	return []string{
		"utf-8", "utf-16le", "utf-16be",
		"windows-1252", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257",
		"windows-1258", "windows-874",
		"iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-10", "iso-8859-13",
		"iso-8859-14", "iso-8859-15", "iso-8859-16",
		"shift_jis", "euc-jp", "iso-2022-jp", "gb18030", "gbk", "big5", "euc-kr",
		"koi8-r", "koi8-u", "ibm866", "macintosh", "x-mac-cyrillic",
	}
}

// latin1 is what many programs call Windows-1252, and the Encoding Standard takes it for that.
const latin1 = "iso-8859-1"

// ParseEncoding returns the name of the encoding that Options.Encoding asks for, "" if it asks for none. The error is an
// *Error with CodeInvalidOptions and the field.
func ParseEncoding(text string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	switch {
	case name == latin1:
		return "windows-1252", nil
	case name == "" || slices.Contains(ListEncodings(), name):
		return name, nil
	}
	return "", invalidOption("encoding", fmt.Sprintf("%q is not an encoding that is read. encoding must be one of %s.",
		clip(text), strings.Join(ListEncodings(), ", ")))
}

// ParseDelimiter returns the character that Options.Delimiter asks for, 0 if it asks for none. The error is an *Error with
// CodeInvalidOptions and the field.
func ParseDelimiter(text string) (byte, error) {
	switch {
	case text == "":
		return 0, nil
	case text == "\t", text == `\t`, text == "tab":
		return '\t', nil
	case len(text) == 1 && IsDelimiter(text[0]):
		return text[0], nil
	}
	return 0, invalidOption("delimiter", fmt.Sprintf(
		`delimiter must be a single ASCII character such as , ; | or ^, and no letter, digit or quotation mark; \t is a tab. It is %q.`, clip(text)))
}

// IsDelimiter reports whether a character can separate the cells of a line: a tab, or a printable ASCII character that is
// no letter, no digit and no quotation mark.
func IsDelimiter(c byte) bool {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	digit := c >= '0' && c <= '9'
	return c == '\t' || c >= ' ' && c <= '~' && c != '"' && !letter && !digit
}
