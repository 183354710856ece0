// Package terminal writes to terminals: a line that shows progress in place, and text from elsewhere without its
// control characters.
package terminal

import (
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// defaultWidth is the width of a terminal that does not tell it, in characters.
const defaultWidth = 80

// Is reports whether the stream is a terminal that understands cursor movements.
func Is(stream any, getenv func(string) string) bool {
	file, ok := stream.(*os.File)
	return ok && getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

// Width is the number of characters in a line of the terminal.
func Width(w io.Writer) int {
	if file, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return defaultWidth
}

// Screen is a terminal whose last line can show a status while other lines are printed above it.
// It is safe for concurrent use. Errors of the terminal itself are not reported: who would read them?
type Screen struct {
	mu     sync.Mutex
	w      io.Writer
	status string
}

// NewScreen returns a screen on a terminal.
func NewScreen(w io.Writer) *Screen { return &Screen{w: w} }

// Status shows a text, which must be shorter than the terminal is wide, in the last line; "" takes the line away.
func (s *Screen) Status(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text == s.status {
		return
	}
	s.status = text
	_, _ = io.WriteString(s.w, clearLine+text)
}

// Above returns a writer to w, a terminal too, whose output stands above the status. Whole lines are to be written.
func (s *Screen) Above(w io.Writer) io.Writer { return above{s, w} }

// clearLine returns to the start of the line and erases it.
const clearLine = "\r\x1b[K"

type above struct {
	screen *Screen
	w      io.Writer
}

func (a above) Write(p []byte) (int, error) {
	a.screen.mu.Lock()
	defer a.screen.mu.Unlock()
	if a.screen.status == "" {
		return a.w.Write(p)
	}
	_, _ = io.WriteString(a.screen.w, clearLine)
	n, err := a.w.Write(p)
	_, _ = io.WriteString(a.screen.w, a.screen.status)
	return n, err
}
