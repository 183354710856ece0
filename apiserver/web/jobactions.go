package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// undoTime is how long a deletion can be taken back.
const undoTime = 30 * time.Second

// keepChoices are the days that a job can be kept from now on.
func keepChoices() []int { return []int{1, 7, 30, 365} }

// actOn answers a form that changes a job: with the page of the job, at the anchor if that is not "", or with the part of it
// that a script asked for. A form of another page names that as next: it is shown again, and its script, which asks for what
// it shows itself, gets nothing.
func (s *Site) actOn(w http.ResponseWriter, r *http.Request, anchor string, act func(ctx context.Context, id string) error) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	id, next := r.PathValue("id"), r.PostForm.Get("next")
	if err := act(r.Context(), id); err != nil {
		s.failJob(w, r, err)
		return
	}
	switch {
	case next != "" && isFragment(r):
		w.WriteHeader(http.StatusNoContent)
		return
	case next != "":
		s.redirect(w, r, localTarget(next))
		return
	case !isFragment(r):
		s.redirect(w, r, "/jobs/"+id+anchor)
		return
	}
	job, err := s.client.Job(r.Context(), id)
	if err != nil {
		s.failJob(w, r, err)
		return
	}
	view, err := s.viewJob(r, job)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.renderFragment(w, r, http.StatusOK, "job", "job", view)
}

func (s *Site) pauseJob(w http.ResponseWriter, r *http.Request) {
	s.actOn(w, r, "", func(ctx context.Context, id string) error { _, err := s.client.Pause(ctx, id); return err })
}

func (s *Site) resumeJob(w http.ResponseWriter, r *http.Request) {
	s.actOn(w, r, "", func(ctx context.Context, id string) error { _, err := s.client.Resume(ctx, id); return err })
}

func (s *Site) cancelJob(w http.ResponseWriter, r *http.Request) {
	s.actOn(w, r, "", func(ctx context.Context, id string) error { _, err := s.client.Cancel(ctx, id); return err })
}

// deleteJob deletes a job after the undo time.
func (s *Site) deleteJob(w http.ResponseWriter, r *http.Request) {
	s.actOn(w, r, "", func(ctx context.Context, id string) error { return s.client.DeleteIn(ctx, id, undoTime) })
}

func (s *Site) restoreJob(w http.ResponseWriter, r *http.Request) {
	s.actOn(w, r, "", func(ctx context.Context, id string) error { _, err := s.client.Restore(ctx, id); return err })
}

// keepJob moves the time at which a job is deleted to a number of days from now.
func (s *Site) keepJob(w http.ResponseWriter, r *http.Request) {
	if !parseForm(w, r) {
		s.fail(w, r, malformedForm())
		return
	}
	days, err := strconv.Atoi(r.PostForm.Get("days"))
	if err != nil || days < 1 || days > 365 {
		s.fail(w, r, wsc.Errorf(wsc.CodeInvalidRequest, "Choose how many days to keep the job, from 1 to 365.").At(wsc.Place{Field: "days"}))
		return
	}
	until := time.Now().Add(time.Duration(days) * 24 * time.Hour)
	s.actOn(w, r, "#kept", func(ctx context.Context, id string) error {
		_, err := s.client.ChangeJob(ctx, id, wsc.JobChange{ExpiresAt: &until})
		return err
	})
}

// retryJob checks again what is not active, as a new job, and shows that.
func (s *Site) retryJob(w http.ResponseWriter, r *http.Request) {
	job, err := s.client.Retry(r.Context(), r.PathValue("id"))
	if err != nil {
		s.failJob(w, r, err)
		return
	}
	s.redirect(w, r, "/jobs/"+job.ID)
}
