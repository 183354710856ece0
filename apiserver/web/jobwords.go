package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// fact is a name and what there is to say.
type fact struct{ Name, Value string }

// ListFacts say how the list was read; none while it was not.
func (v *jobView) ListFacts() []fact {
	list := v.List
	if list == nil {
		return nil
	}
	header := "none, every row holds data"
	if list.HasHeader {
		header = "the first row"
	}
	facts := []fact{{"Format", formatWords(list.Format)}}
	if list.Format != "xlsx" {
		facts = append(facts, fact{"Encoding", encodingName(list.Encoding)})
	}
	if list.Delimiter != "" {
		facts = append(facts, fact{"Cells end with", delimiterWords(list.Delimiter)})
	}
	if list.Sheet != "" {
		facts = append(facts, fact{"Sheet", list.Sheet})
	}
	if list.URLColumn != "" {
		facts = append(facts, fact{"Column names", header}, fact{"URLs are in", list.URLColumn + chosenWords(list.ChosenBy)})
	}
	if len(list.Columns) > 1 {
		facts = append(facts, fact{"Columns", strings.Join(list.Columns, ", ")})
	}
	for _, count := range []struct {
		name  string
		lines int64
	}{{"Lines without a URL", v.InvalidCount}, {"Repeated lines", v.DuplicateCount}, {"Empty lines", v.BlankCount}} {
		if count.lines > 0 {
			facts = append(facts, fact{count.name, grouped(count.lines)})
		}
	}
	return facts
}

func formatWords(format string) string {
	words := map[string]string{
		"csv": "CSV", "tsv": "TSV (cells apart by tabs)", "txt": "Text, one URL a line", "xlsx": "Excel workbook", "json": "JSON", "ndjson": "JSON, one object a line",
	}
	if word, found := words[format]; found {
		return word
	}
	return format
}

func delimiterWords(delimiter string) string {
	words := map[string]string{",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar", " ": "a space"}
	if word, found := words[delimiter]; found {
		return word
	}
	return strconv.Quote(delimiter)
}

func chosenWords(chosenBy string) string {
	words := map[string]string{
		"option": " (as was asked for)", "header": " (its name says so)", "content": " (most of its cells look like URLs)", "only_column": " (the only column)",
	}
	return words[chosenBy]
}

// OptionFacts are the options that differ from the defaults.
func (v *jobView) OptionFacts() []fact {
	o := v.Options
	var facts []fact
	add := func(given bool, name, value string) {
		if given {
			facts = append(facts, fact{name, value})
		}
	}
	add(o.TimeoutMS != 0, "Time limit of an attempt", milliseconds(float64(o.TimeoutMS)))
	add(o.SlowMS != 0, "Slow from", milliseconds(float64(o.SlowMS)))
	if o.Retries != nil {
		add(true, "Further attempts after a passing failure", strconv.Itoa(*o.Retries))
	}
	add(o.Method != "", "Request method", strings.ReplaceAll(o.Method, "_THEN_", ", then "))
	if o.FollowRedirects != nil {
		add(true, "Redirects", map[bool]string{true: "are followed", false: "are not followed"}[*o.FollowRedirects])
	}
	if o.MaxRedirects != nil {
		add(true, "Redirects at most", strconv.Itoa(*o.MaxRedirects))
	}
	add(o.AcceptStatus != "", "HTTP statuses that count as active", o.AcceptStatus)
	add(o.Expect != "", "Expectation", o.Expect)
	if o.HostRate != nil {
		add(true, "Requests per second to one host", hostRateWords(*o.HostRate))
	}
	add(o.HostConcurrency != 0, "Requests to one host at a time", strconv.Itoa(o.HostConcurrency))
	add(o.UserAgent != "", "User-Agent", o.UserAgent)
	names := make([]string, 0, len(o.Headers))
	for name := range o.Headers {
		names = append(names, name)
	}
	slices.Sort(names)
	add(len(names) > 0, "Headers (values are hidden)", strings.Join(names, ", "))
	add(o.InsecureTLS, "Certificates", "any is accepted, its problem is reported")
	add(o.CaptureTitle, "Titles of pages", "are recorded")
	add(o.HashBody, "Fingerprints of pages", "are recorded")
	add(o.RespectRobots, "robots.txt", "is respected")
	add(o.RetentionHours != 0, "Kept for", duration(time.Duration(o.RetentionHours)*time.Hour))
	add(o.URLColumn != "", "Column asked for", o.URLColumn)
	add(o.Sheet != "", "Sheet asked for", o.Sheet)
	if delimiter, err := wsc.ParseDelimiter(o.Delimiter); err == nil && delimiter != 0 {
		add(true, "Separator asked for", delimiterWords(string(delimiter)))
	}
	if encoding, err := wsc.ParseEncoding(o.Encoding); err == nil && encoding != "" {
		add(true, "Encoding asked for", encodingName(encoding))
	}
	return facts
}

func hostRateWords(rate float64) string {
	if rate == 0 {
		return "no limit"
	}
	return strconv.FormatFloat(rate, 'f', -1, 64)
}

// rate writes results per second.
func rate(perSecond float64) string {
	if perSecond >= 100 {
		return grouped(int64(perSecond))
	}
	return fmt.Sprintf("%.1f", perSecond)
}

// changeWords name a change between two runs, and say what it means.
func changeWords(change wsc.Change) string {
	words := map[wsc.Change]string{
		wsc.ChangeNew: "Newly broken", wsc.ChangeStillBroken: "Still broken", wsc.ChangeFixed: "Fixed", wsc.ChangeChanged: "Changed",
		wsc.ChangeAdded: "Added", wsc.ChangeRemoved: "Removed",
	}
	return words[change]
}

func changeHint(change wsc.Change) string {
	words := map[wsc.Change]string{
		wsc.ChangeNew: "broken now, fine or absent before", wsc.ChangeStillBroken: "broken in both", wsc.ChangeFixed: "active now, broken before",
		wsc.ChangeChanged: "active in both, with another status or address", wsc.ChangeAdded: "active now, absent before", wsc.ChangeRemoved: "only in the earlier run",
	}
	return words[change]
}
