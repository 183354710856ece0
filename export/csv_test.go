package export

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func readCSV(t *testing.T, document []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(document)).ReadAll()
	require.NoError(t, err)
	return rows
}

// byName is a row of a table under its header.
func byName(t *testing.T, header, row []string) map[string]string {
	t.Helper()
	named := make(map[string]string, len(header))
	for n, name := range header {
		require.NotContains(t, named, name)
		named[name] = ""
		if n < len(row) {
			named[name] = row[n]
		}
	}
	return named
}

func TestCSVHasTheDocumentedColumns(t *testing.T) {
	rows := readCSV(t, exportResults(t, FormatCSV, nil))
	require.Equal(t, [][]string{strings.Split("line,url,status,http_status,error_kind,error_message,response_time_ms,slow,"+
		"final_url,redirects,title,content_type,content_length,body_sha256,protocol,remote_ip,tls_version,tls_issuer,tls_not_after,"+
		"tls_days_left,dns_ms,connect_ms,tls_ms,ttfb_ms,download_ms,attempts,failed_attempts,checked_at,host,normalized_url", ",")}, rows)
}

func TestCSVShowsValuesForPeopleAndPrograms(t *testing.T) {
	rows := readCSV(t, exportResults(t, FormatCSV, sampleJob(), sampleResults()...))
	require.Len(t, rows, 6)
	first := byName(t, rows[0], rows[1])
	require.Equal(t, "123.457", first["response_time_ms"])
	require.Equal(t, "301 https://example.com/ -> 302 https://www.example.com/ -> https://www.example.com/?a=1&b=<2>", first["redirects"])
	require.Equal(t, `Bücher, "neu" & gebraucht`, first["title"])
	require.Equal(t, "2026-06-01T12:00:00Z", first["tls_not_after"])
	require.Equal(t, "2026-03-04T05:06:07Z", first["checked_at"])
	require.Equal(t, "1256", first["content_length"])

	second := byName(t, rows[0], rows[2])
	require.Equal(t, `'=HYPERLINK("http://evil.example/","click")`, second["title"])
	require.Equal(t, "0", second["dns_ms"])
	require.Equal(t, "true", second["slow"])
	require.Equal(t, "1: HTTP 503 Service Unavailable; 2: The host did not answer within 10 s.", second["failed_attempts"])
	require.Equal(t, "The title was expected to contain Shop.", second["error_message"])
	require.Empty(t, first["slow"])
	require.Empty(t, second["content_length"])

	require.Equal(t, "-3", byName(t, rows[0], rows[3])["tls_days_left"])

	invalid := byName(t, rows[0], rows[5])
	require.Equal(t, "invalid_url", invalid["error_kind"])
	for _, name := range []string{"http_status", "response_time_ms", "dns_ms", "checked_at", "tls_days_left"} {
		require.Empty(t, invalid[name], name)
	}
	require.Equal(t, "0", invalid["attempts"])
}

func TestCSVLinesEndInLFWithoutAByteOrderMark(t *testing.T) {
	document := string(exportResults(t, FormatCSV, nil, sampleResults()...))
	require.True(t, strings.HasPrefix(document, "line,url,"))
	require.NotContains(t, document, "\r")
	require.Equal(t, 6, strings.Count(document, "\n"))
}

// hostileTexts are what a page's title or an uploaded cell may hold, with what CSV keeps of it.
func hostileTexts() map[string]struct{ text, csv, xlsx string } {
	long := strings.Repeat("x", 40_000)
	emoji := strings.Repeat("😀", 20_000) // two UTF-16 code units each
	return map[string]struct{ text, csv, xlsx string }{
		"formula":            {"=1+1", "'=1+1", "=1+1"},
		"formula after NUL":  {"\x00=1+1", "'=1+1", "=1+1"},
		"formula after BOM":  {"\ufeff=1", "'\ufeff=1", "\ufeff=1"},
		"quotes":             {`say "hi"`, `say "hi"`, `say "hi"`},
		"only a quote":       {`"`, `"`, `"`},
		"comma":              {"a,b", "a,b", "a,b"},
		"semicolon":          {"a;=1", "a;=1", "a;=1"},
		"line feed":          {"a\nb", "a\nb", "a\nb"},
		"carriage return":    {"a\rb", "a\rb", "a\nb"},
		"both":               {"a\r\nb", "a\nb", "a\nb"}, // as encoding/csv reads it
		"spaces around":      {" a ", " a ", " a "},
		"NUL":                {"a\x00b", "ab", "ab"},
		"control characters": {"a\x01\x1bb", "a\x01\x1bb", "ab"},
		"noncharacters":      {"a\uffff\ufffeb", "a\uffff\ufffeb", "ab"},
		"invalid UTF-8":      {"a\xff\xfeb", "a\ufffdb", "a\ufffdb"},
		"half a character":   {"a\xe2\x82", "a\ufffd", "a\ufffd"},
		"surrogate":          {"a\xed\xa0\x80b", "a\ufffdb", "a\ufffdb"},
		"right to left":      {"\u202eabc\u05d0", "\u202eabc\u05d0", "\u202eabc\u05d0"},
		"markup":             {"</t><script>&amp;]]>", "</t><script>&amp;]]>", "</t><script>&amp;]]>"},
		"escape sequence":    {"a_x0041_b", "a_x0041_b", "a_x0041_b"},
		"no escape sequence": {"a_x00G1_b_x004", "a_x00G1_b_x004", "a_x00G1_b_x004"},
		"end of COPY data":   {`\.`, `\.`, `\.`},
		"40,000 characters":  {long, long, long[:32_767-7] + "… (cut)"},
		"20,000 emoji":       {emoji, emoji, strings.Repeat("😀", (32_767-7)/2) + "… (cut)"},
		"32,767 characters":  {long[:32_767], long[:32_767], long[:32_767]},
		"32,768 characters":  {long[:32_768], long[:32_768], long[:32_767-7] + "… (cut)"},
	}
}

func TestCSVKeepsHostileTexts(t *testing.T) {
	for name, tc := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			result := &wsc.Result{URL: tc.text, Status: wsc.StatusActive, Title: tc.text, NormalizedURL: tc.text}
			rows := readCSV(t, exportResults(t, FormatCSV, nil, result))
			require.Len(t, rows, 2)
			row := byName(t, rows[0], rows[1])
			require.Equal(t, tc.csv, row["title"])
			require.Equal(t, tc.csv, row["url"])
			require.Equal(t, tc.csv, row["normalized_url"])
			require.Equal(t, "active", row["status"])
		})
	}
}

func TestDecimalsAreExactToThousandths(t *testing.T) {
	zero := 0.0
	for _, tc := range []struct {
		value float64
		want  string
	}{
		{0, "0"}, {1, "1"}, {0.001, "0.001"}, {0.0004, "0"}, {0.0005, "0.001"}, {12.3, "12.3"}, {12.34, "12.34"}, {100.05, "100.05"},
		{-1.5, "-1.5"}, {9999.9996, "10000"}, {1e12, "1000000000000"}, {1e300, ""}, {zero / zero, ""}, {1 / zero, ""},
	} {
		c := decimalCell(tc.value)
		require.Equal(t, tc.want, string(appendCSVCell(nil, &c)), "%v", tc.value)
	}
}

func TestTimesOfAnyYearAreWritten(t *testing.T) {
	for _, tc := range []struct {
		moment time.Time
		want   string
	}{
		{time.Time{}, ""},
		{time.Date(2026, time.March, 4, 5, 6, 7, 999_999_999, time.FixedZone("", 3600)), "2026-03-04T04:06:07Z"},
		{time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC), "9999-12-31T23:59:59Z"},
		{time.Date(1899, time.January, 1, 0, 0, 0, 0, time.UTC), "1899-01-01T00:00:00Z"},
	} {
		c := timeCell(tc.moment)
		require.Equal(t, tc.want, string(appendCSVCell(nil, &c)))
	}
}

func FuzzCSV(f *testing.F) {
	for _, tc := range hostileTexts() {
		if len(tc.text) < 1000 {
			f.Add(tc.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		document := append(appendCSVText(nil, text), ",end\n"...)
		rows, err := csv.NewReader(bytes.NewReader(document)).ReadAll()
		require.NoError(t, err)
		want := Neutralize(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\ufffd"))
		require.Equal(t, [][]string{{strings.ReplaceAll(want, "\r\n", "\n"), "end"}}, rows)
		require.False(t, startsFormula(rows[0][0]))
	})
}
