package apiserver

import (
	"context"

	wsc "github.com/website-status-checker/wsc"
)

type diffInput struct {
	JobPath
	With   string   `query:"with" required:"true" maxLength:"64" doc:"Identifier of the earlier job, with which the job is compared." example:"01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"`
	Change []string `query:"change,explode" doc:"Only URLs with one of these changes: new, still_broken, fixed, changed, added, removed. Repeat the parameter or separate by commas. The counts are always of all." example:"new"`
	Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most entries to return."`
	Cursor string   `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before."`
}

type diffOutput struct {
	Body wsc.Diff
}

func diffJobDoc() doc {
	return doc{
		id: "diff-job", tag: "Results", scope: wsc.ScopeRead, summary: "Compare with another job",
		description: "How the results of a job differ from those of an earlier one, URL by URL: what broke (`new`), what is `still_broken`, what was `fixed`, " +
			"what is active with another HTTP status or final URL (`changed`), what came in (`added`) and what went (`removed`). " +
			"URLs are matched in their normalised form, invalid lines not at all. Jobs that run are compared as far as they are.",
		codes: []wsc.Code{wsc.CodeNotFound, wsc.CodeInvalidCursor},
	}
}

func (s *Server) diffJob(ctx context.Context, in *diffInput) (*diffOutput, error) {
	later, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	earlier, err := s.job(ctx, in.With)
	if err != nil {
		return nil, err
	}
	if later.ID == earlier.ID {
		return nil, wsc.Errorf(wsc.CodeInvalidRequest, "with must name another job: a job does not differ from itself.").At(wsc.Place{Field: "with"})
	}
	filter := wsc.DiffFilter{Limit: in.Limit + 1}
	if filter.Changes, err = choices("change", in.Change, wsc.Changes()); err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		filter.After = &wsc.DiffCursor{}
		if err := decodeCursor(in.Cursor, filter.After); err != nil {
			return nil, err
		}
	}
	release, err := s.diffSlots.acquire(ctx, callerOf(ctx).key.ID)
	if err != nil {
		return nil, err
	}
	defer release()
	counts, err := s.diffCounts(ctx, later, earlier)
	if err != nil {
		return nil, jobError(err)
	}
	entries, err := s.store.Diff(ctx, later.ID, earlier.ID, filter)
	if err != nil {
		return nil, jobError(err)
	}
	diff := wsc.Diff{Earlier: earlier.ID, Later: later.ID, Counts: counts, Entries: entries}
	if len(entries) > in.Limit {
		diff.Entries = entries[:in.Limit]
		diff.NextCursor = encodeCursor(wsc.DiffCursorOf(&diff.Entries[in.Limit-1]))
	}
	diff.Entries = listed(diff.Entries)
	return &diffOutput{Body: diff}, nil
}

// diffCounts counts the changes, or remembers them if neither job can have changed since.
func (s *Server) diffCounts(ctx context.Context, later, earlier *wsc.Job) (wsc.DiffCounts, error) {
	key := comparedJobs{later.ID, earlier.ID, later.ProcessedURLs, earlier.ProcessedURLs}
	if counts, found := s.diffs.get(key); found {
		return counts, nil
	}
	counts, err := s.store.DiffCounts(ctx, later.ID, earlier.ID)
	if err == nil && later.Status.Terminal() && earlier.Status.Terminal() {
		s.diffs.put(key, counts)
	}
	return counts, err
}
