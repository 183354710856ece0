package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	wsc "github.com/website-status-checker/wsc"
)

// SecurityEventQuery selects and pages security events. The zero value is the first page of all.
type SecurityEventQuery struct {
	// Kinds limits the events to these; empty means all.
	Kinds []wsc.SecurityEventKind
	// KeyID limits the events to those of requests with this key; empty means all.
	KeyID string
	// Limit is the most events of a page; 0 leaves it to the server.
	Limit int
	// Cursor continues behind an earlier page: its NextCursor.
	Cursor string
}

func (q SecurityEventQuery) values() url.Values {
	values := url.Values{}
	setList(values, "kind", q.Kinds)
	setText(values, "key_id", q.KeyID)
	setLimit(values, q.Limit)
	setText(values, "cursor", q.Cursor)
	return values
}

// SecurityEvents returns a page of security events, newest first. It needs a key with the scope admin.
func (c *Client) SecurityEvents(ctx context.Context, query SecurityEventQuery) (*wsc.AuditPage, error) {
	var page wsc.AuditPage
	if err := c.call(ctx, http.MethodGet, apiPrefix+"/security-events", query.values(), nil, &page); err != nil {
		return nil, fmt.Errorf("listing security events: %w", err)
	}
	return &page, nil
}

// AllSecurityEvents walks over every event of the query from its cursor on, page by page. After an error it ends.
func (c *Client) AllSecurityEvents(ctx context.Context, query SecurityEventQuery) iter.Seq2[*wsc.SecurityEvent, error] {
	return walk(query.Cursor, func(cursor string) ([]wsc.SecurityEvent, string, error) {
		query.Cursor = cursor
		page, err := c.SecurityEvents(ctx, query)
		if err != nil {
			return nil, "", err
		}
		return page.Events, page.NextCursor, nil
	})
}
