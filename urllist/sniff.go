package urllist

import (
	"bytes"
	"cmp"
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

// detect tells what a file is. Content counts before the name: a workbook is one whatever it is called, and what can be
// recognised as something else is refused as what it is.
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
	asked, err := opts.asked()
	if err != nil {
		return nil, err
	}
	format, err := formatOfName(opts.Filename)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		if err := asked.refused("A workbook"); err != nil {
			return nil, err
		}
		return openWorkbook(src, size, opts)
	}
	kind, known, err := recognise(src, head)
	switch {
	case err != nil:
		return nil, err
	case format == formatXLSX && (!known || kind.what == binaryData):
		return nil, notWorkbook(known)
	case known && (kind.what != binaryData || !isUTF16(asked.encoding)): // many bytes of UTF-16 are no text by themselves
		return nil, kind.refusal()
	}
	encoding, unsupported := encodingOf(head, asked.encoding)
	if unsupported != nil && (!opts.preview || encoding.name == "") {
		return nil, unsupported
	}
	document, err := detectText(textFile{src: src, size: size, encoding: encoding}, format, asked)
	if err != nil {
		return nil, err
	}
	document.refusal = unsupported
	return document, nil
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

// detectText tells the text formats apart by their content. Only what is called JSON has to be JSON.
func detectText(file textFile, format string, asked asked) (*document, error) {
	if file.size == file.encoding.mark {
		return nil, wsc.Errorf(wsc.CodeEmptyUpload, "The file is empty.")
	}
	text, err := file.head()
	if err != nil {
		return nil, err
	}
	if json := jsonFormat(text, format); json != "" {
		format = json
		if err := asked.refused("JSON"); err != nil {
			return nil, err
		}
	}
	if delimiter := declaredDelimiter(text); delimiter != 0 && format != formatJSON && format != formatNDJSON {
		return file.records(cmp.Or(asked.delimiter, delimiter), true), nil
	}
	if asked.delimiter != 0 && format != formatJSON && format != formatNDJSON {
		return file.records(asked.delimiter, false), nil
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

// jsonFormat returns the JSON format of a text, "" if it is not JSON.
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
	case formatTXT, formatCSV, formatTSV, "":
		switch {
		case bytes.HasPrefix(text, []byte("{")) && bytes.HasPrefix(bytes.TrimLeft(text[1:], " \t\r\n"), []byte(`"`)):
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
