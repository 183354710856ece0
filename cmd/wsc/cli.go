package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/website-status-checker/wsc/internal/terminal"
)

// cli is the command line. A new command is one more line here, and a file with its name.
type cli struct {
	Check      checkCommand      `cmd:"" help:"Check a list or single URLs here and now, without a server."`
	Submit     submitCommand     `cmd:"" help:"Upload a list to a server, which checks it as a job."`
	Watch      watchCommand      `cmd:"" help:"Show the progress of a job until it is done."`
	Jobs       jobsCommand       `cmd:"" help:"List jobs, newest first."`
	Results    resultsCommand    `cmd:"" help:"Print the results of a job."`
	Export     exportCommand     `cmd:"" help:"Save the results of a job as CSV, JSON, NDJSON or Excel."`
	Pause      pauseCommand      `cmd:"" help:"Let a job check nothing until it is resumed."`
	Resume     resumeCommand     `cmd:"" help:"Let a paused job go on where it was."`
	Cancel     cancelCommand     `cmd:"" help:"Stop a job and keep its results so far."`
	Key        keyCommand        `cmd:"" help:"Manage the API keys of a server: create, list, show, change, rotate, revoke."`
	Me         meCommand         `cmd:"" help:"Show the API key in use and the requests that it has left."`
	API        apiCommand        `cmd:"" name:"api" help:"Serve the HTTP API (production)."`
	Worker     workerCommand     `cmd:"" help:"Run jobs: a Temporal worker (production)."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the PostgreSQL database up to date (production)."`
	Version    versionCommand    `cmd:"" help:"Print version, commit and Go version."`
	Completion completionCommand `cmd:"" help:"Print a completion script for bash, zsh or fish."`
}

const description = `Website Status Checker: give it a list of websites, get an answer for every line.

Exit status: 0 when all is well; 1 when a target is not active, a job did not complete, or something else failed on the way; 2 when the command line, an option or the list is wrong.`

// process is what a command has of the world around it.
type process struct {
	args   []string
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// parse reads the command line. It returns nil when there is nothing left to do, as after --help.
func (p *process) parse(ctx context.Context, args []string) (*kong.Context, error) {
	finished := false
	parser, err := kong.New(&cli{},
		kong.Name("wsc"),
		kong.Description(description),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(int) { finished = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 110}),
		kong.ValueFormatter(helpWithVariables),
		kong.Resolvers(p.environment()),
		kong.TypeMapper(reflect.TypeFor[netip.Prefix](), kong.MapperFunc(networkValue)),
		kong.TypeMapper(reflect.TypeFor[uint16](), kong.MapperFunc(portValue)),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p),
	)
	if err != nil {
		return nil, fmt.Errorf("building the command line: %w", err)
	}
	if err := forgetEnvironment(parser); err != nil {
		return nil, fmt.Errorf("building the command line: %w", err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if finished { // what came behind --help does not matter
		return nil, nil
	}
	return command, p.blame(err)
}

// blame adds to an error of parsing that the value came from an environment variable.
func (p *process) blame(err error) error {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context.Selected() == nil {
		return err
	}
	for _, flags := range parse.Context.Selected().AllFlags(false) {
		for _, flag := range flags {
			if !strings.HasPrefix(err.Error(), "--"+flag.Name+":") || p.given(flag.Name) {
				continue
			}
			for _, name := range flag.Envs {
				if p.getenv(name) != "" {
					return usagef("%s: %v", name, err)
				}
			}
		}
	}
	return err
}

// given reports whether the command line sets the flag.
func (p *process) given(flag string) bool {
	return slices.ContainsFunc(p.args, func(arg string) bool { return arg == "--"+flag || strings.HasPrefix(arg, "--"+flag+"=") })
}

// forgetEnvironment keeps kong from reading the environment by itself: it would take an empty variable for a value.
func forgetEnvironment(parser *kong.Kong) error {
	return kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			flag.Tag.Envs = nil
		}
		return next(nil)
	})
}

// helpWithVariables adds the environment variables of a flag to its help.
func helpWithVariables(value *kong.Value) string {
	if value.Flag == nil || len(value.Flag.Envs) == 0 {
		return value.Help
	}
	return fmt.Sprintf("%s ($%s).", strings.TrimSuffix(value.Help, "."), strings.Join(value.Flag.Envs, ", $"))
}

// environment takes the values of flags that are not given from their environment variables.
func (p *process) environment() kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if flag.Name == "key" && p.given("key-file") {
			return nil, nil //nolint:nilnil // the command line counts more than WSC_KEY
		}
		for _, name := range flag.Envs {
			if value := p.getenv(name); value != "" {
				return value, nil
			}
		}
		return nil, nil //nolint:nilnil // kong's way to say that there is no value
	})
}

// notef writes a line for the person, not for the program that reads stdout. Texts from elsewhere are escaped.
func (p *process) notef(format string, args ...any) {
	// Without a working stderr there is nobody to tell.
	_, _ = fmt.Fprintln(p.stderr, terminal.Escape(fmt.Sprintf(format, args...)))
}
