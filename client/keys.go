package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	wsc "github.com/website-status-checker/wsc"
)

// KeyQuery pages keys. The zero value is the first page.
type KeyQuery struct {
	// Limit is the most keys of a page; 0 leaves it to the server.
	Limit int
	// Cursor continues behind an earlier page: its NextCursor.
	Cursor string
}

func (q KeyQuery) values() url.Values {
	values := url.Values{}
	setLimit(values, q.Limit)
	setText(values, "cursor", q.Cursor)
	return values
}

// keyPath is the path of a key below the API's prefix, with further segments.
func keyPath(id string, segments ...string) string { return objectPath("keys", id, segments...) }

// Me returns the key that the client uses, and where it stands in the current hour. Every key may ask this.
func (c *Client) Me(ctx context.Context) (*wsc.Me, error) {
	var me wsc.Me
	if err := c.call(ctx, http.MethodGet, apiPrefix+"/me", nil, nil, &me); err != nil {
		return nil, fmt.Errorf("asking who the key is: %w", err)
	}
	return &me, nil
}

// CreateKey makes an API key. The answer holds its secret, which can't be read again. Like all that manages keys it
// needs a key with the scope admin; without it the error has wsc.CodeInsufficientScope.
func (c *Client) CreateKey(ctx context.Context, request wsc.KeyRequest) (*wsc.KeyWithSecret, error) {
	var key wsc.KeyWithSecret
	if err := c.call(ctx, http.MethodPost, apiPrefix+"/keys", nil, request, &key); err != nil {
		return nil, fmt.Errorf("creating the key %q: %w", request.Name, err)
	}
	return &key, nil
}

// Key returns a key without its secret.
func (c *Client) Key(ctx context.Context, id string) (*wsc.KeyDetails, error) {
	var key wsc.KeyDetails
	if err := c.call(ctx, http.MethodGet, keyPath(id), nil, nil, &key); err != nil {
		return nil, fmt.Errorf("getting key %s: %w", id, err)
	}
	return &key, nil
}

// Keys returns a page of keys, newest first. The admin key of the server's configuration is not among them.
func (c *Client) Keys(ctx context.Context, query KeyQuery) (*wsc.KeyPage, error) {
	var page wsc.KeyPage
	if err := c.call(ctx, http.MethodGet, apiPrefix+"/keys", query.values(), nil, &page); err != nil {
		return nil, fmt.Errorf("listing keys: %w", err)
	}
	return &page, nil
}

// AllKeys walks over every key from the query's cursor on, page by page. After an error it ends.
func (c *Client) AllKeys(ctx context.Context, query KeyQuery) iter.Seq2[*wsc.Key, error] {
	return walk(query.Cursor, func(cursor string) ([]wsc.Key, string, error) {
		query.Cursor = cursor
		page, err := c.Keys(ctx, query)
		if err != nil {
			return nil, "", err
		}
		return page.Keys, page.NextCursor, nil
	})
}

// ChangeKey changes what the change names and returns the key as it is then. All servers know of it within 10 seconds.
func (c *Client) ChangeKey(ctx context.Context, id string, change wsc.KeyChange) (*wsc.Key, error) {
	var key wsc.Key
	if err := c.call(ctx, http.MethodPatch, keyPath(id), nil, change, &key); err != nil {
		return nil, fmt.Errorf("changing key %s: %w", id, err)
	}
	return &key, nil
}

// RotateKey gives a key a new secret, which the answer holds. The one before works on for the grace period. A key that
// was revoked or has expired is refused with wsc.CodeConflict.
func (c *Client) RotateKey(ctx context.Context, id string, rotation wsc.KeyRotation) (*wsc.KeyWithSecret, error) {
	var key wsc.KeyWithSecret
	if err := c.call(ctx, http.MethodPost, keyPath(id, "rotate"), nil, rotation, &key); err != nil {
		return nil, fmt.Errorf("rotating key %s: %w", id, err)
	}
	return &key, nil
}

// RevokeKey makes a key stop working, on all servers within 10 seconds. Its jobs stay. Revoking twice is no error.
func (c *Client) RevokeKey(ctx context.Context, id string) error {
	if err := c.call(ctx, http.MethodDelete, keyPath(id), nil, nil, nil); err != nil {
		return fmt.Errorf("revoking key %s: %w", id, err)
	}
	return nil
}
