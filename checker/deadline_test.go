package checker

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	wsc "github.com/website-status-checker/wsc"
)

// tlsHost is a rawHost that speaks TLS and agrees on the protocol. It also returns a checker that trusts it.
func tlsHost(t *testing.T, protocol string, serve func(number int, c net.Conn, requests *bufio.Reader)) (url string, conns *atomic.Int64, c *Checker) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	config := server.TLS.Clone()
	config.NextProtos = []string{protocol}
	config.DynamicRecordSizingDisabled = true // what is written together arrives together
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	server.Close()
	plain, conns := rawHost(t, func(number int, raw net.Conn, _ *bufio.Reader) {
		secure := tls.Server(raw, config)
		serve(number, secure, bufio.NewReader(secure))
	})
	url = strings.Replace(plain, "http:", "https:", 1)
	n, err := wsc.NormalizeURL(url)
	require.NoError(t, err)
	c, err = New(Config{
		AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{uint16(n.Port)}, RootCAs: roots,
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return url, conns, c
}

// http2Host speaks HTTP/2 by hand: serve is called with each connection after the client's preface.
func http2Host(t *testing.T, serve func(c net.Conn, framer *http2.Framer)) (url string, c *Checker) {
	t.Helper()
	url, _, c = tlsHost(t, "h2", func(_ int, c net.Conn, requests *bufio.Reader) {
		preface := make([]byte, len(http2.ClientPreface))
		if _, err := io.ReadFull(requests, preface); err != nil {
			return
		}
		serve(c, http2.NewFramer(c, requests))
	})
	return url, c
}

func requireInTime(t *testing.T, c *Checker, url string, check func(r wsc.Result)) {
	t.Helper()
	opts := siteOptions()
	opts.Timeout = shortTimeout
	began := time.Now()
	r := c.Check(t.Context(), targetOf(url), opts)
	require.Less(t, time.Since(began), opts.Timeout+time.Second)
	check(r)
}

func TestAnHTTP2HostThatSendsNoSettingsIsGivenUpInTime(t *testing.T) {
	url, c := http2Host(t, func(c net.Conn, _ *http2.Framer) { _, _ = io.Copy(io.Discard, c) })
	requireInTime(t, c, url, func(r wsc.Result) { require.Equal(t, wsc.KindTimeout, r.ErrorKind, r.ErrorMessage) })
}

// A host that sends what must be acknowledged, and does not read, has the client's writes wait.
func TestAnHTTP2HostThatDoesNotReadIsGivenUpInTime(t *testing.T) {
	for name, answers := range map[string]bool{"before the answer": false, "in the body": true} {
		t.Run(name, func(t *testing.T) {
			url, c := http2Host(t, func(_ net.Conn, framer *http2.Framer) {
				if framer.WriteSettings() != nil {
					return
				}
				for stream := uint32(0); answers && stream == 0; {
					frame, err := framer.ReadFrame()
					if err != nil {
						return
					}
					if headers, ok := frame.(*http2.HeadersFrame); ok {
						stream = headers.StreamID
						var block strings.Builder
						_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
						_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte(block.String()), EndHeaders: true})
						_ = framer.WriteData(stream, false, make([]byte, 8<<10))
					}
				}
				for framer.WritePing(false, [8]byte{1}) == nil { //nolint:revive // until the client is gone
				}
			})
			requireInTime(t, c, url, func(r wsc.Result) { require.Equal(t, wsc.StatusError, r.Status) })
		})
	}
}
