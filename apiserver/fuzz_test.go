package apiserver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

// Whatever the body is: either it is refused with a code, or it names an upload, or what is stored is a JSON array of the
// texts in it.
func FuzzReceiveJSON(f *testing.F) {
	for _, seed := range []string{
		`{"urls":["a.example","b.example"],"name":"x","options":{"retries":1}}`, `{"urls":[]}`, `{"urls":null}`, `{"urls":["a"`, `[]`, `""`, ``,
		`{"urls":["a"]}{}`, `{"urls":["a"],"urls":["b"]}`, `{"URLS":["a"]}`, `{"urls":["\ud800"]}`, `{"urls":[["a"]]}`, `{"options":{"x":1},"urls":["a"]}`, `{"name":5}`,
		`{"upload_id":"01980f5e-6c1d-7a2e-8b3f-4a5b6c7d8e9f","name":"x"}`, `{"upload_id":"x"}`, `{"upload_id":"","urls":["a"]}`, `{"upload_id":null}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var stored bytes.Buffer
		out := bufio.NewWriter(&stored)
		var submission jobs.Submission
		if err := receiveJSON(strings.NewReader(body), out, &submission); err != nil {
			require.NotEqual(t, wsc.CodeInternal, wsc.CodeOf(err), "%v", err)
			return
		}
		require.NoError(t, out.Flush())
		if submission.UploadID != "" {
			require.Zero(t, stored.Len())
			return
		}
		var got, want []string
		require.NoError(t, json.Unmarshal(stored.Bytes(), &got))
		var request struct {
			URLs []string `json:"urls"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &request))
		require.Equal(t, append(want, request.URLs...), got)
		require.True(t, strings.HasSuffix(strings.ToLower(submission.Filename), ".json"))
	})
}

func FuzzReceiveForm(f *testing.F) {
	for _, seed := range []string{
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nexample.com\r\n--x--\r\n",
		"--x\r\nContent-Disposition: form-data; name=\"options\"\r\n\r\n{}\r\n--x--\r\n", "--x--", "", "--x\r\n\r\n",
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\x00.csv\"\r\n\r\n",
	} {
		f.Add(seed)
	}
	service := &jobs.Service{}
	f.Fuzz(func(t *testing.T, body string) {
		upload, err := service.NewUpload()
		require.NoError(t, err)
		defer func() { require.NoError(t, upload.Close()) }()
		submission := jobs.Submission{Upload: upload}
		if err := receiveForm(strings.NewReader(body), "x", submissionFields(&submission)); err != nil {
			require.NotEqual(t, wsc.CodeInternal, wsc.CodeOf(err), "%v", err)
			return
		}
		require.NotEmpty(t, submission.Filename)
	})
}

func FuzzDecodeCursor(f *testing.F) {
	f.Add(encodeCursor(resultCursor{Sort: "url", ResultCursor: wsc.ResultCursor{Text: "https://example.com/", Seq: 7}}))
	f.Add("")
	f.Add("e30")
	f.Fuzz(func(t *testing.T, text string) {
		if position, err := decodeResultCursor(text, "url"); err == nil {
			again, err := decodeResultCursor(encodeCursor(*position), "url")
			require.NoError(t, err)
			require.Equal(t, position, again)
		}
		if _, err := decodeJobCursor(text, wsc.JobsNewest); err != nil {
			require.Equal(t, wsc.CodeInvalidCursor, wsc.CodeOf(err))
		}
	})
}

func TestValuesOfJSONAreBounded(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"urls":["`), strings.NewReader(strings.Repeat("x", 3<<20)))
	err := receiveJSON(endless, bufio.NewWriter(io.Discard), &jobs.Submission{})
	require.Equal(t, wsc.CodeLineTooLong, wsc.CodeOf(err))
}
