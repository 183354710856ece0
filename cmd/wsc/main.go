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
	err := run(untilSignal(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	os.Exit(report(os.Stderr, err))
}

// untilSignal returns a context that ends with the first signal to stop, so that the work ends in good order.
// By then signals have their usual effect again, so that a second one ends the process at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals)
		cancel()
	}()
	return ctx
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
