package client

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Layouts of an export.
const (
	// LayoutResults is one row per result in the product's own columns.
	LayoutResults = "results"
	// LayoutOriginal is the uploaded rows and columns in their order, with result columns appended.
	LayoutOriginal = "original"
)

// ExportRequest says what to export.
type ExportRequest struct {
	// Format is csv, json, ndjson or xlsx.
	Format string
	// Filter selects the results; the zero value is all.
	Filter ResultFilter
	// Layout is LayoutResults (also when empty) or LayoutOriginal.
	Layout string
}

// Download is a file that the server sends. Read it to io.EOF and close it: only io.EOF, not any other error, means
// that it is complete.
type Download struct {
	io.ReadCloser
	// Filename is the name that the server suggests, without folders; "" if it suggests none.
	Filename string
	// ContentType is the media type of the file.
	ContentType string
}

// Export streams the results of a job as a file.
func (c *Client) Export(ctx context.Context, id string, export ExportRequest) (*Download, error) {
	values := export.Filter.values()
	setText(values, "format", export.Format)
	setText(values, "layout", export.Layout)
	request, err := c.newRequest(ctx, http.MethodGet, jobPath(id, "export"), values, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "*/*")
	response, err := c.send(request) //nolint:bodyclose // the Download is the body, and closes it
	if err != nil {
		return nil, fmt.Errorf("exporting job %s: %w", id, err)
	}
	return &Download{
		ReadCloser:  response.Body,
		Filename:    suggestedName(response.Header.Get("Content-Disposition")),
		ContentType: response.Header.Get("Content-Type"),
	}, nil
}

// suggestedName reads the file name of a Content-Disposition header, RFC 6266. Nothing of it can lead out of a folder.
func suggestedName(header string) string {
	_, params, err := mime.ParseMediaType(header)
	if err != nil {
		return "" // without a name that can be read, the caller chooses one
	}
	name := path.Base(strings.ReplaceAll(params["filename"], `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name == "." || name == ".." || name == "/" {
		return ""
	}
	return name
}
