package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/temporal"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/plan"
	"github.com/website-status-checker/wsc/urllist"
)

// invalidChunk is how many invalid lines are stored at once.
const invalidChunk = 500

// PrepareInput names the job to prepare.
type PrepareInput struct{ JobID string }

// PrepareOutput describes the plan of pass 0 and the list behind it.
type PrepareOutput struct {
	Plan       wsc.PlanShape
	Invalid    int64
	Duplicates int64
}

// Prepare reads the uploaded list, stores a result for every invalid line and the plan of pass 0 in the blob store,
// and sets the job's totals. Results are numbered in the order of the input: every line takes the next number unless it
// is blank or a duplicate. It fails with ErrBadList when the list can't be read, ErrJobGone when the job was deleted, and
// ErrJobOver when it was cancelled before its workflow began.
func (a *Activities) Prepare(ctx context.Context, in PrepareInput) (PrepareOutput, error) {
	job, err := a.cfg.Store.Job(ctx, in.JobID)
	if err != nil {
		return PrepareOutput{}, storeError(err)
	}
	if job.Status.Terminal() {
		message := fmt.Sprintf("The job was already %s.", job.Status)
		return PrepareOutput{}, temporal.NewNonRetryableApplicationError(message, ErrJobOver, nil)
	}
	if err := a.cfg.Store.StartJob(ctx, job.ID, a.cfg.Now()); err != nil {
		return PrepareOutput{}, storeError(err)
	}
	opts, err := job.Options.Resolve(a.cfg.Defaults)
	if err != nil {
		return PrepareOutput{}, listError(err)
	}
	if err := a.cfg.Store.SetJobPhase(ctx, job.ID, wsc.PhaseParsing, 0, nil); err != nil {
		return PrepareOutput{}, storeError(err)
	}
	var lines atomic.Int64
	defer heartbeat(ctx, func() any { return lines.Load() })()

	upload, size, err := a.spool(ctx, job.UploadPath)
	if err != nil {
		return PrepareOutput{}, err
	}
	defer upload.Close() //nolint:errcheck // it was only read, and has no name any more
	list, err := urllist.Open(upload, size, urllist.Options{
		Filename: job.Filename, URLColumn: job.Options.URLColumn, Sheet: job.Options.Sheet,
		Delimiter: job.Options.Delimiter, Encoding: job.Options.Encoding,
		MaxURLs: a.cfg.MaxURLs, TempDir: a.cfg.TempDir,
	})
	if err != nil {
		return PrepareOutput{}, listError(err)
	}
	defer list.Close()
	builder, err := plan.NewBuilder(a.cfg.TempDir)
	if err != nil {
		return PrepareOutput{}, err
	}
	defer builder.Close()

	intake := &intake{store: a.cfg.Store, job: job, now: a.cfg.Now(), builder: builder, seen: urllist.NewDeduper(), observer: a.cfg.Observer}
	for {
		line, err := list.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return PrepareOutput{}, listError(err)
		}
		if err := intake.add(ctx, line); err != nil {
			return PrepareOutput{}, err
		}
		lines.Add(1)
	}
	if err := intake.flush(ctx); err != nil {
		return PrepareOutput{}, err
	}
	shape, err := builder.Store(ctx, a.cfg.Blobs, wsc.JobFolder(job.ID), 0, opts.HostRate)
	if err != nil {
		return PrepareOutput{}, err
	}
	read := list.List()
	totals := wsc.JobTotals{TotalURLs: intake.seq, DuplicateCount: intake.duplicates, BlankCount: intake.blank, List: &read}
	if err := a.cfg.Store.SetJobTotals(ctx, job.ID, totals); err != nil {
		return PrepareOutput{}, storeError(err)
	}
	if err := a.cfg.Store.SetJobPhase(ctx, job.ID, wsc.PhaseChecking, 0, nil); err != nil {
		return PrepareOutput{}, storeError(err)
	}
	return PrepareOutput{Plan: shape, Invalid: intake.invalid, Duplicates: intake.duplicates}, nil
}

// spool copies a blob into a nameless temporary file, since lists are read at random places.
func (a *Activities) spool(ctx context.Context, key string) (file *os.File, size int64, err error) {
	file, err = os.CreateTemp(a.cfg.TempDir, "upload-*")
	if err != nil {
		return nil, 0, fmt.Errorf("spool upload: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("spool upload: %w", err), file.Close())
		}
	}()
	if err = os.Remove(file.Name()); err != nil {
		return nil, 0, err
	}
	reader, err := a.cfg.Blobs.NewReader(ctx, key, nil)
	if err != nil {
		return nil, 0, err
	}
	defer reader.Close()
	size, err = io.Copy(file, reader)
	return file, size, err
}

// intake turns the lines of a list into records of the plan, results of invalid lines, and counts.
type intake struct {
	store   Store
	job     *wsc.Job
	now     time.Time
	builder *plan.Builder
	seen    *urllist.Deduper

	observer Observer

	seq, invalid, duplicates, blank int64
	results                         []wsc.Result
}

func (n *intake) add(ctx context.Context, line urllist.Line) error {
	switch line.Kind {
	case urllist.LineBlank:
		n.blank++
		return nil
	case urllist.LineInvalid:
		n.invalid++
		n.results = append(n.results, wsc.Result{
			Seq: n.seq, Line: line.Number, URL: clip(line.Text),
			Status: wsc.StatusError, ErrorKind: line.Problem.Kind, ErrorMessage: line.Problem.Reason, CheckedAt: n.now,
		})
		n.seq++
		if len(n.results) < invalidChunk {
			return nil
		}
		return n.flush(ctx)
	case urllist.LineURL:
	}
	if _, duplicate := n.seen.Add(line.URL.URL, n.seq); duplicate {
		n.duplicates++
		return nil
	}
	// The text comes from the reader's buffer; the record is encoded at once.
	target := wsc.Target{Seq: n.seq, Line: line.Number, URL: line.Text, NormalizedURL: line.URL.URL, Host: line.URL.Host}
	n.seq++
	return n.builder.Add(plan.Record{Target: target})
}

func (n *intake) flush(ctx context.Context) error {
	if len(n.results) == 0 {
		return nil
	}
	added, err := n.store.InsertResults(ctx, n.job.ID, n.results)
	if added > 0 { // a repeated Prepare has nothing new
		n.observer.Stored(n.results)
	}
	n.results = n.results[:0]
	return storeError(err)
}

// clip bounds what is kept of an invalid line.
func clip(text string) string {
	if len(text) <= wsc.MaxURLBytes {
		return text
	}
	return strings.ToValidUTF8(text[:wsc.MaxURLBytes], "") + "…"
}
