package testsite

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// zeros is a gzip file of the given number of zero bytes.
func zeros(size int64) []byte {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	// Writing into memory does not fail.
	_, _ = io.CopyN(writer, zeroReader{}, size)
	_ = writer.Close()
	return packed.Bytes()
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// bomb serves 200 KB that decompress to 200 MB. They are made when somebody asks for them.
func bomb(*Farm) http.Handler {
	content := sync.OnceValue(func() []byte { return bytes.Repeat(zeros(1<<20), 200) })
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(content()) // a client may leave earlier
	})
}

func zipped(text string) string {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = io.WriteString(writer, text)
	_ = writer.Close()
	return packed.String()
}

func encoded(encoding string, body string) func(*Farm) http.Handler {
	return page(200, map[string]string{"Content-Encoding": encoding, "Content-Type": "text/html"}, body)
}

// chunked starts an answer with a chunked body and goes on with the text.
func chunked(text string) func(*Farm, net.Conn) {
	return says("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + text)
}

func titled(contentType, page string) func(*Farm, net.Conn) {
	return says("HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\nConnection: close\r\n\r\n" + page)
}

// bodySites differ in what comes behind the headers.
func bodySites() []site {
	return []site{
		{name: "content_length_10tb", conn: floods("HTTP/1.1 200 OK\r\nContent-Length: 10995116277760\r\n\r\n", strings.Repeat("x", 1000))},
		{name: "gzip_ok", handler: encoded("gzip", zipped("<title>packed</title>"))},
		{name: "gzip_bomb", handler: bomb},
		{name: "gzip_corrupt", handler: encoded("gzip", zipped("<title>packed</title>")[:18]+"\xff\xff\xff\xff")},
		{name: "gzip_not_gzip", handler: encoded("gzip", "plain text")},
		{name: "gzip_truncated", handler: encoded("gzip", zipped(strings.Repeat("some text ", 100))[:20])},
		{name: "gzip_empty", handler: encoded("gzip", "")},
		{name: "br_zstd_unasked", handler: encoded("br", "\x0b\x02\x80opaque\x03")},
		{name: "truncated_body", conn: header("Content-Length: 100")},
		{name: "extra_body", conn: func(f *Farm, c net.Conn) {
			says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n")(f, c)
			f.untilGone(c)
		}},
		{name: "chunk_ok", conn: chunked("2\r\nok\r\n0\r\n\r\n")},
		{name: "chunk_trailers", conn: chunked("2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n")},
		{name: "chunk_bad_size", conn: chunked("ZZ\r\nok\r\n0\r\n\r\n")},
		{name: "chunk_truncated", conn: chunked("64\r\nonly this")},
		{name: "chunk_overflow", conn: chunked("FFFFFFFFFFFFFFFFF\r\nok\r\n0\r\n\r\n")},
		{name: "chunk_1byte_flood", conn: floods("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;"+strings.Repeat("e", 4<<10-20)+"\r\nx\r\n")},
		{name: "slow_drip_body", conn: drips("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", "x", 100*time.Millisecond)},
		{name: "stalled_body", conn: func(f *Farm, c net.Conn) {
			says("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\nabc")(f, c)
			f.untilGone(c)
		}},
		{name: "endless_body", conn: floods("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", strings.Repeat("y", 1000))},
		{name: "reset_in_body", conn: func(f *Farm, c net.Conn) {
			says("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\nabc")(f, c)
			reset(c)
		}},
		{name: "content_type_lies", conn: titled("image/png"+strings.Repeat("; x=yyyyyyyy", 90), "<title>not a picture</title>")},
		{name: "title_non_utf8", conn: titled("text/html; charset=windows-1251", "<title>\xcf\xf0\xe8\xe2\xe5\xf2</title>")},
		{name: "title_shift_jis", conn: titled("text/html", "<meta charset=shift_jis><title>\x93\xfa\x96\x7b</title>")},
		{name: "title_broken_utf8", conn: titled("text/html; charset=utf-8", "<title>a\xff\xfeb\xc3</title>")},
		{name: "title_nul", conn: titled("text/html", "<title>a\x00b</title>")},
		{name: "title_formula", conn: titled("text/html", "<title>=cmd|' /C calc'!A0</title>")},
		{name: "title_entities", conn: titled("text/html", "<title>\n  Fish &amp;\tChips &#8211; &lt;b&gt; </title>")},
		{name: "title_huge", conn: titled("text/html", "<title>"+strings.Repeat("long ", 10_000)+"</title>")},
		{name: "title_in_svg", conn: titled("text/html", "<svg><title>icon</title></svg><title>page</title>")},
		{name: "refresh_meta", conn: says("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nRefresh: 0;url=http://169.254.169.254/\r\nConnection: close\r\n\r\n<meta http-equiv=refresh content='0;url=http://169.254.169.254/'><title>stay</title>")},
	}
}
