package urllist

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// xmlBuffer is what the reader of XML holds, and maxTag the longest tag, which must fit into it.
	xmlBuffer = 128 << 10
	maxTag    = 64 << 10
	// maxEntity is the longest reference to a character.
	maxEntity = 12
)

// xmlKind says what a token is.
type xmlKind int

const (
	xmlStart xmlKind = iota
	xmlEnd
	xmlText
)

// xmlToken is a piece of an XML document. What it refers to is valid until the next one is read.
type xmlToken struct {
	kind xmlKind
	// name is the local name of an element.
	name []byte
	// text is a piece of character data; the pieces of one text follow each other.
	text []byte
}

// xmlReader reads the tokens of an XML document in pieces of bounded size. It takes what encoding/xml takes in its strict
// mode, without document types, which it refuses; like Decoder.RawToken it does not match the tags with each other.
// A sheet is read several times as fast as with encoding/xml, which makes a string of every name and value: workbooks
// unpack to hundreds of times their size, so this is what bounds the time that one of them can take.
type xmlReader struct {
	src        io.Reader
	buf        []byte
	start, end int
	eof        bool
	// ended is the element of a tag like <a/> whose end is due.
	ended []byte
	// attributes are those of the last start tag.
	attributes []xmlAttribute
	unescaped  []byte
	inCDATA    bool
}

// xmlAttribute has the local name and the value of an attribute.
type xmlAttribute struct{ name, value []byte }

var (
	errDocumentType = errors.New("there is a document type declaration")
	errXMLEnd       = errors.New("the document ends within a tag, comment or reference")
)

// xmlError is what is wrong with a document.
type xmlError string

func (e xmlError) Error() string { return string(e) }

func newXMLReader(src io.Reader) *xmlReader {
	return &xmlReader{src: src, buf: make([]byte, xmlBuffer)}
}

// attribute returns the value of an attribute of the last start tag by its local name, nil if it has none.
func (x *xmlReader) attribute(name string) []byte {
	for _, a := range x.attributes {
		if string(a.name) == name {
			return a.value
		}
	}
	return nil
}

// next returns the next token, and io.EOF behind the last one.
func (x *xmlReader) next() (xmlToken, error) {
	if x.ended != nil {
		token := xmlToken{kind: xmlEnd, name: x.ended}
		x.ended = nil
		return token, nil
	}
	for {
		if x.inCDATA {
			if token, more, err := x.cdata(); more || err != nil {
				return token, err
			}
			continue
		}
		if err := x.want(1); err != nil {
			return xmlToken{}, err
		}
		if x.start == x.end {
			return xmlToken{}, io.EOF
		}
		if x.buf[x.start] != '<' {
			return x.text()
		}
		token, isToken, err := x.markup()
		if isToken || err != nil {
			return token, err
		}
	}
}

// want makes at least n bytes available, if there are as many.
func (x *xmlReader) want(n int) error {
	for x.end-x.start < n && !x.eof {
		if err := x.fill(); err != nil {
			return err
		}
	}
	return nil
}

func (x *xmlReader) fill() error {
	if x.start > 0 {
		copy(x.buf, x.buf[x.start:x.end])
		x.start, x.end = 0, x.end-x.start
	}
	for range 100 {
		n, err := x.src.Read(x.buf[x.end:])
		x.end += n
		if err == io.EOF {
			x.eof = true
			return nil
		}
		if err != nil || n > 0 {
			return err
		}
	}
	return io.ErrNoProgress
}

// skipPast drops everything up to and with a text that ends a piece of markup.
func (x *xmlReader) skipPast(end string) error {
	for {
		if i := bytes.Index(x.buf[x.start:x.end], []byte(end)); i >= 0 {
			x.start += i + len(end)
			return nil
		}
		if x.eof {
			return errXMLEnd
		}
		x.start = max(x.start, x.end-len(end)+1) // a part of the end may be there
		if err := x.fill(); err != nil {
			return err
		}
	}
}

// runeStart moves a position back to the beginning of a character.
func runeStart(text []byte, at int) int {
	for i := at; i >= 0 && i > at-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return max(at, 0)
}

// text returns character data up to the next tag or the end of the buffer.
func (x *xmlReader) text() (xmlToken, error) {
	for {
		piece := x.buf[x.start:x.end]
		end := bytes.IndexByte(piece, '<')
		whole := end >= 0 || x.eof
		if end >= 0 {
			piece = piece[:end]
		}
		if !whole {
			// What may go on in what is not read yet waits: a character, a reference, a line end, the end of a CDATA section.
			piece = piece[:runeStart(piece, len(piece)-utf8.UTFMax)]
			if i := bytes.LastIndexByte(piece, '&'); i >= 0 && len(piece)-i <= maxEntity && bytes.IndexByte(piece[i:], ';') < 0 {
				piece = piece[:i]
			}
			if len(piece) == 0 {
				if err := x.fill(); err != nil {
					return xmlToken{}, err
				}
				continue
			}
		}
		if !whole {
			// Brackets and CR stay with what follows them.
			if settled := bytes.TrimRight(piece, "]\r"); len(settled) > 0 {
				piece = settled
			} else if x.end-x.start < len(x.buf) {
				if err := x.fill(); err != nil {
					return xmlToken{}, err
				}
				continue
			}
		}
		if bytes.Contains(piece, []byte("]]>")) {
			return xmlToken{}, xmlError("]]> stands outside of a CDATA section")
		}
		x.start += len(piece)
		text, err := x.unescape(piece)
		return xmlToken{kind: xmlText, text: text}, err
	}
}

// cdata returns a piece of a CDATA section; more is false at its end.
func (x *xmlReader) cdata() (token xmlToken, more bool, err error) {
	for {
		piece := x.buf[x.start:x.end]
		if i := bytes.Index(piece, []byte("]]>")); i >= 0 {
			x.start += i
			if i == 0 {
				x.start += 3
				x.inCDATA = false
				return xmlToken{}, false, nil
			}
			piece = piece[:i]
			return xmlToken{kind: xmlText, text: x.lineEnds(piece)}, true, validXML(piece)
		}
		if x.eof {
			return xmlToken{}, false, errXMLEnd
		}
		if cut := runeStart(piece, len(piece)-utf8.UTFMax); cut > 0 && piece[cut-1] != '\r' && piece[cut-1] != ']' {
			x.start += cut
			return xmlToken{kind: xmlText, text: x.lineEnds(piece[:cut])}, true, validXML(piece[:cut])
		}
		if err := x.fill(); err != nil {
			return xmlToken{}, false, err
		}
		if x.end == len(x.buf) {
			x.start++ // a buffer of nothing but brackets or line ends
			return xmlToken{kind: xmlText, text: x.buf[x.start-1 : x.start]}, true, nil
		}
	}
}

// markup reads what begins with <.
func (x *xmlReader) markup() (token xmlToken, isToken bool, err error) {
	if err := x.want(9); err != nil {
		return xmlToken{}, false, err
	}
	head := x.buf[x.start:x.end]
	switch {
	case bytes.HasPrefix(head, []byte("<?")):
		return xmlToken{}, false, x.instruction()
	case bytes.HasPrefix(head, []byte("<!--")):
		x.start += 4
		if err := x.skipPast("--"); err != nil {
			return xmlToken{}, false, err
		}
		if err := x.want(1); err != nil {
			return xmlToken{}, false, err
		}
		if x.start == x.end || x.buf[x.start] != '>' {
			return xmlToken{}, false, xmlError("-- stands within a comment")
		}
		x.start++
		return xmlToken{}, false, nil
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		x.start += 9
		x.inCDATA = true
		return xmlToken{}, false, nil
	case bytes.HasPrefix(head, []byte("<!")):
		return xmlToken{}, false, errDocumentType
	}
	token, err = x.tag()
	return token, true, err
}

// instruction reads over <? … ?>. A declaration must not name another encoding than UTF-8.
func (x *xmlReader) instruction() error {
	if err := x.want(maxTag); err != nil {
		return err
	}
	head := x.buf[x.start:min(x.end, x.start+maxTag)]
	if end := bytes.Index(head[2:], []byte("?>")); end >= 0 {
		head = head[:2+end]
	}
	if nameLength(head[2:]) == 0 {
		return xmlError("<? is not followed by a name")
	}
	if declaration, ok := bytes.CutPrefix(head, []byte("<?xml ")); ok {
		if _, named, found := bytes.Cut(declaration, []byte("encoding=")); found && len(named) > 2 {
			name, _, _ := bytes.Cut(named[1:], named[:1])
			if !strings.EqualFold(string(name), "utf-8") {
				return xmlError("the encoding is not UTF-8")
			}
		}
	}
	x.start += 2
	return x.skipPast("?>")
}

// tag reads a start or end tag.
func (x *xmlReader) tag() (xmlToken, error) {
	tag, err := x.wholeTag()
	if err != nil {
		return xmlToken{}, err
	}
	if err := validXML(tag); err != nil {
		return xmlToken{}, err
	}
	body := tag[1 : len(tag)-1]
	if len(body) > 0 && body[0] == '/' {
		name := bytes.TrimRight(body[1:], " \t\r\n")
		if n := nameLength(name); n == 0 || n != len(name) {
			return xmlToken{}, xmlError("a closing tag has no proper name")
		}
		return xmlToken{kind: xmlEnd, name: localName(name)}, nil
	}
	empty := len(body) > 0 && body[len(body)-1] == '/'
	if empty {
		body = body[:len(body)-1]
	}
	n := nameLength(body)
	if n == 0 {
		return xmlToken{}, xmlError("< is not followed by a name")
	}
	name := localName(body[:n])
	if err := x.readAttributes(body[n:]); err != nil {
		return xmlToken{}, err
	}
	if empty {
		x.ended = name
	}
	return xmlToken{kind: xmlStart, name: name}, nil
}

// wholeTag consumes a tag and returns it.
func (x *xmlReader) wholeTag() ([]byte, error) {
	quote := byte(0)
	for i := 1; ; i++ {
		if i >= x.end-x.start {
			if x.eof {
				return nil, errXMLEnd
			}
			if i > maxTag {
				return nil, errLongLine
			}
			if err := x.fill(); err != nil {
				return nil, err
			}
			i--
			continue
		}
		switch c := x.buf[x.start+i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			if i > maxTag {
				return nil, errLongLine
			}
			tag := x.buf[x.start : x.start+i+1]
			x.start += i + 1
			return tag, nil
		}
	}
}

// readAttributes splits what stands behind the name of an element.
func (x *xmlReader) readAttributes(rest []byte) error {
	x.attributes, x.unescaped = x.attributes[:0], x.unescaped[:0]
	for {
		if rest = bytes.TrimLeft(rest, " \t\r\n"); len(rest) == 0 {
			return nil
		}
		n := nameLength(rest)
		if n == 0 {
			return xmlError("an attribute has no proper name")
		}
		name := localName(rest[:n])
		rest = bytes.TrimLeft(rest[n:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '=' {
			return xmlError("an attribute has no value")
		}
		rest = bytes.TrimLeft(rest[1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return xmlError("the value of an attribute is not quoted")
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return xmlError("the value of an attribute does not end")
		}
		value := rest[1 : 1+end]
		rest = rest[2+end:]
		if bytes.IndexByte(value, '<') >= 0 {
			return xmlError("< stands within the value of an attribute")
		}
		value, err := x.appendUnescaped(value)
		if err != nil {
			return err
		}
		x.attributes = append(x.attributes, xmlAttribute{name, value})
	}
}
