package apiserver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

const (
	// maxTokenBytes is the longest JSON value that is held in memory: one URL, or the options.
	maxTokenBytes = 1 << 20
	// maxNameBytes is the longest name of a list, and the longest id that is looked at.
	maxNameBytes = 255
	// defaultListName is the name of a list without one.
	defaultListName = "urls"
)

// receiveJSON reads a wsc.SubmitRequest one URL at a time and writes the URLs as a JSON array to out, which is then
// read like an uploaded file.
func receiveJSON(body io.Reader, out *bufio.Writer, submission *jobs.Submission) error {
	in := &jsonSubmission{limited: &tokenReader{source: body}, out: out, seen: map[string]bool{}}
	in.decoder = json.NewDecoder(in.limited)
	if err := in.read(); err != nil {
		return err
	}
	submission.Options = in.options
	if in.uploadID != "" {
		submission.UploadID, submission.Filename = in.uploadID, in.name
		return nil
	}
	submission.Filename = listFilename(in.name)
	return nil
}

// listFilename gives a list its file name. The name must say what the stored list is.
func listFilename(name string) string {
	if name = strings.TrimSpace(name); name == "" {
		name = defaultListName
	}
	if strings.EqualFold(path.Ext(name), ".json") {
		return name
	}
	return name + ".json"
}

// tokenReader fails when more than maxTokenBytes are read without an intervening token.
type tokenReader struct {
	source io.Reader
	since  int
}

// Read reads from the source.
func (t *tokenReader) Read(data []byte) (int, error) {
	if t.since > maxTokenBytes {
		return 0, wsc.Errorf(wsc.CodeLineTooLong, "One value of the JSON is longer than %d KiB.", maxTokenBytes>>10)
	}
	n, err := t.source.Read(data)
	t.since += n
	return n, err
}

// jsonSubmission is a wsc.SubmitRequest while it is read.
type jsonSubmission struct {
	limited *tokenReader
	decoder *json.Decoder
	out     *bufio.Writer

	seen     map[string]bool
	name     string
	uploadID string
	options  wsc.Options
}

func (in *jsonSubmission) read() error {
	if err := in.expect('{', "The body must be a JSON object with the field urls or upload_id."); err != nil {
		return err
	}
	for in.decoder.More() {
		key, err := in.token()
		if err != nil {
			return err
		}
		if err := in.field(fmt.Sprint(key)); err != nil {
			return err
		}
	}
	if _, err := in.token(); err != nil {
		return err
	}
	switch {
	case in.seen["urls"] && in.seen["upload_id"]:
		return wrongField("upload_id", "Give either urls or upload_id, not both.")
	case !in.seen["urls"] && !in.seen["upload_id"]:
		return wrongField("urls", "The field urls is required, or upload_id in its place.")
	}
	if _, err := in.token(); err == nil {
		return wsc.Errorf(wsc.CodeInvalidJSON, "There is more after the end of the JSON object.")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (in *jsonSubmission) field(key string) error {
	if in.seen[key] {
		return wsc.Errorf(wsc.CodeInvalidJSON, "The field %s is given twice.", clip(key)).At(wsc.Place{Field: clip(key)})
	}
	in.seen[key] = true
	switch key {
	case "urls":
		return in.urls()
	case "name":
		return in.text(key, &in.name)
	case "upload_id":
		if err := in.text(key, &in.uploadID); err != nil {
			return err
		}
		var err error
		in.uploadID, err = uploadID(in.uploadID)
		return err
	case "options":
		var raw json.RawMessage
		if err := in.syntax(in.decoder.Decode(&raw)); err != nil {
			return err
		}
		in.limited.since = 0
		if len(raw) > maxOptionsBytes {
			return longOptions()
		}
		var err error
		in.options, err = parseOptions(raw)
		return err
	default:
		return wrongField(clip(key), fmt.Sprintf("Unknown field %s. The fields are urls, upload_id, name and options.", clip(key)))
	}
}

// text reads the value of a field that is a short text.
func (in *jsonSubmission) text(key string, into *string) error {
	token, err := in.token()
	if err != nil {
		return err
	}
	text, isString := token.(string)
	if !isString || len(text) > maxNameBytes {
		return wrongField(key, fmt.Sprintf("%s must be a text of at most %d bytes.", key, maxNameBytes))
	}
	*into = text
	return nil
}

func (in *jsonSubmission) urls() error {
	if err := in.expect('[', "urls must be an array of texts."); err != nil {
		return err
	}
	count := 0
	for in.decoder.More() {
		token, err := in.token()
		if err != nil {
			return err
		}
		text, isString := token.(string)
		if !isString {
			return wrongField(fmt.Sprintf("urls[%d]", count), fmt.Sprintf("urls[%d] must be a text.", count))
		}
		if err := in.write(count, text); err != nil {
			return err
		}
		count++
	}
	if _, err := in.token(); err != nil {
		return err
	}
	if count == 0 {
		return wrongField("urls", "urls must have at least one URL.")
	}
	_, err := in.out.WriteString("]\n")
	return err
}

func (in *jsonSubmission) write(count int, text string) error {
	separator := ",\n"
	if count == 0 {
		separator = "["
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return fmt.Errorf("quote URL: %w", err)
	}
	if _, err := in.out.WriteString(separator); err != nil {
		return err
	}
	_, err = in.out.Write(quoted)
	return err
}

// expect reads the beginning of an object or array.
func (in *jsonSubmission) expect(delim json.Delim, message string) error {
	token, err := in.token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return wsc.Errorf(wsc.CodeInvalidJSON, "The body is empty.")
		}
		return err
	}
	if token != delim {
		return wsc.Errorf(wsc.CodeInvalidRequest, "%s", message)
	}
	return nil
}

func (in *jsonSubmission) token() (json.Token, error) {
	token, err := in.decoder.Token()
	in.limited.since = 0
	return token, in.syntax(err)
}

// syntax turns an error of the decoder into one for the client.
func (in *jsonSubmission) syntax(err error) error {
	var known *wsc.Error
	var syntax *json.SyntaxError
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return wsc.Errorf(wsc.CodeInvalidJSON, "The JSON has an unexpected end after %d bytes.", in.decoder.InputOffset()).Because(io.EOF)
	case errors.As(err, &syntax):
		return wsc.Errorf(wsc.CodeInvalidJSON, "The JSON is wrong after %d bytes: %s.", in.decoder.InputOffset(), syntax.Error())
	default:
		return fmt.Errorf("read JSON: %w", err)
	}
}

func wrongField(field, message string) error {
	return wsc.Errorf(wsc.CodeInvalidRequest, "%s", message).At(wsc.Place{Field: field})
}
