package apiserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"gocloud.dev/gcerrors"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
)

const (
	layoutResults  = "results"
	layoutOriginal = "original"
	// downloadBuffer is how much of a download is collected before the client gets any of it. Up to there an error
	// can still be answered as one.
	downloadBuffer = 64 << 10
)

type exportInput struct {
	JobPath
	ResultQuery
	Format string `query:"format" enum:"csv,json,ndjson,xlsx" default:"csv" doc:"File format."`
	Layout string `query:"layout" enum:"results,original" default:"results" doc:"results: one row per unique URL. original: the rows and columns of the upload in their order, with the result's columns appended; rows whose result the filter leaves out are dropped, and sort can't be used."`
}

func exportJobDoc() doc {
	content := map[string]*huma.MediaType{}
	for _, format := range export.Formats() {
		content[format.ContentType()] = &huma.MediaType{Schema: exportSchema(format)}
	}
	return doc{
		id: "export-job", tag: "Results", scope: wsc.ScopeRead, summary: "Download results",
		description: "Results of a job as a file, also while it runs: what is there so far. An answer that breaks off is not complete.",
		codes:       []wsc.Code{wsc.CodeNotFound},
		content:     content, unbounded: true,
	}
}

// exportSchema describes a file. Its columns depend on the layout; docs/exports.md lists them.
func exportSchema(format export.Format) *huma.Schema {
	switch format {
	case export.FormatCSV, export.FormatNDJSON:
		return &huma.Schema{Type: huma.TypeString}
	case export.FormatJSON:
		return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject}}
	case export.FormatXLSX:
	}
	return &huma.Schema{Type: huma.TypeString, Format: "binary"}
}

func (s *Server) exportJob(ctx context.Context, in *exportInput) (*streamOutput, error) {
	format, err := export.ParseFormat(in.Format)
	if err != nil {
		return nil, err
	}
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	if in.Layout == layoutOriginal && (filter.Sort != wsc.SortSeq || filter.Desc) {
		return nil, wsc.Errorf(wsc.CodeInvalidRequest, "The original layout keeps the order of the upload; leave sort out.").At(wsc.Place{Field: "sort"})
	}
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c := callerOf(ctx)
	//nolint:contextcheck // the download goes on after this function, and its context, have ended
	return &streamOutput{Body: func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		header := w.Header()
		header.Set("Content-Type", format.ContentType())
		header.Set("Content-Disposition", export.ContentDisposition(export.Filename(job, format, in.Layout)))
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusOK)
			return
		}
		s.download(w, r, func(out *download) error {
			return s.writeExport(r.Context(), out, c, job, format, filter, in.Layout)
		})
	}}, nil
}

// writeExport writes the document: the stored one if it is what was asked for, else a new one.
func (s *Server) writeExport(ctx context.Context, out *download, c *caller, job *wsc.Job, format export.Format, filter wsc.ResultFilter, layout string) error {
	if layout == layoutResults && unfiltered(filter) {
		if key := job.ExportPaths[string(format)]; key != "" {
			copied, err := s.copyStored(ctx, out, key)
			if copied || err != nil {
				return err
			}
		}
	}
	release, err := s.exportSlots.acquire(ctx, c.key.ID)
	if err != nil {
		return err
	}
	defer release()
	if layout == layoutOriginal {
		return s.writeOriginal(ctx, out, job, format, filter)
	}
	rows, err := export.NewWriter(format, out, export.Options{Job: job})
	if err != nil {
		return fmt.Errorf("begin export: %w", err)
	}
	if err := s.store.EachResult(ctx, job.ID, filter, rows.Write); err != nil {
		return fmt.Errorf("export results: %w", err)
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("finish export: %w", err)
	}
	return nil
}

// copyStored sends an export that the job left in the blob store. It reports false when there is none after all.
func (s *Server) copyStored(ctx context.Context, out *download, key string) (bool, error) {
	reader, err := s.blobs.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return false, nil
	}
	if err != nil {
		return false, blobError("open export", err)
	}
	defer func() { _ = reader.Close() }() // reading has reported what matters
	out.header.Set("Content-Length", strconv.FormatInt(reader.Size(), 10))
	if _, err := io.Copy(out, reader); err != nil {
		return false, fmt.Errorf("send export: %w", err)
	}
	return true, nil
}

func blobError(action string, err error) *wsc.Error {
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The file store does not answer; try again in a minute.").
		Because(fmt.Errorf("%s: %w", action, err))
}

// download collects the beginning of a file and sends the rest with a deadline for each piece.
type download struct {
	*bufio.Writer
	header http.Header
}

// pieceWriter is the connection below a download.
type pieceWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
	started bool
}

// Write sends one piece.
func (p *pieceWriter) Write(data []byte) (int, error) {
	p.started = true
	// Connections that know no deadlines (tests' recorders) need none.
	_ = p.control.SetWriteDeadline(time.Now().Add(p.stall))
	n, err := p.w.Write(data)
	if err != nil {
		err = errors.Join(errClientGone, err)
	}
	return n, err
}

// errClientGone marks failures to send, which are nobody's to be told of.
var errClientGone = errors.New("client does not read")

// download runs write and answers its error, or breaks the connection off when the client already has a part of the
// file: it must not take that part for the whole.
func (s *Server) download(w http.ResponseWriter, r *http.Request, write func(*download) error) {
	pieces := &pieceWriter{w: w, control: http.NewResponseController(w), stall: s.limits.WriteStall}
	out := &download{Writer: bufio.NewWriterSize(pieces, downloadBuffer), header: w.Header()}
	err := write(out)
	if err == nil {
		err = out.Flush()
	}
	switch {
	case err == nil:
		return
	case !pieces.started:
		s.writeProblem(w, r, err)
		return
	case errors.Is(err, errClientGone) || r.Context().Err() != nil:
		s.logger.DebugContext(r.Context(), "client left a download", slog.Any("error", err))
	default:
		s.logger.ErrorContext(r.Context(), "download broke off", slog.Any("error", err))
		s.report(r.Context(), err)
	}
	panic(http.ErrAbortHandler)
}
