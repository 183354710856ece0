package checker

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// maxTitleRunes is the longest title that is kept.
const maxTitleRunes = 300

// maxToken is the longest tag, script or comment in bytes behind which a title is found. The tokenizer takes 32 bytes and
// more for each attribute, and an attribute may have two characters.
const maxToken = 24 << 10

// isHTML reports whether a page of this content type can have a title. Without a type the content decides.
func isHTML(contentType string, content []byte) bool {
	if contentType == "" {
		contentType = http.DetectContentType(content)
	}
	// A type with malformed parameters is still returned, together with an error.
	mediaType, _, _ := mime.ParseMediaType(contentType)
	if mediaType == "" {
		mediaType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		mediaType = strings.TrimSpace(mediaType)
	}
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}

// extractTitle returns the title of a page, which may be cut off anywhere: decoded from whatever character set it
// is in, entities resolved, white space collapsed. It is valid UTF-8 without control characters, at most
// maxTitleRunes characters long, and empty if there is none.
func extractTitle(content []byte, contentType string) string {
	if !isHTML(contentType, content) {
		return ""
	}
	return cleanTitle(findTitle(toUTF8(content, contentType)))
}

func toUTF8(content []byte, contentType string) []byte {
	encoding, name, _ := charset.DetermineEncoding(content, contentType)
	if name != "utf-8" {
		// A decoder replaces what it can't read; should it give up all the same, the bytes are taken as they are.
		if decoded, err := encoding.NewDecoder().Bytes(content); err == nil {
			content = decoded
		}
	}
	// The tokenizer would turn NULs into replacement characters.
	if bytes.IndexByte(content, 0) >= 0 {
		content = bytes.ReplaceAll(content, []byte{0}, nil)
	}
	return content
}

// findTitle returns the text of the first title element that is not part of a picture.
func findTitle(page []byte) string {
	tokens := html.NewTokenizer(bytes.NewReader(page))
	tokens.SetMaxBuf(maxToken)
	picture := 0
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return "" // the end of the page or of what was read of it
		case html.StartTagToken:
			switch name, _ := tokens.TagName(); atom.Lookup(name) {
			case atom.Svg, atom.Math:
				picture++
			case atom.Title:
				if picture > 0 {
					continue
				}
				if tokens.Next() == html.TextToken {
					return string(tokens.Text())
				}
				return ""
			}
		case html.EndTagToken:
			switch name, _ := tokens.TagName(); atom.Lookup(name) {
			case atom.Svg, atom.Math:
				picture = max(0, picture-1)
			}
		case html.TextToken, html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

func cleanTitle(text string) string {
	var b strings.Builder
	runes, space := 0, false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			space = runes > 0
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\ufeff':
			continue
		}
		if space {
			if runes+1 >= maxTitleRunes {
				break
			}
			b.WriteByte(' ')
			runes++
			space = false
		}
		if runes == maxTitleRunes {
			break
		}
		if r == utf8.RuneError {
			r = '\ufffd'
		}
		b.WriteRune(r)
		runes++
	}
	return b.String()
}
