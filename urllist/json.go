package urllist

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

// urlsKey is the key of the list in a JSON object.
const urlsKey = "urls"

// json is the file as a JSON array, or an object with an array under "urls".
func (f textFile) json() *document {
	d := f.document(formatJSON)
	d.named = true
	d.open = func(columns []string) (source, error) {
		s := &jsonSource{elementReader: newElementReader(columns), file: f, guard: &guardReader{src: f.reader()}}
		s.decoder = json.NewDecoder(s.guard)
		s.decoder.UseNumber()
		if err := s.begin(); err != nil {
			return nil, s.place(err)
		}
		return s, nil
	}
	return d
}

// jsonSource reads the elements of one array.
type jsonSource struct {
	*elementReader
	file    textFile
	decoder *json.Decoder
	guard   *guardReader
	number  int64
	// wrapped says that the array is a member of an object.
	wrapped bool
	// started is where the current element begins.
	started int64
}

func (s *jsonSource) close() error { return nil }

// begin reads up to the first element.
func (s *jsonSource) begin() error {
	token, err := s.token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('['):
		return nil
	case json.Delim('{'):
		s.wrapped = true
		found, err := s.member()
		if err != nil {
			return err
		}
		if !found {
			return faultError(`The object has no "urls". Write an array of URLs, or an object like {"urls": ["https://example.com/"]}.`)
		}
		if token, err = s.token(); err != nil {
			return err
		}
		if token != json.Delim('[') {
			return faultError(`"urls" must be an array.`)
		}
		return nil
	}
	return faultError(`The file must hold an array of URLs, or an object like {"urls": ["https://example.com/"]}.`)
}

// member reads members of the outer object up to the key "urls", or to the end of the object.
func (s *jsonSource) member() (found bool, err error) {
	for {
		token, err := s.token()
		if err != nil {
			return false, err
		}
		if token == json.Delim('}') {
			return false, nil
		}
		if token == urlsKey {
			return true, nil
		}
		value, err := s.token()
		if err != nil {
			return false, err
		}
		if value == json.Delim('[') || value == json.Delim('{') {
			if err := skip(s.decoder, s.allow); err != nil {
				return false, err
			}
		}
	}
}

func (s *jsonSource) token() (json.Token, error) { return next(s.decoder, s.allow) }

// allow lets the decoder read one more token.
func (s *jsonSource) allow() error {
	s.guard.limit = s.decoder.InputOffset() + 2*maxLine
	return nil
}

// within lets the decoder read one more token of the current element.
func (s *jsonSource) within() error {
	if s.decoder.InputOffset()-s.started > maxLine {
		return errLongLine
	}
	return s.allow()
}

func (s *jsonSource) next() (row, error) {
	s.number++
	token, err := s.token()
	if err != nil {
		return row{}, s.place(err)
	}
	if token == json.Delim(']') {
		if err := s.end(); err != nil {
			return row{}, s.place(err)
		}
		return row{}, io.EOF
	}
	s.started = s.decoder.InputOffset()
	element, err := s.read(s.decoder, token, s.within)
	if err != nil {
		return row{}, s.place(err)
	}
	element.number = s.number
	return element, nil
}

// end reads what follows the list: nothing, or the rest of the outer object.
func (s *jsonSource) end() error {
	if s.wrapped {
		again, err := s.member()
		if err != nil {
			return err
		}
		if again {
			return faultError(`The key "urls" stands twice.`)
		}
	}
	if err := s.allow(); err != nil {
		return err
	}
	if _, err := s.decoder.Token(); !errors.Is(err, io.EOF) {
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, new(*json.SyntaxError)) {
			return err
		}
		return faultError("There is more text behind the end of the JSON list; a file holds one list.")
	}
	return nil
}

// place makes an error for people out of a fault, with the line and the position in it.
func (s *jsonSource) place(err error) error {
	var fault faultError
	long := errors.Is(err, errLongLine)
	if !long && !errors.As(err, &fault) {
		return readError(err)
	}
	line, column, countErr := s.file.position(s.decoder.InputOffset())
	if countErr != nil {
		return countErr
	}
	place := wsc.Place{Line: line, Column: strconv.FormatInt(column, 10)}
	if long {
		return longLine(place)
	}
	return wsc.Errorf(wsc.CodeInvalidJSON, "%s", string(fault)).At(place)
}

// position returns the line and the column, in characters from 1, of an offset in the text.
func (f textFile) position(offset int64) (line, column int64, err error) {
	line, column = 1, 1
	src, buf := f.reader(), make([]byte, firstBuffer)
	for offset > 0 {
		n, err := src.Read(buf[:min(int64(len(buf)), offset)])
		for _, c := range buf[:n] {
			switch {
			case c == '\n':
				line, column = line+1, 1
			case utf8.RuneStart(c):
				column++
			}
		}
		offset -= int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, 0, readError(err)
		}
	}
	return line, column, nil
}

// guardReader stops a decoder that reads on and on for one token.
type guardReader struct {
	src         io.Reader
	read, limit int64
}

func (g *guardReader) Read(p []byte) (int, error) {
	if g.read > g.limit {
		return 0, errLongLine
	}
	n, err := g.src.Read(p)
	g.read += int64(n)
	return n, err
}

// manyDocuments reports whether a text is JSON line by line: its first line is an element and another one follows.
func manyDocuments(text []byte) bool {
	line, rest, found := bytes.Cut(text, []byte("\n"))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if !found || len(rest) == 0 || rest[0] != '{' && rest[0] != '"' || !json.Valid(line) {
		return false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(line, &members) != nil {
		return line[0] == '"'
	}
	_, list := members[urlsKey]
	return !list
}
