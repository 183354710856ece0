// Command wsc-standalone is the whole product in one process: API, worker, database and an embedded Temporal server
// with its UI. It needs nothing else installed and keeps everything in one folder.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, stop, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "wsc-standalone: "+config.Describe(err))
		os.Exit(1) //nolint:gocritic // the deferred stop only restores signal handling
	}
}

// run starts the product and stops it in good order when ctx ends. restoreSignals makes a second signal end the process at once.
func run(ctx context.Context, restoreSignals func(), args []string, stdout, stderr io.Writer) error {
	var s settings
	exited := false
	parser, err := kong.New(&s,
		kong.Name("wsc-standalone"),
		kong.Description("Website Status Checker in one process: API, worker, database and Temporal with its UI. Every flag is also an environment variable. Traces are exported as the standard OTEL_* variables say, if OTEL_EXPORTER_OTLP_ENDPOINT is set."),
		kong.Writers(stdout, stderr),
		kong.Vars{"version": version.String()},
		kong.Exit(func(int) { exited = true }),
	)
	if err != nil {
		return fmt.Errorf("set up the command line: %w", err)
	}
	if _, err := parser.Parse(args); err != nil && !exited {
		return err
	}
	if exited {
		return nil
	}
	p, err := start(ctx, &s, s.Logger(stderr))
	if err != nil {
		return err
	}
	p.welcome(stdout, s)
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-p.failed:
	}
	restoreSignals()
	fmt.Fprintln(stdout, "\nStopping: batches under way are stored; running jobs go on at the next start. Press Ctrl-C again to stop at once.")
	return errors.Join(failure, p.stop())
}
