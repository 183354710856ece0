package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
	// More is whether the field stands in the group of those that few lists need.
	More bool
	// Secret is whether browsers do not remember the value.
	Secret bool
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
	// Page is the address of the page that the form stands on, if this is an answer to the form; "" otherwise.
	Page string
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
		{
			Name: "user_agent", Option: "user_agent", Label: "User-Agent", Kind: "text", More: true, MaxLength: 255,
			Placeholder: "that of this checker", Hint: "What the check calls itself; some sites answer certain names only.",
		},
		{
			Name: "headers", Option: "headers", Label: "Request headers", Kind: "code", More: true, Secret: true, MaxLength: 4500,
			Hint: "One on each line, sent to every site of the list. Values are stored encrypted and not remembered here.", Example: "Accept-Language: en",
		},
		{
			Name: "max_redirects", Option: "max_redirects", Label: "Most redirects", Kind: "number", More: true, Unit: "in a row", Max: 20, Step: 1, Scale: 1,
			Placeholder: "10", Hint: "A site that redirects more often is an error.",
		},
		{
			Name: "insecure_tls", Option: "insecure_tls", Label: "Accept any certificate", Kind: "switch", More: true,
			Hint: "What is wrong with a certificate is reported, but no error.",
		},
		{
			Name: "respect_robots", Option: "respect_robots", Label: "Respect robots.txt", Kind: "switch", More: true,
			Hint: "URLs that a site asks robots to leave alone are not checked.",
		},
		{
			Name: "hash_body", Option: "hash_body", Label: "Record hashes of pages", Kind: "switch", More: true,
			Hint: "Adds the SHA-256 of each page, to see whether it changed.",
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

// Usual are the fields that most lists need, and Further the others.
func (f *optionsForm) Usual() []optionField { return f.group(false) }

// Further is described at Usual.
func (f *optionsForm) Further() []optionField { return f.group(true) }

func (f *optionsForm) group(more bool) []optionField {
	var fields []optionField
	for _, field := range f.Fields {
		if field.More == more {
			fields = append(fields, field)
		}
	}
	return fields
}

// FurtherOpen reports whether the further fields are to be shown, because one of them has a value of its own.
func (f *optionsForm) FurtherOpen() bool {
	return slices.ContainsFunc(f.Further(), func(field optionField) bool { return field.Problem != "" || field.Value != field.Default })
}

// fill takes what a person typed. It returns the options; problems stand at their fields, all at the same time.
func (f *optionsForm) fill(form url.Values, defaults wsc.Defaults) (options wsc.Options) {
	f.Fresh, f.Name = false, form.Get("name")
	if key := form.Get("key"); key != "" {
		f.Key = key
	}
	for i := range f.Fields {
		field := &f.Fields[i]
		field.Value = form.Get(field.Name)
		switch field.Kind {
		case "number":
			f.number(field, &options)
		case "switch":
			field.turn(&options)
		default:
			field.write(&options, defaults)
		}
	}
	return options
}

// turn reads the value of a switch into the options.
func (field *optionField) turn(options *wsc.Options) {
	turned := field.Value != ""
	switch field.Option {
	case "follow_redirects":
		if !turned {
			options.FollowRedirects = &turned
		}
	case "capture_title":
		options.CaptureTitle = turned
	case "insecure_tls":
		options.InsecureTLS = turned
	case "respect_robots":
		options.RespectRobots = turned
	case "hash_body":
		options.HashBody = turned
	}
}

// write reads a text into the options, if the option alone is right.
func (field *optionField) write(options *wsc.Options, defaults wsc.Defaults) {
	text := strings.TrimSpace(field.Value)
	if length := utf8.RuneCountInString(text); field.MaxLength > 0 && length > field.MaxLength {
		field.Problem = fmt.Sprintf("Write at most %d characters; these are %d.", field.MaxLength, length)
		return
	}
	var alone wsc.Options
	switch field.Option {
	case "accept_status":
		options.AcceptStatus, alone.AcceptStatus = text, text
	case "method":
		options.Method, alone.Method = text, text
	case "expect":
		options.Expect, alone.Expect = text, text
	case "user_agent":
		options.UserAgent, alone.UserAgent = text, text
	case "headers":
		headers, problem := readHeaders(text)
		if problem != "" {
			field.Problem = problem
			return
		}
		options.Headers, alone.Headers = headers, headers
	}
	if _, err := alone.Resolve(defaults); err != nil {
		field.Problem = err.Error()
		if known, ok := errors.AsType[*wsc.Error](err); ok {
			field.Problem = known.Message
		}
		if said, found := strings.CutPrefix(field.Problem, field.Option+" "); found {
			field.Problem = field.Label + " " + said // as the form calls it
		}
	}
}

// readHeaders reads request headers, one on each line. It returns nil for none, and what is wrong as a sentence.
func readHeaders(text string) (headers map[string]string, problem string) {
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		name = http.CanonicalHeaderKey(strings.TrimSpace(name))
		if _, twice := headers[name]; twice {
			return nil, fmt.Sprintf("Line %d names %s once more. Put its values into one line, with commas between them.", i+1, name)
		}
		if !found || name == "" {
			return nil, fmt.Sprintf("Line %d is no header. Write a name, a colon and a value, like Accept-Language: en.", i+1)
		}
		if headers == nil {
			headers = map[string]string{}
		}
		headers[name] = strings.TrimSpace(value)
	}
	return headers, ""
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
	case "max_redirects":
		options.MaxRedirects = &whole
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
