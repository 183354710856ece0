// Command apiload puts load on a running API and prints what it measured as lines "BENCH <name> <value> <unit>". The
// bench starts it as a process of its own, so that what it costs is not counted as the API's; docs/performance.md says
// what the lines mean. It shares no code with the product.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "apiload:", err)
		os.Exit(1)
	}
}

// load is what the command line says, and what all commands share.
type load struct {
	// address is the API's host and port, key the one that requests carry.
	address string
	key     string
	// process is the API's.
	process process

	databaseURL string
	temporal    string
	namespace   string

	connections int
	warmUp      time.Duration
	measured    time.Duration
	streams     int
	uploadBytes int64
	resultCount int64

	stdout io.Writer
}

// commands are what can be done, by name.
func commands() map[string]func(*load, context.Context) error {
	return map[string]func(*load, context.Context) error{
		"namespace": (*load).registerNamespace,
		"prepare":   (*load).prepare,
		"get-job":   (*load).getJob,
		"list":      (*load).listJobs,
		"events":    (*load).events,
		"upload":    (*load).upload,
		"results":   (*load).results,
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	l, command, err := parse(args, stderr)
	if err != nil {
		return err
	}
	l.stdout = stdout
	return command(l, ctx)
}

func parse(args []string, stderr io.Writer) (*load, func(*load, context.Context) error, error) {
	l := &load{}
	flags := flag.NewFlagSet("apiload", flag.ContinueOnError)
	flags.SetOutput(stderr)
	server := flags.String("server", "http://127.0.0.1:8080", "`URL` of the API")
	flags.StringVar(&l.key, "key", "", "API `key` to send")
	pid := flags.Int("pid", 0, "process `id` of the API")
	flags.StringVar(&l.databaseURL, "database", "", "`URL` of the API's PostgreSQL database")
	flags.StringVar(&l.temporal, "temporal", "127.0.0.1:7233", "`address` of the Temporal server")
	flags.StringVar(&l.namespace, "namespace", "default", "Temporal `namespace` of the API")
	flags.IntVar(&l.connections, "connections", 32, "requests at once")
	flags.DurationVar(&l.warmUp, "warm-up", 2*time.Second, "load before the measured one")
	flags.DurationVar(&l.measured, "measured", 5*time.Second, "how long to measure")
	flags.IntVar(&l.streams, "streams", 2000, "event streams at once")
	flags.Int64Var(&l.uploadBytes, "upload-bytes", 100<<20, "size of the uploaded file")
	flags.Int64Var(&l.resultCount, "results", 1_000_000, "results of the job whose pages are read")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(stderr, "usage: apiload [flags] namespace|prepare|get-job|list|events|upload|results") // nobody may be watching
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return nil, nil, err
	}
	command := commands()[flags.Arg(0)]
	if command == nil || flags.NArg() != 1 {
		return nil, nil, fmt.Errorf("unknown command %q", strings.Join(flags.Args(), " "))
	}
	parsed, err := url.Parse(*server)
	if err != nil || parsed.Scheme != "http" || parsed.Port() == "" {
		return nil, nil, fmt.Errorf("-server: %q is not a URL like http://127.0.0.1:8080", *server)
	}
	l.address, l.process = parsed.Host, process(*pid)
	return l, command, nil
}

// report prints one figure.
func (l *load) report(name, format string, value float64, unit string) error {
	_, err := fmt.Fprintf(l.stdout, "BENCH %s "+format+" %s\n", name, value, unit)
	return err
}
