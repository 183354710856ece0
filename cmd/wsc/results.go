package main

import (
	"context"
	"io"

	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/export"
)

type resultsCommand struct {
	Job    string `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
	Limit  int    `short:"n" help:"Most results to print; 0 is all. Default ${default}." default:"0" placeholder:"N"`
	Format string `help:"table, csv, json (an array) or ndjson (one object a line)." enum:"table,csv,json,ndjson" default:"table" placeholder:"FORMAT"`
	filterFlags
	serverFlags
}

// Help is the long help.
func (resultsCommand) Help() string {
	return `A job that still runs has the results that are final so far.

Examples:

    wsc results JOB --status inactive,error
    wsc results JOB --sort response_time --desc --limit 20
    wsc results JOB --error-kind tls_expired --format csv`
}

// Run prints results.
func (c *resultsCommand) Run(ctx context.Context, p *process) error {
	filter, err := c.filter()
	if err != nil {
		return err
	}
	if c.Limit < 0 {
		return usagef("--limit: %d is negative", c.Limit)
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	sink, err := printer(p, p.stdout, c.Format)
	if err != nil {
		return err
	}
	count := 0
	for result, err := range server.AllResults(ctx, c.Job, client.ResultQuery{ResultFilter: filter, Limit: min(c.Limit, 1000)}) {
		if err != nil {
			return err
		}
		if err := sink.Write(result); err != nil {
			return err
		}
		if count++; count == c.Limit {
			break
		}
	}
	if count == 0 && c.Format == formatTable {
		p.notef("There are no such results.")
	}
	return sink.Close()
}

// printer writes results to stdout as a table or in a format of exports.
func printer(p *process, w io.Writer, format string) (export.Writer, error) {
	if format == formatTable {
		return newResultTable(p, w), nil
	}
	return export.NewWriter(export.Format(format), w, export.Options{})
}
