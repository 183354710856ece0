package apiserver

import (
	"context"
	"slices"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

type listResultsInput struct {
	JobPath
	ResultQuery
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most results to return."`
	Cursor string `query:"cursor" maxLength:"16384" doc:"next_cursor or prev_cursor of another page, with the same sort."`
}

type listResultsOutput struct {
	Body wsc.ResultPage
}

func listResultsDoc() doc {
	return doc{
		id: "list-results", tag: "Results", scope: wsc.ScopeRead, summary: "List results",
		description: "Results of a job, page by page, also while it runs. The last page is the first one of the reverse sort.",
		codes:       []wsc.Code{wsc.CodeNotFound, wsc.CodeInvalidCursor},
	}
}

func (s *Server) listResults(ctx context.Context, in *listResultsInput) (*listResultsOutput, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	var cursor *resultCursor
	if in.Cursor != "" {
		if cursor, err = decodeResultCursor(in.Cursor, in.Sort); err != nil {
			return nil, err
		}
	}
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	page, err := s.resultPage(ctx, job, filter, in.Limit, cursor, in.Sort)
	if err != nil {
		return nil, err
	}
	if page.Matching, err = s.matching(ctx, job, filter); err != nil {
		return nil, err
	}
	return &listResultsOutput{Body: *page}, nil
}

// resultPage reads the page at a cursor, nil for the first. The page before a position is read in the reverse order.
func (s *Server) resultPage(ctx context.Context, job *wsc.Job, filter wsc.ResultFilter, limit int, cursor *resultCursor, sort string) (*wsc.ResultPage, error) {
	back := cursor != nil && cursor.Back
	reading := filter
	reading.Desc = filter.Desc != back
	reading.Limit = limit + 1
	if cursor != nil {
		reading.After = &cursor.ResultCursor
	}
	results, err := s.store.Results(ctx, job.ID, reading)
	if err != nil {
		return nil, err
	}
	more := len(results) > limit
	results = listed(results[:min(limit, len(results))])
	if back {
		slices.Reverse(results)
	}
	page := &wsc.ResultPage{Results: results}
	at := func(position wsc.ResultCursor, back bool) string {
		return encodeCursor(resultCursor{Sort: sort, Back: back, ResultCursor: position})
	}
	if len(results) == 0 {
		// Back from here, the result at the position itself is on the other page.
		if cursor != nil && back {
			page.NextCursor = at(beside(cursor.ResultCursor, !filter.Desc), false)
		} else if cursor != nil {
			page.PrevCursor = at(beside(cursor.ResultCursor, filter.Desc), true)
		}
		return page, nil
	}
	if more || back {
		page.NextCursor = at(wsc.CursorOf(&results[len(results)-1], filter.Sort), false)
	}
	if cursor != nil && (more || !back) {
		page.PrevCursor = at(wsc.CursorOf(&results[0], filter.Sort), true)
	}
	return page, nil
}

// beside is the position one seq lower or higher.
func beside(position wsc.ResultCursor, lower bool) wsc.ResultCursor {
	if lower {
		position.Seq--
	} else {
		position.Seq++
	}
	return position
}

const (
	// countedResults is how many results are counted for a page, and countTimeout how long that may take.
	countedResults = 100_000
	countTimeout   = 100 * time.Millisecond
)

// matching returns how many results the filter selects, or nil if that takes long to say.
func (s *Server) matching(ctx context.Context, job *wsc.Job, filter wsc.ResultFilter) (*int64, error) {
	onlyStatus := filter
	onlyStatus.Statuses = nil
	switch {
	case filter.Query != "":
		return nil, nil //nolint:nilnil // nil is "unknown"
	case selectsAll(onlyStatus):
		return new(ofStatuses(job, filter.Statuses)), nil
	}
	if n, ok := s.stats.count(job, filter); ok {
		return &n, nil
	}
	counting, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	n, err := s.store.CountResults(counting, job.ID, filter, countedResults)
	switch {
	case err != nil && counting.Err() != nil && ctx.Err() == nil, err == nil && n > countedResults:
		return nil, nil //nolint:nilnil // nil is "unknown"
	case err != nil:
		return nil, err
	}
	return &n, nil
}

// ofStatuses is how many results of the job have one of the statuses, none meaning any.
func ofStatuses(job *wsc.Job, statuses []wsc.Status) int64 {
	if len(statuses) == 0 {
		return job.ProcessedURLs
	}
	var n int64
	for status, count := range map[wsc.Status]int64{
		wsc.StatusActive: job.ActiveCount, wsc.StatusInactive: job.InactiveCount, wsc.StatusError: job.ErrorCount,
	} {
		if slices.Contains(statuses, status) {
			n += count
		}
	}
	return n
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
		description: "Counts, response times, slowest and failing hosts, results over time and certificates that end soon, of the results so far. " +
			"While the job runs, the answer can be some seconds old.",
		codes: []wsc.Code{wsc.CodeNotFound},
	}
}

func (s *Server) jobStats(ctx context.Context, in *JobPath) (*statsOutput, error) {
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	stats, err := s.stats.Stats(ctx, job)
	if err != nil {
		return nil, jobError(err)
	}
	return &statsOutput{Body: *stats}, nil
}
