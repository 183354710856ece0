package main

import (
	"context"
	"fmt"
	"time"

	"github.com/website-status-checker/wsc/internal/terminal"
)

// maxUndo is the longest time during which a deletion can be taken back.
const maxUndo = time.Hour

type deleteCommand struct {
	Job  string        `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
	Undo time.Duration `help:"Delete the job only after this time, such as 30s, at most 1h; until then it goes on and wsc restore JOB keeps it. Default: at once." placeholder:"DURATION"`
	serverFlags
}

// Help is the long help.
func (deleteCommand) Help() string {
	return `A job that runs is stopped. It goes with its upload, its results and its exports, which can't be brought back.

Examples:

    wsc delete JOB
    wsc delete JOB --undo 5m`
}

// Run deletes the job, or asks for that.
func (c *deleteCommand) Run(ctx context.Context, p *process) error {
	if c.Undo < 0 || c.Undo > maxUndo || c.Undo%time.Second != 0 {
		return usagef("--undo: %s is not a number of seconds between 0s and 1h", c.Undo)
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	id := terminal.Escape(c.Job)
	if c.Undo == 0 {
		if err := server.Delete(ctx, c.Job); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "Job %s is deleted.\n", id)
		return err
	}
	if err := server.DeleteIn(ctx, c.Job, c.Undo); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Job %s will be deleted in %s; until then it can be kept: wsc restore %s\n", id, c.Undo, id)
	return err
}

type restoreCommand struct {
	Job string `arg:"" name:"JOB" help:"Identifier of the job."`
	serverFlags
}

// Help is the long help.
func (restoreCommand) Help() string {
	return `Takes back what wsc delete JOB --undo asked for. It is no error if nothing did.`
}

// Run takes the deletion back.
func (c *restoreCommand) Run(ctx context.Context, p *process) error {
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	job, err := server.Restore(ctx, c.Job)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Job %s stays%s.\n", terminal.Escape(job.ID), untilExpiry(job))
	return err
}
