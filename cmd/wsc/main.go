// Command wsc checks lists of websites: by itself (wsc check) or with a server (wsc submit and the commands around it).
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work in good order. From then on signals have their usual effect, so that a second one
	// ends the process at once.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	os.Exit(report(os.Stderr, err))
}

// run is the program. Everything that it reads and writes comes in as an argument.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	p := &process{args: args, getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	command, err := p.parse(ctx, args)
	if err != nil || command == nil {
		return err
	}
	return command.Run()
}
