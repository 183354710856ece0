package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/website-status-checker/wsc/internal/telemetry"
)

// countedFolder is a folder as a bucket whose operations are counted.
func countedFolder(t testing.TB) (bucket *blob.Bucket, dir string, registry *prometheus.Registry) {
	t.Helper()
	dir, registry = t.TempDir(), prometheus.NewRegistry()
	blobs, err := telemetry.NewBlobs(registry)
	require.NoError(t, err)
	folder, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	require.NoError(t, err)
	bucket = blobs.Count(folder)
	t.Cleanup(func() {
		require.NoError(t, bucket.Close())
		_, err := folder.Exists(context.Background(), "x")
		require.Error(t, err, "the bucket below is closed too")
	})
	return bucket, dir, registry
}

func TestACountedBucketIsAsTheOneBelow(t *testing.T) {
	bucket, dir, registry := countedFolder(t)
	ctx := t.Context()
	large := bytes.Repeat([]byte("0123456789"), 100_000)
	require.NoError(t, bucket.WriteAll(ctx, "jobs/a/large", large, &blob.WriterOptions{ContentType: "text/csv"}))
	require.NoError(t, bucket.WriteAll(ctx, "jobs/a/small", []byte("small"), nil))
	require.NoError(t, bucket.WriteAll(ctx, "jobs/b/empty", nil, nil))
	require.NoError(t, bucket.Copy(ctx, "jobs/b/copy", "jobs/a/small", nil))

	got, err := bucket.ReadAll(ctx, "jobs/a/large")
	require.NoError(t, err)
	require.Equal(t, large, got)
	reader, err := bucket.NewRangeReader(ctx, "jobs/a/large", 5, 10, nil)
	require.NoError(t, err)
	part, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, "5678901234", string(part))
	require.EqualValues(t, len(large), reader.Size())
	require.NoError(t, reader.Close())
	attributes, err := bucket.Attributes(ctx, "jobs/a/large")
	require.NoError(t, err)
	require.EqualValues(t, len(large), attributes.Size)
	require.NotZero(t, attributes.ModTime)

	var keys []string
	for list := bucket.List(&blob.ListOptions{Prefix: "jobs/"}); ; {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		keys = append(keys, object.Key)
	}
	require.Equal(t, []string{"jobs/a/large", "jobs/a/small", "jobs/b/copy", "jobs/b/empty"}, keys)
	first, next, err := bucket.ListPage(ctx, blob.FirstPageToken, 3, nil)
	require.NoError(t, err)
	require.Len(t, first, 3)
	rest, next, err := bucket.ListPage(ctx, next, 3, nil)
	require.NoError(t, err)
	require.Len(t, rest, 1)
	require.Empty(t, next)

	_, err = bucket.NewReader(ctx, "missing", nil)
	require.Equal(t, gcerrors.NotFound, gcerrors.Code(err))
	require.ErrorIs(t, err, fs.ErrNotExist, "the cause is still there")
	require.Equal(t, 1, strings.Count(err.Error(), `key "missing"`), "and is said once: %v", err)
	var pathError *os.PathError
	require.True(t, bucket.ErrorAs(err, &pathError), "drivers' own errors can be had")
	require.Equal(t, gcerrors.NotFound, gcerrors.Code(bucket.Delete(ctx, "missing")))
	require.NoError(t, bucket.Delete(ctx, "jobs/b/copy"))
	_, err = os.Stat(filepath.Join(dir, "jobs", "b", "copy"))
	require.ErrorIs(t, err, fs.ErrNotExist)

	text := scrape(t, registry)
	for _, line := range []string{
		`wsc_blob_operations_total{operation="write",outcome="ok"} 3`,
		`wsc_blob_operations_total{operation="read",outcome="ok"} 2`,
		`wsc_blob_operations_total{operation="read",outcome="not_found"} 1`,
		`wsc_blob_operations_total{operation="copy",outcome="ok"} 1`,
		`wsc_blob_operations_total{operation="attributes",outcome="ok"} 1`,
		`wsc_blob_operations_total{operation="delete",outcome="ok"} 1`,
		`wsc_blob_operations_total{operation="delete",outcome="not_found"} 1`,
		`wsc_blob_operation_duration_seconds_count{operation="write"} 3`,
		`wsc_blob_bytes_total{direction="written"} 1.000005e+06`,
		`wsc_blob_bytes_total{direction="read"} 1.00001e+06`,
	} {
		require.Contains(t, text, line)
	}
}

func TestAnAbandonedWriteLeavesNothingAndCountsAsCancelled(t *testing.T) {
	bucket, dir, registry := countedFolder(t)
	ctx, cancel := context.WithCancel(t.Context())
	writer, err := bucket.NewWriter(ctx, "half", nil)
	require.NoError(t, err)
	_, err = writer.Write(bytes.Repeat([]byte("x"), 10_000))
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, writer.Close(), context.Canceled)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
	require.Contains(t, scrape(t, registry), `wsc_blob_operations_total{operation="write",outcome="cancelled"} 1`)
}

func TestAStoreThatTakesNothingCountsAsAnError(t *testing.T) {
	bucket, dir, registry := countedFolder(t)
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.WriteFile(dir, nil, 0o600), "a file in the folder's place")
	require.Error(t, bucket.WriteAll(t.Context(), "a", []byte("b"), nil))
	require.Contains(t, scrape(t, registry), `wsc_blob_operations_total{operation="write",outcome="error"} 1`)
}

func BenchmarkCountedRead(b *testing.B) {
	bucket, _, _ := countedFolder(b)
	require.NoError(b, bucket.WriteAll(b.Context(), "plan", make([]byte, 64<<10), nil))
	for b.Loop() {
		if _, err := bucket.ReadAll(b.Context(), "plan"); err != nil {
			b.Fatal(err)
		}
	}
}
