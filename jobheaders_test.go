package wsc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestHeaderValuesAreMasked(t *testing.T) {
	options := wsc.Options{TimeoutMS: 500, Headers: map[string]string{"Authorization": "Bearer abc", "X-Empty": ""}}
	masked := options.WithMaskedHeaders()
	require.Equal(t, wsc.Options{TimeoutMS: 500, Headers: map[string]string{"Authorization": "***", "X-Empty": "***"}}, masked)
	require.Equal(t, "Bearer abc", options.Headers["Authorization"], "the original stays")
	require.Equal(t, wsc.Options{}, wsc.Options{}.WithMaskedHeaders())

	require.NoError(t, options.RefuseMaskedHeaders())
	require.NoError(t, wsc.Options{}.RefuseMaskedHeaders())
	err := masked.RefuseMaskedHeaders()
	require.Equal(t, wsc.CodeInvalidOptions, wsc.CodeOf(err))
	require.ErrorContains(t, err, "Give the value itself")
}
