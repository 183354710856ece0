package checker

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func readerOf(source io.Reader) *answerReader {
	r := &answerReader{source: source}
	r.expect()
	return r
}

func TestControlCharactersAreReplacedInHeaderFieldsOnly(t *testing.T) {
	const (
		early  = "HTTP/1.1 103 Early\r\nLink: a\x01\r\n\r\n"
		answer = "HTTP/1.1 200 O\x01K\r\nX: a\x1b[2J\x7f\tb\x00\r\nContent-Length: 1\r\n\r\n"
		body   = "bo\x02dy\n\n\x03"
	)
	for name, source := range map[string]io.Reader{
		"at once":      strings.NewReader(early + answer + body),
		"byte by byte": iotest.OneByteReader(strings.NewReader(early + answer + body)),
	} {
		r := readerOf(source)
		read, err := io.ReadAll(r)
		require.NoError(t, err, name)
		cleaned := strings.NewReplacer("a\x01", "a?").Replace(early) + strings.NewReplacer("\x1b", "?", "\x7f", "?").Replace(answer)
		require.Equal(t, cleaned+body, string(read), name)
		require.NoError(t, r.cut, name)
		require.True(t, r.answered(), name)
	}
}

func TestHeadersThatBreakOffInALineAreNoticed(t *testing.T) {
	r := readerOf(strings.NewReader("HTTP/1.1 200 OK\r\nX: a"))
	_, err := io.ReadAll(r)
	require.NoError(t, err)
	require.ErrorIs(t, r.cut, io.EOF)

	r = readerOf(strings.NewReader("HTTP/1.1 200 OK\r\nX: a\r\n"))
	_, err = io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.cut, "broken off between two lines")
}

func TestHeadersAreBoundedOverAllInformationalAnswers(t *testing.T) {
	r := readerOf(strings.NewReader(strings.Repeat("HTTP/1.1 103 Early\r\n\r\n", 1<<20)))
	n, err := io.Copy(io.Discard, r)
	require.ErrorIs(t, err, errHeadersTooLarge)
	require.LessOrEqual(t, n, int64(2*maxHeaderBytes))

	r = readerOf(strings.NewReader("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1<<20)))
	n, err = io.Copy(io.Discard, r)
	require.NoError(t, err, "a body is not bounded here")
	require.Greater(t, n, int64(1<<20))
}

func TestSwitchingProtocolsIsAFinalAnswer(t *testing.T) {
	r := readerOf(strings.NewReader("HTTP/1.1 101 Switching\r\n\r\n\x01\x02"))
	read, err := io.ReadAll(r)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(read), "\x01\x02"), "what follows is not touched")
}

// The reader must not take for final what net/http takes for informational: headers after it would have no bound.
func TestInformationalAnswersAreRecognisedAsNetHTTPDoes(t *testing.T) {
	for _, early := range []string{
		"HTTP/1.1 100 Continue", "HTTP/1.1 111 X", "HTTP/1.1 191", "HTTP/1.1   103 X", "HTTP/1.0 102 ", "HTTP/9.9 199 1 2 3",
	} {
		answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(early+"\r\n\r\n")), nil)
		require.NoError(t, err, early)
		require.NoError(t, answer.Body.Close())
		require.Less(t, answer.StatusCode, 200, early)
		r := readerOf(strings.NewReader(early + "\r\n\r\nHTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1<<20)))
		n, err := io.Copy(io.Discard, r)
		require.ErrorIs(t, err, errHeadersTooLarge, early)
		require.LessOrEqual(t, n, int64(2*maxHeaderBytes), early)
	}
}
