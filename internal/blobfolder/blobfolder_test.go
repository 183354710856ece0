package blobfolder_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/fileblob"

	"github.com/website-status-checker/wsc/internal/blobfolder"
)

func TestDeleteRemovesTheFolderAndNothingElse(t *testing.T) {
	bucket, err := fileblob.OpenBucket(t.TempDir(), nil)
	require.NoError(t, err)
	defer bucket.Close()
	for _, key := range []string{"jobs/1/upload", "jobs/1/plan-0", "jobs/1/deep/er", "jobs/10/upload"} {
		require.NoError(t, bucket.WriteAll(t.Context(), key, []byte("x"), nil))
	}
	for range 2 {
		require.NoError(t, blobfolder.Delete(t.Context(), bucket, "jobs/1/"))
	}
	left, err := bucket.List(nil).Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, "jobs/10/upload", left.Key)
}
