package apiserver

import (
	"context"
	"net/http"

	wsc "github.com/website-status-checker/wsc"
)

// pauseCodes are the errors of pausing and resuming.
func pauseCodes() []wsc.Code {
	return []wsc.Code{wsc.CodeNotFound, wsc.CodeJobFinished, wsc.CodeConflict, wsc.CodeTemporalUnavailable}
}

func pauseJobDoc() doc {
	return doc{
		id: "pause-job", tag: "Jobs", scope: wsc.ScopeWrite, summary: "Pause a job", status: http.StatusAccepted,
		description: "Asks the job to begin no further checks until it is resumed. Within about three seconds nothing is checked any more; " +
			"checks that are broken off by that are made again after the pause. A list that is being read is read to its end. " +
			"A paused job does not expire and can be cancelled and deleted. Pausing a paused job is no error. " +
			"The job answered is paused, unless no worker is there to do it: then it is as soon as one is.",
		codes: pauseCodes(),
	}
}

func (s *Server) pauseJob(ctx context.Context, in *JobPath) (*jobOutput, error) {
	return s.askJob(ctx, in, s.jobs.Pause)
}

func resumeJobDoc() doc {
	return doc{
		id: "resume-job", tag: "Jobs", scope: wsc.ScopeWrite, summary: "Resume a job", status: http.StatusAccepted,
		description: "Lets a paused job go on where it was. Resuming a job that runs is no error. " +
			"The job answered is still paused if no worker is there: then it goes on as soon as one is.",
		codes: pauseCodes(),
	}
}

func (s *Server) resumeJob(ctx context.Context, in *JobPath) (*jobOutput, error) {
	return s.askJob(ctx, in, s.jobs.Resume)
}

// askJob asks something of a job that the caller may see.
func (s *Server) askJob(ctx context.Context, in *JobPath, ask func(context.Context, string) (*wsc.Job, error)) (*jobOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if job, err = ask(ctx, job.ID); err != nil {
		return nil, jobError(err)
	}
	return &jobOutput{Body: *job}, nil
}
