package export_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
)

func TestFlushShowsTheRowsSoFar(t *testing.T) {
	for _, format := range []export.Format{export.FormatCSV, export.FormatJSON, export.FormatNDJSON} {
		var out bytes.Buffer
		writer, err := export.NewWriter(format, &out, export.Options{})
		require.NoError(t, err)
		require.NoError(t, writer.Write(&wsc.Result{URL: "example.com", Status: wsc.StatusActive}))
		require.NotContains(t, out.String(), "example.com", format)
		require.NoError(t, writer.(export.Flusher).Flush())
		require.Contains(t, out.String(), "example.com", format)
		require.NoError(t, writer.Close())
	}
}
