package testsite

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// onlyHTTP2 is a good configuration for connections that speak HTTP/2 by hand.
func onlyHTTP2(a *authority, p *placed) (*tls.Config, error) {
	config, err := a.config(p, nil)
	if err == nil {
		config.NextProtos = []string{"h2"}
	}
	return config, err
}

// http2Conn is the server's side of a connection after the client's preface.
type http2Conn struct {
	framer *http2.Framer
	conn   net.Conn
}

// speaksHTTP2 starts a connection with the given settings and calls onRequest for each request.
func speaksHTTP2(settings []http2.Setting, onRequest func(h *http2Conn, stream uint32) error) func(*Farm, net.Conn) {
	return func(_ *Farm, c net.Conn) {
		preface := make([]byte, len(http2.ClientPreface))
		if _, err := io.ReadFull(c, preface); err != nil {
			return
		}
		h := &http2Conn{framer: http2.NewFramer(c, c), conn: c}
		if h.framer.WriteSettings(settings...) != nil {
			return
		}
		for {
			frame, err := h.framer.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					err = h.framer.WriteSettingsAck()
				}
			case *http2.HeadersFrame:
				err = onRequest(h, frame.StreamID)
			}
			if err != nil {
				return
			}
		}
	}
}

// headers sends a header block with the pairs of names and values.
func (h *http2Conn) headers(stream uint32, end bool, pairs ...string) error {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := encoder.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]}); err != nil {
			return err
		}
	}
	first := true
	for part := block.Bytes(); first || len(part) > 0; first = false {
		piece := part[:min(len(part), 16<<10)]
		part = part[len(piece):]
		var err error
		if first {
			err = h.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: piece, EndStream: end, EndHeaders: len(part) == 0})
		} else {
			err = h.framer.WriteContinuation(stream, len(part) == 0, piece)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// http2Sites break the rules of HTTP/2, or keep to unusual ones.
func http2Sites() []site {
	h2 := func(name string, settings []http2.Setting, onRequest func(*http2Conn, uint32) error) site {
		return site{name: name, tls: onlyHTTP2, conn: speaksHTTP2(settings, onRequest)}
	}
	return []site{
		h2("h2_rst_stream", nil, func(h *http2Conn, stream uint32) error {
			return h.framer.WriteRSTStream(stream, http2.ErrCodeInternal)
		}),
		h2("h2_goaway", nil, func(h *http2Conn, _ uint32) error {
			if err := h.framer.WriteGoAway(0, http2.ErrCodeProtocol, []byte("no")); err != nil {
				return err
			}
			return io.EOF
		}),
		h2("h2_settings_flood", nil, func(h *http2Conn, _ uint32) error {
			go func() { _, _ = io.Copy(io.Discard, h.conn) }() // ends with the connection
			for {
				if err := h.framer.WriteSettings(); err != nil {
					return err
				}
				if err := h.framer.WritePing(false, [8]byte{1}); err != nil {
					return err
				}
			}
		}),
		h2("h2_zero_window", []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 0}}, func(h *http2Conn, stream uint32) error {
			if err := h.headers(stream, false, ":status", "200", "content-type", "text/plain"); err != nil {
				return err
			}
			return h.framer.WriteData(stream, true, []byte("ok"))
		}),
		h2("h2_giant_header", nil, func(h *http2Conn, stream uint32) error {
			return h.headers(stream, true, ":status", "200", "x-giant", strings.Repeat("g", 200<<10))
		}),
		h2("h2_rst_in_body", nil, func(h *http2Conn, stream uint32) error {
			if err := h.headers(stream, false, ":status", "200", "content-length", "1000"); err != nil {
				return err
			}
			if err := h.framer.WriteData(stream, false, []byte("abc")); err != nil {
				return err
			}
			return h.framer.WriteRSTStream(stream, http2.ErrCodeInternal)
		}),
		h2("h2_eof", nil, func(*http2Conn, uint32) error { return io.EOF }),
		h2("h2_bad_frame", nil, func(h *http2Conn, _ uint32) error {
			return h.framer.WriteRawFrame(http2.FrameData, 0, 0, []byte("data belongs to a stream"))
		}),
		h2("h2_no_status", nil, func(h *http2Conn, stream uint32) error {
			return h.headers(stream, true, "content-type", "text/plain")
		}),
	}
}
