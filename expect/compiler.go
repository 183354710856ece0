package expect

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
)

// Compiler makes expectations of expressions. Making one takes far longer than a check, so a process makes one. It
// is safe for concurrent use.
type Compiler struct {
	env *cel.Env
}

// NewCompiler returns a compiler that knows the variables and functions of the language. An error is a fault of the
// program, never of its input.
func NewCompiler() (*Compiler, error) {
	options := []cel.EnvOption{
		cel.CrossTypeNumericComparisons(true), // response_time_ms < 500, without 500.0
		cel.EagerlyValidateDeclarations(true),
		cel.EnableHiddenAccumulatorName(true), // no expression can name what a macro adds up
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserExpressionSizeLimit(MaxExpressionLength),
	}
	types, err := newTypes()
	if err != nil {
		return nil, fmt.Errorf("types of expectations: %w", err)
	}
	options = append(options, types...)
	options = append(options, variableDeclarations()...)
	options = append(options, stringFunctions()...)
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("environment of expectations: %w", err)
	}
	return &Compiler{env: env}, nil
}

// Compile checks an expression and makes it ready for use. What is wrong with it is an *Error with the place.
func (c *Compiler) Compile(text string) (*Expectation, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	checked, issues := c.env.Compile(text)
	if issues.Err() != nil {
		return nil, firstIssue(text, issues)
	}
	tree := checked.NativeRep()
	found, err := inspect(tree)
	if err != nil {
		return nil, err
	}
	if result := checked.OutputType(); !result.IsExactType(cel.BoolType) {
		return nil, newError(tree, tree.Expr(),
			"the result is %s, but an expectation has to be true or false", typeName(result))
	}
	program, err := c.plan(checked, found.patterns)
	if err != nil {
		return nil, err
	}
	return &Expectation{text: text, program: program, references: found.sorted()}, nil
}

// checkText refuses what the parser need not see.
func checkText(text string) error {
	length := utf8.RuneCountInString(text)
	switch {
	case strings.TrimSpace(text) == "":
		return &Error{Message: "the expression is empty", Line: 1, Column: 1}
	case !utf8.ValidString(text):
		return &Error{Message: "the expression is not valid UTF-8", Line: 1, Column: 1}
	case length > MaxExpressionLength:
		return &Error{
			Message: fmt.Sprintf("the expression has %d characters, at most %d are allowed", length, MaxExpressionLength),
			Line:    1, Column: 1,
		}
	}
	return nil
}

// plan prepares the evaluation. Most expressions can't cost much whatever a website sends; counting, which makes an
// evaluation several times slower, is left to the others.
func (c *Compiler) plan(checked *cel.Ast, patterns map[string]uint64) (cel.Program, error) {
	costs := &costModel{patterns: patterns}
	estimate, err := c.env.EstimateCost(checked, costs)
	if err != nil {
		return nil, fmt.Errorf("estimate the cost of an expectation: %w", err)
	}
	tree := checked.NativeRep()
	if estimate.Min > costLimit {
		return nil, newError(tree, tree.Expr(), "the expression is too expensive to evaluate for every website")
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if estimate.Max > costLimit {
		options = append(options, cel.CostTracking(costs), cel.CostLimit(costLimit))
	}
	program, err := c.env.Program(checked, options...)
	if err != nil {
		// What the planner computes in advance, such as a conversion of a constant, can fail.
		return nil, newError(tree, tree.Expr(), "%s", oneLine(err.Error()))
	}
	return program, nil
}

// newError describes what is wrong with a part of an expression.
func newError(tree *ast.AST, at ast.Expr, format string, args ...any) *Error {
	place := tree.SourceInfo().GetStartLocation(at.ID())
	return &Error{Message: fmt.Sprintf(format, args...), Line: max(place.Line(), 1), Column: max(place.Column(), 0) + 1}
}
