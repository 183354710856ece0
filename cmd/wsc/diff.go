package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/export"
	"github.com/website-status-checker/wsc/internal/terminal"
)

type diffCommand struct {
	Job     string       `arg:"" name:"JOB" help:"Identifier of the later job."`
	Earlier string       `arg:"" name:"EARLIER" help:"Identifier of the job that it is compared with."`
	Change  []wsc.Change `help:"Only URLs with these changes: new (broken now), still_broken, fixed, changed (another HTTP status or final URL), added, removed." enum:"new,still_broken,fixed,changed,added,removed" placeholder:"CHANGE,…"`
	Limit   int          `short:"n" help:"Most URLs to print; 0 is all. Default ${default}." default:"0" placeholder:"N"`
	Format  string       `help:"table, csv, or json for the entries as the API has them, one per line." enum:"table,json,csv" default:"table" placeholder:"FORMAT"`
	serverFlags
}

// Help is the long help.
func (diffCommand) Help() string {
	return `URLs are matched in their normalised form. A table ends with how many URLs have each change, on standard error.

Examples:

    wsc diff JOB EARLIER --change new,fixed
    wsc diff JOB EARLIER --change new --format csv > broken-since.csv`
}

// diffPage is how many entries are asked for at once.
const diffPage = 1000

// Run prints how the jobs differ.
func (c *diffCommand) Run(ctx context.Context, p *process) error {
	if c.Limit < 0 {
		return usagef("--limit: %d is negative", c.Limit)
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	out := newDiffPrinter(p.stdout, c.Format)
	query, left := client.DiffQuery{Changes: c.Change}, c.Limit
	for {
		query.Limit = diffPage
		if c.Limit > 0 {
			query.Limit = min(left, diffPage)
		}
		diff, err := server.Diff(ctx, c.Job, c.Earlier, query)
		if err != nil {
			return err
		}
		entries := diff.Entries
		if c.Limit > 0 {
			entries = entries[:min(left, len(entries))]
		}
		for i := range entries {
			if err := out.print(&entries[i]); err != nil {
				return err
			}
		}
		left -= len(entries)
		if query.Cursor = diff.NextCursor; query.Cursor == "" || c.Limit > 0 && left <= 0 {
			if err := out.flush(); err != nil {
				return err
			}
			if c.Format == formatTable {
				p.notef("%s", diffSummary(diff.Counts))
			}
			return nil
		}
	}
}

// diffSummary says how many URLs have each change.
func diffSummary(c wsc.DiffCounts) string {
	return fmt.Sprintf("%s new, %s still broken, %s fixed, %s changed, %s added, %s removed, %s the same.",
		terminal.Thousands(c.New), terminal.Thousands(c.StillBroken), terminal.Thousands(c.Fixed), terminal.Thousands(c.Changed),
		terminal.Thousands(c.Added), terminal.Thousands(c.Removed), terminal.Thousands(c.Same))
}

// diffPrinter prints entries in a format.
type diffPrinter interface {
	print(entry *wsc.DiffEntry) error
	flush() error
}

func newDiffPrinter(w io.Writer, format string) diffPrinter {
	switch format {
	case "json":
		return jsonDiff{json.NewEncoder(w)}
	case "csv":
		return &csvDiff{w: csv.NewWriter(w)}
	default:
		return &diffTable{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	}
}

type jsonDiff struct{ encoder *json.Encoder }

func (j jsonDiff) print(entry *wsc.DiffEntry) error { return j.encoder.Encode(entry) }
func (j jsonDiff) flush() error                     { return nil }

// csvDiff is a table for spreadsheets, which must not take a URL for a formula.
type csvDiff struct {
	w      *csv.Writer
	headed bool
}

func (t *csvDiff) print(entry *wsc.DiffEntry) error {
	if err := t.head(); err != nil {
		return err
	}
	row := []string{string(entry.Change), export.Neutralize(entry.NormalizedURL)}
	for _, r := range []*wsc.DiffResult{entry.Before, entry.After} {
		if r == nil {
			row = append(row, "", "", "", "")
			continue
		}
		code := ""
		if r.HTTPStatus > 0 {
			code = strconv.Itoa(r.HTTPStatus)
		}
		row = append(row, string(r.Status), code, export.Neutralize(string(r.ErrorKind)), export.Neutralize(r.FinalURL))
	}
	return t.w.Write(row)
}

func (t *csvDiff) head() error {
	if t.headed {
		return nil
	}
	t.headed = true
	return t.w.Write([]string{
		"change", "url", "status_before", "http_status_before", "error_kind_before", "final_url_before",
		"status_after", "http_status_after", "error_kind_after", "final_url_after",
	})
}

func (t *csvDiff) flush() error {
	if err := t.head(); err != nil {
		return err
	}
	t.w.Flush()
	return t.w.Error()
}

type diffTable struct {
	w      *tabwriter.Writer
	headed bool
}

func (t *diffTable) print(entry *wsc.DiffEntry) error {
	if !t.headed {
		t.headed = true
		if _, err := fmt.Fprintln(t.w, "CHANGE\tBEFORE\tAFTER\tURL"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(t.w, "%s\t%s\t%s\t%s\n", terminal.Escape(string(entry.Change)), diffCell(entry.Before), diffCell(entry.After), terminal.Escape(entry.NormalizedURL))
	return err
}

func (t *diffTable) flush() error { return t.w.Flush() }

// diffCell is a result in short: "active 200", "error timeout", "-" for none.
func diffCell(r *wsc.DiffResult) string {
	switch {
	case r == nil:
		return "-"
	case r.HTTPStatus > 0:
		return terminal.Escape(fmt.Sprintf("%s %d", r.Status, r.HTTPStatus))
	default:
		return terminal.Escape(fmt.Sprintf("%s %s", r.Status, r.ErrorKind))
	}
}
