package urllist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// maxLine is the longest line or row in bytes.
	maxLine = 1 << 20
	// firstBuffer is what a reader of lines starts with; only long lines make it grow.
	firstBuffer = 64 << 10
)

// errLongLine says that a line or row is longer than maxLine.
var errLongLine = errors.New("the line is too long")

// lineReader cuts a stream into lines that end in LF, CRLF or CR. It keeps everything from its position on in one
// piece, so that a caller can look at several lines before it decides how many of them to consume.
type lineReader struct {
	src        io.Reader
	buf        []byte
	start, end int // the unread bytes are buf[start:end]
	// There is no LF in buf[lfFrom:lfAt], so that a file without any is not searched again and again.
	lfFrom, lfAt int
	eof          bool
}

func newLineReader(src io.Reader) *lineReader {
	return &lineReader{src: src, buf: make([]byte, firstBuffer)}
}

// lineAt finds the line that begins at offset from, counted from the position: where it ends, without its terminator,
// and where the next one begins. It returns io.EOF if there is no such line, and errLongLine if the line ends more than
// maxLine behind the position.
func (l *lineReader) lineAt(from int) (end, next int, err error) {
	searched := from
	for {
		lf := l.findLF(l.start + searched)
		region := l.buf[l.start+searched : l.end]
		if lf >= 0 {
			region = l.buf[l.start+searched : lf]
		}
		if cr := bytes.IndexByte(region, '\r'); cr >= 0 {
			searched += cr
			if behind := l.start + searched + 1; behind < l.end || l.eof {
				next = searched + 1
				if behind < l.end && l.buf[behind] == '\n' {
					next++
				}
				return l.checked(searched, next)
			}
		} else {
			searched += len(region)
			if lf >= 0 {
				return l.checked(searched, searched+1)
			}
			if l.eof {
				if searched == from {
					return 0, 0, io.EOF
				}
				return l.checked(searched, searched)
			}
		}
		if searched > maxLine {
			return 0, 0, errLongLine
		}
		if err := l.fill(); err != nil {
			return 0, 0, err
		}
	}
}

func (l *lineReader) checked(end, next int) (int, int, error) {
	if end > maxLine {
		return 0, 0, errLongLine
	}
	return end, next, nil
}

// data returns the unread bytes in memory. It is valid until the next call of lineAt.
func (l *lineReader) data() []byte { return l.buf[l.start:l.end] }

// consume moves the position n bytes on. What data returned stays valid until the next call of lineAt.
func (l *lineReader) consume(n int) { l.start += n }

func (l *lineReader) findLF(from int) int {
	if from < l.lfFrom || from > l.lfAt {
		l.lfFrom, l.lfAt = from, from
	}
	if i := bytes.IndexByte(l.buf[l.lfAt:l.end], '\n'); i >= 0 {
		l.lfAt += i
		return l.lfAt
	}
	l.lfAt = l.end
	return -1
}

// fill reads more, and makes room for it at the front of the buffer or by enlarging it.
func (l *lineReader) fill() error {
	if l.end == len(l.buf) {
		if l.start > 0 {
			copy(l.buf, l.buf[l.start:l.end])
			l.lfFrom, l.lfAt = max(0, l.lfFrom-l.start), max(0, l.lfAt-l.start)
			l.start, l.end = 0, l.end-l.start
		}
		if l.end > len(l.buf)/2 {
			larger := make([]byte, 2*len(l.buf))
			copy(larger, l.buf[:l.end])
			l.buf = larger
		}
	}
	for range 100 {
		n, err := l.src.Read(l.buf[l.end:])
		l.end += n
		switch {
		case err == io.EOF:
			l.eof = true
			return nil
		case err != nil:
			return readError(err)
		case n > 0:
			return nil
		}
	}
	return readError(io.ErrNoProgress)
}

func readError(err error) error { return fmt.Errorf("reading the list: %w", err) }
