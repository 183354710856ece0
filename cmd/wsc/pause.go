package main

import (
	"context"
	"fmt"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
)

type pauseCommand struct {
	serverFlags
	Job string `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
}

// Help is the long help.
func (pauseCommand) Help() string {
	return `Within seconds no website is contacted any more. Checks that are broken off by that are made again after the pause. The job keeps its results, does not expire, and goes on where it was with: wsc resume JOB

Pausing a paused job is no error.`
}

// Run pauses the job.
func (c *pauseCommand) Run(ctx context.Context, p *process) error {
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	job, err := server.Pause(ctx, c.Job)
	if err != nil {
		return err
	}
	text := "is paused"
	if job.Status != wsc.JobPaused {
		text = "will pause as soon as a worker is there,"
	}
	_, err = fmt.Fprintf(p.stdout, "Job %s %s with %d of %d results. Let it go on with: wsc resume %s\n",
		terminal.Escape(job.ID), text, job.ProcessedURLs, job.TotalURLs, terminal.Escape(job.ID))
	return err
}

type resumeCommand struct {
	serverFlags
	Job string `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
}

// Help is the long help.
func (resumeCommand) Help() string {
	return `The job goes on where it was paused. Resuming a job that runs is no error.`
}

// Run lets the job go on.
func (c *resumeCommand) Run(ctx context.Context, p *process) error {
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	job, err := server.Resume(ctx, c.Job)
	if err != nil {
		return err
	}
	text := "goes on"
	if job.Status == wsc.JobPaused {
		text = "will go on as soon as a worker is there,"
	}
	_, err = fmt.Fprintf(p.stdout, "Job %s %s with %d of %d results. Watch it with: wsc watch %s\n",
		terminal.Escape(job.ID), text, job.ProcessedURLs, job.TotalURLs, terminal.Escape(job.ID))
	return err
}
