package localcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/runner"
	"github.com/website-status-checker/wsc/urllist"
)

// List is what is to be checked: unique targets, and lines without a URL. Results are numbered (Seq) in the order in
// which the lines were added.
type List struct {
	// Duplicates counts lines whose URL an earlier line has; Blank counts those with nothing in them.
	Duplicates, Blank int64

	tasks   []runner.Task
	invalid []wsc.Result
	seen    *urllist.Deduper
	seq     int64
	urls    int64 // added by AddURL
}

// NewList returns an empty list.
func NewList() *List { return &List{seen: urllist.NewDeduper()} }

// Results is how many results the list leads to: one per target and one per invalid line.
func (l *List) Results() int64 { return l.seq }

// AddFile adds every line of a list in any format that urllist reads, and reports how it was read. What is wrong with
// the file as a whole is a *wsc.Error; a file without any line is one with wsc.CodeNoURLs.
func (l *List) AddFile(ctx context.Context, src io.ReaderAt, size int64, options urllist.Options) (wsc.List, error) {
	reader, err := urllist.Open(src, size, options)
	if err != nil {
		return wsc.List{}, err
	}
	before := l.seq + l.Duplicates
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return wsc.List{}, errors.Join(ctx.Err(), reader.Close())
		}
		line, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return wsc.List{}, errors.Join(err, reader.Close())
		}
		l.add(line)
	}
	if err := reader.Close(); err != nil {
		return wsc.List{}, fmt.Errorf("reading the list: %w", err)
	}
	if l.seq+l.Duplicates == before {
		return wsc.List{}, wsc.Errorf(wsc.CodeNoURLs, "There is no URL in the list; every line is blank.")
	}
	return reader.List(), nil
}

// AddURL adds one URL. Its line is its number among the URLs that were added this way, from 1.
func (l *List) AddURL(text string) {
	l.urls++
	line := urllist.Line{Number: l.urls, Text: wsc.TrimURL(text), Kind: urllist.LineURL}
	normalized, err := wsc.ReadURL(text)
	if err != nil {
		line.Kind = urllist.LineInvalid
		if !errors.As(err, &line.Problem) {
			line.Problem = &wsc.URLError{Kind: wsc.KindInvalidURL, Reason: err.Error()}
		}
	}
	line.URL = normalized
	l.add(line)
}

func (l *List) add(line urllist.Line) {
	switch line.Kind {
	case urllist.LineBlank:
		l.Blank++
		return
	case urllist.LineInvalid:
		l.invalid = append(l.invalid, wsc.Result{
			Seq: l.seq, Line: line.Number, URL: clip(line.Text), Status: wsc.StatusError,
			ErrorKind: line.Problem.Kind, ErrorMessage: line.Problem.Reason, CheckedAt: time.Now().UTC(),
		})
	case urllist.LineURL:
		if _, duplicate := l.seen.Add(line.URL.URL, l.seq); duplicate {
			l.Duplicates++
			return
		}
		l.tasks = append(l.tasks, runner.Task{Target: compact(wsc.Target{
			Seq: l.seq, Line: line.Number, URL: line.Text, NormalizedURL: line.URL.URL, Host: line.URL.Host,
		})})
	}
	l.seq++
}

// compact lets the texts of a target share memory, of which a long list needs little else.
func compact(t wsc.Target) wsc.Target {
	if at := strings.Index(t.NormalizedURL, t.Host); at >= 0 {
		t.Host = t.NormalizedURL[at : at+len(t.Host)]
	}
	if at := strings.Index(t.NormalizedURL, t.URL); at >= 0 {
		t.URL = t.NormalizedURL[at : at+len(t.URL)]
	} else {
		t.URL = strings.Clone(t.URL) // it may be part of a long line
	}
	return t
}

// clip bounds the text of an invalid line.
func clip(text string) string {
	if len(text) <= wsc.MaxURLBytes {
		return strings.Clone(text)
	}
	return strings.ToValidUTF8(text[:wsc.MaxURLBytes], "") + "…"
}
