package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// someUpload is what a server answers.
func someUpload() wsc.Upload {
	at := time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC)
	return wsc.Upload{
		ID: "u1", Filename: "leads.csv", Size: 6, CreatedAt: at, ExpiresAt: at.Add(wsc.UploadLifetime),
		Preview: &wsc.Preview{
			List: wsc.List{Format: "csv", Encoding: "utf-8", URLColumn: "A"}, Rows: []wsc.PreviewRow{{Line: 1, Cells: []string{"a.com"}, URL: "a.com"}},
			URLs: 1, Problems: []wsc.PreviewRow{}, Warnings: []string{},
			Refusal: &wsc.PreviewRefusal{Code: wsc.CodeMissingColumn, Detail: "There is no column \"x\".", Place: wsc.Place{Line: 1}},
		},
	}
}

func TestUploadStreamsTheFile(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("POST /api/v1/uploads", func(w http.ResponseWriter, r *http.Request) {
		assert.Positive(t, r.ContentLength, "a body of a known size is announced")
		file, header, err := r.FormFile("file")
		if assert.NoError(t, err) {
			content, err := io.ReadAll(file)
			assert.NoError(t, err)
			assert.Equal(t, "a.com\n", string(content))
			assert.Equal(t, "leads.csv", header.Filename)
			assert.Len(t, r.MultipartForm.File, 1)
			assert.Empty(t, r.MultipartForm.Value)
		}
		answer(t, w, http.StatusCreated, someUpload())
	})
	kept, err := a.client(t).Upload(t.Context(), "leads.csv", strings.NewReader("a.com\n"))
	require.NoError(t, err)
	require.Equal(t, someUpload(), *kept)
}

func TestPreviewUploadSaysHowToRead(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("GET /api/v1/uploads/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") != "u1" {
			answer(t, w, http.StatusNotFound, wsc.Problem{Status: 404, Code: wsc.CodeNotFound, Detail: "There is no such upload."})
			return
		}
		answer(t, w, http.StatusOK, someUpload())
	})
	c := a.client(t)
	kept, err := c.PreviewUpload(t.Context(), "u1", client.Reading{URLColumn: "Main site", Sheet: "Q1 & Q2", Delimiter: "^", Encoding: "gbk"})
	require.NoError(t, err)
	require.Equal(t, someUpload(), *kept)
	_, err = c.PreviewUpload(t.Context(), "u1", client.Reading{})
	require.NoError(t, err)
	_, err = c.PreviewUpload(t.Context(), "../jobs", client.Reading{})
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	require.ErrorContains(t, err, "There is no such upload.")
	asked := a.asked()
	require.Equal(t, "delimiter=%5E&encoding=gbk&sheet=Q1+%26+Q2&url_column=Main+site", asked[0].URL.RawQuery)
	require.Empty(t, asked[1].URL.RawQuery)
	require.Equal(t, "/api/v1/uploads/..%2Fjobs", asked[2].URL.EscapedPath())
}

func TestUploadsAreListed(t *testing.T) {
	a := newAPI(t)
	upload := someUpload()
	a.mux.HandleFunc("GET /api/v1/uploads", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusOK, wsc.UploadList{Uploads: []wsc.WaitingUpload{upload.Waiting()}})
	})
	waiting, err := a.client(t).Uploads(t.Context())
	require.NoError(t, err)
	require.Equal(t, []wsc.WaitingUpload{upload.Waiting()}, waiting)
}

func TestDeleteUpload(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("DELETE /api/v1/uploads/u1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	require.NoError(t, a.client(t).DeleteUpload(t.Context(), "u1"))
}

func TestAnUploadIsSubmittedByItsID(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("POST /api/v1/jobs", func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		assert.Equal(t, map[string]any{"upload_id": "u1", "name": "Leads"}, body, "urls are left out")
		answer(t, w, http.StatusNotFound, wsc.Problem{Status: 404, Code: wsc.CodeNotFound, Detail: "There is no such upload."})
	})
	_, err := a.client(t).SubmitURLs(t.Context(), wsc.SubmitRequest{UploadID: "u1", Name: "Leads"})
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
	require.ErrorContains(t, err, "submitting upload u1")
}
