package testsite

import (
	"crypto/tls"
	"io"
	"net"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
)

// answer200 is a whole answer.
func (h *http2Conn) answer200(stream uint32) error {
	if err := h.headers(stream, false, ":status", "200", "content-type", "text/plain"); err != nil {
		return err
	}
	return h.framer.WriteData(stream, true, []byte("ok"))
}

// resetsWith refuses each request with an error code.
func resetsWith(code http2.ErrCode) func(*http2Conn, uint32) error {
	return func(h *http2Conn, stream uint32) error { return h.framer.WriteRSTStream(stream, code) }
}

// leavesWith ends the connection with an error code for each request.
func leavesWith(code http2.ErrCode, debug string) func(*http2Conn, uint32) error {
	return func(h *http2Conn, _ uint32) error {
		if err := h.framer.WriteGoAway(0, code, []byte(debug)); err != nil {
			return err
		}
		return io.EOF
	}
}

// unread takes what the client sends from here on, so that a flood is not held up.
func (h *http2Conn) unread() {
	go func() { _, _ = io.Copy(io.Discard, h.conn) }() // ends with the connection
}

// http2Settings fills a SETTINGS frame with settings that nobody knows.
func http2Settings(count int) []http2.Setting {
	var settings []http2.Setting
	for i := range count {
		settings = append(settings, http2.Setting{ID: http2.SettingID(0x1000 + i), Val: uint32(i)})
	}
	return settings
}

// http2EndSites end requests or connections over HTTP/2 early, or do not come to an end.
func http2EndSites() []site {
	h2 := func(name string, settings []http2.Setting, onRequest func(*http2Conn, uint32) error) site {
		return site{name: name, tls: onlyHTTP2, conn: speaksHTTP2(settings, onRequest)}
	}
	return []site{
		h2("h2_refused_stream", nil, resetsWith(http2.ErrCodeRefusedStream)),
		h2("h2_enhance_your_calm", nil, leavesWith(http2.ErrCodeEnhanceYourCalm, "too_many_pings")),
		h2("h2_goaway_no_error", nil, leavesWith(http2.ErrCodeNo, "")),
		h2("h2_goaway_after_answer", nil, func(h *http2Conn, stream uint32) error {
			if err := h.answer200(stream); err != nil {
				return err
			}
			return h.framer.WriteGoAway(stream, http2.ErrCodeNo, nil)
		}),
		h2("h2_trailers", nil, func(h *http2Conn, stream uint32) error {
			if err := h.headers(stream, false, ":status", "200", "trailer", "x-sum"); err != nil {
				return err
			}
			if err := h.framer.WriteData(stream, false, []byte("ok")); err != nil {
				return err
			}
			return h.headers(stream, true, "x-sum", "1")
		}),
		h2("h2_huge_settings", http2Settings(2000), (*http2Conn).answer200),
		h2("h2_push_promise", nil, func(h *http2Conn, stream uint32) error {
			return h.framer.WritePushPromise(http2.PushPromiseParam{StreamID: stream, PromiseID: 2, BlockFragment: []byte{0x88}, EndHeaders: true})
		}),
		h2("h2_ping_flood", nil, func(h *http2Conn, _ uint32) error {
			h.unread()
			for {
				if err := h.framer.WritePing(false, [8]byte{1}); err != nil {
					return err
				}
			}
		}),
		h2("h2_continuation_flood", nil, func(h *http2Conn, stream uint32) error {
			h.unread()
			err := h.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0x88}})
			piece := []byte("\x00\x01x\x7f\x81\x07" + strings.Repeat("v", 1024)) // a literal header without an index
			for err == nil {
				err = h.framer.WriteContinuation(stream, false, piece)
			}
			return err
		}),
		h2("h2_1xx_flood", nil, func(h *http2Conn, stream uint32) error {
			h.unread()
			var err error
			for err == nil {
				err = h.headers(stream, false, ":status", "103", "link", "</a.css>; rel=preload")
			}
			return err
		}),
		h2("h2_many_headers", nil, func(h *http2Conn, stream uint32) error {
			pairs := []string{":status", "200"}
			for i := range 10_000 {
				pairs = append(pairs, "x-"+strconv.Itoa(i), "1")
			}
			return h.headers(stream, true, pairs...)
		}),
		{name: "h2_speaks_http1", tls: onlyHTTP2, conn: says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")},
		{name: "h2_never_settings", tls: onlyHTTP2, conn: func(f *Farm, c net.Conn) { f.untilGone(c) }},
		{name: "h2_http11_required", tls: goodTLS, conn: onlyOverHTTP1(resetsWith(http2.ErrCodeHTTP11Required))},
		{name: "h2_http11_required_goaway", tls: goodTLS, conn: onlyOverHTTP1(leavesWith(http2.ErrCodeHTTP11Required, ""))},
	}
}

// onlyOverHTTP1 agrees on HTTP/2 if the client wants it, and answers requests over HTTP/1.1 only.
func onlyOverHTTP1(onRequest func(*http2Conn, uint32) error) func(*Farm, net.Conn) {
	return func(f *Farm, c net.Conn) {
		secure, ok := c.(*tls.Conn)
		if !ok || secure.Handshake() != nil {
			return
		}
		if secure.ConnectionState().NegotiatedProtocol == "h2" {
			speaksHTTP2(nil, onRequest)(f, c)
			return
		}
		severalAnswers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")(f, c)
	}
}
