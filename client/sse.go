package client

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxEventBytes bounds one event of a stream.
const maxEventBytes = 1 << 20

// event is one event of a stream of server-sent events.
type event struct {
	name string
	data string
}

// eventReader reads server-sent events as the WHATWG HTML standard, section 9.2, defines them.
type eventReader struct {
	lines *bufio.Reader
	// lastID is the last event id received, to be sent when the stream is opened again.
	lastID string
	// retry is how long the server wants a client to wait before that, 0 if it did not say.
	retry time.Duration
	// alive is called for every line, comments included.
	alive func()
}

func newEventReader(stream io.Reader, lastID string, alive func()) *eventReader {
	return &eventReader{lines: bufio.NewReader(stream), lastID: lastID, alive: alive}
}

// next returns the next event that has data. An event that the end of the stream cuts off is dropped.
func (r *eventReader) next() (event, error) {
	var e event
	var data []string
	size := 0
	for {
		line, err := r.line()
		if err != nil {
			return event{}, err
		}
		if size += len(line); size > maxEventBytes {
			return event{}, fmt.Errorf("an event is longer than %d bytes", maxEventBytes)
		}
		if line == "" {
			if data == nil {
				e, size = event{}, 0
				continue
			}
			e.data = strings.Join(data, "\n")
			return e, nil
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			e.name = value
		case "data":
			data = append(data, value)
		case "id":
			if !strings.ContainsRune(value, 0) {
				r.lastID = value
			}
		case "retry":
			if ms, err := strconv.ParseUint(value, 10, 31); err == nil {
				r.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
}

// line returns a line without its end, which is LF or CRLF.
func (r *eventReader) line() (string, error) {
	var line []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxEventBytes {
			return "", fmt.Errorf("an event is longer than %d bytes", maxEventBytes)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return "", err
		}
		r.alive()
		return strings.TrimRight(string(line), "\r\n"), nil
	}
}
