package export

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestFilenameIsMadeOfTheUpload(t *testing.T) {
	for _, tc := range []struct {
		name, upload, suffix string
		format               Format
		want                 string
	}{
		{"plain", "websites.csv", "results", FormatXLSX, "websites-results.xlsx"},
		{"no suffix", "websites.csv", "", FormatCSV, "websites.csv"},
		{"several dots", "my.web.sites.tar.gz", "results", FormatJSON, "my.web.sites.tar-results.json"},
		{"no extension", "websites", "results", FormatNDJSON, "websites-results.ndjson"},
		{"empty", "", "results", FormatCSV, "websites-results.csv"},
		{"only dots", "...", "results", FormatCSV, "websites-results.csv"},
		{"hidden file", ".csv", "results", FormatCSV, "csv-results.csv"},
		{"folders", "../../etc/passwd.txt", "results", FormatCSV, "passwd-results.csv"},
		{"Windows folders", `C:\Users\me\list.xlsx`, "results", FormatCSV, "list-results.csv"},
		{"spaces and brackets", "my list (2).csv", "results", FormatCSV, "my-list-2-results.csv"},
		{"other scripts", "Übersicht 東京.csv", "results", FormatCSV, "Übersicht-東京-results.csv"},
		{"combining marks", "cafe\u0301.csv", "results", FormatCSV, "cafe\u0301-results.csv"},
		{"header injection", "a\r\nSet-Cookie: x=\"1\".csv", "results", FormatCSV, "a-Set-Cookie-x-1-results.csv"},
		{"right-to-left override", "a\u202evsc.exe", "results", FormatCSV, "a-vsc-results.csv"},
		{"invalid UTF-8", "a\xff\xfeb.csv", "results", FormatCSV, "a-b-results.csv"},
		{"NUL", "a\x00b.csv", "results", FormatCSV, "a-b-results.csv"},
		{"device name", "nul.csv", "", FormatCSV, "_nul.csv"},
		{"device name with more", "COM1.old.csv", "", FormatCSV, "_COM1.old.csv"},
		{"device name and suffix", "con.csv", "results", FormatCSV, "con-results.csv"},
		{"leading hyphens", "--help.csv", "", FormatCSV, "help.csv"},
		{"hostile suffix", "list.csv", "../x y", FormatCSV, "list-x-y.csv"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, Filename(&wsc.Job{Filename: tc.upload}, tc.format, tc.suffix))
		})
	}
	require.Equal(t, "websites-results.csv", Filename(nil, FormatCSV, "results"))
}

func TestFilenameIsNeverTooLong(t *testing.T) {
	for _, letter := range []string{"a", "ü", "東", "😀x"} {
		name := Filename(&wsc.Job{Filename: strings.Repeat(letter, 500) + ".csv"}, FormatXLSX, "results")
		require.LessOrEqual(t, len(name), 200)
		require.True(t, utf8.ValidString(name))
		require.True(t, strings.HasSuffix(name, "-results.xlsx"), name)
	}
}

func TestContentDispositionHasBothForms(t *testing.T) {
	for _, tc := range []struct{ name, filename, want string }{
		{"plain", "a-results.csv", `attachment; filename="a-results.csv"; filename*=UTF-8''a-results.csv`},
		{"space", "a b.csv", `attachment; filename="a b.csv"; filename*=UTF-8''a%20b.csv`},
		{"other script", "ü.csv", `attachment; filename="_.csv"; filename*=UTF-8''%C3%BC.csv`},
		{"quote", `a"b.csv`, `attachment; filename="a_b.csv"; filename*=UTF-8''a%22b.csv`},
		{"line break", "a\r\nX: y.csv", `attachment; filename="a__X: y.csv"; filename*=UTF-8''a__X%3A%20y.csv`},
		{"folders", `../a\b.csv`, `attachment; filename=".._a_b.csv"; filename*=UTF-8''.._a_b.csv`},
		{"percent sign", "100%.csv", `attachment; filename="100_.csv"; filename*=UTF-8''100%25.csv`},
		{"right-to-left override", "a\u202eb.csv", `attachment; filename="a_b.csv"; filename*=UTF-8''a_b.csv`},
		{"apostrophe", "it's.csv", `attachment; filename="it's.csv"; filename*=UTF-8''it%27s.csv`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, ContentDisposition(tc.filename))
		})
	}
}

func FuzzContentDisposition(f *testing.F) {
	for _, name := range []string{"a.csv", "a\"; x=\"y", "a\r\nb", "\xff", "ü東😀", "%41", `\"`, ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		header := ContentDisposition(name)
		for i := range len(header) {
			require.True(t, ' ' <= header[i] && header[i] < 0x7f, "%q", header)
		}
		disposition, _, err := mime.ParseMediaType(header)
		require.NoError(t, err, header)
		require.Equal(t, "attachment", disposition)
	})
}
