package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// jsonList writes values as one JSON array with a line per value, or as NDJSON.
type jsonList struct {
	out     *bufio.Writer
	lines   bool
	started bool
}

func newJSONList(format Format, w io.Writer) jsonList {
	return jsonList{out: bufio.NewWriterSize(w, bufferSize), lines: format == FormatNDJSON}
}

// add writes one encoded value without a line end.
func (l *jsonList) add(value []byte) error {
	if _, err := l.out.WriteString(l.separator()); err != nil {
		return err
	}
	_, err := l.out.Write(value)
	return err
}

// separator is what stands in front of the next value.
func (l *jsonList) separator() string {
	first := !l.started
	l.started = true
	switch {
	case l.lines && first:
		return ""
	case l.lines:
		return "\n"
	case first:
		return "[\n"
	}
	return ",\n"
}

func (l *jsonList) close() error {
	end := "\n]\n"
	switch {
	case l.lines && l.started:
		end = "\n"
	case l.lines:
		end = ""
	case !l.started:
		end = "[]\n"
	}
	if _, err := l.out.WriteString(end); err != nil {
		return err
	}
	return l.out.Flush()
}

// jsonEncoder encodes single values. HTML characters stay as they are: they are common in URLs, and the documents are
// not put into pages.
type jsonEncoder struct {
	buffer  bytes.Buffer
	encoder *json.Encoder
}

func newJSONEncoder() *jsonEncoder {
	e := &jsonEncoder{}
	e.encoder = json.NewEncoder(&e.buffer)
	e.encoder.SetEscapeHTML(false)
	return e
}

// encode returns the value as JSON, valid until the next call.
func (e *jsonEncoder) encode(value any) ([]byte, error) {
	e.buffer.Reset()
	if err := e.encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(e.buffer.Bytes(), []byte("\n")), nil
}

// jsonWriter is a Writer of result objects as the HTTP API shows them.
type jsonWriter struct {
	list    jsonList
	encoder *jsonEncoder
}

func newJSONWriter(format Format, w io.Writer) *jsonWriter {
	return &jsonWriter{list: newJSONList(format, w), encoder: newJSONEncoder()}
}

// Write implements Writer.
func (w *jsonWriter) Write(result *wsc.Result) error {
	value, err := w.encoder.encode(result)
	if err != nil {
		return writing(err)
	}
	return writing(w.list.add(value))
}

// Close implements Writer.
func (w *jsonWriter) Close() error { return writing(w.list.close()) }

// jsonTable writes the rows of a table as flat objects. Empty cells are null, so that every object has every key.
type jsonTable struct {
	list    jsonList
	encoder *jsonEncoder
	keys    [][]byte
	object  []byte
}

func newJSONTable(format Format, w io.Writer, headings []heading) (*jsonTable, error) {
	t := &jsonTable{list: newJSONList(format, w), encoder: newJSONEncoder()}
	for _, h := range headings {
		key, err := t.encoder.encode(h.name)
		if err != nil {
			return nil, err
		}
		t.keys = append(t.keys, append(bytes.Clone(key), ':'))
	}
	return t, nil
}

func (t *jsonTable) row(cells []cell) error {
	t.object = append(t.object[:0], '{')
	for n := range cells {
		if n > 0 {
			t.object = append(t.object, ',')
		}
		t.object = append(t.object, t.keys[n]...)
		if err := t.appendCell(&cells[n]); err != nil {
			return err
		}
	}
	t.object = append(t.object, '}')
	return t.list.add(t.object)
}

func (t *jsonTable) appendCell(c *cell) error {
	switch c.kind {
	case cellText, cellUploaded, cellStatus:
		text, err := t.encoder.encode(c.text)
		if err != nil {
			return err
		}
		t.object = append(t.object, text...)
	case cellInteger:
		t.object = strconv.AppendInt(t.object, c.number, 10)
	case cellDecimal:
		t.object = appendDecimal(t.object, c.number)
	case cellTime:
		t.object = append(appendTime(append(t.object, '"'), c.number), '"')
	case cellEmpty:
		t.object = append(t.object, "null"...)
	}
	return nil
}

func (t *jsonTable) close(*tally) error { return t.list.close() }
