package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// exchangeTimeout bounds one request with its answer.
	exchangeTimeout = 30 * time.Second
	// bodyBytes is room for the answers that are expected; larger ones make more.
	bodyBytes = 4 << 10
)

// connection is one kept connection to the API. It writes its requests itself, as net/http's client would take as much
// CPU time as what is measured.
type connection struct {
	conn   net.Conn
	reader *bufio.Reader
	body   bytes.Buffer
}

func (l *load) connect(ctx context.Context) (*connection, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", l.address)
	if err != nil {
		return nil, err
	}
	c := &connection{conn: conn, reader: bufio.NewReaderSize(conn, bodyBytes)}
	c.body.Grow(bodyBytes)
	return c, nil
}

func (c *connection) close() { _ = c.conn.Close() } // nothing is on its way any more

// getRequest is a GET request as it is sent.
func (l *load) getRequest(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\n\r\n", path, l.address, l.key)
}

// postRequest is a POST request with a JSON body as it is sent.
func (l *load) postRequest(path string, body []byte) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, l.address, l.key, len(body), body)
}

// begin sends a request and returns the answer, whose body is still to be read. Another status than the wanted one is an
// error with the body in it.
func (c *connection) begin(request []byte, status int) (*http.Response, error) {
	if err := c.conn.SetDeadline(time.Now().Add(exchangeTimeout)); err != nil {
		return nil, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode != status {
		problem, _ := io.ReadAll(io.LimitReader(response.Body, bodyBytes)) // as much as there is
		return nil, fmt.Errorf("the API answered %s: %s", response.Status, problem)
	}
	return response, nil
}

// do sends a request and returns the answer's body, which is valid until the next one.
func (c *connection) do(request []byte, status int) ([]byte, error) {
	response, err := c.begin(request, status)
	if err != nil {
		return nil, err
	}
	c.body.Reset()
	if _, err := c.body.ReadFrom(response.Body); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return c.body.Bytes(), response.Body.Close()
}
