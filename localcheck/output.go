package localcheck

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
	"github.com/website-status-checker/wsc/internal/outfile"
)

// Output is the file that results are written to. CSV and NDJSON grow row by row under their own name, so that what is
// there survives whatever ends the process; JSON and workbooks appear when they are complete.
type Output struct {
	writer export.Writer
	file   *os.File      // written in place
	whole  *outfile.File // or appears at the end
}

// CreateOutput starts a file, replacing one that has its name.
func CreateOutput(path string, format export.Format) (*Output, error) {
	o := &Output{}
	var err error
	var sink io.Writer
	if resumable(format) {
		o.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) //nolint:gosec // results are no secrets; the umask decides
		sink = o.file
	} else {
		o.whole, err = outfile.Create(path)
		sink = o.whole
	}
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	if o.writer, err = export.NewWriter(format, sink, export.Options{}); err != nil {
		return nil, errors.Join(err, o.Discard())
	}
	return o, nil
}

// ResumeOutput opens the output of an earlier run over the same list to go on with it, and reads what it holds.
// Its last line is dropped if it is incomplete. A file that does not exist is started. A file that is no such output
// is refused with wsc.CodeConflict, a format that can't be gone on with as wsc.CodeInvalidRequest.
func ResumeOutput(path string, format export.Format) (*Output, *Previous, error) {
	if !resumable(format) {
		_, err := readPrevious(nil, 0, format)
		return nil, nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		o, err := CreateOutput(path, format)
		return o, nil, err
	}
	if err != nil {
		return nil, nil, fmt.Errorf("opening the output: %w", err)
	}
	o := &Output{file: file}
	previous, err := o.resume(format)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return o, previous, nil
}

func (o *Output) resume(format export.Format) (*Previous, error) {
	info, err := o.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, wsc.Errorf(wsc.CodeInvalidRequest, "%s is not a file that can be gone on with.", o.file.Name())
	}
	previous, err := readPrevious(o.file, info.Size(), format)
	if err != nil {
		return nil, err
	}
	var sink io.Writer = &appender{output: o, size: previous.size}
	if format == export.FormatCSV && previous.size > 0 {
		sink = &headless{next: sink}
	}
	o.writer, err = export.NewWriter(format, sink, export.Options{})
	return previous, err
}

func resumable(format export.Format) bool {
	return format == export.FormatCSV || format == export.FormatNDJSON
}

// Write adds a result.
func (o *Output) Write(result *wsc.Result) error { return o.writer.Write(result) }

// Flush writes out what is buffered, if the format allows that before its end.
func (o *Output) Flush() error {
	if buffered, ok := o.writer.(export.Flusher); ok {
		return buffered.Flush()
	}
	return nil
}

// Close finishes the file.
func (o *Output) Close() error {
	err := o.writer.Close()
	if o.whole != nil {
		if err != nil {
			return errors.Join(err, o.whole.Discard())
		}
		return o.whole.Commit()
	}
	return errors.Join(err, o.file.Close())
}

// Discard gives the output up. What stands in a file that grows row by row stays.
func (o *Output) Discard() error {
	if o.whole != nil {
		return o.whole.Discard()
	}
	return o.file.Close()
}

// appender cuts an incomplete row off before the first byte is added, so that a run that fails before leaves the
// file as it was.
type appender struct {
	output *Output
	size   int64
	begun  bool
}

func (a *appender) Write(p []byte) (int, error) {
	if !a.begun {
		if err := a.output.file.Truncate(a.size); err != nil {
			return 0, err
		}
		if _, err := a.output.file.Seek(a.size, io.SeekStart); err != nil {
			return 0, err
		}
		a.begun = true
	}
	return a.output.file.Write(p)
}

// headless drops the first line that is written to it.
type headless struct {
	next io.Writer
	past bool
}

func (h *headless) Write(p []byte) (int, error) {
	rest := p
	if !h.past {
		if _, rest, h.past = bytes.Cut(p, []byte("\n")); !h.past {
			return len(p), nil
		}
	}
	if len(rest) == 0 {
		return len(p), nil
	}
	n, err := h.next.Write(rest)
	return len(p) - len(rest) + n, err
}
