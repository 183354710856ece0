package urllist

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxDepth bounds how deep values may be nested within each other.
const maxDepth = 100

// faultError is a mistake in a JSON text, a sentence for people.
type faultError string

func (e faultError) Error() string { return string(e) }

// elementReader turns the elements of a JSON list into rows: a string is a URL, an object a row whose keys are columns.
type elementReader struct {
	names []string
	// nameBytes is the length of all names together, which is bounded as a row of names is.
	nameBytes int
	index     map[string]int
	// fixed says that the names are known and that other keys are left out.
	fixed bool
	cells [][]byte
	keys  map[string]bool
}

func newElementReader(names []string) *elementReader {
	e := &elementReader{index: map[string]int{}, fixed: names != nil, keys: map[string]bool{}}
	for _, name := range names {
		e.add(name)
	}
	return e
}

func (e *elementReader) columns() []string { return e.names }

func (e *elementReader) add(name string) {
	e.nameBytes += len(name)
	e.index[name] = len(e.names)
	e.names = append(e.names, name)
}

// read reads the element that begins with the token. check is called between the tokens and can end the reading.
func (e *elementReader) read(decoder *json.Decoder, first json.Token, check func() error) (row, error) {
	e.cells = e.cells[:0]
	if first != json.Delim('{') {
		return e.scalar(decoder, first, check)
	}
	if len(e.keys) > maxColumns {
		e.keys = map[string]bool{} // clearing a large map takes as long for the smallest object
	} else {
		clear(e.keys)
	}
	for {
		token, err := next(decoder, check)
		if err != nil {
			return row{}, err
		}
		if token == json.Delim('}') {
			return row{cells: e.cells}, nil
		}
		key, _ := token.(string) // the decoder lets nothing but strings be keys
		if e.keys[key] {
			return row{}, faultError(fmt.Sprintf("The key %q stands twice in one object.", shorten(key)))
		}
		e.keys[key] = true
		value, err := next(decoder, check)
		if err != nil {
			return row{}, err
		}
		text, err := e.text(decoder, value, check)
		if err != nil {
			return row{}, err
		}
		e.set(key, text)
	}
}

func (e *elementReader) scalar(decoder *json.Decoder, first json.Token, check func() error) (row, error) {
	text, err := e.text(decoder, first, check)
	if err != nil {
		return row{}, err
	}
	e.cells = append(e.cells, []byte(text))
	row := row{cells: e.cells, whole: true}
	switch first.(type) {
	case json.Delim:
		row.problem = "An array stands where a URL should be."
	case json.Number:
		row.problem = "A number stands where a URL should be."
	case bool:
		row.problem = "A truth value stands where a URL should be."
	}
	return row, nil
}

func (e *elementReader) set(key, text string) {
	column, known := e.index[key]
	if !known {
		if e.fixed || len(e.names) >= maxColumns || e.nameBytes+len(key) > maxLine {
			return
		}
		column = len(e.names)
		e.add(key)
	}
	for len(e.cells) <= column {
		e.cells = append(e.cells, nil)
	}
	e.cells[column] = []byte(text)
}

// text is a value as a cell. Arrays and objects have none; they are read over.
func (e *elementReader) text(decoder *json.Decoder, value json.Token, check func() error) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case json.Number:
		return value.String(), nil
	case bool:
		return strconv.FormatBool(value), nil
	case json.Delim:
		return "", skip(decoder, check)
	}
	return "", nil
}

// skip reads over the rest of an array or object that has just begun.
func skip(decoder *json.Decoder, check func() error) error {
	for depth := 1; depth > 0; {
		token, err := next(decoder, check)
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			if depth++; depth > maxDepth {
				return faultError(fmt.Sprintf("Values are nested more than %d deep.", maxDepth))
			}
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return nil
}

// next reads one token. The end of the text within a value is a fault.
func next(decoder *json.Decoder, check func() error) (json.Token, error) {
	if err := check(); err != nil {
		return nil, err
	}
	token, err := decoder.Token()
	if err == nil {
		return token, nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, faultError("The JSON ends unexpectedly; is the file complete?")
	case errors.As(err, &syntax):
		return nil, faultError("This is not valid JSON: " + syntax.Error() + ".")
	}
	return nil, err
}
