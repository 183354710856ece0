package main

import (
	"context"
	"fmt"

	"github.com/website-status-checker/wsc/internal/terminal"
)

type retryCommand struct {
	Job   string `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
	Watch bool   `short:"w" help:"Show the progress until the new job is done. Interrupting that (Ctrl-C) leaves it running."`
	serverFlags
}

// Help is the long help.
func (retryCommand) Help() string {
	return `A new job checks every URL of a finished one whose result is not active, with the same options; the earlier job stays as it is. URLs that a cancelled job did not come to are checked as well.

The new job's identifier goes to standard output, everything else to standard error. With --watch, the exit status is that of wsc watch.

Example:

    again=$(wsc retry JOB)
    wsc watch $again && wsc diff $again JOB`
}

// Run submits the new job.
func (c *retryCommand) Run(ctx context.Context, p *process) error {
	w := newWatcher(p)
	server, err := c.client(w.options()...)
	if err != nil {
		return err
	}
	defer server.Close()
	job, err := server.Retry(ctx, c.Job)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(p.stdout, terminal.Escape(job.ID)); err != nil {
		return err
	}
	p.notef("%q was accepted; compare it later with: wsc diff %s %s", job.Filename, job.ID, c.Job)
	if !c.Watch {
		p.notef("Watch it with: wsc watch %s", job.ID)
		return nil
	}
	return w.watch(ctx, server, job.ID)
}
