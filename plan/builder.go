package plan

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"io"
	"os"

	wsc "github.com/website-status-checker/wsc"
)

// Builder collects the targets of a plan and then writes them in the plan's order. It keeps the records in a
// temporary file and about 60 bytes per target in memory.
type Builder struct {
	file    *os.File
	out     *bufio.Writer
	written uint64
	buf     []byte

	starts []uint64 // by target: where its record begins in the file
	hostOf []uint32 // by target: number of its host
	hosts  map[uint64]uint32
	seed   maphash.Seed
}

// indexEntry is the place of one batch: offset (8 bytes), length (4) and CRC-32C (4), big endian.
const indexEntry = 16

func checksum(data []byte) uint32 {
	return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
}

// NewBuilder makes a builder whose temporary file is in dir; "" is the system's folder. The file has no name,
// so nothing is left behind when the process dies.
func NewBuilder(dir string) (*Builder, error) {
	file, err := os.CreateTemp(dir, "plan-*")
	if err != nil {
		return nil, fmt.Errorf("plan: create temporary file: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, fmt.Errorf("plan: unlink temporary file: %w", errors.Join(err, file.Close()))
	}
	return &Builder{file: file, out: bufio.NewWriterSize(file, 1<<16), hosts: map[uint64]uint32{}, seed: maphash.MakeSeed()}, nil
}

// Close frees the temporary file.
func (b *Builder) Close() error { return b.file.Close() }

// Add appends a target.
func (b *Builder) Add(record Record) error {
	b.buf = record.append(b.buf[:0])
	if _, err := b.out.Write(b.buf); err != nil {
		return fmt.Errorf("plan: write record: %w", err)
	}
	b.starts = append(b.starts, b.written)
	b.written += uint64(len(b.buf))
	// Two hosts with the same 64-bit hash would share a lane, which is harmless.
	key := maphash.String(b.seed, record.Host)
	host, known := b.hosts[key]
	if !known {
		host = uint32(len(b.hosts))
		b.hosts[key] = host
	}
	b.hostOf = append(b.hostOf, host)
	return nil
}

// Len is the number of targets added.
func (b *Builder) Len() int { return len(b.starts) }

// Write writes the records in the plan's order and their index, and returns the plan's shape. hostRate is the most
// requests per second to one host, 0 for no limit.
func (b *Builder) Write(records, index io.Writer, hostRate float64) (wsc.PlanShape, error) {
	shape := wsc.PlanShape{Targets: int64(len(b.starts))}
	if err := b.out.Flush(); err != nil {
		return shape, fmt.Errorf("plan: write records: %w", err)
	}
	var data []byte
	var entry [indexEntry]byte
	offset, laneBatches := uint64(0), 0
	err := layout(b.hostOf, len(b.hosts), hostRate, func(batch []uint32, newLane bool) error {
		if newLane && laneBatches > 0 {
			shape.AddLane(laneBatches)
			laneBatches = 0
		}
		laneBatches++
		data = data[:0]
		for _, target := range batch {
			var err error
			if data, err = b.appendStored(data, target); err != nil {
				return err
			}
		}
		binary.BigEndian.PutUint64(entry[:], offset)
		binary.BigEndian.PutUint32(entry[8:], uint32(len(data)))
		binary.BigEndian.PutUint32(entry[12:], checksum(data))
		offset += uint64(len(data))
		if _, err := records.Write(data); err != nil {
			return err
		}
		_, err := index.Write(entry[:])
		return err
	})
	if err != nil {
		return shape, fmt.Errorf("plan: write: %w", err)
	}
	if laneBatches > 0 {
		shape.AddLane(laneBatches)
	}
	return shape, nil
}

// appendStored appends the encoded record of a target, read back from the temporary file.
func (b *Builder) appendStored(data []byte, target uint32) ([]byte, error) {
	end := b.written
	if int(target)+1 < len(b.starts) {
		end = b.starts[target+1]
	}
	start := len(data)
	data = append(data, make([]byte, end-b.starts[target])...)
	_, err := b.file.ReadAt(data[start:], int64(b.starts[target]))
	return data, err
}
