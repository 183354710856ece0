package urllist

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"

	wsc "github.com/website-status-checker/wsc"
)

// The encodings of text files.
const (
	encodingUTF8        = "utf-8"
	encodingUTF16LE     = "utf-16le"
	encodingUTF16BE     = "utf-16be"
	encodingWindows1252 = "windows-1252"
)

// textEncoding is how the bytes of a file become UTF-8.
type textEncoding struct {
	name string
	// mark is the length of the byte order mark.
	mark int64
}

// encodingOf is the encoding that was asked for, or else the one that the beginning of a file shows. Only the byte order mark
// of the encoding itself is taken for one.
func encodingOf(head []byte, name string) (textEncoding, error) {
	if name == "" {
		return detectEncoding(head)
	}
	marks := map[string]string{encodingUTF8: "\xEF\xBB\xBF", encodingUTF16LE: "\xFF\xFE", encodingUTF16BE: "\xFE\xFF"}
	mark := marks[name]
	if !bytes.HasPrefix(head, []byte(mark)) {
		mark = ""
	}
	return textEncoding{name, int64(len(mark))}, nil
}

func isUTF16(name string) bool { return name == encodingUTF16LE || name == encodingUTF16BE }

// detectEncoding decides on the encoding by the beginning of a file.
//
// Bytes that are not UTF-8 make the file Windows-1252 only if they look like single letters among ASCII. A file that
// is UTF-8 with some broken sequences stays UTF-8, so that only the broken lines are invalid.
//
// The error has wsc.CodeUnsupportedEncoding. It comes with the encoding that the file seems to have if that one is read when
// it is asked for.
func detectEncoding(head []byte) (textEncoding, error) {
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE, 0, 0}), bytes.HasPrefix(head, []byte{0, 0, 0xFE, 0xFF}):
		return textEncoding{}, wsc.Errorf(wsc.CodeUnsupportedEncoding, "The file is encoded as UTF-32. Save the file as UTF-8.")
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return textEncoding{encodingUTF8, 3}, nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return textEncoding{encodingUTF16LE, 2}, nil
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return textEncoding{encodingUTF16BE, 2}, nil
	case looksUTF16(head):
		return textEncoding{name: likelyUTF16(head)}, wsc.Errorf(wsc.CodeUnsupportedEncoding,
			"The file is encoded as UTF-16 without a byte order mark. Save the file as UTF-8, or name the encoding: utf-16le or utf-16be.").
			At(wsc.Place{Field: encodingField})
	case looksWindows1252(head):
		return textEncoding{encodingWindows1252, 0}, nil
	}
	return textEncoding{encodingUTF8, 0}, nil
}

// reader returns the text of the file from its beginning as UTF-8, without the byte order mark.
// Bytes that are not UTF-8 in a file that is taken for it are passed on as they are. In another encoding they become U+FFFD,
// so that in both cases the URL that they stand in is invalid.
func (e textEncoding) reader(src io.ReaderAt, size int64) io.Reader {
	raw := io.NewSectionReader(src, e.mark, size-e.mark)
	if e.name == encodingUTF8 {
		return raw
	}
	decoding, err := htmlindex.Get(e.name)
	if err != nil { // a name that is neither detected nor in wsc.ListEncodings
		return errorReader{fmt.Errorf("decoding %s: %w", e.name, err)}
	}
	return transform.NewReader(raw, decoding.NewDecoder())
}

// errorReader has an error in place of a text.
type errorReader struct{ err error }

// Read returns the error.
func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// nullsOf counts the NUL bytes at even and at odd positions.
func nullsOf(head []byte) (nulls [2]int) {
	for i, c := range head {
		if c == 0 {
			nulls[i%2]++
		}
	}
	return nulls
}

// likelyUTF16 is the UTF-16 of a text for which looksUTF16 is true.
func likelyUTF16(head []byte) string {
	if nulls := nullsOf(head); nulls[0] > nulls[1] {
		return encodingUTF16BE
	}
	return encodingUTF16LE
}

// looksUTF16 reports whether so many bytes are NUL, nearly all of them at even or at odd positions, that the text can
// only be UTF-16 with letters of the Latin alphabet.
func looksUTF16(head []byte) bool {
	nulls := nullsOf(head)
	most, least := max(nulls[0], nulls[1]), min(nulls[0], nulls[1])
	return most*3 > len(head) && least*20 <= most
}

// looksWindows1252 reports whether the bytes above ASCII are not UTF-8, not even a damaged form of it.
func looksWindows1252(head []byte) bool {
	valid, invalid := 0, 0
	for len(head) > 0 {
		if head[0] < utf8.RuneSelf {
			head = head[1:]
			continue
		}
		_, size := utf8.DecodeRune(head)
		switch {
		case size > 1:
			valid++
		case !utf8.FullRune(head):
			// A sequence that the end of the sample cuts off says nothing.
			return invalid > valid
		case undefinedInWindows1252(head[0]) || damagedUTF8(head):
			return false
		default:
			invalid++
		}
		head = head[size:]
	}
	return invalid > valid
}

func undefinedInWindows1252(c byte) bool {
	return c == 0x81 || c == 0x8D || c == 0x8F || c == 0x90 || c == 0x9D
}

// damagedUTF8 reports whether the bytes have the form of a UTF-8 sequence that the standard forbids: an overlong form,
// a surrogate, or a number above U+10FFFF. In Windows-1252 these would be a capital letter followed by symbols.
func damagedUTF8(text []byte) bool {
	if len(text) < 2 || text[1] < 0x80 || text[1] > 0xBF {
		return false
	}
	switch lead := text[0]; {
	case lead == 0xC0, lead == 0xC1:
		return true
	case lead < 0xE0 || len(text) < 3 || text[2] < 0x80 || text[2] > 0xBF:
		return false
	}
	return true
}
