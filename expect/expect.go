// Package expect is the language in which a job states what it expects of a website: boolean expressions of the Common
// Expression Language (CEL, https://cel.dev) over what a check observed, such as
//
//	status == 200 && body.contains('Add to cart')
//
// docs/expectations.md describes it for users. An expression is compiled once, with errors that say where, and then
// tried on any number of observations, from any number of goroutines.
//
// Expressions come from strangers, and the values that they work on come from other strangers. So the language is a part
// of CEL in which nothing grows without limit: numbers, texts, truth values, lists of those, headers and redirects;
// patterns are constants; comprehensions nest twice at most; and an evaluation whose cost can't be bounded in advance is
// counted and stopped.
package expect

import (
	"errors"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"
)

const (
	// MaxExpressionLength is the most characters that an expression may have.
	MaxExpressionLength = 2000
	// maxNesting bounds parentheses, calls and operators within each other, and with it every recursion over them.
	maxNesting = 100
	// maxComprehensions bounds how deeply all, exists, exists_one, map and filter may stand within each other.
	maxComprehensions = 2
)

// Expectation is a compiled expression. It is safe for concurrent use.
type Expectation struct {
	text       string
	program    cel.Program
	references []reference
}

// Verdict is what became of an expectation.
type Verdict struct {
	// Met is whether the expression was true.
	Met bool
	// Seen has, unless Met, the values that the expression refers to, in the order in which they occur in it:
	//	status = 503, title = "Sorry"
	// It is a single line of valid UTF-8 and at most MaxSeenLength characters. It begins with Err if there is one, and is
	// empty for an expression without variables.
	Seen string
	// Err says why there was no result, as when a header is absent. It is empty if the expression was true or false.
	Err string
}

// String returns the expression as it was written.
func (e *Expectation) String() string { return e.text }

// NeedsBody reports whether the expression refers to the body, so that a caller need not keep it otherwise.
func (e *Expectation) NeedsBody() bool { return e.refersTo(varBody) }

// NeedsTitle reports whether the expression refers to the title.
func (e *Expectation) NeedsTitle() bool { return e.refersTo(varTitle) }

// UsesStatus reports whether the expression refers to the status, so that it and nothing else decides which statuses are
// good ones.
func (e *Expectation) UsesStatus() bool { return e.refersTo(varStatus) }

func (e *Expectation) refersTo(variable string) bool {
	for _, r := range e.references {
		if r.variable == variable {
			return true
		}
	}
	return false
}

// Check tries the expectation on an observation, which it does not change. It takes some milliseconds at most.
func (e *Expectation) Check(o *Observation) Verdict {
	value, _, err := e.program.Eval(&activation{o: o})
	if err != nil {
		reason := evalError(err)
		return Verdict{Seen: e.seen(o, reason), Err: reason}
	}
	if value == types.True {
		return Verdict{Met: true}
	}
	return Verdict{Seen: e.seen(o, "")}
}

// Describe is a sentence about an expectation that was not met, with the expression and what was seen.
func (e *Expectation) Describe(v Verdict) string {
	expression := clip(oneLine(e.text), maxShownExpression)
	if v.Seen == "" {
		return fmt.Sprintf("Expected %s.", expression)
	}
	return fmt.Sprintf("Expected %s, but: %s", expression, v.Seen)
}

// evalError says in words why an evaluation ended without a result.
func evalError(err error) string {
	var cancelled interpreter.EvalCancelledError
	if errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded {
		return "the expression is too expensive for what this website sent"
	}
	return clip(oneLine(err.Error()), maxShownError)
}
