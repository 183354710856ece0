package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// jobEvents follows a job: the API's stream, as it is.
func (s *Site) jobEvents(w http.ResponseWriter, r *http.Request) {
	s.forward(w, r, "/jobs/"+r.PathValue("id")+"/events", nil)
}

// jobExport sends a download. Its parameters are those of the API; one that refuses them is a page in words.
func (s *Site) jobExport(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	wanted := filterOf(query)
	for _, name := range []string{"format", "layout"} {
		if query.Has(name) {
			wanted.Set(name, query.Get(name))
		}
	}
	if wanted.Get("layout") == client.LayoutOriginal {
		wanted.Del("sort") // that layout keeps the order of the upload
	}
	s.download(w, r, "/jobs/"+r.PathValue("id")+"/export", wanted)
}

// download forwards a request for a file. An error of the API becomes a page.
func (s *Site) download(w http.ResponseWriter, r *http.Request, path string, query url.Values) {
	file := &fileWriter{ResponseWriter: w}
	s.forward(file, r, path, query)
	if file.refusal == nil {
		return
	}
	var problem wsc.Problem
	if err := json.Unmarshal(file.refusal.Bytes(), &problem); err != nil {
		s.fail(w, r, err)
		return
	}
	header := w.Header()
	header.Del("Content-Length")
	header.Del("Content-Disposition")
	s.failJob(w, r, &client.Error{Problem: problem})
}

// fileWriter passes a file on and keeps an error back.
type fileWriter struct {
	http.ResponseWriter
	refusal *bytes.Buffer
}

// WriteHeader passes the status of a file on.
func (f *fileWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		f.refusal = &bytes.Buffer{}
		return
	}
	f.ResponseWriter.WriteHeader(status)
}

// Write passes a piece of a file on.
func (f *fileWriter) Write(data []byte) (int, error) {
	if f.refusal != nil {
		return f.refusal.Write(data)
	}
	return f.ResponseWriter.Write(data)
}

// Unwrap gives http.ResponseController the connection.
func (f *fileWriter) Unwrap() http.ResponseWriter { return f.ResponseWriter }
