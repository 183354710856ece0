package export

import (
	"archive/zip"
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// TestMain adds the flag that rewrites the golden files.
func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the golden files in testdata")
	m.Run()
}

// requireGolden compares a document with the file in testdata, or rewrites that.
func requireGolden(t *testing.T, name string, document []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(path, document, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(document))
}

// sampleJob is a finished job with a file name in need of escapes.
func sampleJob() *wsc.Job {
	finished := time.Date(2026, time.March, 4, 5, 10, 0, 0, time.UTC)
	return &wsc.Job{
		ID: "0195a8c2-7b1e-7c3d-9a51-3f2b8c6d4e10", Filename: "Leads & <friends>.csv",
		Status: wsc.JobCompleted, Phase: wsc.PhaseDone,
		JobCounts: wsc.JobCounts{TotalURLs: 5, ProcessedURLs: 5, ActiveCount: 1, InactiveCount: 1, ErrorCount: 3, InvalidCount: 1, DuplicateCount: 2, BlankCount: 1},
		CreatedAt: time.Date(2026, time.March, 4, 5, 0, 0, 0, time.UTC), FinishedAt: &finished,
	}
}

// sampleResults has one result of each sort.
func sampleResults() []*wsc.Result {
	moment := time.Date(2026, time.March, 4, 5, 6, 7, 890_123_000, time.UTC)
	length := int64(1256)
	return []*wsc.Result{
		{
			Seq: 0, Line: 2, URL: "example.com", NormalizedURL: "https://example.com/", Host: "example.com",
			Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 123.4567,
			Timings:  &wsc.Timings{DNS: 3.1, Connect: 11.25, TLS: 23.75, TTFB: 80.001, Download: 5, Total: 123.4567},
			FinalURL: "https://www.example.com/?a=1&b=<2>",
			Redirects: []wsc.Redirect{
				{URL: "https://example.com/", HTTPStatus: 301, TimeMS: 20},
				{URL: "https://www.example.com/", HTTPStatus: 302, TimeMS: 21.5},
			},
			TLS:      &wsc.TLSInfo{Version: "TLS 1.3", Subject: "example.com", Issuer: "Example Trust", NotAfter: time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC), DaysLeft: 89},
			Protocol: "h2", RemoteIP: "2001:db8::7", ContentType: "text/html; charset=utf-8", ContentLength: &length,
			BodySHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Title: "Bücher, \"neu\" & gebraucht", Attempts: 1, CheckedAt: moment,
		},
		{
			Seq: 1, Line: 3, URL: "http://example.org/missing", NormalizedURL: "http://example.org/missing", Host: "example.org",
			Status: wsc.StatusInactive, HTTPStatus: 404, ResponseTimeMS: 40, Slow: true, Timings: &wsc.Timings{Connect: 10, TTFB: 30, Total: 40},
			ErrorMessage: "The title was expected to contain Shop.", FailedAttempts: []wsc.FailedAttempt{
				{Attempt: 1, CheckedAt: moment.Add(-40 * time.Second), HTTPStatus: 503, Reason: "HTTP 503 Service Unavailable", ResponseTimeMS: 8.5},
				{Attempt: 2, CheckedAt: moment.Add(-35 * time.Second), ErrorKind: wsc.KindTimeout, Reason: "The host did not answer within 10 s.", ResponseTimeMS: 10_000},
			},
			FinalURL: "http://example.org/missing", Protocol: "http/1.1", RemoteIP: "203.0.113.9",
			Title: `=HYPERLINK("http://evil.example/","click")`, Attempts: 3, CheckedAt: moment,
		},
		{
			Seq: 2, Line: 5, URL: "https://expired.example.net", NormalizedURL: "https://expired.example.net/", Host: "expired.example.net",
			Status: wsc.StatusError, ErrorKind: wsc.KindTLSExpired, ErrorMessage: "The certificate expired 3 days ago.", ResponseTimeMS: 35.5,
			TLS: &wsc.TLSInfo{Version: "TLS 1.2", NotAfter: time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC), DaysLeft: -3}, Attempts: 1, CheckedAt: moment,
		},
		{
			Seq: 3, Line: 7, URL: "https://gone.example", NormalizedURL: "https://gone.example/", Host: "gone.example",
			Status: wsc.StatusError, ErrorKind: wsc.KindDNSNXDomain, ErrorMessage: wsc.KindDNSNXDomain.Sentence(), ResponseTimeMS: 2.5, Attempts: 1, CheckedAt: moment,
		},
		{
			Seq: 4, Line: 8, URL: "not a url", Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL, ErrorMessage: "The URL contains a space.",
		},
	}
}

// exportResults is a whole document in the results layout.
func exportResults(t *testing.T, format Format, job *wsc.Job, results ...*wsc.Result) []byte {
	t.Helper()
	var document bytes.Buffer
	w, err := NewWriter(format, &document, Options{Job: job})
	require.NoError(t, err)
	for _, r := range results {
		require.NoError(t, w.Write(r))
	}
	require.NoError(t, w.Close())
	return document.Bytes()
}

// originalRow is an argument list of OriginalWriter.WriteRow.
type originalRow struct {
	cells   []string
	outcome string
	result  *wsc.Result
}

// sampleRows is an upload of which sampleResults are the results.
func sampleRows() []originalRow {
	r := sampleResults()
	return []originalRow{
		{[]string{"Example, Inc.", "example.com", "120", "good"}, "", r[0]},
		{[]string{"Beispiel GmbH", "http://example.org/missing", "007"}, "", r[1]},
		{[]string{"Example again", "EXAMPLE.com", "-1.5", "", "more", "=1+1", ""}, "duplicate", r[0]},
		{[]string{"+49 30 1234", "https://expired.example.net", "12345678901234567890", "x"}, "", r[2]},
		{[]string{"", "", "", ""}, "blank", nil},
		{[]string{"@gone", "https://gone.example", "0.10", "\tx"}, "", r[3]},
		{[]string{"Nobody", "not a url", "1e5", "ok"}, "", r[4]},
		{[]string{"Later", "https://later.example", "0", "-0"}, "", nil},
	}
}

// exportOriginal is a whole document in the original layout.
func exportOriginal(t *testing.T, format Format, header []string, job *wsc.Job, rows ...originalRow) []byte {
	t.Helper()
	var document bytes.Buffer
	w, err := NewOriginalWriter(format, &document, header, Options{Job: job})
	require.NoError(t, err)
	for _, row := range rows {
		require.NoError(t, w.WriteRow(row.cells, row.outcome, row.result))
	}
	require.NoError(t, w.Close())
	return document.Bytes()
}

// zipParts is a readable form of a workbook: each part under its name, an element per line.
func zipParts(t *testing.T, document []byte) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(document), int64(len(document)))
	require.NoError(t, err)
	var text bytes.Buffer
	for _, file := range archive.File {
		part, err := file.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		text.WriteString("=== " + file.Name + "\n" + strings.ReplaceAll(string(content), "><", ">\n<") + "\n")
	}
	return text.Bytes()
}

func TestDocumentsAreAsTheGoldenFiles(t *testing.T) {
	header := []string{"Company", "URL", "Status", "Status"}
	for _, format := range Formats() {
		t.Run(string(format), func(t *testing.T) {
			results := exportResults(t, format, sampleJob(), sampleResults()...)
			original := exportOriginal(t, format, header, sampleJob(), sampleRows()...)
			end := format.Extension()
			if format == FormatXLSX {
				results, original, end = zipParts(t, results), zipParts(t, original), end+".txt"
			}
			requireGolden(t, "results."+end, results)
			requireGolden(t, "original."+end, original)
		})
	}
}

func TestTheSameResultsGiveTheSameBytes(t *testing.T) {
	for _, format := range Formats() {
		first := exportResults(t, format, sampleJob(), sampleResults()...)
		second := exportResults(t, format, sampleJob(), sampleResults()...)
		require.Equal(t, first, second, format)
	}
}
