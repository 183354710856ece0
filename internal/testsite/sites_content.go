package testsite

import (
	"encoding/binary"
	"net"
	"strings"
	"unicode/utf16"
)

// utf16Text is a text in UTF-16, big or little endian, with a byte order mark.
func utf16Text(order binary.AppendByteOrder, text string) string {
	var packed []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		packed = order.AppendUint16(packed, unit)
	}
	return string(packed)
}

// typed serves a page that says of itself what contentType says, or nothing at all.
func typed(contentType, page string) func(*Farm, net.Conn) {
	if contentType != "" {
		return titled(contentType, page)
	}
	return says("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + page)
}

// contentSites differ in the encoding of their bodies, and in their titles and how those are written.
func contentSites() []site {
	const html = "text/html"
	return []site{
		{name: "title_utf16", conn: titled(html, utf16Text(binary.LittleEndian, "<title>wide Ж</title>"))},
		{name: "title_utf16_big_endian", conn: titled(html, utf16Text(binary.BigEndian, "<title>wide Ж</title>"))},
		{name: "title_bom", conn: titled(html+"; charset=windows-1252", "\xef\xbb\xbf<title>Ж</title>")},
		{name: "title_in_script", conn: titled(html, "<script>var a = '<title>script</title>'</script><!-- <title>comment</title> --><title>page</title>")},
		{name: "title_two", conn: titled(html, "<title>first</title><title>second</title>")},
		{name: "title_unknown_charset", conn: titled(html+"; charset=klingon", "<title>plain Ж</title>")},
		{name: "title_empty", conn: titled(html, "<title></title>")},
		{name: "title_white_space", conn: titled(html, "<title> \n\t\u00a0\u2003 </title>")},
		{name: "title_rtl_override", conn: titled(html+"; charset=utf-8", "<title>safe\u202egpj.exe\u2066</title>")},
		{name: "title_unclosed", conn: titled(html, "<title>never closed")},
		{name: "title_upper_case", conn: titled("TEXT/HTML;CHARSET=UTF-8", "<HTML><HEAD><TITLE LANG=en>Loud</TITLE>")},
		{name: "title_none_1mb", conn: titled(html, strings.Repeat("<p>x</p>", 1<<17))},
		{name: "content_type_missing", conn: typed("", "<!DOCTYPE html><title>untyped</title>")},
		{name: "content_type_60kb", conn: titled(html+"; x="+strings.Repeat("y", 60<<10), "<title>page</title>")},
		{name: "content_type_two", conn: titled("text/html\r\nContent-Type: text/plain", "<title>page</title>")},
		{name: "content_encoding_double", handler: encoded("gzip, gzip", zipped(zipped("<title>packed twice</title>")))},
		{name: "content_encoding_deflate", handler: encoded("deflate", "\x78\x9c\x03\x00\x00\x00\x00\x01")},
		{name: "content_encoding_x_gzip", handler: encoded("x-gzip", zipped("<title>packed</title>"))},
		{name: "content_encoding_identity", handler: encoded("identity", "<title>page</title>")},
		{name: "gzip_trailing_garbage", handler: encoded("gzip", zipped("<title>packed</title>")+"garbage")},
		{name: "gzip_two_members", handler: encoded("gzip", zipped("<title>pac")+zipped("ked</title>"))},
	}
}
