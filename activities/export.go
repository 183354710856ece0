package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"gocloud.dev/blob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
)

// ExportInput names the job to export.
type ExportInput struct{ JobID string }

// ExportOutput says what was written.
type ExportOutput struct{ Rows int64 }

// Export writes the job's results to the blob store as CSV, JSON and XLSX, in one pass over them, and records where
// they are. A blob appears only when it is complete.
func (a *Activities) Export(ctx context.Context, in ExportInput) (ExportOutput, error) {
	job, err := a.cfg.Store.Job(ctx, in.JobID)
	if err != nil {
		return ExportOutput{}, storeError(err)
	}
	var rows atomic.Int64
	defer heartbeat(ctx, func() any { return rows.Load() })()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // an export whose context ends before its Close is not stored
	paths := map[string]string{}
	var files []*exportFile
	for _, format := range []export.Format{export.FormatCSV, export.FormatJSON, export.FormatXLSX} {
		path := wsc.JobFolder(job.ID) + "export." + format.Extension()
		file, err := a.createExport(ctx, path, format, job)
		if err != nil {
			cancel()
			abort(files)
			return ExportOutput{}, err
		}
		files = append(files, file)
		paths[string(format)] = path
	}
	err = a.cfg.Store.EachResult(ctx, job.ID, wsc.ResultFilter{}, func(result *wsc.Result) error {
		rows.Add(1)
		for _, file := range files {
			if err := file.rows.Write(result); err != nil {
				return fmt.Errorf("write %s: %w", file.path, err)
			}
		}
		return nil
	})
	if err != nil {
		cancel()
		abort(files)
		return ExportOutput{}, storeError(err)
	}
	for n, file := range files {
		if err := file.close(); err != nil {
			cancel()
			abort(files[n+1:])
			return ExportOutput{}, err
		}
	}
	if err := a.cfg.Store.SetJobExports(ctx, job.ID, paths); err != nil {
		return ExportOutput{}, storeError(err)
	}
	if err := a.cfg.Store.SetJobPhase(ctx, job.ID, wsc.PhaseDone, job.Pass, nil); err != nil {
		return ExportOutput{}, storeError(err)
	}
	return ExportOutput{Rows: rows.Load()}, nil
}

// exportFile is an export under construction.
type exportFile struct {
	path string
	blob io.WriteCloser
	rows export.Writer
}

func (a *Activities) createExport(ctx context.Context, path string, format export.Format, job *wsc.Job) (*exportFile, error) {
	out, err := a.cfg.Blobs.NewWriter(ctx, path, &blob.WriterOptions{ContentType: format.ContentType()})
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	rows, err := export.NewWriter(format, out, export.Options{Job: job})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create %s: %w", path, err), out.Close())
	}
	return &exportFile{path: path, blob: out, rows: rows}, nil
}

func (f *exportFile) close() error {
	if err := f.rows.Close(); err != nil {
		return fmt.Errorf("finish %s: %w", f.path, err)
	}
	if err := f.blob.Close(); err != nil {
		return fmt.Errorf("store %s: %w", f.path, err)
	}
	return nil
}

// abort drops exports whose context was cancelled. Their writers hold nothing; closing the blobs reports the cancellation.
func abort(files []*exportFile) {
	for _, file := range files {
		_ = file.blob.Close()
	}
}
