package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

// A run that is killed in the middle, once or twice, and gone on with has every row once in the end.
func TestAKilledRunIsGoneOnWith(t *testing.T) {
	const targets = 3000
	hosts := testsite.StartHosts(t, testsite.HostsConfig{Delay: 20 * time.Millisecond})
	list := filepath.Join(t.TempDir(), "list.txt")
	require.NoError(t, os.WriteFile(list, []byte(strings.Join(hosts.URLs(targets), "\n")), 0o600))
	for _, test := range []struct {
		name, format string
		killAt       []int
	}{
		{"CSV, killed at a third", "csv", []int{targets / 3}},
		{"NDJSON, killed at a third", "ndjson", []int{targets / 3}},
		{"CSV, killed at a third and at two thirds", "csv", []int{targets / 3, 2 * targets / 3}},
		{"NDJSON, killed at the start and at a third", "ndjson", []int{1, targets / 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			output := filepath.Join(t.TempDir(), "out."+test.format)
			resumable := []string{
				"check", list, "-o", output, "--concurrency", "32", "-q",
				"--allow-net", "127.0.0.0/8", "--allow-port", strconv.Itoa(int(hosts.Port())),
			}
			args := resumable
			for _, rows := range test.killAt {
				killWhen(t, exec.Command("wsc", args...), output, rows)
				require.Less(t, len(urlsOf(t, output, test.format)), targets, "it was killed too late")
				args = append(slices.Clip(resumable), "--resume")
			}
			said, err := exec.Command("wsc", args...).CombinedOutput()
			require.NoError(t, err, "%s", said)
			require.ElementsMatch(t, hosts.URLs(targets), urlsOf(t, output, test.format))
		})
	}
}

// killWhen starts a program and kills it when its output has a number of rows.
func killWhen(t *testing.T, program *exec.Cmd, output string, rows int) {
	t.Helper()
	var said bytes.Buffer
	program.Stdout, program.Stderr = &said, &said
	require.NoError(t, program.Start())
	exited := make(chan error, 1)
	go func() { exited <- program.Wait() }()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(time.Minute); ; {
		text, err := os.ReadFile(output)
		if err == nil && bytes.Count(text, []byte("\n")) > rows {
			break
		}
		select {
		case err := <-exited:
			require.FailNow(t, "the program ended by itself", "%v\n%s", err, &said)
		case <-poll.C:
		}
		if time.Now().After(deadline) {
			break // what it has by now is compared by the caller
		}
	}
	require.NoError(t, program.Process.Kill())
	require.Error(t, <-exited, "the program ended by itself")
}

// urlsOf returns the URLs of the complete rows of an output.
func urlsOf(t *testing.T, output, format string) []string {
	t.Helper()
	text, err := os.ReadFile(output)
	require.NoError(t, err)
	text = text[:bytes.LastIndexByte(text, '\n')+1] // a kill can cut the last row off
	var urls []string
	if format == "ndjson" {
		for row := range bytes.Lines(text) {
			var result wsc.Result
			require.NoError(t, json.Unmarshal(row, &result))
			require.Equal(t, wsc.StatusActive, result.Status)
			urls = append(urls, result.URL)
		}
		return urls
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	url, status := slices.Index(rows[0], "url"), slices.Index(rows[0], "status")
	for _, row := range rows[1:] {
		require.Equal(t, "active", row[status])
		urls = append(urls, row[url])
	}
	return urls
}
