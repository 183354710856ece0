package checker

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxBody is how much of a body is read, counted both as it is transferred and decompressed.
const maxBody = 64 << 10

// errBodyLimit ends the reading of a body of which enough was seen.
var errBodyLimit = errors.New("body limit reached")

// bodyReader reads bodies; it holds what one check after another can reuse.
type bodyReader struct {
	buffers sync.Pool // *bytes.Buffer
	gzips   sync.Pool // *gzip.Reader
}

// read reads the body up to maxBody and hands what it read to inspect (nil if nobody looks at it), even when the body
// broke off. The content is only valid during that call. An error says that the body broke off or is malformed.
func (b *bodyReader) read(response *http.Response, inspect func(content []byte)) error {
	var source io.Reader = &cappedReader{source: response.Body, left: maxBody}
	switch strings.ToLower(strings.TrimSpace(response.Header.Get("Content-Encoding"))) {
	case "gzip", "x-gzip": // the same (RFC 9110, 8.4.1.3)
		unzipped, release, err := b.unzip(source)
		if err != nil {
			return err
		}
		defer release()
		source = unzipped
	}
	buffer, ok := b.buffers.Get().(*bytes.Buffer)
	if !ok {
		buffer = new(bytes.Buffer)
	}
	defer b.buffers.Put(buffer)
	buffer.Reset()
	source = &cappedReader{source: source, left: maxBody}
	var err error
	if inspect == nil {
		err = discard(source, buffer)
	} else {
		_, err = buffer.ReadFrom(source)
		inspect(buffer.Bytes())
	}
	if errors.Is(err, errBodyLimit) {
		return nil
	}
	return err
}

// discard reads to the end through one small piece of memory.
func discard(source io.Reader, buffer *bytes.Buffer) error {
	buffer.Grow(4 << 10)
	piece := buffer.AvailableBuffer()
	piece = piece[:cap(piece)]
	for {
		if _, err := source.Read(piece); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// unzip returns a reader of the decompressed body. A body of no bytes at all is empty, not malformed.
func (b *bodyReader) unzip(source io.Reader) (unzipped io.Reader, release func(), err error) {
	buffered := bufio.NewReaderSize(source, 4<<10)
	if _, err := buffered.Peek(1); err != nil {
		if errors.Is(err, io.EOF) {
			return buffered, func() {}, nil
		}
		return nil, nil, fmt.Errorf("read the compressed body: %w", err)
	}
	reader, ok := b.gzips.Get().(*gzip.Reader)
	if !ok {
		reader = new(gzip.Reader)
	}
	if err := reader.Reset(buffered); err != nil {
		b.gzips.Put(reader)
		return nil, nil, fmt.Errorf("decompress the body: %w", err)
	}
	reader.Multistream(false)
	return &memberReader{reader, buffered}, func() { b.gzips.Put(reader) }, nil
}

// memberReader reads the members of a gzip file. What follows the last one and does not begin like another is ignored,
// as browsers and gzip itself do.
type memberReader struct {
	*gzip.Reader
	source *bufio.Reader
}

func (r *memberReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if magic, peekErr := r.source.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if peekErr != nil && !errors.Is(peekErr, io.EOF) {
			return n, peekErr
		}
		return n, io.EOF
	}
	if err := r.Reset(r.source); err != nil {
		return n, err
	}
	r.Multistream(false)
	return n, nil
}

// cappedReader reads at most left bytes; where more may follow, it ends with errBodyLimit.
type cappedReader struct {
	source io.Reader
	left   int
}

func (r *cappedReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errBodyLimit
	}
	if len(p) > r.left {
		p = p[:r.left]
	}
	n, err := r.source.Read(p)
	r.left -= n
	return n, err
}

// drain reads the rest of a redirect's body if it is short and comes at once, so that an HTTP/1 connection can be used
// for the next hop, and closes it.
func drain(response *http.Response) {
	const short, wait = 4 << 10, 100 * time.Millisecond
	if body, ok := response.Body.(*answerBody); ok && 0 < response.ContentLength && response.ContentLength <= short {
		body.limit(wait)
		_, _ = io.CopyN(io.Discard, body, short) // a failure costs the connection only
	}
	_ = response.Body.Close() // nothing was lost: the body is not wanted
}
