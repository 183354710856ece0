package plan

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"gocloud.dev/blob"

	wsc "github.com/website-status-checker/wsc"
)

// Store writes the plan of a pass below the folder of a blob store and returns its shape.
// A plan that is there already is replaced.
func (b *Builder) Store(ctx context.Context, bucket *blob.Bucket, folder string, pass int, hostRate float64) (wsc.PlanShape, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a blob writer whose context ends before Close writes nothing
	records, err := bucket.NewWriter(ctx, recordsKey(folder, pass), nil)
	if err != nil {
		return wsc.PlanShape{}, fmt.Errorf("plan: open records: %w", err)
	}
	index, err := bucket.NewWriter(ctx, indexKey(folder, pass), nil)
	if err != nil {
		cancel()
		_ = records.Close() // aborted: reports the cancellation only
		return wsc.PlanShape{}, fmt.Errorf("plan: open index: %w", err)
	}
	shape, err := b.Write(records, index, hostRate)
	if err != nil {
		cancel()
		_, _ = records.Close(), index.Close() // aborted: report the cancellation only
		return shape, err
	}
	if err := records.Close(); err != nil {
		cancel()
		_ = index.Close() // aborted: reports the cancellation only
		return shape, fmt.Errorf("plan: store records: %w", err)
	}
	if err := index.Close(); err != nil {
		return shape, fmt.Errorf("plan: store index: %w", err)
	}
	return shape, nil
}

// ReadBatch returns the targets of one batch of a stored plan, in their order.
func ReadBatch(ctx context.Context, bucket *blob.Bucket, folder string, pass, batch int) ([]Record, error) {
	entry, err := readRange(ctx, bucket, indexKey(folder, pass), int64(batch)*indexEntry, indexEntry)
	if err != nil {
		return nil, fmt.Errorf("plan: read index of batch %d: %w", batch, err)
	}
	offset, length := binary.BigEndian.Uint64(entry), binary.BigEndian.Uint32(entry[8:])
	data, err := readRange(ctx, bucket, recordsKey(folder, pass), int64(offset), int64(length))
	if err != nil {
		return nil, fmt.Errorf("plan: read batch %d: %w", batch, err)
	}
	if checksum(data) != binary.BigEndian.Uint32(entry[12:]) {
		return nil, fmt.Errorf("plan: batch %d: %w", batch, errCorrupt)
	}
	records := make([]Record, 0, maxBatch)
	for len(data) > 0 {
		var record Record
		if data, err = record.decode(data); err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}

func readRange(ctx context.Context, bucket *blob.Bucket, key string, offset, length int64) ([]byte, error) {
	reader, err := bucket.NewRangeReader(ctx, key, offset, length, nil)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	data := make([]byte, length)
	_, err = io.ReadFull(reader, data)
	return data, err
}

func recordsKey(folder string, pass int) string { return fmt.Sprintf("%splan-%d", folder, pass) }
func indexKey(folder string, pass int) string   { return fmt.Sprintf("%splan-%d.idx", folder, pass) }
