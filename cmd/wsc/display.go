package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
	"github.com/website-status-checker/wsc/localcheck"
)

// display shows the progress of wsc check on stderr when that is a terminal.
type display struct {
	process *process
	screen  *terminal.Screen // nil without a terminal
}

func newDisplay(p *process, quiet bool) *display {
	d := &display{process: p}
	if !quiet && terminal.Is(p.stderr, p.getenv) {
		d.screen = terminal.NewScreen(p.stderr)
	}
	return d
}

// above returns a writer to w that does not disturb the progress below, in case both are the same terminal.
func (d *display) above(w io.Writer) io.Writer {
	if d.screen == nil || !terminal.Is(w, d.process.getenv) {
		return w
	}
	return d.screen.Above(w)
}

// note prints a line above the progress.
func (d *display) note(text string) {
	p := *d.process
	p.stderr = d.above(p.stderr)
	p.notef("%s", text)
}

// network says that the network went away or came back.
func (d *display) network(sees bool, control wsc.Result) {
	if sees {
		d.note("wsc: the network is back; going on")
		return
	}
	d.note(fmt.Sprintf("wsc: no network: nearly all checks fail, and so does %s: %s Waiting until it answers.", control.URL, control.ErrorMessage))
}

// follow shows the progress of a check until the returned function is called.
func (d *display) follow(check *localcheck.Check) (stop func()) {
	if d.screen == nil {
		return func() {}
	}
	const interval = 200 * time.Millisecond
	end := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-end:
				d.screen.Status("")
				return
			case now := <-ticker.C:
				d.screen.Status(terminal.Bar(check.Progress(), terminal.Width(d.process.stderr), now))
			}
		}
	})
	return func() {
		close(end)
		shown.Wait()
	}
}

// printSummary says on stderr what came out.
func printSummary(p *process, s *localcheck.Summary) {
	earlier := ""
	if s.Earlier > 0 {
		earlier = fmt.Sprintf(", %s of them from before", terminal.Thousands(s.Earlier))
	}
	p.notef("%s in %s (%s/s)%s: %s active, %s inactive, %s error.", counted(s.ProcessedURLs, "result"),
		rounded(s.Elapsed), terminal.Thousands(int64(math.Round(s.Rate))), earlier,
		terminal.Thousands(s.ActiveCount), terminal.Thousands(s.InactiveCount), terminal.Thousands(s.ErrorCount))
	if len(s.ByHTTPStatus) > 0 {
		p.notef("  inactive: %s", ranking(s.ByHTTPStatus))
	}
	if len(s.ByErrorKind) > 0 {
		p.notef("  error: %s", ranking(s.ByErrorKind))
	}
	var leftOut []string
	if s.DuplicateCount > 0 {
		leftOut = append(leftOut, counted(s.DuplicateCount, "repeated URL"))
	}
	if s.BlankCount > 0 {
		leftOut = append(leftOut, counted(s.BlankCount, "blank line"))
	}
	if len(leftOut) > 0 {
		p.notef("  left out: %s", strings.Join(leftOut, ", "))
	}
}

// counted is a number of things: "1 result", "2,000 results".
func counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return terminal.Thousands(n) + " " + thing
}

// rounded drops the digits of a duration that nobody reads.
func rounded(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

// ranking lists counts from the greatest: "12 × timeout, 3 × dns_nxdomain".
func ranking[K cmp.Ordered](counts map[K]int64) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, 0, len(keys))
	for _, key := range keys {
		parts = append(parts, fmt.Sprintf("%s × %v", terminal.Thousands(counts[key]), key))
	}
	return strings.Join(parts, ", ")
}
