package web

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// optionField is a field of the options of a job.
type optionField struct {
	// Name is the field's in the form and Option its name at the API.
	Name, Option string
	Label, Hint  string
	// Example is text that shows how the value is written.
	Example string
	// Kind is number, text, code, choice or switch.
	Kind string
	// Placeholder is what holds while the field is empty.
	Placeholder string
	// Unit, Min, Max and Step are those of a number. The API's value is Scale times as large.
	Unit           string
	Min, Max, Step float64
	Scale          float64
	MaxLength      int
	Choices        []fieldChoice
	// Default is the value of a form that nobody touched, and Value what the field has.
	Default, Value string
	// Problem is what is wrong with the value.
	Problem string
}

type fieldChoice struct{ Value, Label string }

// on is the value of a switch that is on.
const on = "on"

// optionsForm is the options of a job while a person fills them in.
type optionsForm struct {
	// Key makes sending the form twice one job.
	Key string
	// Name is the name of the list, and NameProblem what is wrong with it.
	Name, NameProblem string
	Fields            []optionField
	// Fresh is true for a form that was not sent yet: scripts may fill in what the browser remembers.
	Fresh bool
}

func newOptionsForm(defaults wsc.Defaults, key string) optionsForm {
	return optionsForm{Key: key, Fresh: true, Fields: optionFields(defaults)}
}

// optionFields are the fields in their order. The bounds are those of wsc.Options; a test compares them.
func optionFields(defaults wsc.Defaults) []optionField {
	fields := []optionField{
		{
			Name: "timeout", Option: "timeout_ms", Label: "Timeout", Kind: "number", Unit: "seconds", Min: 0.1, Max: 120, Step: 0.1, Scale: 1000,
			Placeholder: "10", Hint: "How long one try may take, redirects included.",
		},
		{
			Name: "retries", Option: "retries", Label: "Retries", Kind: "number", Unit: "times", Max: 5, Step: 1, Scale: 1,
			Placeholder: "2", Hint: "Further tries after a failure that may pass, such as a timeout.",
		},
		{
			Name: "accept_status", Option: "accept_status", Label: "Accepted status codes", Kind: "text", MaxLength: 200,
			Placeholder: "200-299", Hint: "HTTP statuses that count as active.", Example: "200-299,304",
		},
		{
			Name: "method", Option: "method", Label: "Request", Kind: "choice", Hint: "HEAD is lighter, but some sites answer it wrongly.",
			Choices: []fieldChoice{{"", "GET, the whole page"}, {"HEAD", "HEAD, without the page"}, {"HEAD_THEN_GET", "HEAD, and GET if it is refused"}},
		},
		{
			Name: "expect", Option: "expect", Label: "Expectation", Kind: "code", MaxLength: 2000,
			Hint: "A condition in CEL; a site that does not meet it is inactive.", Example: `status == 200 && body.contains("Add to cart")`,
		},
		{
			Name: "slow", Option: "slow_ms", Label: "Slow from", Kind: "number", Unit: "seconds", Min: 0.001, Max: 120, Step: 0.001, Scale: 1000,
			Placeholder: "mark none", Hint: "Slower answers are marked as slow.",
		},
		{
			Name: "host_rate", Option: "host_rate", Label: "Rate per host", Kind: "number", Unit: "per second", Max: 1000, Step: 0.01, Scale: 1,
			Placeholder: shortNumber(defaults.HostRate), Hint: "Most requests per second to one host; 0 is no limit.",
		},
		{
			Name: "host_concurrency", Option: "host_concurrency", Label: "At once per host", Kind: "number", Unit: "requests", Min: 1, Max: 1000, Step: 1, Scale: 1,
			Placeholder: "10", Hint: "Most requests to one host at the same time.",
		},
		{
			Name: "retention", Option: "retention_hours", Label: "Keep the results", Kind: "number", Unit: "hours", Min: 1, Max: 8760, Step: 1, Scale: 1,
			Placeholder: shortNumber(defaults.Retention.Hours()), Hint: "After that the job deletes itself; 720 are 30 days.",
		},
		{
			Name: "follow_redirects", Option: "follow_redirects", Label: "Follow redirects", Kind: "switch", Default: on,
			Hint: "Off, a redirect is the answer.",
		},
		{
			Name: "capture_title", Option: "capture_title", Label: "Record page titles", Kind: "switch",
			Hint: "Adds a column with the title of each page.",
		},
	}
	for i := range fields {
		fields[i].Value = fields[i].Default
	}
	return fields
}

func shortNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// Open reports whether the options are to be shown, because something in them is wrong.
func (f *optionsForm) Open() bool {
	for _, field := range f.Fields {
		if field.Problem != "" {
			return true
		}
	}
	return f.NameProblem != ""
}

// fill takes what a person typed. It returns the options; problems stand at their fields.
func (f *optionsForm) fill(form url.Values) (options wsc.Options) {
	f.Fresh, f.Name = false, form.Get("name")
	if key := form.Get("key"); key != "" {
		f.Key = key
	}
	for i := range f.Fields {
		field := &f.Fields[i]
		field.Value = form.Get(field.Name)
		if field.Kind == "number" {
			f.number(field, &options)
			continue
		}
		text := strings.TrimSpace(field.Value)
		switch field.Option {
		case "accept_status":
			options.AcceptStatus = text
		case "method":
			options.Method = text
		case "expect":
			options.Expect = text
		case "follow_redirects":
			if text == "" {
				options.FollowRedirects = new(false)
			}
		case "capture_title":
			options.CaptureTitle = text != ""
		}
	}
	return options
}

// number reads the value of a number into the options.
func (f *optionsForm) number(field *optionField, options *wsc.Options) {
	text := strings.TrimSpace(field.Value)
	if text == "" {
		return
	}
	value, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || math.IsNaN(value) || value < field.Min || value > field.Max {
		field.Problem = fmt.Sprintf("Write a number from %s to %s.", shortNumber(field.Min), shortNumber(field.Max))
		return
	}
	value *= field.Scale
	whole := int(math.Round(value))
	if field.Option != "host_rate" && math.Abs(value-float64(whole)) > 1e-6 {
		field.Problem = "Write a whole number."
		if field.Scale > 1 {
			field.Problem = "Write at most three decimals."
		}
		return
	}
	switch field.Option {
	case "timeout_ms":
		options.TimeoutMS = whole
	case "retries":
		options.Retries = &whole
	case "slow_ms":
		options.SlowMS = whole
	case "host_rate":
		options.HostRate = &value
	case "host_concurrency":
		options.HostConcurrency = whole
	case "retention_hours":
		options.RetentionHours = whole
	}
}

// place puts what the API found wrong beside its field; it reports whether the form has that field.
func (f *optionsForm) place(name, problem string) bool {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "body."), "options.")
	if name == "name" {
		f.NameProblem = problem
		return true
	}
	for i := range f.Fields {
		if f.Fields[i].Option == name {
			f.Fields[i].Problem = problem
			return true
		}
	}
	return false
}
