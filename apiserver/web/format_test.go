package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFractionsAreForScriptsToWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"9.5 ms": `<data value="9.5" data-digits="1">9.5</data> ms`, "2.00 s": `<data value="2.00" data-digits="2">2.00</data> s`,
		"<0.1%": `&lt;<data value="0.1" data-digits="1">0.1</data>%`, "42 ms": "42 ms", "none": "none", "": "",
	} {
		require.Equal(t, want, string(fractional(text)), text)
	}
}
