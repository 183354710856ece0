package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// hostile is a text that must not reach a terminal as it is.
const hostile = "\x1b]0;owned\a\u202e\x9b31m"

// startFakeAPI starts a hand-made server that behaves like the API for the jobs that the scripts name:
//
//	done     completed         failed   failed, with a hostile message
//	endless  never ends        flaky    loses its first watcher once, then completes: only one script may watch it
//	held     is paused for a while when it is watched, then completes; no worker pauses or resumes it
//	again    completed, a job that was repeated
//
// The key "wrong" is refused, and so is a list named bad.csv.
func startFakeAPI(t *testing.T) *fakeAPI {
	t.Helper()
	f := &fakeAPI{dropped: make(chan struct{}, 1), watched: make(chan struct{}, 1)}
	f.dropped <- struct{}{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/jobs", f.submit)
	mux.HandleFunc("GET /api/v1/jobs", f.jobs)
	mux.HandleFunc("GET /api/v1/jobs/{id}/events", f.events)
	mux.HandleFunc("GET /api/v1/jobs/{id}/results", f.results)
	mux.HandleFunc("GET /api/v1/jobs/{id}/export", f.export)
	mux.HandleFunc("POST /api/v1/jobs/{id}/cancel", f.cancel)
	mux.HandleFunc("POST /api/v1/jobs/{id}/pause", f.pause)
	mux.HandleFunc("POST /api/v1/jobs/{id}/resume", f.resume)
	f.actions(mux)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-Key") == "wrong" {
			refuse(w, 401, "unauthorized", "This API key is unknown; check how it was copied.", wsc.Place{})
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

type fakeAPI struct {
	*httptest.Server
	dropped chan struct{} // holds one connection to be lost
	watched chan struct{} // gets a token when somebody watches the endless job
}

func refuse(w http.ResponseWriter, status int, code wsc.Code, detail string, place wsc.Place) {
	write(w, "application/problem+json", status, wsc.Problem{Status: status, Code: code, Detail: detail, Place: place})
}

func reply(w http.ResponseWriter, status int, body any) {
	write(w, "application/json", status, body)
}

func write(w http.ResponseWriter, mediaType string, status int, body any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
}

// submit names the job after the list, with the options in the file name, so that scripts can see them.
func (f *fakeAPI) submit(w http.ResponseWriter, r *http.Request) {
	file, header, err := r.FormFile("file")
	if err != nil {
		refuse(w, 400, wsc.CodeMissingFile, "Form field 'file' is required.", wsc.Place{})
		return
	}
	text, _ := io.ReadAll(file)
	if header.Filename == "bad.csv" {
		refuse(w, 400, wsc.CodeMissingColumn, "There is no such column "+hostile+".", wsc.Place{Line: 1, Column: "url"})
		return
	}
	id := "done"
	if header.Filename == "endless.txt" {
		id = "endless"
	}
	reply(w, 202, wsc.Job{
		ID: id, Status: wsc.JobPending,
		Filename: fmt.Sprintf("%s (%d bytes, %s, key %s)", header.Filename, len(text), r.FormValue("options"), r.Header.Get("Idempotency-Key")),
	})
}

func (f *fakeAPI) jobs(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("status") == "failed" {
		reply(w, 200, wsc.JobPage{Jobs: []wsc.Job{}})
		return
	}
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	page := wsc.JobPage{Jobs: []wsc.Job{
		{ID: "done", Filename: "websites.csv", Status: wsc.JobCompleted, CreatedAt: created, JobCounts: wsc.JobCounts{TotalURLs: 3, ProcessedURLs: 3, ActiveCount: 1, InactiveCount: 1, ErrorCount: 1}},
		{ID: "failed", Filename: hostile, Status: wsc.JobFailed, CreatedAt: created},
	}, NextCursor: "2"}
	if r.URL.Query().Get("cursor") == "2" {
		page = wsc.JobPage{Jobs: []wsc.Job{{ID: "last", Filename: "third.txt", Status: wsc.JobPending, CreatedAt: created}}}
	}
	reply(w, 200, page)
}

func (f *fakeAPI) events(w http.ResponseWriter, r *http.Request) {
	send := func(name string, p wsc.Progress) {
		text, err := json.Marshal(p)
		if err != nil {
			panic(err)
		}
		_, _ = fmt.Fprintf(w, "id: 1\nevent: %s\ndata: %s\n\n", name, text)
		_ = http.NewResponseController(w).Flush()
	}
	id := r.PathValue("id")
	if id == "unknown" {
		refuse(w, 404, wsc.CodeNotFound, "There is no job unknown.", wsc.Place{})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	eta := 2.0
	half := wsc.Progress{
		JobID: id, Status: wsc.JobProcessing, Phase: wsc.PhaseChecking, Percent: 50, Rate: 10, ETASeconds: &eta,
		JobCounts: wsc.JobCounts{TotalURLs: 20, ProcessedURLs: 10, ActiveCount: 8, InactiveCount: 1, ErrorCount: 1},
	}
	send("progress", half)
	switch id {
	case "endless":
		f.watched <- struct{}{}
		<-r.Context().Done()
		return
	case "held":
		half.Status, half.Rate, half.ETASeconds = wsc.JobPaused, 0, nil
		<-time.After(1100 * time.Millisecond) // lines come once a second at the most
		send("progress", half)
	case "flaky":
		select {
		case <-f.dropped:
			panic(http.ErrAbortHandler)
		default:
		}
	}
	half.Status, half.Phase, half.Percent, half.ProcessedURLs, half.ActiveCount, half.Rate, half.ETASeconds = wsc.JobCompleted, wsc.PhaseDone, 100, 20, 18, 0, nil
	if id == "failed" {
		half.Status, half.ErrorMessage = wsc.JobFailed, "The upload is gone "+hostile+"."
	}
	send("done", half)
}

func (f *fakeAPI) results(w http.ResponseWriter, r *http.Request) {
	all := []wsc.Result{
		{Seq: 0, Line: 2, URL: "example.com", Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 12.3, FinalURL: "https://www.example.com/", Redirects: []wsc.Redirect{{}}, Attempts: 1},
		{Seq: 1, Line: 3, URL: "example.org/" + hostile, Status: wsc.StatusError, ErrorKind: wsc.KindTimeout, ErrorMessage: "Slow " + hostile, Attempts: 3},
		{Seq: 2, Line: 4, URL: "example.net", Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 4000, Slow: true, Attempts: 2},
		{Seq: 3, Line: 5, URL: "example.edu", Status: wsc.StatusInactive, HTTPStatus: 200, ErrorMessage: "Not as expected " + hostile, Attempts: 1},
	}
	if r.URL.Query().Get("slow") == "true" {
		all = all[2:3]
	}
	if status := r.URL.Query().Get("status"); status != "" {
		all = all[:0]
	}
	reply(w, 200, wsc.ResultPage{Results: all})
}

func (f *fakeAPI) export(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("id") == "unknown" {
		refuse(w, 404, wsc.CodeNotFound, "There is no job unknown.", wsc.Place{})
		return
	}
	w.Header().Set("Content-Disposition", `attachment; filename="../../websites-results.csv"`)
	_, _ = fmt.Fprintln(w, r.URL.RawQuery)
	if r.PathValue("id") == "broken" {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func (f *fakeAPI) cancel(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("id") == "done" {
		refuse(w, 409, wsc.CodeJobFinished, "The job has finished.", wsc.Place{})
		return
	}
	reply(w, 202, wsc.Job{ID: r.PathValue("id"), JobCounts: wsc.JobCounts{ProcessedURLs: 10, TotalURLs: 20}})
}

func (f *fakeAPI) pause(w http.ResponseWriter, r *http.Request) {
	f.answerPause(w, r, wsc.JobPaused, wsc.JobProcessing)
}

func (f *fakeAPI) resume(w http.ResponseWriter, r *http.Request) {
	f.answerPause(w, r, wsc.JobProcessing, wsc.JobPaused)
}

func (f *fakeAPI) answerPause(w http.ResponseWriter, r *http.Request, asked, without wsc.JobStatus) {
	job := wsc.Job{ID: r.PathValue("id"), Status: asked, JobCounts: wsc.JobCounts{ProcessedURLs: 10, TotalURLs: 20}}
	switch job.ID {
	case "done":
		refuse(w, 409, wsc.CodeJobFinished, "The job has finished.", wsc.Place{})
		return
	case "held":
		job.Status = without
	}
	reply(w, 202, job)
}
