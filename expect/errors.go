package expect

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
)

// Error says what is wrong with an expression.
type Error struct {
	// Message is for people, in one line, without the place and without a full stop at the end.
	Message string
	// Line and Column count from 1; columns are characters.
	Line, Column int
}

// Error returns the message and the place.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// firstIssue turns the first of what the parser or the type checker found into an error.
func firstIssue(text string, issues *cel.Issues) error {
	all := issues.Errors()
	if len(all) == 0 {
		return &Error{Message: oneLine(issues.Err().Error()), Line: 1, Column: 1}
	}
	first := all[0]
	for _, issue := range all[1:] {
		a, b := issue.Location, first.Location
		if a.Line() < b.Line() || a.Line() == b.Line() && a.Column() < b.Column() {
			first = issue
		}
	}
	place := &Error{Line: max(first.Location.Line(), 1), Column: max(first.Location.Column(), 0) + 1}
	place.Message = readable(oneLine(first.Message), strings.HasPrefix(place.rest(text), "("))
	return place
}

// rest returns the text from the place of the error to the end of the line.
func (e *Error) rest(text string) string {
	lines := strings.Split(text, "\n")
	if e.Line > len(lines) {
		return ""
	}
	line := []rune(lines[e.Line-1])
	return string(line[min(e.Column-1, len(line)):])
}

// readable says in plain words what the parser or the type checker says in those of its trade. The place of a call is
// its parenthesis.
func readable(message string, isCall bool) string {
	switch {
	case strings.HasPrefix(message, "undeclared reference to "):
		message, _, _ = strings.Cut(message, " (in container")
		message = clip(message, maxShownError)
		if isCall {
			return message + ". " + knownFunctions
		}
		return message + ". Known variables are " + variableNames()
	case strings.HasPrefix(message, "found no matching overload for "):
		return clip(noOverload(message), maxShownError)
	case strings.HasPrefix(message, "Syntax error: "):
		return clip(syntaxError(strings.TrimPrefix(message, "Syntax error: ")), maxShownError)
	default:
		return clip(message, maxShownError)
	}
}

// noOverload rewrites "found no matching overload for '_==_' applied to '(int, string)'".
func noOverload(message string) string {
	parts := strings.Split(message, "'")
	if len(parts) < 4 {
		return message
	}
	function := strings.Trim(strings.ReplaceAll(parts[1], "@", ""), "_")
	operands := strings.Trim(parts[3], "()")
	if before, after, ok := strings.Cut(parts[3], ".("); ok { // of a call x.f(y)
		operands = before + ", " + strings.TrimSuffix(after, ")")
		operands = strings.TrimSuffix(operands, ", ")
	}
	if operands == "" {
		return fmt.Sprintf("'%s' needs something to work on", function)
	}
	return fmt.Sprintf("'%s' can't be applied to %s", function, strings.ReplaceAll(operands, ", ", " and "))
}

// syntaxError leaves out what the parser would have liked instead, which is a list of everything.
func syntaxError(message string) string {
	message, _, _ = strings.Cut(message, " expecting ")
	for _, prefix := range []string{
		"mismatched input ", "extraneous input ", "token recognition error at: ", "no viable alternative at input ",
	} {
		if rest, ok := strings.CutPrefix(message, prefix); ok {
			message = "unexpected " + strings.ReplaceAll(rest, " '", "'")
		}
	}
	return "syntax error: " + strings.ReplaceAll(message, "'<EOF>'", "end")
}
