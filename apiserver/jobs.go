package apiserver

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	wsc "github.com/website-status-checker/wsc"
)

// job reads a job that the caller may see. Any other job, and whatever is no id of one, is not found.
func (s *Server) job(ctx context.Context, id string) (*wsc.Job, error) {
	parsed, err := jobID(id)
	if err != nil {
		return nil, err
	}
	job, err := s.loader.Job(ctx, parsed)
	if err == nil && !callerOf(ctx).owns(job.Owner) {
		return nil, notFoundError()
	}
	return job, err
}

// jobID checks the form of a job's id.
func jobID(text string) (string, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(uuid.Nil.String()) {
		return "", notFoundError()
	}
	return id.String(), nil
}

type jobOutput struct {
	Body wsc.Job
}

func getJobDoc() doc {
	return doc{
		id: "get-job", tag: "Jobs", scope: wsc.ScopeRead, summary: "Get a job",
		description: "Status, phase and counters of a job.",
		codes:       []wsc.Code{wsc.CodeNotFound},
	}
}

func (s *Server) getJob(ctx context.Context, in *JobPath) (*jobOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &jobOutput{Body: *job}, nil
}

func cancelJobDoc() doc {
	return doc{
		id: "cancel-job", tag: "Jobs", scope: wsc.ScopeWrite, summary: "Cancel a job", status: http.StatusAccepted,
		description: "Asks the job to end early. Checks that have begun are finished; results so far and their export stay. " +
			"The job answered is usually not yet cancelled: follow its events.",
		codes: []wsc.Code{wsc.CodeNotFound, wsc.CodeJobFinished, wsc.CodeTemporalUnavailable},
	}
}

func (s *Server) cancelJob(ctx context.Context, in *JobPath) (*jobOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	job, err = s.jobs.Cancel(ctx, job.ID)
	if err != nil {
		return nil, jobError(err)
	}
	return &jobOutput{Body: *job}, nil
}

// jobError says the same of every job that can't be found.
func jobError(err error) error {
	if wsc.CodeOf(err) == wsc.CodeNotFound {
		return notFoundError()
	}
	return err
}

// choices reads a list parameter that may be repeated or separated by commas, and checks every value against the
// allowed ones.
func choices[T ~string](field string, values []string, allowed []T) ([]T, error) {
	var chosen []T
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			choice, err := oneOf(field, strings.TrimSpace(part), allowed)
			if err != nil {
				return nil, err
			}
			chosen = append(chosen, choice)
		}
	}
	return chosen, nil
}

func oneOf[T ~string](field, value string, allowed []T) (T, error) {
	names := make([]string, len(allowed))
	for i, candidate := range allowed {
		if string(candidate) == value {
			return candidate, nil
		}
		names[i] = string(candidate)
	}
	var none T
	return none, wsc.Errorf(wsc.CodeInvalidRequest, "%s must be one of: %s.", field, strings.Join(names, ", ")).At(wsc.Place{Field: field})
}
