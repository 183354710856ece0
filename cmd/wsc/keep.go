package main

import (
	"context"
	"fmt"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
)

type keepCommand struct {
	Job   string        `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
	For   *daysDuration `help:"How long from now, such as 30d, 720h or 45m." placeholder:"DURATION" xor:"expiry" required:""`
	Until string        `help:"Until when: a date such as 2027-01-31 or 2027-01-31T18:00:00Z (UTC)." placeholder:"DATE" xor:"expiry" required:""`
	serverFlags
}

// Help is the long help.
func (keepCommand) Help() string {
	return `Sets when a finished job is deleted with its results: between one minute and one year from now, later or earlier than before.

Examples:

    wsc keep JOB --for 30d
    wsc keep JOB --until 2027-01-31`
}

// Run moves the expiry of the job.
func (c *keepCommand) Run(ctx context.Context, p *process) error {
	at, err := c.expiry(time.Now())
	if err != nil {
		return err
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	job, err := server.ChangeJob(ctx, c.Job, wsc.JobChange{ExpiresAt: &at})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Job %s is kept%s.\n", terminal.Escape(job.ID), untilExpiry(job))
	return err
}

func (c *keepCommand) expiry(now time.Time) (time.Time, error) {
	if c.For != nil {
		return now.Add(time.Duration(*c.For)).UTC().Truncate(time.Second), nil
	}
	at, ok := dateOrTime(c.Until)
	if !ok {
		return at, usagef("--until: %q is no date such as 2027-01-31 or 2027-01-31T18:00:00Z", c.Until)
	}
	return at, nil
}

// untilExpiry says when a job is deleted, in local time: " until 2027-01-31 19:00:00"; "" if that is not known.
func untilExpiry(job *wsc.Job) string {
	if job.ExpiresAt == nil {
		return ""
	}
	return " until " + job.ExpiresAt.Local().Format(time.DateTime)
}
