package checker

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pipe returns an answerConn and the server's end of it.
func pipe(t *testing.T) (*answerConn, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	client, err := net.Dial("tcp4", listener.Addr().String())
	require.NoError(t, err)
	server, err := listener.Accept()
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	conn := newAnswerConn(client, nil)
	t.Cleanup(func() {
		_ = conn.Close() // the tests close them in different orders
		_ = server.Close()
	})
	return conn, server
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(t, err)
}

func TestControlCharactersAreReplacedInHeaderFieldsOnly(t *testing.T) {
	conn, server := pipe(t)
	conn.expect()
	answer := "HTTP/1.1 200 O\x01K\r\nX: a\x1b[2J\x7f\tb\x00\r\nContent-Length: 1\r\n\r\nbo\x02dy\n\n\x03"
	write(t, server, answer)
	require.NoError(t, server.Close())
	read, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 200 O\x01K\r\nX: a?[2J?\tb\x00\r\nContent-Length: 1\r\n\r\nbo\x02dy\n\n\x03", string(read))
	require.NoError(t, conn.cutOff())
}

func TestHeadersThatBreakOffInALineAreNoticed(t *testing.T) {
	conn, server := pipe(t)
	conn.expect()
	write(t, server, "HTTP/1.1 200 OK\r\nX: a")
	require.NoError(t, server.Close())
	_, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.ErrorIs(t, conn.cutOff(), io.EOF)
}

func TestABannerWaitsForTheRequest(t *testing.T) {
	conn, server := pipe(t)
	write(t, server, "220 hello")
	read := make(chan string, 1)
	go func() {
		p := make([]byte, 100)
		n, _ := conn.Read(p) // what was read is what counts
		read <- string(p[:n])
	}()
	select {
	case text := <-read:
		t.Fatalf("read %q before a request", text)
	case <-time.After(50 * time.Millisecond):
	}
	conn.expect()
	require.Equal(t, "220 hello", <-read)
}

func TestAWaitingBannerDoesNotOutliveTheConnection(t *testing.T) {
	conn, server := pipe(t)
	write(t, server, "220 hello")
	failed := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 100))
		failed <- err
	}()
	require.NoError(t, conn.Close())
	require.Error(t, <-failed)
}

func TestDataBetweenRequestsEndsTheConnection(t *testing.T) {
	conn, server := pipe(t)
	conn.expect()
	write(t, server, "HTTP/1.1 204 No\r\n\r\n")
	p := make([]byte, 100)
	_, err := conn.Read(p)
	require.NoError(t, err)
	conn.rest()
	write(t, server, "HTTP/1.1 200 smuggled\r\n\r\n")
	n, err := conn.Read(p)
	require.Zero(t, n)
	require.ErrorIs(t, err, errUnasked)
}

func TestRestDoesNotOverrideTheNextRequest(t *testing.T) {
	conn, _ := pipe(t)
	conn.expect()
	conn.phase.Store(phaseBody)
	conn.expect()
	conn.rest()
	require.Equal(t, phaseHeaders, conn.phase.Load())
}
