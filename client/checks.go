package client

import (
	"context"
	"fmt"
	"net/http"

	wsc "github.com/website-status-checker/wsc"
)

// Check checks one URL on the server, now. A site that is down is a result and no error.
func (c *Client) Check(ctx context.Context, target string, options wsc.Options) (*wsc.Result, error) {
	var result wsc.Result
	in := wsc.CheckRequest{URL: target, Options: options}
	if err := c.call(ctx, http.MethodPost, apiPrefix+"/checks", nil, in, &result); err != nil {
		return nil, fmt.Errorf("checking %q: %w", target, err)
	}
	return &result, nil
}

// Ready returns nil when the server and everything behind it (database, Temporal, blob store) answer.
func (c *Client) Ready(ctx context.Context) error {
	if err := c.call(ctx, http.MethodGet, "/readyz", nil, nil, nil); err != nil {
		return fmt.Errorf("asking %s whether it is ready: %w", c.Server(), err)
	}
	return nil
}
