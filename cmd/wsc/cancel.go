package main

import (
	"context"
	"fmt"

	"github.com/website-status-checker/wsc/internal/terminal"
)

type cancelCommand struct {
	serverFlags
	Job string `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
}

// Help is the long help.
func (cancelCommand) Help() string {
	return `No further website is contacted. Checks under way end within seconds; the results so far and their exports stay until the job expires.`
}

// Run stops the job.
func (c *cancelCommand) Run(ctx context.Context, p *process) error {
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	job, err := server.Cancel(ctx, c.Job)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Job %s is being cancelled with %d of %d results, which stay: wsc results %s\n",
		terminal.Escape(job.ID), job.ProcessedURLs, job.TotalURLs, terminal.Escape(job.ID))
	return err
}
