package checker

import (
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestLocationsLeadWhereBrowsersGo(t *testing.T) {
	from, err := wsc.NormalizeURL("https://a.example/dir/page?q=1")
	require.NoError(t, err)
	for location, want := range map[string]string{
		`/x`:                   "https://a.example/x",
		`x`:                    "https://a.example/dir/x",
		`?y`:                   "https://a.example/dir/page?y",
		`//b.example/x`:        "https://b.example/x",
		`\\b.example\x`:        "https://b.example/x",
		`/\b.example/x`:        "https://b.example/x",
		`///b.example/x`:       "https://b.example/x",
		`\/\/b.example`:        "https://b.example/",
		`http:\\b.example\x`:   "http://b.example/x",
		`\x\y?z=\`:             "https://a.example/x/y?z=%5C",
		`/x?to=http://b.c//d`:  "https://a.example/x?to=http://b.c//d",
		`/x//y`:                "https://a.example/x//y",
		`https://b.example?\\`: "https://b.example/?%5C%5C",
	} {
		next, failed := redirectTarget(from, []string{location})
		require.Nil(t, failed, location)
		require.Equal(t, want, next.URL, location)
	}
}

func TestSeveralLocationsMustBeTheSame(t *testing.T) {
	from, err := wsc.NormalizeURL("https://a.example/")
	require.NoError(t, err)
	next, failed := redirectTarget(from, []string{"/x", "/x"})
	require.Nil(t, failed)
	require.Equal(t, "https://a.example/x", next.URL)
	for _, locations := range [][]string{{"/x", "/y"}, {"/x", "/y", "/x"}, {"/x", ""}, nil} {
		_, failed := redirectTarget(from, locations)
		require.NotNil(t, failed, locations)
		require.Equal(t, wsc.KindRedirectInvalid, failed.kind)
	}
}
