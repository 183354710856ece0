package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/website-status-checker/wsc/internal/terminal"
)

type meCommand struct {
	Format string `help:"table, or json for what the API says." enum:"table,json" default:"table" placeholder:"FORMAT"`
	serverFlags
}

// Run shows the key in use and the requests that it has left.
func (c *meCommand) Run(ctx context.Context, p *process) error {
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	me, err := server.Me(ctx)
	if err != nil {
		return err
	}
	if c.Format != formatTable {
		return json.NewEncoder(p.stdout).Encode(me)
	}
	left := "no limit"
	if me.Requests != nil {
		left = fmt.Sprintf("%s of %s, renewed in %s", terminal.Thousands(me.Requests.Remaining), terminal.Thousands(me.Requests.Limit),
			time.Duration(me.Requests.ResetSeconds)*time.Second)
	}
	return printKey(p.stdout, &me.Key, formatTable, [2]string{"requests left", left})
}
