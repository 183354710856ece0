package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/terminal"
)

type watchCommand struct {
	serverFlags
	Job string `arg:"" name:"JOB" help:"Identifier of the job, as wsc submit and wsc jobs print it."`
}

// Help is the long help.
func (watchCommand) Help() string {
	return `On a terminal the progress is a bar that stays in its line. Elsewhere it is a line whenever something changed, at most one per second.

When the connection is lost, it is opened again, for up to ten minutes. Interrupting the command (Ctrl-C) does not stop the job.

The exit status is 0 if the job completed, whatever its results are, and 1 if it failed, was cancelled or could not be watched to its end.`
}

// Run watches the job.
func (c *watchCommand) Run(ctx context.Context, p *process) error {
	w := newWatcher(p)
	server, err := c.client(w.options()...)
	if err != nil {
		return err
	}
	defer server.Close()
	return w.watch(ctx, server, c.Job)
}

// watcher shows the progress of a job.
type watcher struct {
	process *process
	screen  *terminal.Screen // nil when stdout is no terminal
	last    wsc.Progress
	line    string
	printed time.Time
}

func newWatcher(p *process) *watcher {
	w := &watcher{process: p}
	if terminal.Is(p.stdout, p.getenv) {
		w.screen = terminal.NewScreen(p.stdout)
	}
	return w
}

// options make a client tell about lost connections.
func (w *watcher) options() []client.Option {
	return []client.Option{client.WithReconnectNotice(func(cause error, wait time.Duration) {
		text := fmt.Sprintf("connection lost (%v), trying again in %s", cause, terminal.Clock(wait.Seconds()))
		if w.screen != nil {
			w.screen.Status(terminal.Clip(terminal.Escape(text), terminal.Width(w.process.stdout)-1))
			return
		}
		w.process.notef("wsc: %s", text)
	})}
}

// watch returns nil when the job completed and an error otherwise.
func (w *watcher) watch(ctx context.Context, server *client.Client, id string) error {
	err := server.Watch(ctx, id, w.show)
	if w.screen != nil {
		w.screen.Status("")
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		w.process.notef("wsc: interrupted; the job goes on. Watch it with: wsc watch %s", id)
		return errNotAllWell
	}
	if err != nil {
		return err
	}
	return w.verdict(id)
}

// show is called about once a second.
func (w *watcher) show(p wsc.Progress) error {
	w.last = p
	now := time.Now()
	if w.screen != nil {
		w.screen.Status(terminal.Bar(p, terminal.Width(w.process.stdout), now))
		return nil
	}
	line := terminal.PlainLine(p, now)
	tooSoon := now.Sub(w.printed) < time.Second && !p.Status.Terminal()
	if tooSoon || line == w.line {
		return nil
	}
	w.line, w.printed = line, now
	_, err := fmt.Fprintln(w.process.stdout, line)
	return err
}

// verdict says in a line how the job ended.
func (w *watcher) verdict(id string) error {
	p := w.last
	var err error
	if w.screen != nil {
		_, err = fmt.Fprintln(w.process.stdout, terminal.PlainLine(p, time.Now()))
	}
	switch {
	case p.Status == wsc.JobCompleted:
		return err
	case p.ErrorMessage != "":
		w.process.notef("wsc: job %s %s: %s", id, p.Status, p.ErrorMessage)
	default:
		w.process.notef("wsc: job %s was %s", id, p.Status)
	}
	return errNotAllWell
}
