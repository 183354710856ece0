package main

import (
	"encoding/json"
	"net/http"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// actions are what people do with the jobs of the fake API: done can be repeated, compared, kept and restored, and the
// endless one is in the way of all that.
func (f *fakeAPI) actions(mux *http.ServeMux) {
	expires := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	refused := func(w http.ResponseWriter, r *http.Request) bool {
		switch r.PathValue("id") {
		case "unknown":
			refuse(w, 404, wsc.CodeNotFound, "There is no job unknown.", wsc.Place{})
		case "endless":
			refuse(w, 409, wsc.CodeConflict, "The job is still processing.", wsc.Place{})
		default:
			return false
		}
		return true
	}
	mux.HandleFunc("POST /api/v1/jobs/{id}/retry", func(w http.ResponseWriter, r *http.Request) {
		if !refused(w, r) {
			reply(w, 202, wsc.Job{ID: "again", Filename: "list (again).ndjson", RetryOf: r.PathValue("id")})
		}
	})
	mux.HandleFunc("POST /api/v1/jobs/{id}/restore", func(w http.ResponseWriter, r *http.Request) {
		if !refused(w, r) {
			reply(w, 200, wsc.Job{ID: r.PathValue("id"), ExpiresAt: &expires})
		}
	})
	mux.HandleFunc("PATCH /api/v1/jobs/{id}", func(w http.ResponseWriter, r *http.Request) {
		var change wsc.JobChange
		if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
			refuse(w, 400, wsc.CodeInvalidJSON, err.Error(), wsc.Place{})
		} else if !refused(w, r) {
			reply(w, 200, wsc.Job{ID: r.PathValue("id"), ExpiresAt: change.ExpiresAt})
		}
	})
	mux.HandleFunc("DELETE /api/v1/jobs/{id}", func(w http.ResponseWriter, r *http.Request) {
		switch undo := r.URL.Query().Get("undo_seconds"); {
		case refused(w, r):
		case undo == "":
			w.WriteHeader(http.StatusNoContent)
		case undo == "90":
			reply(w, 202, wsc.Job{ID: r.PathValue("id"), DeleteAt: &expires})
		default:
			refuse(w, 422, wsc.CodeInvalidRequest, "undo_seconds is "+undo, wsc.Place{Field: "undo_seconds"})
		}
	})
	mux.HandleFunc("GET /api/v1/jobs/{id}/diff", func(w http.ResponseWriter, r *http.Request) {
		if !refused(w, r) {
			reply(w, 200, fakeDiff(r))
		}
	})
}

// fakeDiff has two pages, of which the second is only for those who did not choose changes.
func fakeDiff(r *http.Request) wsc.Diff {
	up := &wsc.DiffResult{Status: wsc.StatusActive, HTTPStatus: 200, FinalURL: "https://example.com/"}
	down := &wsc.DiffResult{Status: wsc.StatusError, ErrorKind: wsc.KindTimeout}
	diff := wsc.Diff{
		Earlier: r.URL.Query().Get("with"), Later: r.PathValue("id"), Counts: wsc.DiffCounts{New: 1, Fixed: 1, Removed: 1, Same: 1200},
		Entries: []wsc.DiffEntry{{NormalizedURL: "https://example.com/" + hostile, Change: wsc.ChangeNew, Before: up, After: down}},
	}
	if r.URL.Query().Get("cursor") == "2" {
		diff.Entries = []wsc.DiffEntry{
			{NormalizedURL: "https://example.org/", Change: wsc.ChangeFixed, Before: down, After: up},
			{NormalizedURL: "=HYPERLINK()", Change: wsc.ChangeRemoved, Before: up},
		}
	} else if r.URL.Query().Get("change") == "" {
		diff.NextCursor = "2"
	}
	return diff
}
