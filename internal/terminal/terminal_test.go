package terminal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
)

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"plain ünïcödé 日本語": "plain ünïcödé 日本語",
		"\x1b]0;title\a":    `\x1b]0;title\x07`,
		"a\nb\tc\rd":        `a\nb\tc\rd`,
		"\u202egnp.exe":     `\u202egnp.exe`,
		"\u009b31m":         `\u009b31m`,
		"\xff\xc0":          `\xff\xc0`,
		"\U000e0041":        `\U000e0041`,
		"\ufffd":            "\ufffd",
		"":                  "",
	} {
		require.Equal(t, want, terminal.Escape(text), "%q", text)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b[2J\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		safe := terminal.Escape(text)
		require.True(t, utf8.ValidString(safe))
		for _, r := range safe {
			require.True(t, unicode.IsPrint(r), "%q", safe)
		}
	})
}

func TestClip(t *testing.T) {
	require.Equal(t, "äöü", terminal.Clip("äöü", 3))
	require.Equal(t, "äö…", terminal.Clip("äöüß", 3))
	require.Equal(t, "…", terminal.Clip("ab", 0))
}

func TestThousandsAndClock(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -100: "-100", 1234567: "1,234,567"} {
		require.Equal(t, want, terminal.Thousands(n))
	}
	for seconds, want := range map[float64]string{0: "0:00", 6.2: "0:07", 125: "2:05", 3600: "1:00:00", -1: "?", 1e12: "?"} {
		require.Equal(t, want, terminal.Clock(seconds))
	}
}

func progress() wsc.Progress {
	eta := 75.0
	return wsc.Progress{
		Status: wsc.JobProcessing, Phase: wsc.PhaseChecking, Percent: 45.9, Rate: 1234.5, ETASeconds: &eta,
		JobCounts: wsc.JobCounts{TotalURLs: 30000, ProcessedURLs: 13770, ActiveCount: 12000, InactiveCount: 1000, ErrorCount: 770},
	}
}

func TestBarFitsEveryWidth(t *testing.T) {
	now := time.Now()
	full := terminal.Bar(progress(), 200, now)
	require.Equal(t, "checking ["+strings.Repeat("#", 18)+strings.Repeat("-", 22)+
		"]  45%  13,770/30,000  1,234/s  1:15 left  12,000 active, 1,000 inactive, 770 error", full)
	for width := 1; width < 200; width++ {
		require.LessOrEqual(t, utf8.RuneCountInString(terminal.Bar(progress(), width, now)), width, "width %d", width)
	}
	require.Contains(t, terminal.Bar(progress(), 80, now), "13,770/30,000  1,234/s  1:15 left  1,770 not active", "on 80 columns the counts have room too")
}

func TestLabelsSayWhatIsGoingOn(t *testing.T) {
	now := time.Now()
	soon := now.Add(29500 * time.Millisecond)
	for want, change := range map[string]func(*wsc.Progress){
		"checking":             func(*wsc.Progress) {},
		"retry 2":              func(p *wsc.Progress) { p.Pass = 2 },
		"paused":               func(p *wsc.Progress) { p.Status = wsc.JobPaused },
		"next retries in 0:30": func(p *wsc.Progress) { p.Phase, p.NextRetryAt = wsc.PhaseWaitingToRetry, &soon },
		"waiting to retry":     func(p *wsc.Progress) { p.Phase, p.NextRetryAt = wsc.PhaseWaitingToRetry, &now },
		"exporting":            func(p *wsc.Progress) { p.Phase = wsc.PhaseExporting },
		"completed":            func(p *wsc.Progress) { p.Phase, p.Status = wsc.PhaseDone, wsc.JobCompleted },
		`\x1b[2J`:              func(p *wsc.Progress) { p.Phase = "\x1b[2J" },
	} {
		p := progress()
		change(&p)
		require.True(t, strings.HasPrefix(terminal.Bar(p, 200, now), want+" ["), "%s", terminal.Bar(p, 200, now))
		require.True(t, strings.HasPrefix(terminal.PlainLine(p, now), want+": "), "%s", terminal.PlainLine(p, now))
	}
	require.Equal(t, "parsing", terminal.Bar(wsc.Progress{Phase: wsc.PhaseParsing}, 80, now), "without a total there is no bar")
}

func TestPlainLine(t *testing.T) {
	require.Equal(t, "checking: 13770 of 30000 (45 %), 12000 active, 1000 inactive, 770 error, 1234/s, 1:15 left",
		terminal.PlainLine(progress(), time.Now()))
}

func TestScreenKeepsTheStatusBelowOtherLines(t *testing.T) {
	var out bytes.Buffer
	screen := terminal.NewScreen(&out)
	above := screen.Above(&out)
	fmt.Fprintln(above, "first")
	screen.Status("10 %")
	screen.Status("10 %")
	fmt.Fprintln(above, "second")
	screen.Status("")
	require.Equal(t, "first\n\r\x1b[K10 %\r\x1b[Ksecond\n10 %\r\x1b[K", out.String())
}

func TestFilesAndBuffersAreNoTerminals(t *testing.T) {
	none := func(string) string { return "" }
	require.False(t, terminal.Is(&bytes.Buffer{}, none))
	file, err := os.Create(filepath.Join(t.TempDir(), "f"))
	require.NoError(t, err)
	require.False(t, terminal.Is(file, none))
	require.Equal(t, 80, terminal.Width(file))
	require.NoError(t, file.Close())
}
