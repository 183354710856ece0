package checker

import (
	"bufio"
	"io"
	"sort"
	"strings"
	"sync"
)

// bufferPool holds what the exchanges of one check after another can reuse.
type bufferPool struct {
	readers  sync.Pool // *bufio.Reader
	requests sync.Pool // *[]byte
}

func (p *bufferPool) get(source io.Reader) *bufio.Reader {
	if buffer, ok := p.readers.Get().(*bufio.Reader); ok {
		buffer.Reset(source)
		return buffer
	}
	return bufio.NewReaderSize(source, readBufferBytes)
}

func (p *bufferPool) put(buffer *bufio.Reader) {
	buffer.Reset(nil)
	p.readers.Put(buffer)
}

// request writes the head of a request (RFC 9112, section 3), which has no body.
func (p *bufferPool) request(a *attempt, h hop) *[]byte {
	buffer, ok := p.requests.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	authority, target := splitURL(h.url)
	text := (*buffer)[:0]
	text = append(text, h.method...)
	text = append(text, ' ')
	text = append(text, target...)
	text = append(text, " HTTP/1.1\r\nHost: "...)
	text = append(text, authority...)
	text = append(text, "\r\n"...)
	for _, field := range a.fields(h.custom) {
		text = append(text, field.name...)
		text = append(text, ": "...)
		text = append(text, field.value...)
		text = append(text, "\r\n"...)
	}
	text = append(text, "\r\n"...)
	*buffer = text
	return buffer
}

func (p *bufferPool) putRequest(buffer *[]byte) { p.requests.Put(buffer) }

// field is one header of a request.
type field struct{ name, value string }

// requestHeaders are the headers of a job's requests, in the order in which they are sent.
func requestHeaders(userAgent string, custom map[string]string) []field {
	fields := []field{
		{"User-Agent", userAgent},
		{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"},
		{"Accept-Encoding", "gzip"},
	}
	names := make([]string, 0, len(custom))
	for name := range custom {
		names = append(names, name)
	}
	sort.Strings(names)
next:
	for _, name := range names {
		for i := range fields {
			if strings.EqualFold(fields[i].name, name) {
				fields[i].value = custom[name]
				continue next
			}
		}
		fields = append(fields, field{name, custom[name]})
	}
	return fields
}
