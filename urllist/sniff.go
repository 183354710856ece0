package urllist

import (
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

// sniffBytes is how much of a file is looked at to find out what it is.
const sniffBytes = 64 << 10

// The formats of lists.
const (
	formatCSV    = "csv"
	formatTSV    = "tsv"
	formatTXT    = "txt"
	formatXLSX   = "xlsx"
	formatJSON   = "json"
	formatNDJSON = "ndjson"
)

// supported is what to do instead, the end of every message about a type that is not read.
const supported = "upload a .csv, .tsv, .txt, .xlsx, .json or .ndjson file"

// detect tells what a file is, by its name and its beginning.
func detect(src io.ReaderAt, size int64, opts Options) (*document, error) {
	if size == 0 {
		return nil, wsc.Errorf(wsc.CodeEmptyUpload, "The file is empty.")
	}
	head := make([]byte, min(size, sniffBytes))
	n, err := src.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, readError(err)
	}
	head = head[:n]
	format, err := formatOfName(opts.Filename)
	if err != nil {
		return nil, err
	}
	if format == formatXLSX || bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return openWorkbook(src, size, head, opts)
	}
	if what := binaryType(head); what != "" {
		return nil, wsc.Errorf(wsc.CodeUnsupportedType, "The file is %s, not a list of websites; %s.", what, supported)
	}
	return detectText(src, size, head, format)
}

// formatOfName returns the format that a file name promises, "" if it promises none.
func formatOfName(name string) (string, error) {
	name = strings.TrimRight(name[strings.LastIndexAny(name, `/\`)+1:], " .")
	switch extension := strings.ToLower(path.Ext(name)); extension {
	case ".csv":
		return formatCSV, nil
	case ".tsv", ".tab":
		return formatTSV, nil
	case ".txt", ".text", ".lst", ".list", ".urls":
		return formatTXT, nil
	case ".xlsx", ".xlsm":
		return formatXLSX, nil
	case ".json":
		return formatJSON, nil
	case ".ndjson", ".jsonl":
		return formatNDJSON, nil
	case "":
		return "", nil
	case ".xls", ".xlsb", ".ods", ".numbers":
		return "", wsc.Errorf(wsc.CodeUnsupportedType, "%s files are not read; save the list as .xlsx or .csv.", extension)
	case ".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar":
		return "", wsc.Errorf(wsc.CodeUnsupportedType, "%s archives are not unpacked; unpack the list and %s.", extension, supported)
	default:
		if !utf8.ValidString(extension) || len(extension) > 20 {
			extension = "such"
		}
		return "", wsc.Errorf(wsc.CodeUnsupportedType, "%s files are not read; %s.", extension, supported)
	}
}

// binaryType names what a file is if it holds no text that could be a list, and is "" if it may hold one.
func binaryType(head []byte) string {
	for _, known := range []struct{ magic, name string }{
		{"\x89PNG\r\n", "a PNG image"},
		{"\xff\xd8\xff", "a JPEG image"},
		{"GIF8", "a GIF image"},
		{"RIFF", "a media file"},
		{"%PDF", "a PDF document"},
		{"\x7fELF", "a program"},
		{"MZ\x90", "a program"},
		{"\x1f\x8b", "a gzip archive"},
		{"BZh", "a bzip2 archive"},
		{"\xfd7zXZ\x00", "an xz archive"},
		{"\x28\xb5\x2f\xfd", "a zstd archive"},
		{"7z\xbc\xaf\x27\x1c", "a 7z archive"},
		{"Rar!\x1a", "a RAR archive"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word document"},
		{"SQLite format 3\x00", "a SQLite database"},
		{"PAR1", "a Parquet file"},
		{`{\rtf`, "an RTF document"},
	} {
		if bytes.HasPrefix(head, []byte(known.magic)) {
			return known.name
		}
	}
	start := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head[:min(len(head), 512)], []byte("\xef\xbb\xbf"))))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<table"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return "a web page (HTML)"
		}
	}
	if bytes.HasPrefix(start, []byte("<?xml")) {
		return "an XML document"
	}
	if hasMark := bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF}); hasMark || looksUTF16(head) ||
		bytes.HasPrefix(head, []byte{0, 0, 0xFE, 0xFF}) {
		return ""
	}
	control := 0
	for _, c := range head {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1B || c == 0x7F {
			control++
		}
	}
	if control*10 > len(head) || control*20 > len(head) && !utf8.Valid(head) {
		return "binary data"
	}
	return ""
}

// detectText tells the text formats apart. The name decides between JSON and the others, the content between the others,
// and over everything if there is no telling name.
func detectText(src io.ReaderAt, size int64, head []byte, format string) (*document, error) {
	encoding, err := detectEncoding(head)
	if err != nil {
		return nil, err
	}
	if size == encoding.mark {
		return nil, wsc.Errorf(wsc.CodeEmptyUpload, "The file is empty.")
	}
	file := textFile{src: src, size: size, encoding: encoding}
	text, err := file.head()
	if err != nil {
		return nil, err
	}
	if json := jsonFormat(text, format); json != "" {
		format = json
	}
	if delimiter := declaredDelimiter(text); delimiter != 0 && format != formatJSON && format != formatNDJSON {
		return file.records(delimiter, true), nil
	}
	switch format {
	case formatJSON:
		return file.json(), nil
	case formatNDJSON:
		return file.ndjson(), nil
	case formatTXT, "":
		if delimiter := delimiterOfText(text, file.wholly(text)); delimiter != 0 {
			return file.records(delimiter, false), nil
		}
		return file.lines(), nil
	}
	delimiter := delimiterOfRecords(text, file.wholly(text))
	if delimiter == 0 && format == formatTSV {
		return file.records('\t', false), nil
	}
	return file.records(delimiter, false), nil
}

// jsonFormat returns the JSON format of a text, "" if it is not JSON or its name says that it is something else.
func jsonFormat(text []byte, named string) string {
	text = bytes.TrimLeft(text, " \t\r\n")
	switch named {
	case formatNDJSON:
		return formatNDJSON
	case formatJSON:
		if manyDocuments(text) {
			return formatNDJSON
		}
		return formatJSON
	case formatTXT, "":
		switch {
		case bytes.HasPrefix(text, []byte("{")):
			if manyDocuments(text) {
				return formatNDJSON
			}
			return formatJSON
		case bytes.HasPrefix(text, []byte("[")):
			// An IPv6 address in brackets is no JSON.
			if inner := bytes.TrimLeft(text[1:], " \t\r\n"); len(inner) > 0 && strings.IndexByte(`"{]`, inner[0]) >= 0 {
				return formatJSON
			}
		}
	}
	return ""
}

// textFile is a text file with a known encoding.
type textFile struct {
	src      io.ReaderAt
	size     int64
	encoding textEncoding
}

func (f textFile) reader() io.Reader { return f.encoding.reader(f.src, f.size) }

// head returns the beginning of the text, up to sniffBytes.
func (f textFile) head() ([]byte, error) {
	head := make([]byte, sniffBytes)
	n, err := io.ReadFull(f.reader(), head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, readError(err)
	}
	return head[:n], nil
}

// wholly reports whether the text that head returned is the whole one.
func (f textFile) wholly(head []byte) bool { return len(head) < sniffBytes }

func (f textFile) document(format string) *document {
	return &document{
		list:  wsc.List{Format: format, Encoding: f.encoding.name},
		close: func() error { return nil },
	}
}
