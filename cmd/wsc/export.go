package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/export"
	"github.com/website-status-checker/wsc/internal/outfile"
	"github.com/website-status-checker/wsc/internal/terminal"
)

type exportCommand struct {
	Job    string `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
	Output string `short:"o" help:"File to write; - is standard output. Default: the name that the server suggests, in the current folder." placeholder:"FILE" predictor:"file"`
	Format string `help:"csv, json, ndjson or xlsx. Default: what the file's extension says, else csv." enum:",csv,json,ndjson,xlsx" default:"" placeholder:"FORMAT"`
	Layout string `help:"results: one row per result; original: the uploaded rows and columns in their order, with result columns appended." enum:"results,original" default:"results" placeholder:"LAYOUT"`
	Force  bool   `short:"f" help:"Replace the file if it exists."`
	filterFlags
	serverFlags
}

// Help is the long help.
func (exportCommand) Help() string {
	return `The file appears when it is complete, never half. A job that still runs is exported as far as it is.

Examples:

    wsc export JOB -o results.xlsx
    wsc export JOB -o broken.csv --status inactive,error
    wsc export JOB --layout original --format csv -o - | head`
}

// Run saves the results.
func (c *exportCommand) Run(ctx context.Context, p *process) error {
	filter, err := c.filter()
	if err != nil {
		return err
	}
	format, err := formatFor(c.Format, c.Output, export.FormatCSV)
	if err != nil {
		return err
	}
	if err := c.checkFree(c.Output); err != nil {
		return err
	}
	if c.Output == "-" && format == export.FormatXLSX && terminal.Is(p.stdout, p.getenv) {
		return usagef("a workbook is not written to a terminal; use -o FILE.xlsx")
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	download, err := server.Export(ctx, c.Job, client.ExportRequest{Format: string(format), Filter: filter, Layout: c.Layout})
	if err != nil {
		return err
	}
	defer func() { _ = download.Close() }() // reading it told all there is to know
	if c.Output == "-" {
		_, err := io.Copy(p.stdout, download)
		return err
	}
	return c.save(p, download, format)
}

func (c *exportCommand) save(p *process, download *client.Download, format export.Format) error {
	path := c.Output
	if path == "" {
		path = download.Filename
		if path == "" || strings.HasPrefix(path, ".") {
			path = "results." + format.Extension()
		}
		if err := c.checkFree(path); err != nil {
			return err
		}
	}
	file, err := outfile.Create(path)
	if err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	size, err := io.Copy(file, download)
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), file.Discard())
	}
	if err := file.Commit(); err != nil {
		return err
	}
	p.notef("Wrote %s (%s bytes).", path, terminal.Thousands(size))
	return nil
}

// checkFree refuses to replace a file unless that is wanted.
func (c *exportCommand) checkFree(path string) error {
	if c.Force || path == "" || path == "-" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &usageError{err.Error()}
	case info.IsDir():
		return usagef("%s is a folder", path)
	case !info.Mode().IsRegular():
		return nil
	}
	return usagef("%s exists already; replace it with --force or choose another name", path)
}

// formatFor is the format that is asked for, or else that of the file's extension, or else the fallback.
func formatFor(asked, path string, fallback export.Format) (export.Format, error) {
	if asked != "" {
		return export.ParseFormat(asked)
	}
	extension := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	if extension == "" || path == "-" {
		return fallback, nil
	}
	if extension == "jsonl" {
		extension = string(export.FormatNDJSON)
	}
	format, err := export.ParseFormat(extension)
	if err != nil {
		return "", usagef("the extension of %s names no format; give one with --format csv, json, ndjson or xlsx", path)
	}
	return format, nil
}
