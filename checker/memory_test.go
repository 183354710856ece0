package checker

import (
	"bufio"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// memoryOf is how much memory one check of an answer takes in bytes, garbage included; the host takes next to none.
func memoryOf(t *testing.T, answer []byte, opts wsc.CheckOptions) (uint64, wsc.Result) {
	t.Helper()
	url, _ := rawHost(t, func(_ int, c net.Conn, requests *bufio.Reader) {
		for readRequest(requests) {
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
	})
	c := localChecker(t, url)
	r := c.Check(t.Context(), targetOf(url), opts) // fills what checks share
	const times = 5
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		c.Check(t.Context(), targetOf(url), opts)
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / times, r
}

// distinct is lines that each begin with another short name.
func distinct(end string, size int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		b.WriteString(string([]byte{letters[i%36], letters[i/36%36], letters[i/1296%36]}) + end)
	}
	return b.String()
}

// A check may hold 1 MiB. Here all is counted that it ever allocates, so that growing and throwing away count as well.
func TestMemoryOfDearAnswers(t *testing.T) {
	const limit = 1 << 20
	const many = 4 << 20
	ok := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	for name, answer := range map[string]string{
		"headers without end":                      ok + strings.Repeat("X-A: bcdefghijk\r\n", many/17),
		"headers without end behind an odd status": "HTTP/1.1 111 Odd\r\n\r\n" + ok + strings.Repeat("X-A: bcdefghijk\r\n", many/17),
		"headers without end behind spaces":        "HTTP/1.1  100 Odd\r\n\r\n" + ok + strings.Repeat("X-A: bcdefghijk\r\n", many/17),
		"many headers":                             ok + distinct(":\r\n", maxHeaderBytes-200) + "Content-Length: 0\r\n\r\n",
		"many headers of one name":                 ok + strings.Repeat("a:\r\n", (maxHeaderBytes-200)/4) + "Content-Length: 0\r\n\r\n",
		"informational answers":                    strings.Repeat("HTTP/1.1 100\n\n", many/14),
		"informational answers with headers":       strings.Repeat("HTTP/1.1 100\na:\n\n", many/17),
		"trailers":                                 ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + distinct(":\r\n", many) + "\r\n",
		"chunk extensions":                         ok + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;"+strings.Repeat("a", 100)+"\r\na\r\n", many/110),
		"body":                                     ok + "\r\n" + strings.Repeat("<title>", many/7),
		"attributes":                               ok + "\r\n<a " + strings.Repeat("a ", many/2),
		"body in another character set":            strings.Replace(ok, "html", "html; charset=gbk", 1) + "\r\n<title>" + strings.Repeat("\xb0\xa1", many/2),
	} {
		t.Run(name, func(t *testing.T) {
			opts := siteOptions()
			opts.HashBody = true
			memory, r := memoryOf(t, []byte(answer), opts)
			if strings.HasPrefix(name, "headers without end") || strings.HasPrefix(name, "informational") {
				require.Equal(t, wsc.KindHeadersTooLarge, r.ErrorKind, r.ErrorMessage)
			}
			t.Logf("%d KiB, %d %s", memory>>10, r.HTTPStatus, r.ErrorKind)
			require.Less(t, memory, uint64(limit))
		})
	}
}
