package web

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

// inWords is a problem as pages show it: what programs are told of a field is said for people, and the name that the field
// has in a request is left out.
func inWords(problem wsc.Problem) wsc.Problem {
	if message, found := strings.CutPrefix(problem.Detail, problem.Field+": "); found && problem.Field != "" {
		where, name, _ := strings.Cut(problem.Field, ".")
		switch where {
		case "query":
			problem.Detail = "The address has a wrong value for “" + name + "”. " + plainWords(message)
		default:
			problem.Detail = plainWords(message)
		}
	}
	problem.Field = ""
	errors := make([]wsc.FieldError, len(problem.Errors))
	for i, wrong := range problem.Errors {
		_, name, found := strings.Cut(wrong.Field, ".")
		if !found {
			name = wrong.Field
		}
		errors[i] = wsc.FieldError{Field: name, Message: plainWords(wrong.Message)}
	}
	problem.Errors = errors
	return problem
}

// schemaMessages are what the API says of values that break the bounds of its description, and what people are told.
func schemaMessages() []schemaMessage {
	return []schemaMessage{
		{`^expected length <= (\d+)`, "Write at most $1 characters."},
		{`^expected length >= 1$`, "Write something here."},
		{`^expected length >= (\d+)`, "Write at least $1 characters."},
		{`^expected number >= (\S+)`, "Write $1 or a larger number."},
		{`^expected number <= (\S+)`, "Write $1 or a smaller number."},
		{`^expected value to be one of "(.*)"$`, "Choose one of these: $1."},
		{`^expected string to be RFC 5322 email`, "Write an e-mail address like name@example.com."},
	}
}

// columnWords is the refusal of a list without a column of URLs as it stands below the choice of the column: the option that
// programs name it with is left out.
func columnWords(refusal string) string {
	return strings.Replace(refusal, "Name the column with url_column; the columns are", "Choose it here; the columns are", 1)
}

type schemaMessage struct{ pattern, words string }

// plainWords says what the API found wrong with a value as a sentence.
func plainWords(message string) string {
	bare := strings.TrimSuffix(message, ".")
	for _, known := range schemaMessages() {
		pattern := regexp.MustCompile(known.pattern)
		if match := pattern.FindStringSubmatch(bare); match != nil {
			bound := match[len(match)-1]
			if n, err := strconv.ParseFloat(bound, 64); err == nil {
				bound = shortNumber(n) // never as 1e+09
			}
			return strings.Replace(known.words, "$1", bound, 1)
		}
	}
	first, size := utf8.DecodeRuneInString(message)
	if message == "" || strings.ContainsAny(message[len(message)-1:], ".!?") {
		return message
	}
	return string(unicode.ToUpper(first)) + message[size:] + "."
}
