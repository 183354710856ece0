package export

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNeutralizeProtectsFormulasOnly(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"word", "example", "example"},
		{"URL", "https://example.com/?a=1", "https://example.com/?a=1"},
		{"equals sign", "=1+1", "'=1+1"},
		{"DDE", `=cmd|' /C calc'!A0`, `'=cmd|' /C calc'!A0`},
		{"plus sign", "+1+1", "'+1+1"},
		{"minus sign", "-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"},
		{"at sign", "@SUM(1,1)", "'@SUM(1,1)"},
		{"TAB", "\t=1", "'\t=1"},
		{"TAB before a word", "\tword", "'\tword"},
		{"CR", "\r=1", "'\r=1"},
		{"LF", "\n=1", "'\n=1"},
		{"space before", " =1", "' =1"},
		{"no-break space before", "\u00a0=1", "'\u00a0=1"},
		{"byte order mark before", "\ufeff=1", "'\ufeff=1"},
		{"zero width space before", "\u200b=1", "'\u200b=1"},
		{"right-to-left mark before", "\u202e=1", "'\u202e=1"},
		{"NUL before", "\x00=1", "'\x00=1"},
		{"full-width equals sign", "＝1+1", "'＝1+1"},
		{"full-width plus sign", "＋1", "'＋1"},
		{"full-width minus sign", "－1", "'－1"},
		{"full-width at sign", "＠SUM(1)", "'＠SUM(1)"},
		{"negative number", "-12.5", "-12.5"},
		{"number with a plus sign", "+4930123456", "+4930123456"},
		{"phone number with spaces", "+49 30 123456", "'+49 30 123456"},
		{"minus sign alone", "-", "'-"},
		{"two signs", "--1", "'--1"},
		{"number without digits", "-.", "'-."},
		{"number and a function", "-1+SUM(A1)", "'-1+SUM(A1)"},
		{"formula later in the text", "a=1", "a=1"},
		{"apostrophe", "'quoted'", "'quoted'"},
		{"protected already", "'=1", "'=1"},
		{"only spaces", "   ", "   "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Neutralize(tc.text)
			require.Equal(t, tc.want, got)
			require.Equal(t, got, Neutralize(got), "neutralized twice")
			if tc.text != "'=1" {
				require.Equal(t, tc.text, Restore(got))
			}
		})
	}
}

func TestRestoreRemovesOneApostropheThatProtects(t *testing.T) {
	for text, want := range map[string]string{
		"'=1": "=1", "' =1": " =1", "'\ttab": "\ttab",
		"''=1": "''=1", "'word": "'word", "'": "'", "": "", "'-5": "'-5", "=1": "=1",
	} {
		require.Equal(t, want, Restore(text), text)
	}
}

func FuzzNeutralize(f *testing.F) {
	for _, text := range []string{"", "=1", "'=1", "''=1", "-5", "+", "\t", " ＝", "\xff=", "\x00@", "'"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		safe := Neutralize(text)
		require.False(t, startsFormula(safe))
		require.Equal(t, safe, Neutralize(safe))
		require.Equal(t, safe, Neutralize(Restore(safe)), "a round trip grows no prefixes")
		if safe != text {
			require.Equal(t, text, Restore(safe))
		}
	})
}
