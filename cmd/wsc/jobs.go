package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/terminal"
)

type jobsCommand struct {
	Status []wsc.JobStatus `help:"Only jobs with these statuses: pending, processing, paused, completed, failed, cancelled." enum:"pending,processing,paused,completed,failed,cancelled" placeholder:"STATUS,…"`
	Query  string          `help:"Only jobs whose file name contains this text, ignoring case." placeholder:"TEXT"`
	Sort   wsc.JobSort     `help:"Order: created_at, filename or total_urls; a leading - reverses it, as in --sort=-total_urls. Default ${default}, the newest first." enum:"-created_at,created_at,filename,-filename,total_urls,-total_urls" default:"-created_at" placeholder:"ORDER"`
	Limit  int             `short:"n" help:"Most jobs to list; 0 is all. Default ${default}." default:"20" placeholder:"N"`
	Format string          `help:"table, or json for the jobs as the API has them, one per line." enum:"table,json" default:"table" placeholder:"FORMAT"`
	serverFlags
}

// Run lists jobs.
func (c *jobsCommand) Run(ctx context.Context, p *process) error {
	if c.Limit < 0 {
		return usagef("--limit: %d is negative", c.Limit)
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	var table jobPrinter = newJobTable(p.stdout)
	if c.Format == "json" {
		table = jsonJobs{json.NewEncoder(p.stdout)}
	}
	query := client.JobQuery{Statuses: c.Status, Query: c.Query, Sort: c.Sort, Limit: min(c.Limit, 100)}
	count := 0
	for job, err := range server.AllJobs(ctx, query) {
		if err != nil {
			return err
		}
		if err := table.print(job); err != nil {
			return err
		}
		if count++; count == c.Limit {
			break
		}
	}
	if count == 0 && c.Format == "table" {
		p.notef("There are no such jobs.")
		return nil
	}
	return table.flush()
}

// jobPrinter prints jobs in a format.
type jobPrinter interface {
	print(job *wsc.Job) error
	flush() error
}

type jsonJobs struct{ encoder *json.Encoder }

func (j jsonJobs) print(job *wsc.Job) error { return j.encoder.Encode(job) }
func (j jsonJobs) flush() error             { return nil }

type jobTable struct {
	w      *tabwriter.Writer
	headed bool
}

func newJobTable(w io.Writer) *jobTable { return &jobTable{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

func (t *jobTable) print(job *wsc.Job) error {
	if !t.headed {
		t.headed = true
		if _, err := fmt.Fprintln(t.w, "JOB\tSTATUS\tDONE\tTOTAL\tACTIVE\tINACTIVE\tERROR\tCREATED\tFILE"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(t.w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", terminal.Escape(job.ID), terminal.Escape(string(job.Status)),
		job.ProcessedURLs, job.TotalURLs, job.ActiveCount, job.InactiveCount, job.ErrorCount,
		job.CreatedAt.Local().Format(time.DateTime), terminal.Escape(job.Filename))
	return err
}

func (t *jobTable) flush() error { return t.w.Flush() }
