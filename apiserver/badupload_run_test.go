package apiserver_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/urllist"
)

// TestBadUploads plays the catalogue of bad uploads, further rows of the folder that WSC_EXTRA_CASES names, and what this
// package knows besides.
func TestBadUploads(t *testing.T) {
	cases := badUploads(t)
	more := moreBadUploads(t)
	maps.Copy(cases, more)
	names := catalogue(t, "bad_uploads.tsv", 0)
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most rows wait for a connection to be closed
			test, known := cases[name]
			if !known {
				t.Skip("this test does not know how to make such an upload")
			}
			b := newBundle(t, func(s *setup) {
				if test.setup != nil {
					test.setup(s)
				}
			})
			a := test.play(t, b)
			got := fmt.Sprint(a.status)
			if a.status >= 300 {
				got = fmt.Sprintf("%d %s", a.status, a.problem(t).Code)
			}
			require.Contains(t, test.want, got, "%s", a.body)
			if name == "db_down_upload" {
				require.NotEmpty(t, a.header.Get("Retry-After"))
				require.Empty(t, files(t, b.blobDir))
				return
			}
			if a.status != http.StatusAccepted {
				if name != "disk_full_spool" {
					b.requireNothingLeft(t)
				}
				return
			}
			if test.check != nil {
				test.check(t, b, a)
			}
		})
	}
}

// catalogue reads the names of the rows of a catalogue, which stand in the given column.
func catalogue(t *testing.T, file string, column int) []string {
	t.Helper()
	var names []string
	paths := []string{filepath.Join("testdata", file)}
	if extra := os.Getenv("WSC_EXTRA_CASES"); extra != "" {
		paths = append(paths, filepath.Join(extra, file))
	}
	for i, path := range paths {
		data, err := os.ReadFile(path)
		if i > 0 && errors.Is(err, os.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			fields := strings.Split(line, "\t")
			if strings.HasPrefix(line, "#") || len(fields) <= column {
				continue
			}
			if name := strings.TrimSpace(fields[column]); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// requireRows reads the stored upload as the job will.
func requireRows(t *testing.T, b *bundle, a answer, targets, invalid int) {
	t.Helper()
	var job wsc.Job
	a.decode(t, &job)
	data, err := b.blobs.ReadAll(t.Context(), wsc.UploadPath(job.ID))
	require.NoError(t, err)
	list, err := urllist.Open(bytes.NewReader(data), int64(len(data)), urllist.Options{Filename: job.Filename})
	require.NoError(t, err)
	defer func() { require.NoError(t, list.Close()) }()
	seen, unique, wrong := urllist.NewDeduper(), 0, 0
	for {
		line, err := list.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.NotContains(t, line.Text, "\x00")
		switch line.Kind {
		case urllist.LineURL:
			if _, duplicate := seen.Add(line.URL.URL, int64(unique)); !duplicate {
				unique++
			}
		case urllist.LineInvalid:
			wrong++
		case urllist.LineBlank:
		}
	}
	require.Equal(t, []int{targets, invalid}, []int{unique, wrong}, "targets and invalid lines")
}

func isNamed(want string) func(*testing.T, *bundle, answer) {
	return func(t *testing.T, _ *bundle, a answer) {
		t.Helper()
		var job wsc.Job
		a.decode(t, &job)
		require.Equal(t, want, job.Filename)
	}
}

func downloadHeadersAreClean(t *testing.T, b *bundle, a answer) {
	t.Helper()
	download := b.get(t, a.header.Get("Location")+"/export")
	require.Equal(t, http.StatusOK, download.status)
	require.Empty(t, download.header.Get("Set-Cookie"))
	require.NotContains(t, download.header.Get("Content-Disposition"), "\n")
}

// slowUpload sends a byte at a time while others are served.
func slowUpload(t *testing.T, b *bundle) answer {
	t.Helper()
	return raw(t, b, func(conn net.Conn) {
		_, err := io.WriteString(conn, b.uploadHead("multipart/form-data; boundary=x", 1<<20)+"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l.txt\"\r\n\r\n")
		require.NoError(t, err)
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for range 200 {
			<-pace.C
			if _, err := io.WriteString(conn, "x"); err != nil {
				return // closed by the server: what we want
			}
			if strings.Contains(b.log.String(), "status=408") {
				return
			}
		}
		require.Equal(t, http.StatusOK, b.get(t, "/healthz").status)
	})
}

func wrongContentType(t *testing.T, b *bundle) answer {
	t.Helper()
	return b.do(t, http.MethodPost, b.target, strings.NewReader(`{"urls":["a.example"]}`), "Content-Type", "text/plain")
}

// idempotencyConflict leaves the first job, which is removed so that the rest of the check holds.
func idempotencyConflict(t *testing.T, b *bundle) answer {
	t.Helper()
	var job wsc.Job
	post := func(url string) answer {
		return b.do(t, http.MethodPost, "/api/v1/jobs", strings.NewReader(`{"urls":["`+url+`"]}`), "Content-Type", "application/json", "Idempotency-Key", "k")
	}
	post("a.example").decode(t, &job)
	conflict := post("b.example")
	require.Equal(t, http.StatusNoContent, b.do(t, http.MethodDelete, "/api/v1/jobs/"+job.ID, nil).status)
	b.workflows.started.Store(0)
	return conflict
}

// clientAbort closes the connection in the middle of an upload and waits until the server is done with it.
func clientAbort(t *testing.T, b *bundle) answer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(conn, b.uploadHead("multipart/form-data; boundary=x", 1<<20)+
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"l.txt\"\r\n\r\n"+strings.Repeat("example.com\n", 1000))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "route="+b.target) }, 10*time.Second, 5*time.Millisecond)
	return b.get(t, "/healthz")
}
