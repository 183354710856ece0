package client_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// upload is what the server received.
type upload struct {
	filename, options, hash string
	length                  int64
	size                    int64
}

// receiveUploads answers submissions and reports them.
func receiveUploads(t *testing.T, a *api) <-chan upload {
	t.Helper()
	received := make(chan upload, 10)
	a.mux.HandleFunc("POST /api/v1/jobs", func(w http.ResponseWriter, r *http.Request) {
		u := upload{length: r.ContentLength}
		form, err := r.MultipartReader()
		if !assert.NoError(t, err) {
			return
		}
		for {
			part, err := form.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if !assert.NoError(t, err) {
				return
			}
			hash := sha256.New()
			var text strings.Builder
			if part.FormName() == "options" {
				_, err = io.Copy(&text, part)
				u.options = text.String()
			} else {
				u.filename = part.FileName()
				u.size, err = io.Copy(hash, part)
				u.hash = hex.EncodeToString(hash.Sum(nil))
			}
			assert.NoError(t, err)
		}
		received <- u
		answer(t, w, http.StatusAccepted, wsc.Job{ID: "1", Status: wsc.JobPending})
	})
	return received
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestSubmitFileSendsNameOptionsAndIdempotencyKey(t *testing.T) {
	a := newAPI(t)
	received := receiveUploads(t, a)
	retries := 0
	job, err := a.client(t).SubmitFile(t.Context(), `my "list".csv`, strings.NewReader("url\nexample.com\n"),
		wsc.Options{TimeoutMS: 2500, Retries: &retries}, client.WithIdempotencyKey("key-1"))
	require.NoError(t, err)
	require.Equal(t, "1", job.ID)
	u := <-received
	require.Equal(t, `my "list".csv`, u.filename)
	require.JSONEq(t, `{"timeout_ms":2500,"retries":0}`, u.options)
	require.Equal(t, hashOf("url\nexample.com\n"), u.hash)
	require.Positive(t, u.length, "the size of a string is known beforehand")
	require.Equal(t, "key-1", a.asked()[0].Header.Get("Idempotency-Key"))
}

func TestSubmitFileStreamsAFileOfAnySize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.txt")
	text := strings.Repeat("https://example.com/some/path\n", 200_000)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()

	a := newAPI(t)
	received := receiveUploads(t, a)
	_, err = a.client(t).SubmitFile(t.Context(), "big.txt", file, wsc.Options{})
	require.NoError(t, err)
	u := <-received
	require.Equal(t, hashOf(text), u.hash)
	require.Empty(t, u.options, "default options are not sent")
	require.Greater(t, u.length, int64(len(text)), "the size of a file is known beforehand")
}

func TestSubmitFileReadsAPipeOfUnknownLength(t *testing.T) {
	a := newAPI(t)
	received := receiveUploads(t, a)
	body, writer := io.Pipe()
	go func() {
		_, err := io.WriteString(writer, "example.com\n")
		_ = writer.CloseWithError(err)
	}()
	_, err := a.client(t).SubmitFile(t.Context(), "-", body, wsc.Options{})
	require.NoError(t, err)
	require.EqualValues(t, -1, (<-received).length)
}

func TestARefusedUploadIsNotSent(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("POST /api/v1/jobs", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, 413, wsc.Problem{Code: wsc.CodeUploadTooLarge, Detail: "At most 1 MiB."})
	})
	body := &countingReader{left: 1 << 30}
	_, err := a.client(t).SubmitFile(t.Context(), "huge.csv", body, wsc.Options{})
	require.Equal(t, wsc.CodeUploadTooLarge, wsc.CodeOf(err))
	require.Zero(t, body.read, "nothing of the file leaves before the server agrees")
}

type countingReader struct{ left, read int64 }

func (r *countingReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), r.left)
	r.left, r.read = r.left-n, r.read+n
	return int(n), nil
}

func TestAnErrorOfTheFileEndsTheUpload(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("POST /api/v1/jobs", func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		assert.Error(t, err)
	})
	broken := io.MultiReader(strings.NewReader("example.com\n"), failingReader{})
	_, err := a.client(t).SubmitFile(t.Context(), "list.txt", broken, wsc.Options{})
	require.ErrorIs(t, err, os.ErrPermission)
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, os.ErrPermission }

func TestSubmitURLs(t *testing.T) {
	a := newAPI(t)
	received := make(chan wsc.SubmitRequest, 1)
	a.mux.HandleFunc("POST /api/v1/jobs", func(w http.ResponseWriter, r *http.Request) {
		var in wsc.SubmitRequest
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&in))
		received <- in
		answer(t, w, http.StatusAccepted, wsc.Job{ID: "1"})
	})
	list := wsc.SubmitRequest{URLs: []string{"example.com"}, Name: "mine"}
	_, err := a.client(t).SubmitURLs(t.Context(), list, client.WithIdempotencyKey("k"))
	require.NoError(t, err)
	require.Equal(t, list, <-received)
	require.Equal(t, "k", a.asked()[0].Header.Get("Idempotency-Key"))
}
