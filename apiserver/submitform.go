package apiserver

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

// readPart reads one part of a form.
type readPart func(*multipart.Part) error

// formFields are the parts that an operation takes, by their names. One of them is file, which must be there.
type formFields struct {
	read map[string]readPart
	// known is a sentence that names them.
	known string
}

// receiveForm reads a multipart form, whose parts may come in any order.
func receiveForm(body io.Reader, boundary string, fields formFields) error {
	if boundary == "" {
		return wsc.Errorf(wsc.CodeMalformedBody, "The Content-Type multipart/form-data has no boundary.")
	}
	form := multipart.NewReader(body, boundary)
	seen := map[string]bool{}
	for {
		part, err := form.NextPart()
		if err == io.EOF { // not a wrapped one, which is a form that breaks off
			break
		}
		if err != nil {
			return formError(err)
		}
		name := part.FormName()
		if seen[name] {
			return formField(name, "Form field '%s' is given twice; send one list at a time.")
		}
		seen[name] = true
		read, known := fields.read[name]
		if !known {
			return formField(name, "Unknown form field '%s'. "+fields.known)
		}
		if err := read(part); err != nil {
			return err
		}
	}
	if !seen["file"] {
		return missingFile("Form field 'file' is required.")
	}
	return nil
}

// submissionFields are the parts of a submission: the file and its options.
func submissionFields(submission *jobs.Submission) formFields {
	return formFields{known: "The fields are file and options (JSON).", read: map[string]readPart{
		"file": fileInto(submission.Upload, &submission.Filename), "options": optionsInto(&submission.Options),
	}}
}

// fileInto reads a file into an upload, and its name.
func fileInto(upload *jobs.Upload, filename *string) readPart {
	return func(part *multipart.Part) error {
		raw, given := rawFilename(part.Header)
		if !given {
			return missingFile("Form field 'file' must be a file, with a file name.")
		}
		cleaned, err := jobs.CleanFilename(raw)
		if err != nil {
			return err
		}
		*filename = cleaned
		_, err = io.Copy(upload, part)
		return formError(err)
	}
}

func optionsInto(options *wsc.Options) readPart {
	return func(part *multipart.Part) error {
		data, err := io.ReadAll(io.LimitReader(part, maxOptionsBytes+1))
		if err != nil {
			return formError(err)
		}
		if len(data) > maxOptionsBytes {
			return longOptions()
		}
		if len(data) == 0 {
			return nil // a form with the field left empty
		}
		*options, err = parseOptions(data)
		return err
	}
}

// rawFilename is the file name as the client sent it: multipart.Part.FileName would already have cut it. Where filename
// and filename* are both given the latter counts (RFC 6266).
func rawFilename(header textproto.MIMEHeader) (name string, given bool) {
	_, params, err := mime.ParseMediaType(header.Get("Content-Disposition"))
	if err != nil {
		return "", false
	}
	name, given = params["filename"]
	return name, given
}

// formError passes on errors that are ready for the client and takes every other for a broken form.
func formError(err error) error {
	var known *wsc.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	var malformed textproto.ProtocolError
	if errors.As(err, &malformed) && strings.Contains(string(malformed), "filename") && strings.Contains(string(malformed), `\x00`) {
		return wsc.Errorf(wsc.CodeInvalidFilename, "The file name contains a NUL character.").At(wsc.Place{Field: "file"})
	}
	return wsc.Errorf(wsc.CodeMalformedBody, "The multipart form is malformed or breaks off.").Because(err)
}

// formField is the error about a part. The format takes its name.
func formField(name, format string) error {
	return wrongField(clip(name), fmt.Sprintf(format, clip(name)))
}

func longOptions() error {
	return wsc.Errorf(wsc.CodeInvalidOptions, "The options are longer than %d bytes.", maxOptionsBytes).At(wsc.Place{Field: "options"})
}

func missingFile(message string) error {
	return wsc.Errorf(wsc.CodeMissingFile, "%s", message).At(wsc.Place{Field: "file"})
}
