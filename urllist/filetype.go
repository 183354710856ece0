package urllist

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

// What to do with a file that is no list, by its kind.
const (
	adviceList    = "not a list of websites; " + supported
	adviceUnpack  = "which is not unpacked; unpack the list and " + supported
	adviceSheet   = "which is not read; save it as .xlsx or .csv"
	adviceText    = "which is not read; save the list as .txt or .csv"
	adviceSitemap = "which is not read; copy its addresses into a .txt file, one a line"
)

// binaryData is what a file is called of which no more is known than that it is no text.
const binaryData = "binary data"

// kindOfFile is what a file is by its content, for people: a noun with its article, and what to do.
type kindOfFile struct{ what, advice string }

// refusal is the error for a file of this kind.
func (k kindOfFile) refusal() error {
	return wsc.Errorf(wsc.CodeUnsupportedType, "The file is %s, %s.", k.what, k.advice)
}

// signature is how files of one kind begin.
type signature struct {
	offset int
	magic  string
	kind   kindOfFile
}

// signatures are those of common files that people take for lists, or programs upload by mistake. Each has bytes that a
// text does not begin with.
func signatures() []signature {
	return []signature{
		{0, "\x89PNG\r\n\x1a\n", kindOfFile{"a PNG image", adviceList}},
		{0, "\xff\xd8\xff", kindOfFile{"a JPEG image", adviceList}},
		{0, "GIF87a", kindOfFile{"a GIF image", adviceList}},
		{0, "GIF89a", kindOfFile{"a GIF image", adviceList}},
		{0, "II*\x00", kindOfFile{"a TIFF image", adviceList}},
		{0, "MM\x00*", kindOfFile{"a TIFF image", adviceList}},
		{8, "WEBP", kindOfFile{"a WebP image", adviceList}},
		{8, "WAVE", kindOfFile{"a sound file", adviceList}},
		{8, "AVI ", kindOfFile{"a video", adviceList}},
		{4, "ftyp", kindOfFile{"a video or image (MP4, HEIC)", adviceList}},
		{0, "ID3\x03", kindOfFile{"a sound file", adviceList}},
		{0, "ID3\x04", kindOfFile{"a sound file", adviceList}},
		{0, "OggS\x00", kindOfFile{"a sound file", adviceList}},
		{0, "%PDF-", kindOfFile{"a PDF document", adviceText}},
		{0, "%!PS", kindOfFile{"a PostScript document", adviceText}},
		{0, `{\rtf`, kindOfFile{"an RTF document", adviceText}},
		{0, "\x7fELF", kindOfFile{"a program", adviceList}},
		{0, "MZ\x90", kindOfFile{"a program", adviceList}},
		{0, "\xcf\xfa\xed\xfe", kindOfFile{"a program", adviceList}},
		{0, "\xca\xfe\xba\xbe", kindOfFile{"a program", adviceList}},
		{0, "\x00asm", kindOfFile{"a program", adviceList}},
		{0, "\x1f\x8b", kindOfFile{"a gzip archive", adviceUnpack}},
		{0, "BZh", kindOfFile{"a bzip2 archive", adviceUnpack}},
		{0, "\xfd7zXZ\x00", kindOfFile{"an xz archive", adviceUnpack}},
		{0, "\x28\xb5\x2f\xfd", kindOfFile{"a zstd archive", adviceUnpack}},
		{0, "\x04\x22\x4d\x18", kindOfFile{"an lz4 archive", adviceUnpack}},
		{0, "7z\xbc\xaf\x27\x1c", kindOfFile{"a 7z archive", adviceUnpack}},
		{0, "Rar!\x1a", kindOfFile{"a RAR archive", adviceUnpack}},
		{0, "MSCF\x00", kindOfFile{"a cabinet archive", adviceUnpack}},
		{257, "ustar", kindOfFile{"a tar archive", adviceUnpack}},
		{0, "SQLite format 3\x00", kindOfFile{"an SQLite database", adviceText}},
		{0, "\x00\x01\x00\x00Standard ", kindOfFile{"an Access database", adviceText}},
		{0, "PAR1", kindOfFile{"a Parquet file", adviceText}},
		{0, "Obj\x01", kindOfFile{"an Avro file", adviceText}},
		{0, "ARROW1\x00", kindOfFile{"an Arrow file", adviceText}},
		{0, "bplist00", kindOfFile{"a binary property list", adviceText}},
	}
}

// oleMagic begins the files of Excel, Word and PowerPoint before 2007, and encrypted ones of today.
const oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// recognise tells what a file is if its content can't be a list. ok is false if it may be one. The error says that the
// file is a workbook with a password.
func recognise(src io.ReaderAt, head []byte) (kind kindOfFile, ok bool, err error) {
	if bytes.HasPrefix(head, []byte(oleMagic)) {
		kind, err := oleKind(src, head)
		return kind, true, err
	}
	for _, s := range signatures() {
		if len(head) > s.offset && bytes.HasPrefix(head[s.offset:], []byte(s.magic)) && plausible(s, head) {
			return s.kind, true, nil
		}
	}
	if kind, ok := markup(head); ok {
		return kind, true, nil
	}
	if looksBinary(head) {
		return kindOfFile{binaryData, adviceList}, true, nil
	}
	return kindOfFile{}, false, nil
}

// plausible reports whether a signature that is a word, or stands behind the beginning, is more than a coincidence in a
// text.
func plausible(s signature, head []byte) bool {
	switch {
	case s.magic == "BZh":
		return bytes.HasPrefix(head[min(4, len(head)):], []byte("1AY&SY"))
	case s.magic == "ustar", s.magic == "PAR1":
		return bytes.IndexByte(head, 0) >= 0
	case s.offset == 8:
		return bytes.HasPrefix(head, []byte("RIFF"))
	case s.offset == 4:
		return head[0] == 0
	}
	return true
}

// oleKind tells what a compound file is by the names of its streams.
func oleKind(src io.ReaderAt, head []byte) (kindOfFile, error) {
	directory := head
	const headerBytes = 52
	if len(head) >= headerBytes {
		// The header names the first sector of the directory and the size of sectors as a power of two.
		shift := min(binary.LittleEndian.Uint16(head[30:]), 12)
		at := (int64(binary.LittleEndian.Uint32(head[48:])) + 1) << shift
		names := make([]byte, 4<<10)
		n, err := src.ReadAt(names, at)
		if err != nil && err != io.EOF {
			return kindOfFile{}, readError(err)
		}
		directory = append(bytes.Clone(head), names[:n]...)
	}
	has := func(name string) bool {
		wide := strings.Join(strings.Split(name, ""), "\x00") + "\x00"
		return bytes.Contains(directory, []byte(wide))
	}
	switch {
	case has("EncryptedPackage"):
		return kindOfFile{}, invalidXLSX("The file is protected by a password; save it as .xlsx without one.")
	case has("WordDocument"):
		return kindOfFile{"an old Word document (.doc)", adviceText}, nil
	case has("PowerPoint Document"):
		return kindOfFile{"an old presentation (.ppt)", adviceText}, nil
	case has("Workbook"), has("Book"):
		return kindOfFile{"an old Excel file (.xls)", adviceSheet}, nil
	}
	return kindOfFile{"an old Excel file (.xls) or another old document", adviceSheet}, nil
}

// markup recognises HTML and XML.
func markup(head []byte) (kindOfFile, bool) {
	start := bytes.TrimPrefix(head[:min(len(head), 4<<10)], []byte("\xef\xbb\xbf"))
	start = bytes.ToLower(bytes.TrimSpace(start))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<title", "<script", "<style", "<div"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return kindOfFile{"a web page (HTML)", adviceText}, true
		}
	}
	if bytes.HasPrefix(start, []byte("<!--")) && bytes.Contains(start, []byte("<html")) {
		return kindOfFile{"a web page (HTML)", adviceText}, true
	}
	isXML := bytes.HasPrefix(start, []byte("<?xml"))
	switch {
	case isXML && bytes.Contains(start, []byte("excel.sheet")), isXML && bytes.Contains(start, []byte("office:spreadsheet")):
		return kindOfFile{"a spreadsheet in XML", adviceSheet}, true
	case isXML && bytes.Contains(start, []byte("<html")):
		return kindOfFile{"a web page (HTML)", adviceText}, true
	case bytes.HasPrefix(start, []byte("<urlset")), bytes.HasPrefix(start, []byte("<sitemapindex")),
		isXML && (bytes.Contains(start, []byte("<urlset")) || bytes.Contains(start, []byte("<sitemapindex"))):
		return kindOfFile{"a sitemap (XML)", adviceSitemap}, true
	case isXML:
		return kindOfFile{"an XML document", adviceText}, true
	}
	return kindOfFile{}, false
}

// looksBinary reports whether so many bytes are control characters that the file is no text in any encoding that is
// read or named in an error.
func looksBinary(head []byte) bool {
	if hasMark := bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF}); hasMark || looksUTF16(head) ||
		bytes.HasPrefix(head, []byte{0, 0, 0xFE, 0xFF}) {
		return false
	}
	control := 0
	for _, c := range head {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1B || c == 0x7F {
			control++
		}
	}
	return control*10 > len(head) || control*20 > len(head) && !utf8.Valid(head)
}
