package apiserver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// generatedCSV is a list of different URLs that is made while it is read.
type generatedCSV struct {
	lines, next int
	rest        []byte
	buf         []byte
}

// generatedLineBytes is the length of each of its lines.
const generatedLineBytes = 200

func (g *generatedCSV) Read(data []byte) (int, error) {
	if len(g.rest) == 0 {
		if g.next == g.lines {
			return 0, io.EOF
		}
		g.buf = g.buf[:0]
		for len(g.buf) < 32<<10 && g.next < g.lines {
			before := len(g.buf)
			g.buf = fmt.Appendf(g.buf, "Company %08d,https://www.%08d.example.com/path/to/a/page,", g.next, g.next)
			for len(g.buf)-before < generatedLineBytes-1 {
				g.buf = append(g.buf, 'x')
			}
			g.buf = append(g.buf, '\n')
			g.next++
		}
		g.rest = g.buf
	}
	n := copy(data, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// The memory that an upload takes does not depend on its size.
func TestLargeUploadsAreNotHeldInMemory(t *testing.T) {
	const lines = 100<<20/generatedLineBytes - 1
	b := newBundle(t, func(s *setup) { s.jobs.MaxUploadBytes, s.jobs.MaxURLs = 100<<20, 1_000_000 })
	const before = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.csv\"\r\n\r\nname,url,note\n"
	const after = "\r\n--x--\r\n"
	var job wsc.Job
	began := time.Now()
	grown := peakMemory(func() {
		body := io.MultiReader(strings.NewReader(before), &generatedCSV{lines: lines}, strings.NewReader(after))
		request := b.request(t, http.MethodPost, "/api/v1/jobs", body)
		request.ContentLength = int64(len(before) + lines*generatedLineBytes + len(after))
		request.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		response, err := b.server.Client().Do(request)
		require.NoError(t, err)
		defer func() { require.NoError(t, response.Body.Close()) }()
		require.Equal(t, http.StatusAccepted, response.StatusCode)
		require.NoError(t, json.NewDecoder(response.Body).Decode(&job))
	})
	took := time.Since(began)
	t.Logf("100 MiB, %d lines: %s, %.0f MB/s; memory grew by %.1f MB, client included", lines, took.Round(time.Millisecond), 104.8576/took.Seconds(), float64(grown)/1e6)
	attributes, err := b.blobs.Attributes(t.Context(), wsc.UploadPath(job.ID))
	require.NoError(t, err)
	require.EqualValues(t, lines*generatedLineBytes+len("name,url,note\n"), attributes.Size)
	require.Less(t, grown, int64(60e6))
	require.Empty(t, files(t, b.spool))
}
