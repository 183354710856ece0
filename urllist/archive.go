package urllist

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// maxUnpacked is the most that the parts of a workbook may hold together, unpacked. Nothing of it is held at once.
	maxUnpacked = 1 << 30
	// maxDirectory bounds what is read of the archive's directory.
	maxDirectory = 4 << 20
	// maxSmallPart bounds the parts that only describe the workbook.
	maxSmallPart = 8 << 20
)

// archive is the ZIP file that a workbook is.
type archive struct {
	parts map[string]*zip.File
	file  *boundedReaderAt
}

// openArchive reads the directory of the archive and refuses one that would unpack to too much.
func openArchive(src io.ReaderAt, size int64) (*archive, error) {
	bounded := &boundedReaderAt{src: src, left: maxDirectory}
	reader, err := zip.NewReader(bounded, size)
	if bounded.err != nil {
		return nil, readError(bounded.err)
	}
	if err != nil {
		return nil, invalidXLSX("The file is not an XLSX workbook, or only a part of one.").Because(err)
	}
	bounded.unlimited = true
	a := &archive{file: bounded, parts: make(map[string]*zip.File, len(reader.File))}
	var packed, unpacked uint64
	for _, file := range reader.File {
		packed += min(file.CompressedSize64, maxUnpacked+1)
		unpacked += min(file.UncompressedSize64, maxUnpacked+1)
		if unpacked > maxUnpacked {
			return nil, tooMuch()
		}
		if file.Flags&1 != 0 {
			return nil, invalidXLSX("The workbook is protected by a password; save it without one.")
		}
		name := strings.TrimPrefix(strings.ReplaceAll(file.Name, `\`, "/"), "/")
		if _, twice := a.parts[name]; twice {
			return nil, invalidXLSX("The file is not a valid XLSX workbook: it has two parts named %q.", shorten(name))
		}
		a.parts[name] = file
	}
	if packed > uint64(size) {
		return nil, invalidXLSX("The file is not a valid XLSX workbook: its parts overlap.")
	}
	return a, nil
}

func tooMuch() error {
	return wsc.Errorf(wsc.CodeDecompressedTooLarge, "The workbook unpacks to more than %d MiB; save the list as .csv.", maxUnpacked>>20)
}

func (a *archive) has(part string) bool { return a.parts[part] != nil }

// otherKind is the error for an archive that is no workbook.
func (a *archive) otherKind() error {
	prefix := func(folder string) bool {
		for name := range a.parts {
			if strings.HasPrefix(name, folder) {
				return true
			}
		}
		return false
	}
	switch {
	case prefix("word/"):
		return kindOfFile{"a Word document", adviceText}.refusal()
	case prefix("ppt/"):
		return kindOfFile{"a presentation", adviceText}.refusal()
	case a.has("xl/workbook.bin"):
		return kindOfFile{"a binary workbook (.xlsb)", adviceSheet}.refusal()
	case a.has("content.xml"), a.has("mimetype"):
		return kindOfFile{"an OpenDocument file", adviceSheet}.refusal()
	case prefix("Index/"), a.has("Index.zip"):
		return kindOfFile{"a Numbers or Pages document", adviceSheet}.refusal()
	case prefix("META-INF/"):
		return kindOfFile{"a program", adviceList}.refusal()
	}
	return invalidXLSX("The file is not an XLSX workbook but some other ZIP archive; unpack the list and %s.", supported)
}

// part opens a part for reading as XML, at most limit bytes of it.
func (a *archive) part(name string, limit int64) (*part, error) {
	file := a.parts[name]
	if file == nil {
		return nil, invalidXLSX("The workbook is incomplete: %s is missing.", shorten(name))
	}
	content, err := file.Open()
	if err != nil {
		return nil, invalidXLSX("The part %s of the workbook can't be read.", shorten(name)).Because(err)
	}
	p := &part{name: name, file: a.file, content: content, left: limit}
	// Spreadsheet programs write UTF-8 only; the standard allows UTF-16, which nobody uses.
	p.xml = newXMLReader(p)
	return p, nil
}

// part is one XML document of the archive. It is bounded in size.
type part struct {
	name    string
	file    *boundedReaderAt
	content io.ReadCloser
	xml     *xmlReader
	// left is what may still be read of the part.
	left   int64
	failed error
}

func (p *part) close() error {
	if err := p.content.Close(); err != nil {
		return fmt.Errorf("closing a part of the workbook: %w", err)
	}
	return nil
}

// Read unpacks more of the part.
func (p *part) Read(buf []byte) (int, error) {
	if p.left <= 0 {
		p.failed = tooMuch()
		return 0, p.failed
	}
	n, err := p.content.Read(buf[:min(int64(len(buf)), p.left)])
	p.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		p.failed = err
	}
	return n, err
}

// token returns the next token, which is valid until the next call, and io.EOF behind the last one.
// Entities, document types and broken XML are refused; nothing is ever fetched.
func (p *part) token() (xmlToken, error) {
	token, err := p.xml.next()
	if err == nil {
		return token, nil
	}
	var known *wsc.Error
	switch {
	case errors.As(p.failed, &known):
		return xmlToken{}, p.failed
	case p.file.err != nil:
		return xmlToken{}, readError(p.file.err)
	case p.failed != nil:
		return xmlToken{}, invalidXLSX("The workbook is damaged: its part %s can't be unpacked.", shorten(p.name)).Because(p.failed)
	case errors.Is(err, io.EOF), errors.Is(err, errLongLine):
		return xmlToken{}, err
	case errors.Is(err, errDocumentType):
		return xmlToken{}, invalidXLSX("The part %s of the workbook has a document type declaration, which workbooks don't have.", shorten(p.name))
	}
	return xmlToken{}, invalidXLSX("The workbook is damaged: its part %s is not valid XML.", shorten(p.name)).Because(err)
}

// elements calls fn for every element of a small part with the given local name.
func (a *archive) elements(name, element string, fn func(attribute func(string) string) error) error {
	p, err := a.part(name, maxSmallPart)
	if err != nil {
		return err
	}
	for {
		token, err := p.token()
		if errors.Is(err, io.EOF) {
			return p.close()
		}
		if errors.Is(err, errLongLine) {
			err = tooMuch()
		}
		if err != nil {
			return alsoClose(err, p.close)
		}
		if token.kind == xmlStart && string(token.name) == element {
			if err := fn(func(name string) string { return string(p.xml.attribute(name)) }); err != nil {
				return alsoClose(err, p.close)
			}
		}
	}
}

// boundedReaderAt fails after a number of bytes, unless it is made unlimited.
type boundedReaderAt struct {
	src       io.ReaderAt
	left      int64
	unlimited bool
	// err is a failure of src.
	err error
}

func (b *boundedReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if !b.unlimited {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, errors.New("the archive's directory is too large")
		}
	}
	n, err := b.src.ReadAt(p, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
