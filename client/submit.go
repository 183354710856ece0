package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"reflect"

	wsc "github.com/website-status-checker/wsc"
)

// expectContinueBytes is the upload size from which the server is asked first, so that it can refuse (wrong key, too
// large) before the file is sent.
const expectContinueBytes = 1 << 20

// SubmitOption changes one submission.
type SubmitOption func(*http.Request)

// WithIdempotencyKey makes a submission safe to repeat: the same key with the same list and options returns the same
// job, with others it is refused with wsc.CodeIdempotencyConflict.
func WithIdempotencyKey(key string) SubmitOption {
	return func(request *http.Request) { request.Header.Set("Idempotency-Key", key) }
}

// SubmitFile uploads a list and returns the job that checks it. The name is shown to people and its extension helps
// to tell the format. The body is streamed; it is not closed.
func (c *Client) SubmitFile(ctx context.Context, name string, body io.Reader, options wsc.Options, submit ...SubmitOption) (*wsc.Job, error) {
	var text []byte
	if !reflect.DeepEqual(options, wsc.Options{}) {
		var err error
		if text, err = json.Marshal(options); err != nil {
			return nil, fmt.Errorf("encoding the options: %w", err)
		}
	}
	request, err := c.fileRequest(ctx, apiPrefix+"/jobs", name, body, text)
	if err != nil {
		return nil, err
	}
	for _, option := range submit {
		option(request)
	}
	var job wsc.Job
	if err := c.sendJSON(request, &job); err != nil {
		return nil, fmt.Errorf("submitting %q: %w", name, err)
	}
	return &job, nil
}

// fileRequest makes a request that posts a file as a form, with the field options unless that is nil.
func (c *Client) fileRequest(ctx context.Context, path, name string, body io.Reader, options []byte) (*http.Request, error) {
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	if options != nil {
		if err := writer.WriteField("options", string(options)); err != nil {
			return nil, fmt.Errorf("writing the form: %w", err)
		}
	}
	if _, err := writer.CreateFormFile("file", name); err != nil {
		return nil, fmt.Errorf("writing the form: %w", err)
	}
	head := form.Len()
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("writing the form: %w", err)
	}
	start, end := form.Bytes()[:head], form.Bytes()[head:]

	request, err := c.newRequest(ctx, http.MethodPost, path, nil,
		io.MultiReader(bytes.NewReader(start), body, bytes.NewReader(end)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", writer.FormDataContentType())
	size := remaining(body)
	if size >= 0 {
		request.ContentLength = int64(form.Len()) + size
	}
	if size < 0 || size >= expectContinueBytes {
		request.Header.Set("Expect", "100-continue")
	}
	return request, nil
}

// SubmitURLs submits a list of URLs, or an upload by its id, and returns the job that checks it.
func (c *Client) SubmitURLs(ctx context.Context, list wsc.SubmitRequest, submit ...SubmitOption) (*wsc.Job, error) {
	text, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("encoding the list: %w", err)
	}
	request, err := c.newRequest(ctx, http.MethodPost, apiPrefix+"/jobs", nil, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	for _, option := range submit {
		option(request)
	}
	var job wsc.Job
	if err := c.sendJSON(request, &job); err != nil {
		what := fmt.Sprintf("%d URLs", len(list.URLs))
		if list.UploadID != "" {
			what = "upload " + list.UploadID
		}
		return nil, fmt.Errorf("submitting %s: %w", what, err)
	}
	return &job, nil
}

// remaining is how many bytes a reader still has, or -1 when only reading tells.
func remaining(body io.Reader) int64 {
	if sized, ok := body.(interface{ Len() int }); ok {
		return int64(sized.Len())
	}
	file, ok := body.(*os.File)
	if !ok {
		return -1
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	offset, err := file.Seek(0, io.SeekCurrent)
	if err != nil || offset > info.Size() {
		return -1
	}
	return info.Size() - offset
}
