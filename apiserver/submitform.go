package apiserver

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

// receiveForm reads a multipart form: the file into the submission's upload, and its options, in any order.
func receiveForm(body io.Reader, boundary string, submission *jobs.Submission) error {
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
			return formField(name, "Form field '%s' is given twice; one list makes one job.")
		}
		seen[name] = true
		if err := receivePart(part, name, submission); err != nil {
			return err
		}
	}
	if !seen["file"] {
		return missingFile("Form field 'file' is required.")
	}
	return nil
}

func receivePart(part *multipart.Part, name string, submission *jobs.Submission) error {
	switch name {
	case "file":
		filename, given := rawFilename(part.Header)
		if !given {
			return missingFile("Form field 'file' must be a file, with a file name.")
		}
		cleaned, err := jobs.CleanFilename(filename)
		if err != nil {
			return err
		}
		submission.Filename = cleaned
		_, err = io.Copy(submission.Upload, part)
		return formError(err)
	case "options":
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
		submission.Options, err = parseOptions(data)
		return err
	default:
		return formField(name, "Unknown form field '%s'. The fields are file and options (JSON).")
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

func formField(name, format string) error {
	return wsc.Errorf(wsc.CodeInvalidRequest, format, clip(name)).At(wsc.Place{Field: clip(name)})
}

func longOptions() error {
	return wsc.Errorf(wsc.CodeInvalidOptions, "The options are longer than %d bytes.", maxOptionsBytes).At(wsc.Place{Field: "options"})
}

func missingFile(message string) error {
	return wsc.Errorf(wsc.CodeMissingFile, "%s", message).At(wsc.Place{Field: "file"})
}
