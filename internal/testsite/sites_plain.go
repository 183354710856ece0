package testsite

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// readHead reads a request up to the empty line behind its headers.
func readHead(c net.Conn) error {
	reader := bufio.NewReader(c)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return err
		}
		if strings.TrimRight(line, "\r\n") == "" {
			return nil
		}
	}
}

// says answers every connection's first request with a text and ends the connection.
func says(text string) func(*Farm, net.Conn) {
	return func(_ *Farm, c net.Conn) {
		if readHead(c) == nil {
			_, _ = io.WriteString(c, text) // a client may leave earlier
		}
	}
}

// greets sends a text before any request, as mail and shell servers do, and then waits for the client to leave.
func greets(text string) func(*Farm, net.Conn) {
	return func(f *Farm, c net.Conn) {
		_, _ = io.WriteString(c, text) // a client may leave earlier
		f.untilGone(c)
	}
}

// floods sends a start and then a text again and again until the client leaves.
func floods(start, text string) func(*Farm, net.Conn) {
	return func(_ *Farm, c net.Conn) {
		if readHead(c) != nil {
			return
		}
		_, err := io.WriteString(c, start)
		for err == nil {
			_, err = io.WriteString(c, text)
		}
	}
}

// drips sends a start and then one byte of a text at a time, again and again.
func drips(start, text string, pause time.Duration) func(*Farm, net.Conn) {
	return func(f *Farm, c net.Conn) {
		if readHead(c) != nil {
			return
		}
		if _, err := io.WriteString(c, start); err != nil {
			return
		}
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-f.closed:
				return
			case <-ticker.C:
			}
			if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
				return
			}
		}
	}
}

// untilGone waits until the client closes the connection or the farm ends.
func (f *Farm) untilGone(c net.Conn) {
	_, _ = io.Copy(io.Discard, c) // the end is what is waited for, whatever it is
}

// reset ends a connection with RST.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // then Close does it
	}
}

func handle(fn http.HandlerFunc) func(*Farm) http.Handler {
	return func(*Farm) http.Handler { return fn }
}

// page answers with a status and a body.
func page(status int, headers map[string]string, body string) func(*Farm) http.Handler {
	return handle(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a client may leave earlier
	})
}

func status(line string) func(*Farm, net.Conn) {
	return says("HTTP/1.1 " + line + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
}

func header(lines string) func(*Farm, net.Conn) {
	return says("HTTP/1.1 200 OK\r\n" + lines + "\r\n\r\nok")
}

// plainSites differ in their connection, status line and headers.
func plainSites() []site {
	return []site{
		{name: "ok_200", handler: page(200, nil, "ok")},
		{name: "http_1_0_close", conn: says("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end")},
		{name: "obs_fold", conn: header("X-Folded: one\r\n two\r\nContent-Length: 2")},
		{name: "lf_only", conn: says("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")},
		{name: "no_reason", conn: status("200")},
		{name: "status_204", conn: says("HTTP/1.1 204 No Content\r\n\r\n")},
		{name: "status_304", conn: says("HTTP/1.1 304 Not Modified\r\n\r\n")},
		{name: "status_404", handler: page(404, map[string]string{"Content-Type": "text/html"}, "<title>Not here</title>"+strings.Repeat("<p>nothing</p>", 100_000))},
		{name: "status_429", handler: page(429, map[string]string{"Retry-After": "7"}, "slow down")},
		{name: "status_503_flap", handler: flapping(http.StatusServiceUnavailable, 2)},
		{name: "status_000", conn: status("000 Zero")},
		{name: "status_099", conn: status("99 Low")},
		{name: "status_negative", conn: status("-20 Below")},
		{name: "status_600", conn: status("600 Beyond")},
		{name: "status_999", conn: status("999 Denied")},
		{name: "status_101", conn: says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")},
		{name: "early_hints", conn: says("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")},
		{name: "flood_1xx", conn: floods("", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")},
		{name: "ssh_banner", conn: greets("SSH-2.0-OpenSSH_9.6\x1b[31m\r\n")},
		{name: "smtp_banner", conn: greets("220 mail ESMTP\r\n")},
		{name: "http_0_9", conn: says("<html>just a body</html>")},
		{name: "binary_noise", conn: says("\x00\x01\x02\xff\xfe\r\n\r\n")},
		{name: "http_on_https_port", url: "https://{host}/", handler: page(200, nil, "ok")},
		{name: "header_injection_log", conn: header("X-Evil: a%0d%0ab\x1b[2Jc\r\nContent-Type: text/plain%0d%0aforged\x1b[2J\r\nContent-Length: 2")},
		{name: "cl_two_different", conn: header("Content-Length: 2\r\nContent-Length: 3")},
		{name: "cl_two_equal", conn: header("Content-Length: 2\r\nContent-Length: 2")},
		{name: "cl_negative", conn: header("Content-Length: -5")},
		{name: "cl_overflow", conn: header("Content-Length: 9223372036854775808")},
		{name: "te_unknown", conn: header("Transfer-Encoding: gzip, foo")},
		{name: "giant_header", conn: header("X-Giant: " + strings.Repeat("g", 200<<10) + "\r\nContent-Length: 2")},
		{name: "infinite_headers", conn: floods("HTTP/1.1 200 OK\r\n", "X-More: and more\r\n")},
		{name: "slow_headers", conn: drips("HTTP/1.1 200 OK\r\n", "X-Slow: 1\r\n", 50*time.Millisecond)},
		{name: "header_no_colon", conn: header("this is no header\r\nContent-Length: 2")},
		{name: "header_space_before_colon", conn: header("Content-Length : 2")},
		{name: "header_nul", conn: header("X-Nul: a\x00b\r\nContent-Length: 2")},
		{name: "header_controls_tls", conn: header("X-Control: a\x07b\r\nContent-Length: 2"), tls: plainTLS},
		{name: "silence", conn: func(f *Farm, c net.Conn) { f.untilGone(c) }},
		{name: "refused"},
		{name: "blackhole", blackhole: true},
		{name: "reset_after_accept", conn: func(_ *Farm, c net.Conn) {
			_ = readHead(c) // the reset comes in any case
			reset(c)
		}},
		{name: "reset_in_headers", conn: func(_ *Farm, c net.Conn) {
			if readHead(c) == nil {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le") // the reset comes in any case
			}
			reset(c)
		}},
		{name: "eof_after_accept", conn: says("")},
		{name: "eof_before_request", conn: func(f *Farm, c net.Conn) {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.CloseWrite() // closing with the request unread would send a reset
			}
			f.untilGone(c)
		}},
		{name: "eof_in_headers", conn: says("HTTP/1.1 200 OK\r\nContent-Le")},
		{name: "altsvc_h3", handler: page(200, map[string]string{"Alt-Svc": `h3="127.0.0.1:443"; ma=86400`}, "ok"), tls: goodTLS},
		{name: "head_405", handler: forMethods(http.StatusMethodNotAllowed)},
		{name: "head_hangs", handler: func(f *Farm) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodHead {
					_, _ = io.WriteString(w, "ok")
					return
				}
				select {
				case <-r.Context().Done():
				case <-f.closed:
				}
			})
		}},
		{name: "server_identifies_checker", handler: handle(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.UserAgent(), "wsc/") {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})},
		{name: "echo_headers", handler: handle(func(w http.ResponseWriter, r *http.Request) {
			var title strings.Builder
			for _, name := range []string{"Authorization", "Cookie", "X-Custom", "User-Agent", "Referer"} {
				fmt.Fprintf(&title, "[%s]", r.Header.Get(name))
			}
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, "<title>%s</title>", title.String())
		})},
		{name: "tarpit_host", handler: func(f *Farm) http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-time.After(29900 * time.Millisecond):
				case <-r.Context().Done():
				case <-f.closed:
				}
			})
		}},
	}
}

// forMethods refuses HEAD with the status.
func forMethods(refused int) func(*Farm) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(refused)
		}
	})
}

// flapping answers with a status for the first few requests, and with 200 from then on.
func flapping(first int, times int64) func(*Farm) http.Handler {
	return func(*Farm) http.Handler {
		var seen atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if seen.Add(1) <= times {
				w.WriteHeader(first)
			}
		})
	}
}
