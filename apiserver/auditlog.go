package apiserver

import (
	"context"

	wsc "github.com/website-status-checker/wsc"
)

type listEventsInput struct {
	Kind   []string `query:"kind,explode" doc:"Only events of these kinds. Repeat the parameter or separate by commas." example:"auth_failed"`
	KeyID  string   `query:"key_id" maxLength:"64" doc:"Only events of requests with this key."`
	Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most events to return."`
	Cursor string   `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before."`
}

type listEventsOutput struct {
	Body wsc.AuditPage
}

func listEventsDoc() doc {
	return doc{
		id: "list-security-events", tag: "Keys", summary: "List security events", scope: wsc.ScopeAdmin,
		description: "Failed logins, exhausted quotas, changes of keys and the like, newest first, page by page. Equal events within a minute stand here once; " +
			"metrics count all. They are kept for 90 days unless the server is configured otherwise.",
		codes: []wsc.Code{wsc.CodeInvalidCursor},
	}
}

func (s *Server) listEvents(ctx context.Context, in *listEventsInput) (*listEventsOutput, error) {
	filter := wsc.AuditFilter{KeyID: in.KeyID, Limit: in.Limit + 1}
	if err := checkText("key_id", in.KeyID); err != nil {
		return nil, err
	}
	var err error
	if filter.Kinds, err = choices("kind", in.Kind, wsc.SecurityEventKinds()); err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		filter.After = &wsc.AuditCursor{}
		if err := decodeCursor(in.Cursor, filter.After); err != nil {
			return nil, err
		}
	}
	found, err := s.store.Events(ctx, filter)
	if err != nil {
		return nil, err
	}
	page := wsc.AuditPage{Events: listed(found)}
	if len(found) > in.Limit {
		page.Events = found[:in.Limit]
		last := page.Events[in.Limit-1]
		page.NextCursor = encodeCursor(wsc.AuditCursor{At: last.At, ID: last.ID})
	}
	return &listEventsOutput{Body: page}, nil
}
