package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/website-status-checker/wsc/internal/testsite"
)

// pty is a pseudo-terminal that remembers what was written to it.
type pty struct {
	program *os.File // its side
	other   *os.File
	mu      sync.Mutex
	shown   bytes.Buffer
	reading sync.WaitGroup
}

func newPTY(t *testing.T, columns uint16) *pty {
	t.Helper()
	// Opened without blocking, so that closing it ends a read.
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	p := &pty{other: os.NewFile(uintptr(fd), "ptmx")}
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	p.program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}))
	p.reading.Go(func() { _, _ = io.Copy(p, p.other) }) // ends with an error when the terminal is closed
	t.Cleanup(func() { p.text() })
	return p
}

// Write remembers what the terminal shows.
func (p *pty) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.Write(b)
}

func (p *pty) soFar() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.String()
}

// text closes the terminal and returns all that was shown.
func (p *pty) text() string {
	_ = p.program.Close() // a second time is no harm
	p.reading.Wait()
	_ = p.other.Close()
	return strings.ReplaceAll(p.soFar(), "\r\n", "\n")
}

func onTerminal(ctx context.Context, tty *pty, env map[string]string, args ...string) error {
	return run(ctx, args, func(name string) string { return env[name] }, strings.NewReader(""), tty.program, tty.program)
}

func TestCheckOnATerminalShowsATableAboveABar(t *testing.T) {
	hosts := testsite.StartHosts(t, testsite.HostsConfig{})
	env := map[string]string{"WSC_ALLOW_NETS": "127.0.0.0/8", "WSC_ALLOW_PORTS": strconv.Itoa(int(hosts.Port()))}
	tty := newPTY(t, 60)
	err := onTerminal(t.Context(), tty, env, "check", hosts.URL(0, "/"), hosts.URL(1, "/slow?ms=600"), hosts.URL(2, "/"+strings.Repeat("x", 100)))
	require.NoError(t, err)
	shown := tty.text()
	require.Contains(t, shown, "checking [")
	require.Contains(t, shown, "STATUS    HTTP       TIME  URL")
	require.Contains(t, shown, "3 results in ")
	for line := range strings.SplitSeq(shown, "\n") {
		for part := range strings.SplitSeq(line, "\r\x1b[K") {
			require.LessOrEqual(t, len([]rune(part)), 60, "%q", part)
		}
	}
	last := shown[strings.LastIndex(shown, "\x1b[K"):]
	require.NotContains(t, last, "checking", "the bar is gone in the end")
}

func TestADumbTerminalGetsNoBar(t *testing.T) {
	hosts := testsite.StartHosts(t, testsite.HostsConfig{})
	env := map[string]string{"TERM": "dumb", "WSC_ALLOW_NETS": "127.0.0.0/8", "WSC_ALLOW_PORTS": strconv.Itoa(int(hosts.Port()))}
	tty := newPTY(t, 80)
	require.NoError(t, onTerminal(t.Context(), tty, env, "check", hosts.URL(1, "/slow?ms=400")))
	require.NotContains(t, tty.text(), "\x1b")
}

func TestAWorkbookIsNotWrittenToATerminal(t *testing.T) {
	tty := newPTY(t, 80)
	for _, args := range [][]string{{"check", "example.com", "--format", "xlsx"}, {"export", "1", "-o", "-", "--format", "xlsx"}} {
		require.ErrorContains(t, onTerminal(t.Context(), tty, nil, args...), "not written to a terminal")
	}
}

func TestWatchOnATerminalKeepsToItsLine(t *testing.T) {
	api := startFakeAPI(t)
	env := map[string]string{"WSC_SERVER": api.URL}
	tty := newPTY(t, 100)
	require.NoError(t, onTerminal(t.Context(), tty, env, "watch", "flaky"))
	shown := tty.text()
	require.Contains(t, shown, "\r\x1b[Kchecking [#############--------------]  50%  10/20  10/s  0:02 left  8 active, 1 inactive, 1 error")
	require.Contains(t, shown, "\r\x1b[Kconnection lost (")
	require.True(t, strings.HasSuffix(shown, "\r\x1b[Kcompleted: 20 of 20 (100 %), 18 active, 1 inactive, 1 error\n"), "%q", shown)
}

func TestWatchOnATerminalCanBeInterrupted(t *testing.T) {
	api := startFakeAPI(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		select {
		case <-api.watched:
		case <-time.After(20 * time.Second):
		}
		cancel()
	}()
	tty := newPTY(t, 100)
	require.ErrorIs(t, onTerminal(ctx, tty, map[string]string{"WSC_SERVER": api.URL}, "watch", "endless"), errNotAllWell)
	require.Contains(t, tty.text(), "interrupted; the job goes on. Watch it with: wsc watch endless")
}
