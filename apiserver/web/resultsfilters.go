package web

import (
	"slices"
	"strconv"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// outcomeChoice is a segment of the control that chooses the outcome.
type outcomeChoice struct {
	// Value is that of the status parameter, "" for every outcome.
	Value, Label string
	// Names are the outcomes whose results Count counts.
	Names   string
	Count   int64
	Checked bool
}

// Outcomes are the segments. An address may ask for two outcomes at once: then there is one for these.
func (v *resultsView) Outcomes() []outcomeChoice {
	asked := joined(v.query.statuses)
	counts := v.Job.JobCounts
	choices := []outcomeChoice{{Label: "All", Names: "all", Count: counts.ProcessedURLs}}
	for _, status := range wsc.Statuses() {
		name := string(status)
		choices = append(choices, outcomeChoice{Value: name, Label: outcomeTitle(status), Names: name, Count: countOf(counts, status)})
	}
	if len(v.query.statuses) > 1 {
		both := outcomeChoice{Value: asked, Label: outcomeWords(v.query.statuses), Names: asked}
		for _, status := range v.query.statuses {
			both.Count += countOf(counts, status)
		}
		choices = append(choices, both)
	}
	for i := range choices {
		choices[i].Checked = choices[i].Value == asked
	}
	return choices
}

func outcomeTitle(status wsc.Status) string {
	switch status {
	case wsc.StatusActive:
		return "Active"
	case wsc.StatusInactive:
		return "Inactive"
	case wsc.StatusError:
		return "Error"
	default:
		return string(status)
	}
}

func outcomeWords(statuses []wsc.Status) string {
	words := make([]string, len(statuses))
	for i, status := range statuses {
		words[i] = outcomeTitle(status)
	}
	return strings.Join(words, " or ")
}

// option is an entry of a list to choose from.
type option struct {
	Value, Label string
	Selected     bool
}

// optionGroup is a titled part of such a list.
type optionGroup struct {
	Label   string
	Options []option
}

// Kinds are the error kinds by their groups, each group with an entry for all of it.
func (v *resultsView) Kinds() []optionGroup {
	asked := joined(v.query.kinds)
	var groups []optionGroup
	add := func(group, value, label string) {
		if len(groups) == 0 || groups[len(groups)-1].Label != group {
			groups = append(groups, optionGroup{Label: group})
		}
		last := &groups[len(groups)-1]
		last.Options = append(last.Options, option{value, label, value == asked})
	}
	kinds := wsc.ErrorKinds()
	for i, kind := range kinds {
		title := groupName(kind.Group())
		if i == 0 || kinds[i-1].Group() != kind.Group() {
			if all := kindsOf(kind.Group()); len(all) > 1 {
				add(title, joined(all), "Any of these")
			}
		}
		add(title, string(kind), kindName(kind))
	}
	if asked != "" && !slices.ContainsFunc(groups, func(g optionGroup) bool {
		return slices.ContainsFunc(g.Options, func(o option) bool { return o.Selected })
	}) {
		groups = append(groups, optionGroup{"Chosen by the address", []option{{asked, kindWordsOf(v.query.kinds), true}}})
	}
	return groups
}

// kindsOf are the kinds of a group.
func kindsOf(group string) []wsc.ErrorKind {
	return slices.DeleteFunc(wsc.ErrorKinds(), func(kind wsc.ErrorKind) bool { return kind.Group() != group })
}

// kindWordsOf names several kinds: as a group if they are one, else each.
func kindWordsOf(kinds []wsc.ErrorKind) string {
	if len(kinds) > 1 && slices.Equal(kinds, kindsOf(kinds[0].Group())) {
		return groupName(kinds[0].Group())
	}
	words := make([]string, len(kinds))
	for i, kind := range kinds {
		words[i] = kindName(kind)
	}
	return strings.Join(words, " or ")
}

// Speeds are the choices of slow and other results.
func (v *resultsView) Speeds() []option {
	asked := v.query.filterValues().Get("slow")
	return []option{{"", "Any speed", asked == ""}, {"true", "Slow only", asked == "true"}, {"false", "Not slow", asked == "false"}}
}

// Limits are the page sizes.
func (v *resultsView) Limits() []option {
	var options []option
	for _, limit := range resultsLimits() {
		text := strconv.Itoa(limit)
		options = append(options, option{text, text + " rows", limit == v.query.limit})
	}
	return options
}

// Sorts are the orders, which a narrow screen chooses from a list.
func (v *resultsView) Sorts() []option {
	asked := v.query.order()
	words := map[wsc.ResultSort][2]string{
		wsc.SortSeq:          {"Order of the list", "Order of the list, last first"},
		wsc.SortURL:          {"URL, A to Z", "URL, Z to A"},
		wsc.SortHost:         {"Host, A to Z", "Host, Z to A"},
		wsc.SortStatus:       {"Outcome, active first", "Outcome, inactive first"},
		wsc.SortHTTPStatus:   {"HTTP status, lowest first", "HTTP status, highest first"},
		wsc.SortResponseTime: {"Time, fastest first", "Time, slowest first"},
	}
	var options []option
	for _, sort := range resultSorts() {
		up, down := string(sort), "-"+string(sort)
		options = append(options, option{up, words[sort][0], up == asked}, option{down, words[sort][1], down == asked})
	}
	return options
}

// ColumnChoices are the columns that can be shown or hidden.
func (v *resultsView) ColumnChoices() []option {
	var options []option
	for _, column := range resultColumns() {
		if !column.Fixed {
			shown := slices.ContainsFunc(v.Columns, func(c resultColumn) bool { return c.Name == column.Name })
			options = append(options, option{column.Name, column.Title, shown})
		}
	}
	return options
}

// chip is an active filter, with the link that takes it away.
type chip struct {
	Name, Value string
	Remove      *resultsLink
}

// Chips are the active filters in words.
func (v *resultsView) Chips() []chip {
	q := v.query
	var chips []chip
	add := func(parameter, name, value string) {
		values := q.values()
		values.Del(parameter)
		chips = append(chips, chip{name, shortened(visible(value), 60), v.link(values)})
	}
	if len(q.statuses) > 0 {
		add("status", "Outcome", outcomeWords(q.statuses))
	}
	if len(q.kinds) > 0 {
		add("error_kind", "Problem", kindWordsOf(q.kinds))
	}
	if q.httpStatus != "" {
		add("http_status", "HTTP status", q.httpStatus)
	}
	if q.slow != nil {
		words := "slow only"
		if !*q.slow {
			words = "not slow"
		}
		add("slow", "Speed", words)
	}
	if q.host != "" {
		add("host", "Host", q.host)
	}
	if q.text != "" {
		add("q", "Text", q.text)
	}
	return chips
}
