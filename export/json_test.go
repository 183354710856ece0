package export

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestJSONIsTheArrayThatTheAPIShows(t *testing.T) {
	var got []wsc.Result
	require.NoError(t, json.Unmarshal(exportResults(t, FormatJSON, sampleJob(), sampleResults()...), &got))
	require.Len(t, got, 5)
	for n, want := range sampleResults() {
		require.Equal(t, *want, got[n])
	}
}

func TestNDJSONIsAResultPerLine(t *testing.T) {
	document := string(exportResults(t, FormatNDJSON, nil, sampleResults()...))
	lines := strings.Split(strings.TrimSuffix(document, "\n"), "\n")
	require.Len(t, lines, 5)
	for n, want := range sampleResults() {
		var got wsc.Result
		require.NoError(t, json.Unmarshal([]byte(lines[n]), &got))
		require.Equal(t, *want, got)
	}
}

func TestNoResultsGiveAValidDocument(t *testing.T) {
	require.Equal(t, "[]\n", string(exportResults(t, FormatJSON, nil)))
	require.Empty(t, string(exportResults(t, FormatNDJSON, nil)))
	require.Equal(t, "[]\n", string(exportOriginal(t, FormatJSON, nil, nil)))
	require.Empty(t, string(exportOriginal(t, FormatNDJSON, []string{"url"}, nil)))
	require.Len(t, readCSV(t, exportOriginal(t, FormatCSV, nil, nil)), 1)
}

func TestJSONKeepsHostileTexts(t *testing.T) {
	for name, tc := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			want := strings.ReplaceAll(string(bytes.ToValidUTF8([]byte(tc.text), []byte("\x7f"))), "\x7f", "\ufffd")
			for _, document := range [][]byte{
				exportResults(t, FormatJSON, nil, &wsc.Result{URL: tc.text}),
				exportOriginal(t, FormatJSON, []string{"url"}, nil, originalRow{[]string{tc.text}, "", nil}),
			} {
				var got []struct {
					URL string `json:"url"`
				}
				require.NoError(t, json.Unmarshal(document, &got))
				require.Len(t, got, 1)
				squeezed := got[0].URL
				for strings.Contains(squeezed, "\ufffd\ufffd") {
					squeezed = strings.ReplaceAll(squeezed, "\ufffd\ufffd", "\ufffd")
				}
				require.Equal(t, want, squeezed)
			}
		})
	}
}
