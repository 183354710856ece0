package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
)

// formatTable is the format for people, beside those of package export.
const formatTable = "table"

// resultTable prints results for people, line by line as they come. On a terminal, lines are cut to its width.
type resultTable struct {
	w      *bufio.Writer
	width  int // 0 is unlimited
	headed bool
}

func newResultTable(p *process, w io.Writer) *resultTable {
	t := &resultTable{w: bufio.NewWriter(w)}
	if terminal.Is(p.stdout, p.getenv) {
		t.width = terminal.Width(p.stdout)
	}
	return t
}

// Write prints a result.
func (t *resultTable) Write(r *wsc.Result) error {
	if !t.headed {
		t.headed = true
		if err := t.line("STATUS", "HTTP", "TIME", "URL", ""); err != nil {
			return err
		}
	}
	code, elapsed := "-", "-"
	if r.HTTPStatus > 0 {
		code = strconv.Itoa(r.HTTPStatus)
		elapsed = fmt.Sprintf("%.0f ms", r.ResponseTimeMS)
	}
	return t.line(string(r.Status), code, elapsed, r.URL, note(r))
}

// note is what else there is to say, the shortest first: "slow, attempt 2, -> https://…".
func note(r *wsc.Result) string {
	var parts []string
	if r.Slow {
		parts = append(parts, "slow")
	}
	if r.Attempts > 1 {
		parts = append(parts, "attempt "+strconv.Itoa(r.Attempts))
	}
	switch {
	case r.ErrorKind != "":
		parts = append(parts, fmt.Sprintf("%s: %s", r.ErrorKind, r.ErrorMessage))
	case r.ErrorMessage != "":
		parts = append(parts, r.ErrorMessage)
	case len(r.Redirects) > 0:
		parts = append(parts, "-> "+r.FinalURL)
	}
	return strings.Join(parts, ", ")
}

func (t *resultTable) line(status, code, elapsed, address, note string) error {
	text := fmt.Sprintf("%-8s  %4s  %9s  %s", terminal.Escape(status), code, elapsed, terminal.Escape(address))
	if note != "" {
		text += "  " + terminal.Escape(note)
	}
	if t.width > 0 {
		text = terminal.Clip(text, t.width)
	}
	if _, err := t.w.WriteString(text + "\n"); err != nil {
		return err
	}
	return nil
}

// Flush prints what is buffered.
func (t *resultTable) Flush() error { return t.w.Flush() }

// Close prints what is buffered.
func (t *resultTable) Close() error { return t.w.Flush() }
