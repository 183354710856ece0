package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/export"
	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/terminal"
	"github.com/website-status-checker/wsc/localcheck"
	"github.com/website-status-checker/wsc/resolver"
)

// defaultHostRate is the most requests per second to one host unless something else is asked for.
const defaultHostRate = 10

type checkCommand struct {
	Targets     []string       `arg:"" optional:"" name:"FILE|URL" help:"Lists (CSV, TSV, text with one URL a line, XLSX, JSON, NDJSON) and single URLs, in any mixture; - is a list from standard input, which is also read if nothing is named." predictor:"file"`
	Output      string         `short:"o" help:"File for the results. Default: standard output." placeholder:"FILE" predictor:"file"`
	Format      string         `help:"csv, json, ndjson, xlsx or table. Default: what the extension of --output says; without --output a table on a terminal, CSV elsewhere." enum:",csv,json,ndjson,xlsx,table" default:"" placeholder:"FORMAT"`
	Concurrency int            `help:"Most checks at once, 1 to 10000; fewer run while the machine does not keep up. Default ${default}." default:"512" env:"WSC_CHECK_CONCURRENCY" placeholder:"N"`
	AllowNet    []netip.Prefix `help:"Private network that may be contacted, such as 10.0.0.0/8. Without it only public addresses are. Can be repeated." env:"WSC_ALLOW_NETS" placeholder:"CIDR"`
	AllowPort   []uint16       `help:"Port that may be contacted in addition to 80, 443, 8080 and 8443. Can be repeated." env:"WSC_ALLOW_PORTS" placeholder:"PORT"`
	DNSServers  string         `name:"dns-servers" help:"Name servers to ask, such as 10.0.0.2,10.0.0.3:5353,[2001:db8::1]. Default: those of this machine." env:"WSC_DNS_SERVERS" placeholder:"ADDRESS,…"`
	Proxy       string         `help:"Proxy for all checks: http://HOST:PORT, https:// or socks5://. It resolves names, so addresses behind names are no longer verified here. Default: none, whatever HTTP_PROXY says." env:"WSC_PROXY" placeholder:"URL"`
	ControlURL  string         `name:"control-url" help:"URL that answers whenever the network is there. When nearly all checks fail and it does not answer either, checks wait until it does. Default: none." env:"WSC_CONTROL_URL" placeholder:"URL"`
	Resume      bool           `help:"Go on where an interrupted run stopped: results that are in the --output file (CSV or NDJSON) are kept, the missing ones are appended."`
	Quiet       bool           `short:"q" help:"No progress and no summary."`
	listFlags
	optionFlags
}

// Help is the long help.
func (checkCommand) Help() string {
	return `Every line of a list gets exactly one row: a result, or what is wrong with the line. Repeated URLs and blank lines are left out and counted. Rows stand in the order in which they became final; the column line says where each came from.

Interrupting (Ctrl-C or SIGTERM) lets the checks under way end for a few seconds and writes their results; a second time ends at once. With a CSV or NDJSON --output the rest can be checked later with --resume, even after a crash.

The exit status is 0 if every target is active, 1 if one is not or the run was interrupted, 2 if the command line or the list is wrong.

Examples:

    wsc check example.com https://example.org/shop
    wsc check websites.xlsx --sheet Leads -o results.xlsx
    wsc check urls.txt -o out.csv --timeout 5s --retries 0
    grep -o 'https[^"]*' page.html | wsc check
    wsc check urls.txt -o out.csv --resume
    wsc check intranet.csv --allow-net 10.0.0.0/8 --allow-port 3000`
}

// Run checks the lists.
func (c *checkCommand) Run(ctx context.Context, p *process) error {
	options, err := c.options(c.listFlags)
	if err != nil {
		return err
	}
	defaults := wsc.Defaults{HostRate: defaultHostRate}
	if defaults.CompileExpect, err = app.ExpectCompiler(); err != nil {
		return err
	}
	resolved, err := options.Resolve(defaults)
	if err != nil {
		return err
	}
	if c.Concurrency < 1 || c.Concurrency > 10_000 {
		return usagef("--concurrency: %d is not between 1 and 10000", c.Concurrency)
	}
	if _, err := resolver.ParseServers(c.DNSServers); err != nil {
		return usagef("--dns-servers (WSC_DNS_SERVERS): %v", err)
	}
	proxy, err := config.Check{Proxy: c.Proxy}.ProxyURL()
	if err != nil {
		return &usageError{err.Error()}
	}
	control, err := config.Check{ControlURL: c.ControlURL, AllowNets: c.AllowNet, AllowPorts: c.AllowPort}.Control()
	if err != nil {
		return &usageError{err.Error()}
	}
	format, err := c.format(p)
	if err != nil {
		return err
	}
	list, err := c.list(ctx, p)
	if err != nil {
		return err
	}
	checks := checker.Config{AllowNets: c.AllowNet, AllowPorts: c.AllowPort, Proxy: proxy, MaxIdleConns: 2 * c.Concurrency}
	engine, err := app.NewChecker(checks, c.DNSServers)
	if err != nil {
		return err
	}
	defer engine.Close()
	display := newDisplay(p, c.Quiet)
	output, previous, err := c.open(p, display, format)
	if err != nil {
		return err
	}
	check, err := localcheck.New(localcheck.Config{
		Checker: engine.Checker, Options: resolved, Concurrency: c.Concurrency,
		Sight: app.NewSight(control, checks, c.DNSServers, display.network),
	}, list, previous)
	if err != nil {
		return errors.Join(err, output.discard())
	}
	return c.run(ctx, p, check, output, display)
}

// run checks, and closes the output whatever happens.
func (c *checkCommand) run(ctx context.Context, p *process, check *localcheck.Check, output *checkOutput, display *display) error {
	stop := display.follow(check)
	silent := context.AfterFunc(ctx, func() {
		display.note("wsc: stopping; checks under way have a few seconds to end (interrupt again to stop at once)")
	})
	runErr := check.Run(ctx, output.Write)
	silent()
	stop()
	if runErr != nil && !errors.Is(runErr, localcheck.ErrInterrupted) {
		return errors.Join(runErr, output.discard())
	}
	if err := output.close(); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	summary := check.Summary()
	if !c.Quiet {
		printSummary(p, &summary)
	}
	if runErr != nil {
		p.notef("wsc: interrupted with %s of %s results; %s", terminal.Thousands(summary.ProcessedURLs),
			terminal.Thousands(summary.TotalURLs), c.hint(p.args))
		return errNotAllWell
	}
	if c.Output != "" && !c.Quiet {
		p.notef("Wrote %s.", c.Output)
	}
	if !summary.AllActive() {
		return errNotAllWell
	}
	return nil
}

// format is the format of the output.
func (c *checkCommand) format(p *process) (string, error) {
	tty := terminal.Is(p.stdout, p.getenv)
	switch {
	case c.Resume && c.Output == "":
		return "", usagef("--resume needs the --output of the run that it goes on with")
	case c.Format == formatTable:
		if c.Resume {
			return "", usagef("--resume needs a CSV or NDJSON output, not a table")
		}
		return formatTable, nil
	case c.Format == "" && c.Output == "" && tty:
		return formatTable, nil
	}
	format, err := formatFor(c.Format, c.Output, export.FormatCSV)
	if err == nil && format == export.FormatXLSX && c.Output == "" && tty {
		err = usagef("a workbook is not written to a terminal; use -o FILE.xlsx")
	}
	return string(format), err
}

// open opens the output.
func (c *checkCommand) open(p *process, display *display, format string) (*checkOutput, *localcheck.Previous, error) {
	if c.Output == "" || c.Output == "-" {
		writer, err := printer(p, display.above(p.stdout), format)
		if err != nil {
			return nil, nil, err
		}
		return newCheckOutput(writer, nil), nil, nil
	}
	if err := c.checkOutputIsNoInput(); err != nil {
		return nil, nil, err
	}
	if format == formatTable {
		file, err := os.Create(c.Output)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the output: %w", err)
		}
		return newCheckOutput(closing{&resultTable{w: newBuffer(file)}, file}, file.Close), nil, nil
	}
	var output *localcheck.Output
	var previous *localcheck.Previous
	var err error
	if c.Resume {
		output, previous, err = localcheck.ResumeOutput(c.Output, export.Format(format))
	} else {
		output, err = localcheck.CreateOutput(c.Output, export.Format(format))
	}
	if err != nil {
		return nil, nil, err
	}
	return newCheckOutput(output, output.Discard), previous, nil
}

// checkOutputIsNoInput keeps the results from replacing the list.
func (c *checkCommand) checkOutputIsNoInput() error {
	output, err := os.Stat(c.Output)
	if err != nil {
		return nil //nolint:nilerr // a file that can't be looked at is none that is read
	}
	for _, target := range c.Targets {
		if input, err := os.Stat(target); err == nil && os.SameFile(input, output) {
			return usagef("%s is the list itself; write the results to another file", c.Output)
		}
	}
	return nil
}

// hint says how to go on after an interruption.
func (c *checkCommand) hint(args []string) string {
	if c.Output == "" || (c.Format != "" && c.Format != "csv" && c.Format != "ndjson") {
		return "with -o FILE.csv an interrupted run can be gone on with"
	}
	if format, err := formatFor(c.Format, c.Output, export.FormatCSV); err != nil || (format != export.FormatCSV && format != export.FormatNDJSON) {
		return "with -o FILE.csv an interrupted run can be gone on with"
	}
	command := "wsc"
	for _, arg := range args {
		command += " " + shellQuote(arg)
	}
	if !c.Resume {
		command += " --resume"
	}
	return "go on with: " + command
}

// flushInterval is how long a result stays in a buffer at most.
const flushInterval = time.Second
