package export

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestParseFormatReadsEveryFormat(t *testing.T) {
	for _, format := range Formats() {
		got, err := ParseFormat(string(format))
		require.NoError(t, err)
		require.Equal(t, format, got)
		require.NotEqual(t, "application/octet-stream", format.ContentType())
		require.NotEmpty(t, format.Extension())
	}
	got, err := ParseFormat("XLSX")
	require.NoError(t, err)
	require.Equal(t, FormatXLSX, got)
}

func TestParseFormatNamesTheAllowedOnes(t *testing.T) {
	for _, text := range []string{"", "xls", "csv ", "pdf\r\nX: y"} {
		_, err := ParseFormat(text)
		var e *wsc.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, wsc.CodeInvalidRequest, e.Code)
		require.Equal(t, "format", e.Field)
		require.Contains(t, e.Message, "csv, json, ndjson, xlsx")
		require.NotContains(t, e.Message, "\n")
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	_, err := NewWriter("pdf", &bytes.Buffer{}, Options{})
	require.Equal(t, wsc.CodeInvalidRequest, wsc.CodeOf(err))
	_, err = NewOriginalWriter("pdf", &bytes.Buffer{}, nil, Options{})
	require.Equal(t, wsc.CodeInvalidRequest, wsc.CodeOf(err))
}

// failingWriter fails after it took some bytes.
type failingWriter struct {
	left int
	err  error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		n := w.left
		w.left = 0
		return n, w.err
	}
	w.left -= len(p)
	return len(p), nil
}

func TestAnErrorOfTheUnderlyingWriterStopsTheExport(t *testing.T) {
	broken := errors.New("the disk is full")
	for _, format := range Formats() {
		for _, capacity := range []int{0, 10, 100_000} {
			w, err := NewWriter(format, &failingWriter{capacity, broken}, Options{})
			require.NoError(t, err)
			rows, err := 0, nil
			for ; err == nil && rows < 200_000; rows++ {
				err = w.Write(typicalResult(rows))
			}
			require.ErrorIs(t, err, broken, "%s after %d bytes", format, capacity)
			require.Less(t, rows, 20_000, "%s after %d bytes: the error came late", format, capacity)
			require.ErrorIs(t, w.Write(typicalResult(0)), broken)
			require.ErrorIs(t, w.Close(), broken)
		}
	}
}

func TestAnErrorOfAShortExportComesFromClose(t *testing.T) {
	broken := errors.New("the connection is closed")
	for _, format := range Formats() {
		w, err := NewWriter(format, &failingWriter{5, broken}, Options{})
		require.NoError(t, err)
		require.NoError(t, w.Write(typicalResult(0)))
		require.ErrorIs(t, w.Close(), broken, format)

		o, err := NewOriginalWriter(format, &failingWriter{5, broken}, []string{"url"}, Options{})
		require.NoError(t, err)
		require.NoError(t, o.WriteRow([]string{"example.com"}, "", typicalResult(0)))
		require.ErrorIs(t, o.Close(), broken, format)
	}
}
