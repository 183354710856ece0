package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

// oddity is a line of a list and what is right to say about it.
type oddity struct{ name, line, status, kind, want string }

// oddities reads the catalogue; ports and the like are put in.
func oddities(t *testing.T, replace *strings.Replacer) []oddity {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "testdata", "oddities.tsv"))
	require.NoError(t, err)
	character := regexp.MustCompile(`\\u[0-9a-f]{4}`)
	var all []oddity
	for row := range strings.Lines(string(content)) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		require.Len(t, fields, 5, "%q", row)
		line := character.ReplaceAllStringFunc(replace.Replace(fields[1]), func(escape string) string {
			text, err := strconv.Unquote(`"` + escape + `"`)
			require.NoError(t, err)
			return text
		})
		all = append(all, oddity{fields[0], line, fields[2], fields[3], replace.Replace(fields[4])})
	}
	return all
}

// Every line of the catalogue stands in one list, which is checked as a person would do it, with real websites and a real
// name server behind the lines that are URLs.
func TestOddLinesGetTheAnswerThatAPersonWouldGive(t *testing.T) {
	plain := testsite.StartHosts(t, testsite.HostsConfig{})
	secure := testsite.StartHosts(t, testsite.HostsConfig{TLS: true})
	farm := testsite.Start(t)
	for _, zone := range []string{"*.odd.test", "*.shop.odd.test", "odd.test"} {
		farm.SetName(zone, []netip.Addr{testsite.Address(1)})
	}
	plainPort, securePort := strconv.Itoa(int(plain.Port())), strconv.Itoa(int(secure.Port()))
	cases := oddities(t, strings.NewReplacer("{http}", plainPort, "{https}", securePort, "{long}", strings.Repeat("x", 3000)))

	folder := t.TempDir()
	list, output := filepath.Join(folder, "list.txt"), filepath.Join(folder, "out.ndjson")
	var text strings.Builder
	for _, c := range cases {
		text.WriteString(c.line + "\n")
	}
	require.NoError(t, os.WriteFile(list, []byte(text.String()), 0o600))
	var stderr bytes.Buffer
	err := run(t.Context(), []string{
		"check", list, "-o", output, "--insecure-tls", "--retries", "0", "--allow-net", "127.0.0.0/8",
		"--allow-port", plainPort, "--allow-port", securePort, "--dns-servers", farm.NameServer(),
	}, func(string) string { return "" }, strings.NewReader(""), &bytes.Buffer{}, &stderr)
	require.ErrorIs(t, err, errNotAllWell, "%s", stderr.String())

	results := resultsByLine(t, output)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, found := results[int64(i+1)]
			if c.status == "-" {
				require.False(t, found, "%+v", got)
				return
			}
			require.True(t, found, "the line has no result")
			said := fmt.Sprintf("%s %s: %s", c.line, got.ErrorKind, got.ErrorMessage)
			require.Equal(t, c.status, string(got.Status), said)
			require.Equal(t, strings.TrimPrefix(c.kind, "-"), string(got.ErrorKind), said)
			if got.ErrorKind != "" {
				require.Contains(t, got.ErrorMessage, c.want)
			} else {
				require.Equal(t, c.want, got.NormalizedURL)
			}
		})
	}
}

// resultsByLine reads NDJSON in which every line of the list stands once.
func resultsByLine(t *testing.T, path string) map[int64]wsc.Result {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	results := map[int64]wsc.Result{}
	for row := range bytes.Lines(content) {
		var result wsc.Result
		require.NoError(t, json.Unmarshal(row, &result))
		require.NotContains(t, results, result.Line, "one result for each line")
		results[result.Line] = result
	}
	return results
}

// An IPv6 literal can be checked where its network is allowed.
func TestAnIPv6LiteralIsChecked(t *testing.T) {
	listener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6 loopback: %v", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	}()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	for _, url := range []string{"http://[::1]:" + port + "/", "http://[0:0::0:1]:" + port} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), []string{"check", url, "--retries", "0", "--allow-net", "::1/128", "--allow-port", port},
			func(string) string { return "" }, strings.NewReader(""), &stdout, &stderr)
		require.NoError(t, err, "%s", stderr.String())
		require.Contains(t, stdout.String(), "http://[::1]:"+port+"/,")
	}
}
