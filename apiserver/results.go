package apiserver

import (
	"context"

	wsc "github.com/website-status-checker/wsc"
)

type listResultsInput struct {
	JobPath
	ResultQuery
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most results to return."`
	Cursor string `query:"cursor" maxLength:"16384" doc:"next_cursor of the page before, with the same sort."`
}

type listResultsOutput struct {
	Body wsc.ResultPage
}

func listResultsDoc() doc {
	return doc{
		id: "list-results", tag: "Results", scope: wsc.ScopeRead, summary: "List results",
		description: "Results of a job, page by page, also while it runs.",
		codes:       []wsc.Code{wsc.CodeNotFound, wsc.CodeInvalidCursor},
	}
}

func (s *Server) listResults(ctx context.Context, in *listResultsInput) (*listResultsOutput, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		if filter.After, err = decodeResultCursor(in.Cursor, in.Sort); err != nil {
			return nil, err
		}
	}
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	filter.Limit = in.Limit + 1
	results, err := s.store.Results(ctx, job.ID, filter)
	if err != nil {
		return nil, err
	}
	page := wsc.ResultPage{Results: results}
	if len(results) > in.Limit {
		page.Results = results[:in.Limit]
		position := wsc.CursorOf(&page.Results[in.Limit-1], filter.Sort)
		page.NextCursor = encodeCursor(resultCursor{Sort: in.Sort, ResultCursor: position})
	}
	page.Results = listed(page.Results)
	return &listResultsOutput{Body: page}, nil
}

type getResultInput struct {
	JobPath
	Seq int64 `path:"seq" minimum:"0" doc:"Position of the result in the job, from 0." example:"0"`
}

type resultOutput struct {
	Body wsc.Result
}

func getResultDoc() doc {
	return doc{
		id: "get-result", tag: "Results", scope: wsc.ScopeRead, summary: "Get a result",
		description: "One result of a job, by its position.",
		codes:       []wsc.Code{wsc.CodeNotFound},
	}
}

func (s *Server) getResult(ctx context.Context, in *getResultInput) (*resultOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	results, err := s.store.ResultsBySeq(ctx, job.ID, []int64{in.Seq})
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return nil, wsc.Errorf(wsc.CodeNotFound, "The job has no result with that number, or not yet.")
	}
	return &resultOutput{Body: results[0]}, nil
}

// listed makes sure that a list without elements is sent as one.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

type statsOutput struct {
	Body wsc.Stats
}

func jobStatsDoc() doc {
	return doc{
		id: "get-job-stats", tag: "Results", scope: wsc.ScopeRead, summary: "Summarise a job",
		description: "Counts, response times, slowest hosts and certificates that end soon, of the results so far.",
		codes:       []wsc.Code{wsc.CodeNotFound},
	}
}

func (s *Server) jobStats(ctx context.Context, in *JobPath) (*statsOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	stats, err := s.store.Stats(ctx, job.ID)
	if err != nil {
		return nil, jobError(err)
	}
	stats.SlowestHosts = listed(stats.SlowestHosts)
	stats.ExpiringCert = listed(stats.ExpiringCert)
	stats.ResponseTime.Histogram = listed(stats.ResponseTime.Histogram)
	return &statsOutput{Body: *stats}, nil
}
