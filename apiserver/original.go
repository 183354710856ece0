package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
	"github.com/website-status-checker/wsc/urllist"
)

const (
	// originalRows and originalBytes bound the rows that wait for their results.
	originalRows  = 1000
	originalBytes = 4 << 20
)

const (
	outcomeDuplicate = "duplicate"
	outcomeBlank     = "blank"
)

// writeOriginal reads the upload again and joins its rows with the job's results. The numbers of the results are found
// as they were given: in the order of the lines, blank ones and duplicates left out.
func (s *Server) writeOriginal(ctx context.Context, out io.Writer, job *wsc.Job, format export.Format, filter wsc.ResultFilter) (err error) {
	upload, size, err := s.spoolUpload(ctx, job.UploadPath)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, upload.Close()) }()
	list, err := urllist.Open(upload, size, urllist.Options{
		Filename: job.Filename, URLColumn: job.Options.URLColumn, Sheet: job.Options.Sheet,
		Delimiter: job.Options.Delimiter, Encoding: job.Options.Encoding, KeepCells: true, TempDir: s.tempDir,
	})
	if err != nil {
		return fmt.Errorf("open upload: %w", err)
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	rows, err := export.NewOriginalWriter(format, out, list.Header(), export.Options{Job: job})
	if err != nil {
		return fmt.Errorf("begin export: %w", err)
	}
	join := &originalJoin{store: s.store, jobID: job.ID, filter: filter, rows: rows, seen: urllist.NewDeduper()}
	for {
		line, err := list.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read upload: %w", err)
		}
		if err := join.add(ctx, line); err != nil {
			return err
		}
	}
	if err := join.flush(ctx); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("finish export: %w", err)
	}
	return nil
}

// spoolUpload copies a job's upload into a temporary file without a name, since lists are read at random places.
func (s *Server) spoolUpload(ctx context.Context, key string) (file *os.File, size int64, err error) {
	file, err = os.CreateTemp(s.tempDir, "export-*")
	if err != nil {
		return nil, 0, fmt.Errorf("spool upload: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	if err = os.Remove(file.Name()); err != nil {
		return nil, 0, fmt.Errorf("spool upload: %w", err)
	}
	reader, err := s.blobs.NewReader(ctx, key, nil)
	if err != nil {
		return nil, 0, blobError("open upload", err)
	}
	defer func() { _ = reader.Close() }() // reading has reported what matters
	if size, err = io.Copy(file, reader); err != nil {
		return nil, 0, blobError("read upload", err)
	}
	return file, size, nil
}

// originalJoin joins the rows of an upload with results, some rows at a time.
type originalJoin struct {
	store  Store
	jobID  string
	filter wsc.ResultFilter
	rows   export.OriginalWriter
	seen   *urllist.Deduper

	seq     int64
	waiting []originalRow
	bytes   int
}

// originalRow is a row that waits for its result; seq is -1 for a blank one.
type originalRow struct {
	cells   []string
	outcome string
	seq     int64
}

func (j *originalJoin) add(ctx context.Context, line urllist.Line) error {
	row := originalRow{cells: slices.Clone(line.Cells), seq: j.seq}
	switch line.Kind {
	case urllist.LineBlank:
		row.outcome, row.seq = outcomeBlank, -1
	case urllist.LineInvalid:
		j.seq++
	case urllist.LineURL:
		if first, duplicate := j.seen.Add(line.URL.URL, j.seq); duplicate {
			row.outcome, row.seq = outcomeDuplicate, first
		} else {
			j.seq++
		}
	}
	for _, cell := range row.cells {
		j.bytes += len(cell)
	}
	j.waiting = append(j.waiting, row)
	if len(j.waiting) < originalRows && j.bytes < originalBytes {
		return nil
	}
	return j.flush(ctx)
}

func (j *originalJoin) flush(ctx context.Context) error {
	results, err := j.results(ctx)
	if err != nil {
		return err
	}
	for _, row := range j.waiting {
		result := results[row.seq]
		if !selectsAll(j.filter) && (result == nil || !matches(j.filter, result)) {
			continue
		}
		if err := j.rows.WriteRow(row.cells, row.outcome, result); err != nil {
			return fmt.Errorf("export row: %w", err)
		}
	}
	j.waiting, j.bytes = j.waiting[:0], 0
	return nil
}

// results reads the results of the waiting rows, by seq.
func (j *originalJoin) results(ctx context.Context) (map[int64]*wsc.Result, error) {
	var seqs []int64
	for _, row := range j.waiting {
		if row.seq >= 0 {
			seqs = append(seqs, row.seq)
		}
	}
	if len(seqs) == 0 {
		return map[int64]*wsc.Result{}, nil
	}
	slices.Sort(seqs)
	found, err := j.store.ResultsBySeq(ctx, j.jobID, slices.Compact(seqs))
	if err != nil {
		return nil, fmt.Errorf("read results of rows: %w", err)
	}
	results := make(map[int64]*wsc.Result, len(found))
	for i := range found {
		results[found[i].Seq] = &found[i]
	}
	return results, nil
}
