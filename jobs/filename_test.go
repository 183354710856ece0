package jobs_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

func TestCleanFilename(t *testing.T) {
	for name, test := range map[string]struct {
		given, want string
		code        wsc.Code
	}{
		"plain":                    {given: "list.csv", want: "list.csv"},
		"upper-case extension":     {given: "LIST.CSV", want: "LIST.CSV"},
		"no extension":             {given: "list", want: "list"},
		"spaces and umlauts":       {given: "Kunden März.xlsx", want: "Kunden März.xlsx"},
		"absolute path":            {given: "/etc/cron.d/x", want: "x"},
		"Windows path":             {given: `C:\Users\me\list.txt`, want: "list.txt"},
		"escaped slash":            {given: "a%2fb.csv", want: "b.csv"},
		"escaped line break":       {given: "a%0d%0aSet-Cookie:x=1.csv", want: "aSet-Cookie:x=1.csv"},
		"percent sign":             {given: "100% sure.csv", want: "100% sure.csv"},
		"direction override":       {given: "a\u202evsc.csv", want: "avsc.csv"},
		"zero width":               {given: "a\u200bb\ufeff.csv", want: "ab.csv"},
		"invalid UTF-8":            {given: "caf\xe9.csv", want: "caf.csv"},
		"terminal escape":          {given: "a\x1b[31m.csv", want: "a[31m.csv"},
		"traversal":                {given: "../../../../etc/passwd", code: wsc.CodeInvalidFilename},
		"Windows traversal":        {given: `..\..\windows\win.ini`, code: wsc.CodeInvalidFilename},
		"escaped traversal":        {given: "%2e%2e%2fpasswd", code: wsc.CodeInvalidFilename},
		"NUL":                      {given: "a\x00.csv", code: wsc.CodeInvalidFilename},
		"escaped NUL":              {given: "list.xlsx%00.csv", code: wsc.CodeUnsupportedType},
		"second extension":         {given: "list.csv.exe", code: wsc.CodeUnsupportedType},
		"extension, trailing dots": {given: "list.exe. .", code: wsc.CodeUnsupportedType},
		"nothing":                  {given: "", code: wsc.CodeInvalidFilename},
		"only folders":             {given: "///", code: wsc.CodeInvalidFilename},
		"only dots":                {given: "...", code: wsc.CodeInvalidFilename},
		"only controls":            {given: "\x01\x02", code: wsc.CodeInvalidFilename},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jobs.CleanFilename(test.given)
			require.Equal(t, test.code, wsc.CodeOf(err))
			require.Equal(t, test.want, got)
		})
	}
}

func TestCleanFilenameKeepsTheExtensionOfLongNames(t *testing.T) {
	got, err := jobs.CleanFilename(strings.Repeat("ü", 300) + ".xlsx")
	require.NoError(t, err)
	require.LessOrEqual(t, len(got), 200)
	require.True(t, strings.HasSuffix(got, "….xlsx"), got)
}

func FuzzCleanFilename(f *testing.F) {
	for _, seed := range []string{"list.csv", "../x", `..\x`, "a%00.csv", "a\x00", "%", "a%2fb", "\u202e.csv", "….txt"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean, err := jobs.CleanFilename(name)
		if err != nil {
			require.NotEqual(t, wsc.CodeInternal, wsc.CodeOf(err))
			return
		}
		require.True(t, utf8.ValidString(clean))
		require.NotEmpty(t, clean)
		require.LessOrEqual(t, len(clean), 200)
		require.False(t, strings.ContainsAny(clean, "/\\\x00\r\n"), "%q", clean)
	})
}
