package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// uploadedURLs is the most that a list may have by default.
	uploadedURLs = 1_000_000
	// shortestURL is what the URLs of an upload need at least, in bytes.
	shortestURL   = 40
	uploadTimeout = 2 * time.Minute
	boundary      = "d1e0c3a5f7b94c6e8a2b"
)

// upload measures the upload of one large file, from the first byte of the request to the answer, and the most memory
// that the API held until then. It needs an API that did nothing before.
func (l *load) upload(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	size := l.uploadBytes
	head := fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"list.csv\"\r\nContent-Type: text/csv\r\n\r\n", boundary)
	tail := fmt.Sprintf("\r\n--%s--\r\n", boundary)
	body := io.MultiReader(strings.NewReader(head), newURLList(size), strings.NewReader(tail))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.address+jobsPath, body) //nolint:gosec // the address is that of the API to load
	if err != nil {
		return err
	}
	request.ContentLength = int64(len(head)+len(tail)) + size
	request.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	request.Header.Set("X-Api-Key", l.key)
	transport := &http.Transport{WriteBufferSize: 64 << 10}
	defer transport.CloseIdleConnections()
	cpuBefore, err := l.process.cpu()
	if err != nil {
		return err
	}
	begin := time.Now()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	defer response.Body.Close()
	wall := time.Since(begin)
	if response.StatusCode != http.StatusAccepted {
		problem, _ := io.ReadAll(io.LimitReader(response.Body, bodyBytes)) // as much as there is
		return fmt.Errorf("the upload was answered with %s: %s", response.Status, problem)
	}
	cpuAfter, err := l.process.cpu()
	if err != nil {
		return err
	}
	peak, err := l.process.peakBytes()
	if err != nil {
		return err
	}
	megabytes := float64(size) / 1e6
	return errors.Join(
		l.report("upload_mb_per_s", "%.0f", megabytes/wall.Seconds(), "MB/s"),
		l.report("upload_cpu_ms_per_mb", "%.1f", milliseconds(cpuAfter-cpuBefore)/megabytes, "ms"),
		l.report("upload_peak_mb", "%.1f", float64(peak)/1e6, "MB"),
	)
}

// urlList is a list of as many different URLs as an upload may have, one a line, without a header. It makes its lines
// while it is read.
type urlList struct {
	size  int64
	lines int64
	next  int64
	line  bytes.Buffer
}

// newURLList returns a list of exactly so many bytes.
func newURLList(size int64) *urlList {
	return &urlList{size: size, lines: max(min(uploadedURLs, size/shortestURL), 1)}
}

// Read reads the list.
func (l *urlList) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if l.line.Len() == 0 {
			if l.next == l.lines {
				break
			}
			l.writeLine()
		}
		read, _ := l.line.Read(p[n:]) // a buffer that is not empty reads without an error
		n += read
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// writeLine writes the next line, which fills its share of the size.
func (l *urlList) writeLine() {
	length := int(l.size*(l.next+1)/l.lines - l.size*l.next/l.lines)
	l.line.Reset()
	_, _ = fmt.Fprintf(&l.line, "https://shop-%d.example.com/", l.next) // a buffer takes everything
	for l.line.Len() < length-1 {
		l.line.WriteByte('p')
	}
	l.line.WriteByte('\n')
	l.next++
}
