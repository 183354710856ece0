// Command bench measures wsc check against the smallest net/http program that requests the same list (bench/rawloop),
// and wsc api under the load of bench/apiload. It prints lines "BENCH <name> <value> <unit>"; docs/performance.md says
// what they mean. It measures the built binaries from outside, as processes of their own, and fails when one of them
// gives a wrong answer.
//
// Called as "bench sites" it is the websites that both sides request.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	wsc         string
	standalone  string
	rawLoop     string
	apiLoad     string
	only        []string
	runs        int
	scale       float64
	concurrency int
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == sitesCommand {
		return serveSites(stdin, stdout)
	}
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the bench's own folder: %w", err)
	}
	s.rawLoop = filepath.Join(filepath.Dir(program), "rawloop")
	s.apiLoad = filepath.Join(filepath.Dir(program), "apiload")
	folder, err := os.MkdirTemp("", "wsc-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for lists and results: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is in the folder for temporary files
	b := &bench{settings: s, folder: folder, stdout: stdout, stderr: stderr}
	if b.scale != 1 {
		b.notef("Everything has %g of its size: good for a look, not for a comparison.\n", b.scale)
	}
	if err := b.runChecks(ctx, program); err != nil {
		return err
	}
	return b.runAPI(ctx)
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.wsc, "wsc", filepath.Join("bin", "wsc"), "the `binary` to measure")
	flags.StringVar(&s.standalone, "standalone", filepath.Join("bin", "wsc-standalone"), "the `binary` whose Temporal server the API uses")
	only := flags.String("only", "", "comma-separated `scenarios` to run: "+strings.Join(names(), ", ")+"; default all")
	flags.IntVar(&s.runs, "runs", 5, "measured pairs of runs in each scenario of wsc check")
	flags.Float64Var(&s.scale, "scale", 1, "`factor` on the number of URLs and on the load of the API, for a quick look; results of other scales don't compare")
	flags.IntVar(&s.concurrency, "concurrency", 512, "requests at once on both sides, 1 to 1000; the default is that of wsc check")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	for _, name := range s.only {
		if !slices.Contains(names(), name) {
			return s, fmt.Errorf("-only: there is no scenario %q, but %s", name, strings.Join(names(), ", "))
		}
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case s.runs < 1:
		return s, fmt.Errorf("-runs: %d is less than 1", s.runs)
	case math.IsNaN(s.scale) || s.scale <= 0 || s.scale > 10:
		return s, fmt.Errorf("-scale: %g is not above 0 and at most 10", s.scale)
	case s.concurrency < 1 || s.concurrency > 1000:
		return s, fmt.Errorf("-concurrency: %d is not between 1 and 1000", s.concurrency)
	}
	return s, nil
}
