package terminal

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

const (
	narrowestBar = 8
	widestBar    = 40
)

// Bar is a progress as one line for a terminal of the given width: phase, bar, counts, rate and time left.
// On a narrow terminal the line is shortened from its end.
func Bar(p wsc.Progress, width int, now time.Time) string {
	width-- // a full line would make some terminals begin the next one
	label := phaseLabel(p, now)
	if p.TotalURLs == 0 {
		return Clip(label, width)
	}
	parts := []string{
		fmt.Sprintf("%3.0f%%", math.Floor(p.Percent)),
		Thousands(p.ProcessedURLs) + "/" + Thousands(p.TotalURLs),
		Thousands(int64(p.Rate)) + "/s",
	}
	if p.ETASeconds != nil {
		parts = append(parts, Clock(*p.ETASeconds)+" left")
	}
	used := utf8.RuneCountInString(label) + narrowestBar + 3
	parts = append(parts, outcomes(p, width-used-utf8.RuneCountInString("  "+strings.Join(parts, "  "))-2))
	var shown []string
	for _, part := range parts {
		if used += 2 + utf8.RuneCountInString(part); used > width {
			used -= 2 + utf8.RuneCountInString(part)
			break
		}
		shown = append(shown, part)
	}
	room := min(narrowestBar+max(width-used, 0), widestBar)
	filled := int(float64(room) * min(max(p.Percent, 0), 100) / 100)
	bar := strings.Repeat("#", filled) + strings.Repeat("-", room-filled)
	return Clip(label+" ["+bar+"] "+strings.Join(shown, "  "), width)
}

// outcomes says what came out so far, in fewer words if there is no room for all.
func outcomes(p wsc.Progress, room int) string {
	text := fmt.Sprintf("%s active, %s inactive, %s error", Thousands(p.ActiveCount), Thousands(p.InactiveCount), Thousands(p.ErrorCount))
	if utf8.RuneCountInString(text) > room {
		text = Thousands(p.InactiveCount+p.ErrorCount) + " not active"
	}
	return text
}

// PlainLine is a progress as a line for logs and pipes.
func PlainLine(p wsc.Progress, now time.Time) string {
	line := fmt.Sprintf("%s: %d of %d (%.0f %%), %d active, %d inactive, %d error",
		phaseLabel(p, now), p.ProcessedURLs, p.TotalURLs, math.Floor(p.Percent), p.ActiveCount, p.InactiveCount, p.ErrorCount)
	if p.Rate > 0 {
		line += fmt.Sprintf(", %.0f/s", p.Rate)
	}
	if p.ETASeconds != nil {
		line += ", " + Clock(*p.ETASeconds) + " left"
	}
	return line
}

// phaseLabel says what is being done, in words.
func phaseLabel(p wsc.Progress, now time.Time) string {
	if p.Status == wsc.JobPaused {
		return "paused"
	}
	switch p.Phase {
	case wsc.PhaseWaitingToRetry:
		if p.NextRetryAt != nil && p.NextRetryAt.After(now) {
			return "next retries in " + Clock(p.NextRetryAt.Sub(now).Seconds())
		}
		return "waiting to retry"
	case wsc.PhaseChecking:
		if p.Pass > 0 {
			return "retry " + strconv.Itoa(p.Pass)
		}
	case wsc.PhaseDone:
		if p.Status.Terminal() {
			return string(p.Status)
		}
	case wsc.PhaseValidating, wsc.PhaseParsing, wsc.PhaseExporting:
	}
	return Escape(string(p.Phase))
}

// Thousands writes a number with commas: 1234567 is "1,234,567".
func Thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(text) - 3; i > start; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Clock writes seconds as minutes and seconds, or hours, minutes and seconds: "0:07", "2:05", "1:00:00".
func Clock(seconds float64) string {
	if !(seconds >= 0 && seconds < 1e9) {
		return "?"
	}
	s := int64(math.Ceil(seconds))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
