package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPercentileIsOneOfTheValues(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[len(hundred)-1-i] = time.Duration(i + 1)
	}
	require.EqualValues(t, 99, percentile(hundred, 99))
	require.EqualValues(t, 50, percentile(hundred, 50))
	require.EqualValues(t, 100, percentile(hundred, 100))
	require.EqualValues(t, 7, percentile([]time.Duration{7}, 99))
	require.EqualValues(t, 9, percentile([]time.Duration{9, 7}, 99))
}

func TestUsageOfAProcessIsRead(t *testing.T) {
	cpu, err := cpuOf("4711 (a (odd) name) S 1 2 3 4 5 6 7 8 9 10 250 50 11 12 20 0 1 0 100\n")
	require.NoError(t, err)
	require.Equal(t, 3*time.Second, cpu)
	_, err = cpuOf("4711 (wsc) S 1 2")
	require.Error(t, err)

	const status = "Name:\twsc\nVmPeak:\t 900 kB\nVmHWM:\t  200 kB\nVmRSS:\t   100 kB\n"
	peak, err := memoryOf(status, "VmHWM")
	require.NoError(t, err)
	require.EqualValues(t, 200*1024, peak)
	_, err = memoryOf(status, "VmSwap")
	require.ErrorContains(t, err, "VmSwap")

	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	self := process(os.Getpid())
	resident, err := self.residentBytes()
	require.NoError(t, err)
	most, err := self.peakBytes()
	require.NoError(t, err)
	require.Positive(t, resident)
	require.GreaterOrEqual(t, most, resident)
	_, err = self.cpu()
	require.NoError(t, err)
	_, err = process(0).cpu()
	require.ErrorContains(t, err, "-pid")
}

func TestAnUploadHasItsSizeAndAsManyDifferentURLsAsAllowed(t *testing.T) {
	for _, tc := range []struct {
		size  int64
		lines int
	}{
		{1 << 20, 1 << 20 / shortestURL},
		{100, 2},
	} {
		data, err := io.ReadAll(newURLList(tc.size))
		require.NoError(t, err)
		require.Len(t, data, int(tc.size))
		seen := make(map[string]struct{}, tc.lines)
		lines := bufio.NewScanner(bytes.NewReader(data))
		for lines.Scan() {
			if !strings.HasPrefix(lines.Text(), "https://shop-") {
				t.Fatalf("line %q", lines.Text())
			}
			seen[lines.Text()] = struct{}{}
		}
		require.Len(t, seen, tc.lines)
	}
	require.EqualValues(t, uploadedURLs, newURLList(100<<20).lines, "no more than an API takes")
}

func TestEventsAreLateForEveryChangeThatTheyTellOf(t *testing.T) {
	now := time.Now()
	job := &watched{id: "a", committed: []time.Time{now, now.Add(time.Second), now.Add(4 * time.Second)}}
	late, err := job.latencies(0, 2, now.Add(3*time.Second))
	require.NoError(t, err)
	require.Equal(t, []time.Duration{3 * time.Second, 2 * time.Second}, late)
	late, err = job.latencies(2, 3, now.Add(3*time.Second))
	require.NoError(t, err)
	require.Equal(t, []time.Duration{0}, late, "it arrived before the commit was known")
	_, err = job.latencies(3, 4, now)
	require.Error(t, err, "a change that was not made")
}

func TestTheNumberInAnEventIsRead(t *testing.T) {
	for data, want := range map[string]int{
		`{"job_id":"a","processed_urls":17,"rate":0}`: 17,
		`{"processed_urls":0}`:                        0,
	} {
		got, err := processedURLs([]byte(data))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, data := range []string{`{}`, `{"processed_urls":`, `{"processed_urls":null}`} {
		_, err := processedURLs([]byte(data))
		require.Error(t, err, data)
	}
}

// apiStandIn serves a job and a stream, to the right key only.
func apiStandIn(t *testing.T) *load {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+jobsPath+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "secret" {
			http.Error(w, "no such key", http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"id":%q,"padding":%q}`, r.PathValue("id"), strings.Repeat("x", 2*bodyBytes))
	})
	mux.HandleFunc("GET "+jobsPath+"/{id}/events", func(w http.ResponseWriter, r *http.Request) {
		last := changes
		if r.PathValue("id") == "short" {
			last--
		}
		for i := range last + 1 {
			_, _ = fmt.Fprintf(w, ": ping\n\nid: %d\nevent: progress\ndata: {\"processed_urls\":%d}\n\n", i, i)
			_ = http.NewResponseController(w).Flush()
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &load{
		address: server.Listener.Addr().String(), key: "secret", process: process(os.Getpid()), connections: 4, streams: 5,
		warmUp: 20 * time.Millisecond, measured: 50 * time.Millisecond,
	}
}

func TestRequestsAreCountedAndTheirAnswersChecked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("CPU time is measured on Linux only")
	}
	l := apiStandIn(t)
	requests := []request{
		{l.getRequest(jobsPath + "/a"), []byte(`"id":"a"`)},
		{l.getRequest(jobsPath + "/b"), []byte(`"id":"b"`)},
	}
	s, err := l.serve(t.Context(), requests)
	require.NoError(t, err)
	require.Positive(t, s.requests)
	require.GreaterOrEqual(t, s.wall, l.measured)
	require.Positive(t, s.p99)
	require.Less(t, s.p99, s.wall)

	_, err = l.serve(t.Context(), []request{{l.getRequest(jobsPath + "/a"), []byte(`"id":"b"`)}})
	require.ErrorContains(t, err, "lacks")
	l.key = "wrong"
	_, err = l.serve(t.Context(), []request{{l.getRequest(jobsPath + "/a"), nil}})
	require.ErrorContains(t, err, "401 Unauthorized: no such key")
}

func TestStreamsAreReadUntilAllChangesArrived(t *testing.T) {
	l := apiStandIn(t)
	job := &watched{id: "long", committed: make([]time.Time, changes)}
	streams, err := l.openStreams(t.Context(), []*watched{job})
	require.NoError(t, err)
	require.Len(t, streams, l.streams)
	for _, s := range streams {
		late, err := s.read()
		require.NoError(t, err)
		require.Len(t, late, changes)
		s.close()
	}
	short := &watched{id: "short", committed: make([]time.Time, changes)}
	streams, err = l.openStreams(t.Context(), []*watched{short})
	require.NoError(t, err)
	for _, s := range streams {
		_, err = s.read()
		require.ErrorContains(t, err, "ended after 5 of 6 changes")
		s.close()
	}
}

func TestArgumentsAreChecked(t *testing.T) {
	for _, args := range [][]string{{}, {"no-such-command"}, {"list", "more"}, {"-server", "localhost", "list"}, {"-no-flag"}} {
		_, _, err := parse(args, io.Discard)
		require.Error(t, err, args)
	}
	l, _, err := parse([]string{"-server", "http://127.0.0.1:9", "-pid", "7", "list"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:9", l.address)
	require.EqualValues(t, 7, l.process)
}
