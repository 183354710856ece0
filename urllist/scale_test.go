package urllist

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// generatedList is a CSV file of many lines of one length that is made while it is read.
type generatedList struct{ lines int64 }

const (
	generatedHeader = "Name of the company,URL of the website to be checked,N\n"
	generatedLine   = "Company %09d,https://www.%09d.example.com/,1\n"
)

func (g generatedList) size() int64 { return (g.lines + 1) * int64(len(generatedHeader)) }

func (g generatedList) ReadAt(p []byte, offset int64) (int, error) {
	width := int64(len(generatedHeader))
	n := 0
	for n < len(p) {
		line := (offset + int64(n)) / width
		if line > g.lines {
			return n, io.EOF
		}
		text := []byte(generatedHeader)
		if line > 0 {
			text = text[:0]
			text = append(text, "Company "...)
			text = appendNumber(text, line)
			text = append(text, ",https://www."...)
			text = appendNumber(text, line)
			text = append(text, ".example.com/,1\n"...)
		}
		n += copy(p[n:], text[(offset+int64(n))%width:])
	}
	return n, nil
}

func appendNumber(text []byte, n int64) []byte {
	digits := strconv.FormatInt(n, 10)
	for range 9 - len(digits) {
		text = append(text, '0')
	}
	return append(text, digits...)
}

// memoryInUse is what the process holds of the system's memory.
func memoryInUse() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

func TestScanNeedsConstantMemory(t *testing.T) {
	list := generatedList{lines: 300_000}
	require.Len(t, fmt.Sprintf(generatedLine, 1, 1), len(generatedHeader))
	debug.FreeOSMemory() // what earlier tests left
	before := memoryInUse()
	summary, err := Scan(t.Context(), list, list.size(), Options{Filename: "a.csv"})
	require.NoError(t, err)
	require.Equal(t, list.lines, summary.URLs)
	grown := memoryInUse() - before
	t.Logf("memory grew by %.1f MB", float64(grown)/1e6)
	require.Less(t, grown, int64(16e6))
}

// A preview keeps no more of a list than the hashes of its URLs.
func TestPreviewNeedsTheMemoryOfItsDeduper(t *testing.T) {
	list := generatedList{lines: 300_000}
	debug.FreeOSMemory() // what earlier tests left
	before := memoryInUse()
	preview, err := Preview(t.Context(), list, list.size(), Options{Filename: "a.csv"})
	require.NoError(t, err)
	require.Equal(t, list.lines, preview.URLs)
	require.Zero(t, preview.Duplicates)
	grown := memoryInUse() - before
	t.Logf("memory grew by %.1f MB", float64(grown)/1e6)
	require.Less(t, grown, int64(30e6))
}

func TestDeduperFindsTheFirst(t *testing.T) {
	const count = 50_000
	dedupe := NewDeduper()
	for i := range int64(count) {
		first, duplicate := dedupe.Add(fmt.Sprintf("https://a.com/%d", i/2), i)
		if duplicate != (i%2 == 1) || first != i/2*2 {
			t.Fatalf("Add number %d returned %d, %v", i, first, duplicate)
		}
	}
}

func TestDeduperNeedsLittleMemory(t *testing.T) {
	const count = 300_000
	debug.FreeOSMemory() // what earlier tests left
	before := memoryInUse()
	dedupe := NewDeduper()
	for i := range int64(count) {
		if first, duplicate := dedupe.Add("https://example.com/"+strconv.FormatInt(i, 10), i); duplicate {
			t.Fatalf("%d is said to be %d", i, first)
		}
	}
	grown := memoryInUse() - before
	t.Logf("memory grew by %.1f MB", float64(grown)/1e6)
	require.Less(t, grown, int64(30e6))
	first, duplicate := dedupe.Add("https://example.com/777", 5)
	require.True(t, duplicate)
	require.Equal(t, int64(777), first)
}

// A file of opening quotes makes the reader look for their ends; it must not take quadratic time.
func TestOpeningQuotesTakeLinearTime(t *testing.T) {
	for _, line := range []string{"b\",\"\n", "\"\n", "x,\"y\n", "\",\"\n", "\"a\"\"\n"} {
		text := "url,n\n" + strings.Repeat(line, 256<<10/len(line))
		reader := newRecordReader(strings.NewReader(text), ',')
		for {
			if _, err := reader.next(); err != nil {
				require.ErrorIs(t, err, io.EOF)
				break
			}
		}
		require.LessOrEqual(t, reader.reread, rereadLimit+maxLine)
	}
}

func BenchmarkScan(b *testing.B) {
	csv := generatedList{lines: 200_000}
	content := make([]byte, csv.size())
	_, err := csv.ReadAt(content, 0)
	require.NoError(b, err)
	var text, json bytes.Buffer
	json.WriteString("[")
	for i := range csv.lines {
		fmt.Fprintf(&text, "https://www.%d.example.com/path\n", i)
		if i > 0 {
			json.WriteString(",\n")
		}
		fmt.Fprintf(&json, "%q", fmt.Sprintf("https://www.%d.example.com/path", i))
	}
	json.WriteString("]")
	book := bigWorkbook(b, int(csv.lines))
	for _, bench := range []struct {
		name    string
		content []byte
	}{{"list.csv", content}, {"list.txt", text.Bytes()}, {"list.json", json.Bytes()}, {"list.xlsx", book}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				summary, err := Scan(b.Context(), bytes.NewReader(bench.content), int64(len(bench.content)), Options{Filename: bench.name, TempDir: b.TempDir()})
				require.NoError(b, err)
				require.Equal(b, csv.lines, summary.URLs)
			}
			b.ReportMetric(float64(csv.lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
		b.Run("preview/"+bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				preview, err := Preview(b.Context(), bytes.NewReader(bench.content), int64(len(bench.content)), Options{Filename: bench.name, TempDir: b.TempDir()})
				require.NoError(b, err)
				require.Equal(b, csv.lines, preview.URLs)
			}
			b.ReportMetric(float64(csv.lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// bigWorkbook has a header and rows of a name and a URL.
func bigWorkbook(tb testing.TB, rows int) []byte {
	tb.Helper()
	file := excelize.NewFile()
	defer func() { require.NoError(tb, file.Close()) }()
	stream, err := file.NewStreamWriter("Sheet1")
	require.NoError(tb, err)
	require.NoError(tb, stream.SetRow("A1", []any{"name", "url"}))
	for i := range rows {
		require.NoError(tb, stream.SetRow("A"+strconv.Itoa(i+2), []any{"Company", "https://www." + strconv.Itoa(i) + ".example.com/path"}))
	}
	require.NoError(tb, stream.Flush())
	path := filepath.Join(tb.TempDir(), "big.xlsx")
	require.NoError(tb, file.SaveAs(path))
	content, err := os.ReadFile(path)
	require.NoError(tb, err)
	return content
}
