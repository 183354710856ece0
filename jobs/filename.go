package jobs

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

// maxFilenameBytes is the longest file name that is kept; longer ones lose their middle.
const maxFilenameBytes = 200

// Extensions lists the file name extensions of the lists that are read, with their dots.
func Extensions() []string {
	return []string{".csv", ".tsv", ".txt", ".xlsx", ".json", ".ndjson", ".jsonl"}
}

// CleanFilename makes a client's file name safe to store, show and send back: percent-escapes are decoded, folders of
// any system, control and direction characters removed. A name without extension is accepted, since the content tells
// what it is.
//
// Errors: wsc.CodeInvalidFilename for a NUL, for ".." as a folder and for a name of which nothing is left;
// wsc.CodeUnsupportedType for an extension that belongs to no kind of list.
func CleanFilename(name string) (string, error) {
	if strings.ContainsRune(name, 0) {
		return "", invalidFilename("The file name contains a NUL character.")
	}
	if decoded, err := url.PathUnescape(name); err == nil && utf8.ValidString(decoded) {
		if strings.ContainsRune(decoded, 0) {
			return "", unsupportedExtension("The file name hides its extension behind a NUL character.")
		}
		name = decoded
	}
	folders := strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' })
	if slices.Contains(folders, "..") {
		return "", invalidFilename("The file name must not contain folders such as “..”.")
	}
	if len(folders) == 0 {
		return "", invalidFilename("The file has no name.")
	}
	name = strings.TrimSpace(strings.Map(visible, strings.ToValidUTF8(folders[len(folders)-1], "")))
	// Windows drops trailing dots and spaces, so that they could hide an extension.
	name = strings.TrimRight(name, ". ")
	if name == "" {
		return "", invalidFilename("The file has no name.")
	}
	extension := path.Ext(name)
	if extension != "" && !slices.Contains(Extensions(), strings.ToLower(extension)) {
		return "", unsupportedExtension("Files with the extension “" + clip(extension, 20) + "” are not read.")
	}
	return shorten(name, extension), nil
}

// visible drops what can't be seen or changes how the rest is shown: controls, formats such as direction
// overrides and zero-width characters, line separators, surrogates and private use.
func visible(r rune) rune {
	if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
		return -1
	}
	return r
}

func shorten(name, extension string) string {
	if len(name) <= maxFilenameBytes {
		return name
	}
	stem := strings.TrimSuffix(name, extension)
	return clip(stem, maxFilenameBytes-len(extension)-len("…")) + extension
}

// clip shortens a text to at most limit bytes and a mark.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

func invalidFilename(message string) *wsc.Error {
	return wsc.Errorf(wsc.CodeInvalidFilename, "%s", message).At(wsc.Place{Field: "file"})
}

func unsupportedExtension(message string) *wsc.Error {
	allowed := strings.ReplaceAll(strings.Join(Extensions(), ", "), ".", "")
	return wsc.Errorf(wsc.CodeUnsupportedType, "%s Upload one of: %s.", message, allowed).At(wsc.Place{Field: "file"})
}
