package expect

import (
	"errors"
	"fmt"
	"regexp/syntax"
)

const (
	// maxPatternWeight bounds a pattern. A match takes at most about 5 ns for each byte of text and unit of weight, which
	// makes 21 ms for a body of 64 KiB.
	maxPatternWeight = 64
	// heavyClass is the number of bounds from which on a set of characters is slow to search.
	heavyClass = 8
	// heavyWeight is how many times slower such a set is.
	heavyWeight = 4
)

// patternWeight measures how slow a regular expression can be: the steps of its program, which a matcher of the kind of
// RE2 has to try for each character in the worst case.
func patternWeight(pattern string) (uint64, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		if wrong, ok := errors.AsType[*syntax.Error](err); ok {
			return 0, fmt.Errorf("invalid pattern: %s: `%s`", wrong.Code, wrong.Expr)
		}
		return 0, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0, err
	}
	var weight uint64
	for _, step := range program.Inst {
		if len(step.Rune) > heavyClass {
			weight += heavyWeight
		} else {
			weight++
		}
	}
	return weight, nil
}
