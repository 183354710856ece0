package apiserver

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/correlation"
	"github.com/website-status-checker/wsc/jobs"
)

func retryJobDoc() doc {
	return doc{
		id: "retry-job", tag: "Jobs", scope: wsc.ScopeWrite, summary: "Check again what is not active", status: http.StatusAccepted,
		description: "Submits a new job with every URL of a finished one whose result is not active, and with the same options and headers. " +
			"URLs that a cancelled or failed job did not come to are checked as well; invalid lines are left out. " +
			"The earlier job stays as it is: `GET /jobs/{id}/diff` of the new one shows what was fixed. The new job is the caller's.",
		codes: []wsc.Code{
			wsc.CodeNotFound, wsc.CodeConflict, wsc.CodeIdempotencyConflict, wsc.CodeQuotaExceeded, wsc.CodeInvalidOptions, wsc.CodeTooManyURLs,
		},
		unbounded: true,
	}
}

type retryJobInput struct {
	JobPath
	requested
	IdempotencyKey string `header:"Idempotency-Key" doc:"As in POST /jobs: for 24 hours, a second request with the same key for the same job answers with the first one's job." example:"again-monday"`
}

func (s *Server) retryJob(ctx context.Context, in *retryJobInput) (*submitOutput, error) {
	if err := checkIdempotencyKey(in.IdempotencyKey); err != nil {
		return nil, err
	}
	earlier, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	again := jobs.Repetition{JobID: earlier.ID, Owner: callerOf(ctx).key.ID, IdempotencyKey: in.IdempotencyKey}
	job, replayed, err := s.jobs.Retry(ctx, again)
	if wsc.CodeOf(err) == wsc.CodeQuotaExceeded {
		s.security.Record(ctx, event(in.request, wsc.EventQuotaExceeded, again.Owner))
	}
	if err != nil {
		return nil, jobError(err)
	}
	correlation.SetJobID(ctx, job.ID)
	return accepted(job, replayed), nil
}

// accepted answers with a job that a request made, or made before.
func accepted(job *wsc.Job, replayed bool) *submitOutput {
	out := &submitOutput{Location: prefix + "/jobs/" + job.ID, Body: *job}
	if replayed {
		out.Replayed = "true"
	}
	return out
}

type changeJobInput struct {
	JobPath
	Body wsc.JobChange
}

func changeJobDoc() doc {
	return doc{
		id: "change-job", tag: "Jobs", scope: wsc.ScopeWrite, summary: "Keep a job longer or shorter",
		description: "Changes what the body names: `expires_at` of a job with a final status, to a time between one minute and one year from now. " +
			"A job is deleted within two minutes after its `expires_at`.",
		codes: []wsc.Code{wsc.CodeNotFound, wsc.CodeConflict, wsc.CodeInvalidJSON, wsc.CodeUnsupportedMediaType},
	}
}

func (s *Server) changeJob(ctx context.Context, in *changeJobInput) (*jobOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if job, err = s.jobs.Change(ctx, job.ID, in.Body); err != nil {
		return nil, jobError(err)
	}
	return &jobOutput{Body: *job}, nil
}

func deleteJobDoc() doc {
	return doc{
		id: "delete-job", tag: "Jobs", scope: wsc.ScopeWrite, summary: "Delete a job", status: http.StatusAccepted,
		description: "Stops the job if it runs and removes it with its results, upload and exports. With `undo_seconds` that happens later: " +
			"until then the job goes on, is shown with `delete_at`, and `POST /jobs/{id}/restore` takes the deletion back.",
		codes: []wsc.Code{wsc.CodeNotFound, wsc.CodeConflict, wsc.CodeTemporalUnavailable}, unbounded: true,
	}
}

type deleteJobInput struct {
	JobPath
	requested
	UndoSeconds int `query:"undo_seconds" minimum:"0" maximum:"3600" default:"0" doc:"Seconds during which the deletion can be taken back; 0 deletes at once." example:"30"`
}

// deleteJobOutput has a body only if the job is still there.
type deleteJobOutput struct {
	Status int
	Body   *wsc.Job
}

// documentDeletion adds the answer of a deletion that happened at once.
func documentDeletion(api *huma.OpenAPI) {
	responses := api.Paths[prefix+"/jobs/{id}"].Delete.Responses
	responses["202"].Description = "The job, which is deleted after `undo_seconds`."
	responses["204"] = &huma.Response{Description: "The job is deleted."}
}

func (s *Server) deleteJob(ctx context.Context, in *deleteJobInput) (*deleteJobOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	e := event(in.request, wsc.EventJobDeleted, callerOf(ctx).key.ID)
	e.Object = job.ID
	out := &deleteJobOutput{Status: http.StatusNoContent}
	if in.UndoSeconds == 0 {
		err = s.jobs.Delete(ctx, job.ID)
	} else if out.Body, err = s.jobs.DeleteIn(ctx, job.ID, time.Duration(in.UndoSeconds)*time.Second); err == nil {
		out.Status = http.StatusAccepted
		e.Detail = "at " + out.Body.DeleteAt.UTC().Format("2006-01-02 15:04:05 UTC") + ", unless it is restored"
	}
	if err != nil {
		return nil, jobError(err)
	}
	s.security.Record(ctx, e)
	return out, nil
}

func restoreJobDoc() doc {
	return doc{
		id: "restore-job", tag: "Jobs", scope: wsc.ScopeWrite, summary: "Take a deletion back",
		description: "Takes back the deletion that was asked for with `undo_seconds`, until it happens. It is no error if none was.",
		codes:       []wsc.Code{wsc.CodeNotFound, wsc.CodeConflict},
	}
}

func (s *Server) restoreJob(ctx context.Context, in *JobPath) (*jobOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if job, err = s.jobs.Restore(ctx, job.ID); err != nil {
		return nil, jobError(err)
	}
	return &jobOutput{Body: *job}, nil
}
