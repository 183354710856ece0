package apiserver_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// JSON that is too large, too deep or too long is refused by its beginning.
func TestJSONBodiesAreBounded(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	many := "{" + strings.Repeat(`"a":"b",`, 5000) + `"c":1}`
	list := "[" + strings.Repeat("1,", 5000) + "1]"
	for _, test := range []struct {
		name, path, body string
		status           int
		code             wsc.Code
		says             string
	}{
		{"large check", "/checks", `{"url":"` + strings.Repeat("x", 1<<20) + `"}`, 413, wsc.CodeUploadTooLarge, "128 KiB"},
		{"deep check", "/checks", deep, 400, wsc.CodeInvalidJSON, "nested"},
		{"deep options of a check", "/checks", `{"url":"a.example","options":` + deep + `}`, 400, wsc.CodeInvalidJSON, "nested"},
		{"check of many fields", "/checks", many, 400, wsc.CodeInvalidJSON, "more than 2000 values"},
		{"check of a long array", "/checks", list, 400, wsc.CodeInvalidJSON, "more than 2000 values"},
		{"large options", "/jobs", `{"options":{"user_agent":"` + strings.Repeat("x", 100<<10) + `"}`, 422, wsc.CodeInvalidOptions, "65536 bytes"},
		{"deep options", "/jobs", `{"options":` + deep + `,"urls":["a.example"]}`, 422, wsc.CodeInvalidOptions, "nested"},
		{"options of many fields", "/jobs", `{"options":` + many + `,"urls":["a.example"]}`, 422, wsc.CodeInvalidOptions, "more than 2000 values"},
		{"deep list", "/jobs", `{"urls":` + strings.Repeat("[", 100_000), 422, wsc.CodeInvalidRequest, "urls[0] must be a text"},
		{"long value", "/jobs", `{"urls":["` + strings.Repeat("x", 3<<20) + `"]}`, 400, wsc.CodeLineTooLong, "1024 KiB"},
		{"long name of a field", "/jobs", `{"` + strings.Repeat("x", 3<<20) + `":1}`, 400, wsc.CodeLineTooLong, "1024 KiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBundle(t)
			a := b.postJSON(t, "/api/v1"+test.path, test.body)
			require.Equal(t, test.status, a.status, "%s", a.body)
			p := a.problem(t)
			require.Equal(t, test.code, p.Code)
			require.Contains(t, p.Detail, test.says)
			require.Less(t, len(a.body), 2000)
			b.requireNothingLeft(t)
		})
	}
}

// A body that is declared to be too large is refused without waiting for it.
func TestDeclaredSizeIsRefusedBeforeReading(t *testing.T) {
	for path, limit := range map[string]string{"/checks": "128 KiB", "/jobs": "4 MiB"} {
		t.Run(path, func(t *testing.T) {
			b := newBundle(t)
			a := raw(t, b, func(conn net.Conn) {
				_, err := fmt.Fprintf(conn, "POST /api/v1%s HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+adminKey+"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, 1<<30)
				require.NoError(t, err)
			})
			require.Equal(t, http.StatusRequestEntityTooLarge, a.status)
			require.Contains(t, a.problem(t).Detail, limit)
		})
	}
}

// endless is a JSON list without an end, of a size that is not declared. The client may still read it when the answer is
// there.
type endless struct {
	sent  atomic.Int64
	limit int64
}

func (e *endless) Read(data []byte) (int, error) {
	if e.sent.Load() >= e.limit {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(data, `"https://www.example.com/",`)
	if e.sent.Load() == 0 {
		n = copy(data, `{"urls":[`)
	}
	e.sent.Add(int64(n))
	return n, nil
}

func TestUndeclaredSizeIsRefusedAtTheLimit(t *testing.T) {
	b := newBundle(t)
	body := &endless{limit: 1 << 30}
	request := b.request(t, http.MethodPost, "/api/v1/jobs", body)
	request.Header.Set("Content-Type", "application/json")
	response, err := b.server.Client().Do(request)
	if err == nil { // else the server closed the connection before its answer could be read
		require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
		require.NoError(t, response.Body.Close())
	}
	require.Less(t, body.sent.Load(), int64(32<<20), "the server stopped reading")
	b.requireNothingLeft(t)
}
