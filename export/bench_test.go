package export

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
)

// typicalResult is a result as most are: an answer over TLS, every third one after a redirect, every tenth an error.
func typicalResult(n int) *wsc.Result {
	host := fmt.Sprintf("www.site-%07d.example.com", n)
	r := &wsc.Result{
		Seq: int64(n), Line: int64(n) + 2,
		URL: host, NormalizedURL: "https://" + host + "/", Host: host,
		Attempts: 1, CheckedAt: time.Date(2026, time.March, 4, 5, 6, n%60, 789_000_000, time.UTC),
	}
	if n%10 == 9 {
		r.Status, r.ErrorKind, r.ErrorMessage = wsc.StatusError, wsc.KindDNSNXDomain, "The host name does not exist."
		r.ResponseTimeMS = 3.25
		return r
	}
	length := int64(12_345 + n)
	r.Status, r.HTTPStatus = wsc.StatusActive, 200
	r.ResponseTimeMS = 123.456 + float64(n%1000)
	r.Timings = &wsc.Timings{DNS: 3.125, Connect: 11.5, TLS: 23.75, TTFB: 80.001, Download: 5.08, Total: 123.456}
	r.FinalURL, r.Protocol, r.RemoteIP = r.NormalizedURL, "h2", "203.0.113.7"
	r.ContentType, r.ContentLength, r.Title = "text/html; charset=utf-8", &length, "Welcome to site & shop"
	r.TLS = &wsc.TLSInfo{Version: "TLS 1.3", Subject: host, Issuer: "Example Trust R3", NotAfter: time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC), DaysLeft: 88}
	if n%3 == 0 {
		r.FinalURL += "start"
		r.Redirects = []wsc.Redirect{{URL: r.NormalizedURL, HTTPStatus: 301, TimeMS: 40}}
	}
	return r
}

// typicalResults is a list to go through again and again, so that a benchmark measures writing only.
func typicalResults() []*wsc.Result {
	list := make([]*wsc.Result, 1000)
	for n := range list {
		list[n] = typicalResult(n)
	}
	return list
}

// BenchmarkResults measures one row of each format: ns/op is microseconds for 1,000 rows, seconds for 1,000,000,000.
func BenchmarkResults(b *testing.B) {
	for _, format := range Formats() {
		b.Run(string(format), func(b *testing.B) {
			results := typicalResults()
			w, err := NewWriter(format, io.Discard, Options{})
			require.NoError(b, err)
			b.ReportAllocs()
			b.ResetTimer()
			for n := range b.N { // and not b.Loop, which stops the clock before Close
				if err := w.Write(results[n%len(results)]); err != nil {
					b.Fatal(err)
				}
			}
			require.NoError(b, w.Close())
		})
	}
}

// BenchmarkOriginal measures one row of the original layout.
func BenchmarkOriginal(b *testing.B) {
	header := []string{"Company", "Website", "Employees", "Country"}
	for _, format := range Formats() {
		b.Run(string(format), func(b *testing.B) {
			results := typicalResults()
			w, err := NewOriginalWriter(format, io.Discard, header, Options{})
			require.NoError(b, err)
			cells := []string{"Acme, Inc.", "www.example.com", "250", "Österreich"}
			b.ReportAllocs()
			b.ResetTimer()
			for n := range b.N { // and not b.Loop, which stops the clock before Close
				if err := w.WriteRow(cells, "", results[n%len(results)]); err != nil {
					b.Fatal(err)
				}
			}
			require.NoError(b, w.Close())
		})
	}
}

// BenchmarkExcelize writes the same cells with excelize's StreamWriter, as the yardstick for this package's own.
func BenchmarkExcelize(b *testing.B) {
	results, columns := typicalResults(), resultColumns()
	file := excelize.NewFile()
	stream, err := file.NewStreamWriter("Sheet1")
	require.NoError(b, err)
	moments, err := file.NewStyle(&excelize.Style{NumFmt: 22})
	require.NoError(b, err)
	var cells []cell
	row := 0
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N { // and not b.Loop, which stops the clock before the file is written
		if row++; row > sheetRows {
			b.Fatal("a sheet is full; run with fewer rows")
		}
		cells = appendCells(cells[:0], columns, results[row%len(results)])
		values := make([]any, 0, len(cells))
		for _, c := range cells {
			switch c.kind {
			case cellText, cellUploaded, cellStatus:
				values = append(values, c.text)
			case cellInteger:
				values = append(values, c.number)
			case cellDecimal:
				values = append(values, float64(c.number)/1000)
			case cellTime:
				values = append(values, excelize.Cell{StyleID: moments, Value: time.UnixMilli(c.number).UTC()})
			case cellEmpty:
				values = append(values, nil)
			}
		}
		if err := stream.SetRow(columnLetter(0)+fmt.Sprint(row), values); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, stream.Flush())
	require.NoError(b, file.Write(io.Discard))
	require.NoError(b, file.Close())
}
