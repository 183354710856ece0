package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
)

func TestAWrongURLOfABlobStoreIsNotRepeated(t *testing.T) {
	for _, address := range []string{
		"s3://user:hunter2@bucket:port", "s3://user:hunter2@bucket?unknown=hunter2", "none://user:hunter2@bucket?key=hunter2", "hunter2",
	} {
		_, err := app.OpenBlobs(t.Context(), config.Storage{BlobURL: address, DataDir: t.TempDir()})
		require.ErrorContains(t, err, "WSC_BLOB_URL", address)
		require.NotContains(t, err.Error(), "hunter2")
		t.Log(err)
	}
}
