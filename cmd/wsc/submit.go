package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/terminal"
)

type submitCommand struct {
	File           string        `arg:"" name:"FILE" help:"List of websites: CSV, TSV, text with one URL a line, XLSX, JSON or NDJSON; - is standard input." predictor:"file"`
	Name           string        `help:"Name to show for the list instead of the file's. Its extension helps to tell the format." placeholder:"NAME"`
	Retention      time.Duration `help:"How long the server keeps the finished job, in hours such as 72h. Default: the server's, usually 24h." placeholder:"DURATION"`
	IdempotencyKey string        `help:"Text that makes it safe to repeat this command: the same key with the same list and options gives the same job." placeholder:"TEXT"`
	DryRun         bool          `help:"Show how the list is read, its counts, its first problems and what is odd; submit nothing and ask no server."`
	JSON           bool          `name:"json" help:"With --dry-run: print all of that, the first rows included, as JSON."`
	Watch          bool          `short:"w" help:"Show the progress until the job is done. Interrupting that (Ctrl-C) leaves the job running."`
	listFlags
	optionFlags
	serverFlags
}

// Help is the long help.
func (submitCommand) Help() string {
	return `The job's identifier goes to standard output, everything else to standard error, so that scripts can write

    job=$(wsc submit websites.csv)

With --watch, the exit status is that of wsc watch. With --dry-run it is 0 for a list that would be accepted; how long a list
may be only the server knows.

Examples:

    wsc submit websites.xlsx --dry-run
    wsc submit websites.xlsx --sheet Leads --watch
    wsc submit urls.txt --timeout 5s --retries 0 --accept-status 200-399
    cut -d, -f2 crm.csv | wsc submit - --name crm.txt`
}

// Run uploads the list.
func (c *submitCommand) Run(ctx context.Context, p *process) error {
	if c.JSON && !c.DryRun {
		return usagef("--json goes with --dry-run")
	}
	options, err := c.options(c.listFlags)
	if err != nil {
		return err
	}
	if options.RetentionHours, err = retentionHours(c.Retention); err != nil {
		return err
	}
	var defaults wsc.Defaults
	if defaults.CompileExpect, err = app.ExpectCompiler(); err != nil {
		return err
	}
	if _, err := options.Resolve(defaults); err != nil {
		return err
	}
	if c.DryRun {
		return c.dryRun(ctx, p)
	}
	w := newWatcher(p)
	server, err := c.client(w.options()...)
	if err != nil {
		return err
	}
	defer server.Close()
	job, err := c.submit(ctx, p, server, options)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(p.stdout, terminal.Escape(job.ID)); err != nil {
		return err
	}
	p.notef("%q was accepted; see %s/api/v1/jobs/%s", job.Filename, server.Server(), job.ID)
	if !c.Watch {
		p.notef("Watch it with: wsc watch %s", job.ID)
		return nil
	}
	return w.watch(ctx, server, job.ID)
}

func (c *submitCommand) submit(ctx context.Context, p *process, server *client.Client, options wsc.Options) (job *wsc.Job, err error) {
	name, body := "stdin", p.stdin
	if c.File != "-" {
		file, err := openInput(c.File)
		if err != nil {
			return nil, err
		}
		// It was only read, so closing it can't lose anything.
		defer func() { _ = file.Close() }()
		name, body = filepath.Base(c.File), file
	}
	if c.Name != "" {
		name = c.Name
	}
	var submit []client.SubmitOption
	if c.IdempotencyKey != "" {
		submit = append(submit, client.WithIdempotencyKey(c.IdempotencyKey))
	}
	return server.SubmitFile(ctx, name, readerOnly(body), options, submit...)
}

// openInput opens a list. That it can't be read is wrong use.
func openInput(path string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &usageError{err.Error()}
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = usagef("%s is a folder, not a list", path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// readerOnly hides everything of standard input but reading, unless it is a file of known size.
func readerOnly(r io.Reader) io.Reader {
	if file, ok := r.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return file
		}
	}
	return struct{ io.Reader }{r}
}
