package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	wsc "github.com/website-status-checker/wsc"
)

// Reading is how a list is to be read: which column has the URLs, on which sheet of a workbook, what is between the cells of a
// text file and how it is encoded, as in wsc.Options. Empty finds out.
type Reading struct {
	URLColumn string
	Sheet     string
	Delimiter string
	Encoding  string
}

func (r Reading) values() url.Values {
	values := url.Values{}
	setText(values, "url_column", r.URLColumn)
	setText(values, "sheet", r.Sheet)
	setText(values, "delimiter", r.Delimiter)
	setText(values, "encoding", r.Encoding)
	return values
}

// Upload sends a list to be looked at. The answer has a preview; wsc.SubmitRequest.UploadID submits the list later. The
// body is streamed; it is not closed.
func (c *Client) Upload(ctx context.Context, name string, body io.Reader) (*wsc.Upload, error) {
	request, err := c.fileRequest(ctx, apiPrefix+"/uploads", name, body, nil)
	if err != nil {
		return nil, err
	}
	var upload wsc.Upload
	if err := c.sendJSON(request, &upload); err != nil {
		return nil, fmt.Errorf("uploading %q: %w", name, err)
	}
	return &upload, nil
}

// Uploads lists what the key uploaded and has not submitted yet, newest first, without previews.
func (c *Client) Uploads(ctx context.Context) ([]wsc.WaitingUpload, error) {
	var list wsc.UploadList
	if err := c.call(ctx, http.MethodGet, apiPrefix+"/uploads", nil, nil, &list); err != nil {
		return nil, fmt.Errorf("listing uploads: %w", err)
	}
	return list.Uploads, nil
}

// PreviewUpload reads an upload once more, in the way asked for.
func (c *Client) PreviewUpload(ctx context.Context, id string, reading Reading) (*wsc.Upload, error) {
	var upload wsc.Upload
	if err := c.call(ctx, http.MethodGet, objectPath("uploads", id), reading.values(), nil, &upload); err != nil {
		return nil, fmt.Errorf("previewing upload %s: %w", id, err)
	}
	return &upload, nil
}

// DeleteUpload removes an upload that is not going to be submitted.
func (c *Client) DeleteUpload(ctx context.Context, id string) error {
	if err := c.call(ctx, http.MethodDelete, objectPath("uploads", id), nil, nil, nil); err != nil {
		return fmt.Errorf("deleting upload %s: %w", id, err)
	}
	return nil
}
