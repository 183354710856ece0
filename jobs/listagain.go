package jobs

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/urllist"
)

// listAgain writes the URLs of a finished job that are to be checked again to out, as NDJSON, and returns how many they
// are. What a job did not come to is found by its upload; only for that it remembers URLs, in 20 bytes each.
func (s *Service) listAgain(ctx context.Context, job *wsc.Job, out io.Writer) (urls int64, err error) {
	buffered := bufio.NewWriterSize(out, 64<<10)
	list := &againList{lines: json.NewEncoder(buffered)}
	list.lines.SetEscapeHTML(false)
	complete := job.TotalURLs > 0 && job.ProcessedURLs >= job.TotalURLs
	filter := wsc.ResultFilter{}
	if complete {
		if job.ActiveCount+job.InvalidCount >= job.ProcessedURLs {
			return 0, nil
		}
		filter.Statuses = []wsc.Status{wsc.StatusInactive, wsc.StatusError}
	} else {
		list.checked = urllist.NewDeduper()
	}
	if err := s.store.EachResult(ctx, job.ID, filter, list.result); err != nil {
		return 0, fmt.Errorf("list what is to be checked again: %w", err)
	}
	if !complete {
		if err := s.eachUnchecked(ctx, job, list); err != nil {
			return 0, err
		}
	}
	return list.count, buffered.Flush()
}

// againList is the list of a repetition while it is written.
type againList struct {
	lines *json.Encoder
	count int64
	// checked has the URLs with a result, if it matters which those are.
	checked *urllist.Deduper
}

// result adds the URL of a result unless it is active or of an invalid line.
func (l *againList) result(r *wsc.Result) error {
	if r.NormalizedURL == "" {
		return nil
	}
	if l.checked != nil {
		l.checked.Add(r.NormalizedURL, 0)
	}
	if r.Status == wsc.StatusActive {
		return nil
	}
	return l.add(r.URL, r.NormalizedURL)
}

// unchecked adds the URL of a line of the upload unless it has a result or came before.
func (l *againList) unchecked(line urllist.Line) error {
	if line.Kind != urllist.LineURL {
		return nil
	}
	if _, known := l.checked.Add(line.URL.URL, 0); known {
		return nil
	}
	return l.add(line.Text, line.URL.URL)
}

// add writes the URL as the earlier list has it, so that people know it, if what is requested then stays the same.
func (l *againList) add(text, normalized string) error {
	if read, err := wsc.NormalizeURL(text); err != nil || read.URL != normalized {
		text = normalized
	}
	l.count++
	return l.lines.Encode(struct {
		URL string `json:"url"`
	}{text})
}

// eachUnchecked adds what the upload of a job has and its results have not. An upload that is gone or is no list, for
// which the job failed, adds nothing.
func (s *Service) eachUnchecked(ctx context.Context, job *wsc.Job, list *againList) error {
	upload, err := s.jobUpload(ctx, job.UploadPath)
	if err != nil || upload == nil {
		return err
	}
	defer func() { _ = upload.Close() }() // nothing depends on a file that has no name
	lines, err := urllist.Open(upload.file, upload.size, urllist.Options{
		Filename: job.Filename, URLColumn: job.Options.URLColumn, Sheet: job.Options.Sheet,
		Delimiter: job.Options.Delimiter, Encoding: job.Options.Encoding, MaxURLs: s.maxURLs, TempDir: s.spoolDir,
	})
	if err != nil {
		return ignoreBadList(err)
	}
	defer func() { _ = lines.Close() }() // it only read
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ignoreBadList(err)
		}
		if err := list.unchecked(line); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("read the upload of the earlier job: %w", context.Cause(ctx))
		}
	}
}

func ignoreBadList(err error) error {
	if _, ok := errors.AsType[*wsc.Error](err); ok {
		return nil
	}
	return fmt.Errorf("read the upload of the earlier job: %w", err)
}

// jobUpload copies the stored upload of a job into a temporary file. It returns nil if there is no such upload.
func (s *Service) jobUpload(ctx context.Context, key string) (*Upload, error) {
	upload, err := s.newUpload(0)
	if err != nil {
		return nil, err
	}
	found, err := s.fetchBlob(ctx, key, upload)
	if found && err == nil {
		return upload, nil
	}
	_ = upload.Close() // nothing depends on a file that has no name
	return nil, err
}
