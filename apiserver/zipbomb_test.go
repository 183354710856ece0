package apiserver_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// zeros is a deflate stream of a number of MiB of zeros, and their checksum. It repeats one flushed block, which begins
// and ends on a byte and refers to nothing before it, so that making a gigabyte takes no time.
func zeros(t testing.TB, mib int) (stream []byte, checksum uint32) {
	t.Helper()
	var block bytes.Buffer
	w, err := flate.NewWriter(&block, flate.BestCompression)
	require.NoError(t, err)
	plain := make([]byte, 1<<20)
	_, err = w.Write(plain)
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	flushed := bytes.Clone(block.Bytes())
	block.Reset()
	require.NoError(t, w.Close())
	for range mib {
		stream = append(stream, flushed...)
		checksum = crc32.Update(checksum, crc32.IEEETable, plain)
	}
	return append(stream, block.Bytes()...), checksum
}

// bomb is a workbook whose parts unpack to zeros; declared is what the directory says of each in bytes, 0 for the truth.
func bomb(t testing.TB, parts, mib int, declared uint64) string {
	t.Helper()
	stream, checksum := zeros(t, mib)
	if declared == 0 {
		declared = uint64(mib) << 20
	}
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"} {
		content := map[string]string{
			"[Content_Types].xml":        "<Types/>",
			"xl/workbook.xml":            `<workbook><sheets><sheet name="S" id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		}[name]
		w, err := archive.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(content))
		require.NoError(t, err)
	}
	for i := range parts {
		w, err := archive.CreateRaw(&zip.FileHeader{
			Name: fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), Method: zip.Deflate, CRC32: checksum,
			CompressedSize64: uint64(len(stream)), UncompressedSize64: declared,
		})
		require.NoError(t, err)
		_, err = w.Write(stream)
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return file.String()
}

// overlapping is an archive of one packed part that its directory lists many times, as David Fifield's bombs do.
func overlapping(t testing.TB, entries, mib int) string {
	t.Helper()
	single := []byte(bomb(t, 1, mib, 0))
	reader, err := zip.NewReader(bytes.NewReader(single), int64(len(single)))
	require.NoError(t, err)
	end := bytes.LastIndex(single, []byte("PK\x05\x06"))
	directory := int(binary.LittleEndian.Uint32(single[end+16:]))
	last := bytes.LastIndex(single[:end], []byte("PK\x01\x02"))
	file, entry, trailer := bytes.Clone(single[:end]), single[last:end], bytes.Clone(single[end:])
	for i := range entries - 1 {
		another := bytes.Clone(entry)
		copy(another[46:], fmt.Sprintf("xl/worksheets/%06d", i)) // as long as the name that it replaces, up to its end
		file = append(file, another...)
	}
	count := uint16(len(reader.File) + entries - 1)
	binary.LittleEndian.PutUint16(trailer[8:], count)
	binary.LittleEndian.PutUint16(trailer[10:], count)
	binary.LittleEndian.PutUint32(trailer[12:], uint32(len(file)-directory))
	return string(append(file, trailer...))
}

// peakMemory runs a function and returns by how much what the process holds of the system's memory rose meanwhile.
func peakMemory(run func()) int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	held := func() int64 {
		metrics.Read(samples)
		return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
	}
	debug.FreeOSMemory()
	before := held()
	highest, stop, stopped := before, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				highest = max(highest, held())
			case <-stop:
				return
			}
		}
	}()
	run()
	close(stop)
	<-stopped
	return highest - before
}

// Bombs are small, so they arrive; what they would unpack to is never held, nor waited for.
func TestZipBombs(t *testing.T) {
	for _, test := range []struct {
		name, content string
		code          wsc.Code
	}{
		{"ten parts of 1 GiB", bomb(t, 10, 1024, 0), wsc.CodeDecompressedTooLarge},
		{"one part of 2 GiB", bomb(t, 1, 2048, 0), wsc.CodeDecompressedTooLarge},
		{"one part of 2 GiB that is said to be small", bomb(t, 1, 2048, 1000), wsc.CodeInvalidXLSX},
		{"ten parts of 1 GiB that are said to be small", bomb(t, 10, 1024, 1<<20), wsc.CodeInvalidXLSX},
		{"overlapping parts of 2 GiB together", overlapping(t, 200, 10), wsc.CodeDecompressedTooLarge},
		{"overlapping parts that are within the limit", overlapping(t, 90, 10), wsc.CodeInvalidXLSX},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBundle(t, func(s *setup) { s.jobs.MaxUploadBytes = 32 << 20 })
			body, contentType := form(t, part{name: "file", filename: "list.xlsx", content: test.content})
			var a answer
			began := time.Now()
			grown := peakMemory(func() {
				a = b.do(t, http.MethodPost, "/api/v1/jobs", body, "Content-Type", contentType)
			})
			took := time.Since(began)
			t.Logf("%d KiB: %d %s, memory grew by %.1f MB, took %s", len(test.content)>>10, a.status, a.problem(t).Detail, float64(grown)/1e6, took.Round(time.Millisecond))
			require.Equal(t, test.code, a.problem(t).Code, "%s", a.body)
			b.requireNothingLeft(t)
			require.Less(t, grown, int64(40e6))
			require.Less(t, took, 10*time.Second)
		})
	}
}
