package testsite

import (
	"io"
	"net"
	"strings"
	"time"
)

// severalAnswers answers each request of a connection with the same text.
func severalAnswers(text string) func(*Farm, net.Conn) {
	return func(_ *Farm, c net.Conn) {
		for readHead(c) == nil {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

// framingSites differ in where an answer and its parts begin and end.
func framingSites() []site {
	const chunkedBody = "2\r\nok\r\n0\r\n\r\n"
	return []site{
		{name: "cl_te_both", conn: says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunkedBody)},
		{name: "cl_list", conn: header("Content-Length: 2, 2")},
		{name: "cl_plus", conn: header("Content-Length: +2")},
		{name: "te_chunked_twice", conn: says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n" + chunkedBody)},
		{name: "bare_cr", conn: header("X-Bare: a\rX-Hidden: b\r\nContent-Length: 2")},
		{name: "header_name_invalid", conn: header("X-B\x01d: 1\r\nContent-Length: 2")},
		{name: "header_name_spaces", conn: header("X Spaced Name: 1\r\nContent-Length: 2")},
		{name: "header_latin1", conn: header("X-Latin: caf\xe9\r\nContent-Length: 2")},
		{name: "many_headers", conn: header(strings.Repeat("X: 1\r\n", 10_000) + "Content-Length: 2")},
		{name: "cookie_bomb", conn: header(strings.Repeat("Set-Cookie: c="+strings.Repeat("c", 4000)+"\r\n", 50) + "Content-Length: 2")},
		{name: "reason_long", conn: status("200 " + strings.Repeat("fine ", 2000))},
		{name: "reason_binary", conn: status("200 \x01\x1b[2J\xff\xfe")},
		{name: "http_1_2", conn: says("HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok")},
		{name: "http_3_0", conn: says("HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nok")},
		{name: "lowercase_http", conn: says("http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")},
		{name: "icy", conn: says("ICY 200 OK\r\nicy-name: radio\r\n\r\n")},
		{name: "status_line_only", conn: says("HTTP/1.1 200 OK\r\n")},
		{name: "empty_reply_after_200_line", conn: says("HTTP/1.1 200 OK\r\n\r\n")},
		{name: "leading_empty_lines", conn: says("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")},
		{name: "slow_status_line", conn: drips("", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 100*time.Millisecond)},
		{name: "only_1xx", conn: says("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")},
		{name: "100_continue", conn: says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")},
		{name: "204_with_body", conn: severalAnswers("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")},
		{name: "304_with_body", conn: severalAnswers("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello")},
		{name: "head_with_body", conn: severalAnswers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
		{name: "keepalive_then_close", conn: says("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")},
		{name: "chunk_huge_extension", conn: chunked("2;" + strings.Repeat("e", 100<<10) + "\r\nok\r\n0\r\n\r\n")},
		{name: "chunk_negative", conn: chunked("-2\r\nok\r\n0\r\n\r\n")},
		{name: "chunk_missing_final", conn: chunked("2\r\nok\r\n")},
		{name: "chunk_too_long", conn: chunked("2\r\nokay\r\n0\r\n\r\n")},
		{name: "trailer_huge", conn: chunked("2\r\nok\r\n0\r\nX-Trailer: " + strings.Repeat("t", 1<<20) + "\r\n\r\n")},
		{name: "trailer_endless", conn: floods("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", "X-Trailer: 1\r\n")},
	}
}
