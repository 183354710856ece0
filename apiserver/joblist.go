package apiserver

import (
	"context"
	"slices"

	wsc "github.com/website-status-checker/wsc"
)

type listJobsInput struct {
	ID     []string `query:"id,explode" maxItems:"100" doc:"Only these jobs. Repeat the parameter."`
	Status []string `query:"status,explode" doc:"Only jobs with one of these statuses: pending, processing, paused, completed, failed, cancelled. Repeat the parameter or separate by commas." example:"completed"`
	Query  string   `query:"q" maxLength:"200" doc:"Only jobs whose file name contains this, ignoring case." example:"leads"`
	KeyID  string   `query:"key_id" maxLength:"64" doc:"Only jobs that this API key submitted. Keys without the scope admin have no others than their own."`
	Sort   string   `query:"sort" enum:"-created_at,created_at,filename,-filename,total_urls,-total_urls" default:"-created_at" doc:"Order; a leading - reverses it. Names are compared ignoring the case of A to Z."`
	Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most jobs to return."`
	Cursor string   `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before, or prev_cursor of the page after, with the same sort."`
}

type listJobsOutput struct {
	Body wsc.JobPage
}

func listJobsDoc() doc {
	return doc{
		id: "list-jobs", tag: "Jobs", scope: wsc.ScopeRead, summary: "List jobs",
		description: "Jobs, newest first unless sort says otherwise, page by page.",
		codes:       []wsc.Code{wsc.CodeInvalidCursor},
	}
}

func (s *Server) listJobs(ctx context.Context, in *listJobsInput) (*listJobsOutput, error) {
	filter := wsc.JobFilter{Owner: callerOf(ctx).owner(), Query: in.Query, Sort: wsc.JobSort(in.Sort), Limit: in.Limit + 1}
	if err := checkText("q", in.Query); err != nil {
		return nil, err
	}
	for _, text := range in.ID {
		if id, err := jobID(text); err == nil { // what is no id names no job
			filter.IDs = append(filter.IDs, id)
		}
	}
	if err := checkText("key_id", in.KeyID); err != nil {
		return nil, err
	}
	nobodys := in.KeyID != "" && !callerOf(ctx).owns(in.KeyID)
	if in.KeyID != "" {
		filter.Owner = in.KeyID
	}
	if nobodys || len(in.ID) > 0 && len(filter.IDs) == 0 {
		return &listJobsOutput{Body: wsc.JobPage{Jobs: []wsc.Job{}}}, nil
	}
	var err error
	if filter.Statuses, err = choices("status", in.Status, wsc.JobStatuses()); err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		cursor, err := decodeJobCursor(in.Cursor, filter.Sort)
		if err != nil {
			return nil, err
		}
		filter.After, filter.Back = &cursor.JobCursor, cursor.Back
	}
	found, err := s.store.Jobs(ctx, filter)
	if err != nil {
		return nil, err
	}
	return &listJobsOutput{Body: jobPage(found, &filter, in.Limit)}, nil
}

// jobPage makes a page of what was found, which is one job more than fits if there are more.
func jobPage(found []wsc.Job, filter *wsc.JobFilter, limit int) wsc.JobPage {
	more := len(found) > limit
	switch {
	case more && filter.Back:
		found = found[len(found)-limit:]
	case more:
		found = found[:limit]
	}
	page := wsc.JobPage{Jobs: listed(slices.Clip(found))}
	if len(found) == 0 {
		return page
	}
	position := func(job *wsc.Job, back bool) string {
		return encodeCursor(jobCursor{Sort: filter.Sort, Back: back, JobCursor: wsc.JobCursorOf(job, filter.Sort)})
	}
	// Whoever came here from a page can go back to it.
	if more || filter.Back {
		page.NextCursor = position(&found[len(found)-1], false)
	}
	if filter.After != nil && (more || !filter.Back) {
		page.PrevCursor = position(&found[0], true)
	}
	return page
}
