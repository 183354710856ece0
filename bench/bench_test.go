package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMedianIsTheMiddleOfUnsortedValues(t *testing.T) {
	for _, tc := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1}, 5},
		{[]float64{3, 100, 1}, 3},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		require.InDelta(t, tc.want, median(tc.values), 1e-9, "%v", tc.values)
	}
}

func TestReportComparesPairByPair(t *testing.T) {
	side := func(wall time.Duration) usage {
		return usage{wall: wall, cpu: wall / 2, peakBytes: wall.Milliseconds() * 1000}
	}
	pairs := []pair{ // the second is one in which the machine was busy
		{check: side(1 * time.Second), raw: side(900 * time.Millisecond)},
		{check: side(10 * time.Second), raw: side(8 * time.Second)},
		{check: side(2 * time.Second), raw: side(2 * time.Second)},
	}
	require.Equal(t, []string{
		"BENCH check_ratio_many_hosts 0.900 ratio",
		"BENCH check_urls_per_s_many_hosts 500 URLs/s",
		"BENCH raw_urls_per_s_many_hosts 500 URLs/s",
		"BENCH check_cpu_ms_per_url_many_hosts 1.0000 ms",
		"BENCH raw_cpu_ms_per_url_many_hosts 1.0000 ms",
		"BENCH check_peak_mb_many_hosts 10.0 MB",
		"BENCH check_peak_mb 10.0 MB",
		"BENCH check_cpu_ms_per_url 1.0000 ms",
	}, report("many_hosts", 1000, pairs))
	require.Len(t, report("tls", 1000, pairs), 6)
}

func TestStatusesAreCountedFromTheResults(t *testing.T) {
	for _, tc := range []struct {
		name, csv string
		want      outcome
		wrong     string
	}{
		{name: "every status", csv: "url,status\na,active\n\"b,\nc\",error\nd,inactive\ne,active\n", want: outcome{2, 1, 1}},
		{name: "no rows", csv: "url,status\n"},
		{name: "nothing at all", wrong: "header"},
		{name: "another file", csv: "url,code\na,200\n", wrong: "no column"},
		{name: "a row cut off", csv: "url,status\na\n", wrong: "wrong number of fields"},
		{name: "an unknown status", csv: "url,status\na,fine\n", wrong: `status "fine"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := countStatuses(strings.NewReader(tc.csv))
			if tc.wrong != "" {
				require.ErrorContains(t, err, tc.wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestCountsOfTheRawLoopAreRead(t *testing.T) {
	got, err := rawOutcome("ok=18 answered=19 failed=1\n")
	require.NoError(t, err)
	require.Equal(t, outcome{active: 18, inactive: 1, failed: 1}, got)
	_, err = rawOutcome("panic: no\n")
	require.Error(t, err)
}

func TestWrongOutcomesFail(t *testing.T) {
	require.NoError(t, compare("wsc check", outcome{active: 3}, outcome{active: 3}))
	require.EqualError(t, compare("wsc check", outcome{active: 2}, outcome{active: 3}),
		"wsc check found 2 active, 0 inactive, 0 without an answer; right is 3 active, 0 inactive, 0 without an answer")
}

func TestMixedListHasFivePercentOfEach(t *testing.T) {
	addresses := siteAddresses{Plain: 9999}
	dead, slow := 0, 0
	for i := range 1000 {
		url := mixedURL(addresses, i)
		if strings.HasSuffix(url, fmt.Sprintf(":%d/", deadPort)) {
			dead++
		}
		if strings.Contains(url, "/slow") {
			slow++
		}
	}
	require.Equal(t, 50, dead)
	require.Equal(t, 50, slow)
	for _, s := range scenarios() {
		if s.name == "mixed" {
			require.Equal(t, outcome{active: 950, failed: 50}, s.expected(1000))
		} else {
			require.Equal(t, outcome{active: 1000}, s.expected(1000), s.name)
		}
	}
}

func TestSettingsOfTheProductAreKeptOut(t *testing.T) {
	require.Equal(t, []string{"PATH=/bin", "GOGC=50"},
		environment([]string{"PATH=/bin", "WSC_TIMEOUT=1s", "SSL_CERT_DIR=/x", "TEMPORAL_ADDRESS=x:1", "GOGC=50", "SSL_CERT_FILE=/y"}))
}

func TestArgumentsAreChecked(t *testing.T) {
	for argument, wrong := range map[string]string{
		"-only=many_hosts,few":   "no scenario \"few\"",
		"-runs=0":                "-runs",
		"-scale=NaN":             "-scale",
		"-scale=0":               "-scale",
		"-concurrency=1001":      "-concurrency",
		"many_hosts":             "unexpected argument",
		"-no-such-flag=whatever": "not defined",
	} {
		_, err := parse([]string{argument}, io.Discard)
		require.ErrorContains(t, err, wrong, argument)
	}
	s, err := parse([]string{"-only", "tls,mixed", "-scale", "0.1"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, []string{"tls", "mixed"}, s.only)
	require.Equal(t, 5, s.runs)
}

func TestMeasureTellsWhatAProcessTook(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("peak memory is measured on Linux only")
	}
	used, printed, err := measure(t.Context(), os.Environ(), 1, "sh", "-c", "echo hello; exit 1")
	require.NoError(t, err)
	require.Equal(t, "hello\n", printed)
	require.Positive(t, used.wall)
	require.Positive(t, used.peakBytes)

	_, _, err = measure(t.Context(), os.Environ(), 1, "sh", "-c", "echo broken >&2; exit 2")
	require.ErrorContains(t, err, "broken")
	_, _, err = measure(t.Context(), os.Environ(), 1, filepath.Join(t.TempDir(), "none"))
	require.Error(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = measure(ended, os.Environ(), 1, "sh", "-c", "exit 0")
	require.ErrorIs(t, err, context.Canceled)
}

func TestAServerThatEndsAtOnceShowsItsLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	_, err := startServer(t.Context(), os.Environ(), log, "127.0.0.1:1", "sh", "-c", "echo no database; exit 3")
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "no database")
}

func TestAServerIsReadyWhenItSaysSoAndEndsWhenAsked(t *testing.T) {
	var asked atomic.Int64
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(answers.Close)
	folder := t.TempDir()
	s, err := startServer(t.Context(), os.Environ(), filepath.Join(folder, "log"), answers.Listener.Addr().String(), "sleep", "600")
	require.NoError(t, err)
	require.EqualValues(t, 3, asked.Load())
	require.NoError(t, s.stop())
	require.ErrorContains(t, s.err, "terminated")
}

func TestScenariosOfTheAPICanBeChosen(t *testing.T) {
	s, err := parse([]string{"-only", "sse,api_get_job"}, io.Discard)
	require.NoError(t, err)
	b := &bench{settings: s}
	require.True(t, b.chosen("sse"))
	require.False(t, b.chosen("upload"))
	require.False(t, b.chosen("tls"))
}

// TestRawLoopReachesTheSites runs the websites and the raw loop as the bench does, on short lists of every kind.
func TestRawLoopReachesTheSites(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not answer on all of 127.0.0.0/8")
	}
	folder := t.TempDir()
	_, _, err := measure(t.Context(), os.Environ(), 0, "go", "build", "-o", folder, ".", "./rawloop")
	require.NoError(t, err)
	sites, err := startSites(t.Context(), filepath.Join(folder, "bench"))
	require.NoError(t, err)
	defer func() { require.NoError(t, sites.close()) }()
	authority := filepath.Join(folder, "authority.pem")
	require.NoError(t, writeAuthority(authority, sites.Authority))
	b := &bench{
		settings:    settings{rawLoop: filepath.Join(folder, "rawloop"), concurrency: 20},
		environment: append(environment(os.Environ()), "SSL_CERT_FILE="+authority),
	}
	for _, s := range scenarios() {
		list := filepath.Join(folder, s.name)
		require.NoError(t, s.writeList(list, sites.siteAddresses, 40))
		_, err := b.raw(t.Context(), list, s.expected(40))
		require.NoError(t, err, s.name)
	}
}
