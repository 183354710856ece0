// Package plan orders the targets of a job so that they can be checked in batches by many workers at once.
//
// Hosts with many targets come first. A lane is a group of hosts; its batches take the targets of these hosts in
// turns and run one after another, so that a job never has two batches with the same host under way.
// A plan is two blobs: the records, batch after batch, and an index with the place of each batch.
package plan

import (
	"encoding/binary"
	"errors"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// Record is one target of a plan.
type Record struct {
	wsc.Target
	// Attempts is how often the target was tried before this pass.
	Attempts int
	// NotBefore is the earliest time of the next attempt, to the millisecond; zero is at once.
	NotBefore time.Time
}

var errCorrupt = errors.New("plan: a record is damaged")

// append encodes the record behind buf.
func (r *Record) append(buf []byte) []byte {
	buf = binary.AppendUvarint(buf, uint64(r.Seq))
	buf = binary.AppendUvarint(buf, uint64(r.Line))
	buf = binary.AppendUvarint(buf, uint64(r.Attempts))
	var notBefore int64
	if !r.NotBefore.IsZero() {
		notBefore = r.NotBefore.UnixMilli()
	}
	buf = binary.AppendVarint(buf, notBefore)
	for _, text := range []string{r.URL, r.NormalizedURL, r.Host} {
		buf = binary.AppendUvarint(buf, uint64(len(text)))
		buf = append(buf, text...)
	}
	return buf
}

// decode reads one record and returns what follows it.
func (r *Record) decode(buf []byte) ([]byte, error) {
	d := decoder{buf: buf}
	r.Seq = int64(d.uvarint())
	r.Line = int64(d.uvarint())
	r.Attempts = int(d.uvarint())
	if notBefore := d.varint(); notBefore != 0 {
		r.NotBefore = time.UnixMilli(notBefore).UTC()
	}
	r.URL = d.text()
	r.NormalizedURL = d.text()
	r.Host = d.text()
	if d.broken {
		return nil, errCorrupt
	}
	return d.buf, nil
}

// decoder reads values off the front of buf until one is incomplete.
type decoder struct {
	buf    []byte
	broken bool
}

func (d *decoder) skip(n int) {
	if n <= 0 {
		d.broken, d.buf = true, nil
		return
	}
	d.buf = d.buf[n:]
}

func (d *decoder) uvarint() uint64 {
	value, n := binary.Uvarint(d.buf)
	d.skip(n)
	return value
}

func (d *decoder) varint() int64 {
	value, n := binary.Varint(d.buf)
	d.skip(n)
	return value
}

func (d *decoder) text() string {
	length := d.uvarint()
	if length > uint64(len(d.buf)) {
		d.broken, d.buf = true, nil
		return ""
	}
	text := string(d.buf[:length])
	d.buf = d.buf[length:]
	return text
}
