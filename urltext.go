package wsc

import (
	"strings"
	"unicode"
)

// ReadURL reads one URL as people write them into lists, where NormalizeURL reads a URL and nothing else. What stands
// around it is taken off: quotation marks, the brackets of <https://example.com/>, a Markdown link, a comment behind " #",
// a comma or semicolon at the end. //example.com is https. If the text is no URL, the reason says what it is instead or
// how to write it, as far as that can be seen.
//
// The error is always a *URLError.
func ReadURL(text string) (NormalizedURL, error) {
	bare := bareURL(text)
	if holdsTwo(bare) {
		return NormalizedURL{}, invalidURL("There is more than one URL here; write each on a line of its own.")
	}
	if repeatsScheme(bare) {
		return NormalizedURL{}, invalidURL("http:// or https:// stands there twice; remove the first one.")
	}
	url, err := NormalizeURL(bare)
	if err != nil {
		if better := recognise(bare); better != nil {
			return NormalizedURL{}, better
		}
		return NormalizedURL{}, err
	}
	return url, nil
}

// TrimURL removes white space, byte order marks and other invisible characters at both ends.
func TrimURL(text string) string {
	return strings.TrimFunc(text, isInvisible)
}

func isInvisible(r rune) bool {
	return unicode.IsSpace(r) || r == '\ufeff' || '\u200b' <= r && r <= '\u200f' || r == '\u2060' || unicode.Is(unicode.Bidi_Control, r)
}

// maxWrappings is how many layers are taken off a URL. Nobody writes more.
const maxWrappings = 5

// quotes are the pairs of characters that stand around a URL and are no part of it.
const quotes = `""''` + "``" + `“””“„“‘’«»‹›<>`

// bareURL takes off what stands around a URL. What it returns is read as strictly as any other text.
func bareURL(text string) string {
	if isBare(text) {
		return text
	}
	text = TrimURL(text)
	for range maxWrappings {
		if len(text) > 2*MaxURLBytes {
			return text // too long, whatever stands around it
		}
		bare := strings.TrimRightFunc(withoutComment(text), func(r rune) bool { return r == ',' || r == ';' || isInvisible(r) })
		bare = TrimURL(unquoted(linkTarget(bare)))
		if bare == text {
			break
		}
		text = bare
	}
	if strings.HasPrefix(text, "//") && len(text) > 2 && text[2] != '/' {
		return "https:" + text
	}
	return text
}

// isBare knows most URLs at a glance.
func isBare(text string) bool {
	alphanumeric := func(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' }
	return text != "" && alphanumeric(text[0]) && (alphanumeric(text[len(text)-1]) || text[len(text)-1] == '/') &&
		strings.IndexByte(text, '#') < 0
}

// withoutComment cuts a text off before white space that a # follows; in a URL, all behind a # is left out anyway.
func withoutComment(text string) string {
	for at, r := range text {
		if r == '#' {
			if head := text[:at]; TrimURL(head) != head {
				return head
			}
			return text
		}
	}
	return text
}

// unquoted removes one pair of quotation marks or angle brackets.
func unquoted(text string) string {
	pairs := []rune(quotes)
	for i := 0; i < len(pairs); i += 2 {
		opening, closing := string(pairs[i]), string(pairs[i+1])
		if inner, found := strings.CutPrefix(text, opening); found {
			if inner, found = strings.CutSuffix(inner, closing); found && !strings.ContainsAny(inner, opening+closing) {
				return inner
			}
		}
	}
	return text
}

// linkTarget returns the URL of a text that is one Markdown link, [text](URL); other texts as they are.
func linkTarget(text string) string {
	if !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, ")") {
		return text
	}
	label, target, found := strings.Cut(text[1:len(text)-1], "](")
	if !found || strings.ContainsAny(label, "[]") || strings.Contains(target, "](") {
		return text
	}
	return target
}

// holdsTwo reports whether a URL follows behind white space. A URL in the query or path of another has none before it.
func holdsTwo(text string) bool {
	if strings.Count(text, "://") < 2 {
		return false
	}
	head, behind, _ := strings.Cut(lowerASCII(text), "://")
	if !isSchemeName(head) {
		return false
	}
	for field := range strings.FieldsSeq(behind) {
		if !strings.HasPrefix(behind, field) && startsWithWebScheme(field) {
			return true
		}
	}
	return false
}

// repeatsScheme reports whether the host is a scheme, as in https://https://example.com and http://http//example.com.
func repeatsScheme(text string) bool {
	text = text[:min(len(text), len("https://https:/"))] // URLs are long, and there are many
	scheme, behind, _ := strings.Cut(lowerASCII(text), "://")
	if scheme != "http" && scheme != "https" {
		return false
	}
	for _, again := range []string{"http:/", "https:/", "http//", "https//"} {
		if strings.HasPrefix(behind, again) {
			return true
		}
	}
	return false
}

// startsWithWebScheme expects lower case.
func startsWithWebScheme(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// lowerASCII lower-cases the letters A to Z, so that positions in the text stay the same.
func lowerASCII(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return 'A' <= r && r <= 'Z' }) < 0 {
		return text
	}
	lower := []byte(text)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	return string(lower)
}
