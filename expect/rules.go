package expect

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
)

// reference is a place where an expression refers to something that a check observes.
type reference struct {
	variable string
	// header is the name of the header that is asked for, in lower case; empty if it is not a constant.
	header string
	// offset is where in the expression, for the order.
	offset int32
}

// inspector walks over a checked expression, refuses what the language leaves out of CEL, and notes what a caller and
// the cost model want to know.
type inspector struct {
	tree *ast.AST
	// locals are the names that the comprehensions around the current place have declared.
	locals     []string
	references []reference
	// patterns has the weight of each regular expression.
	patterns map[string]uint64
}

// inspect returns what it found in an expression, or an *Error about what is not allowed.
func inspect(tree *ast.AST) (*inspector, error) {
	i := &inspector{tree: tree, patterns: map[string]uint64{}}
	if err := i.visit(tree.Expr(), 0); err != nil {
		return nil, err
	}
	return i, nil
}

// sorted returns the references in the order of the text, each once.
func (i *inspector) sorted() []reference {
	slices.SortStableFunc(i.references, func(a, b reference) int { return int(a.offset) - int(b.offset) })
	var unique []reference
	for _, r := range i.references {
		same := func(other reference) bool { return other.variable == r.variable && other.header == r.header }
		if !slices.ContainsFunc(unique, same) {
			unique = append(unique, r)
		}
	}
	return unique
}

// visit inspects an expression within a number of comprehensions.
func (i *inspector) visit(e ast.Expr, depth int) error {
	if err := i.checkSyntax(e); err != nil {
		return err
	}
	if kind := i.tree.GetType(e.ID()); !isPlain(kind) {
		return i.refuse(e, "%s can't be used here; there are numbers, texts, true and false, lists of one of these, "+
			"headers and redirects", typeName(kind))
	}
	switch e.Kind() {
	case ast.IdentKind:
		i.visitIdent(e)
		return nil
	case ast.CallKind:
		return i.visitCall(e, depth)
	case ast.SelectKind:
		return i.visitSelect(e, depth)
	case ast.ListKind:
		return i.visitAll(e.AsList().Elements(), depth)
	case ast.ComprehensionKind:
		return i.visitComprehension(e, depth)
	default:
		return nil // constants
	}
}

// checkSyntax refuses what the language has no place for, whatever its type.
func (i *inspector) checkSyntax(e ast.Expr) error {
	switch e.Kind() {
	case ast.MapKind, ast.StructKind:
		return i.refuse(e, "{…} can't be used here; write a list: […]")
	case ast.CallKind:
		if function := e.AsCall().FunctionName(); !isAllowed(function) {
			return i.refuse(e, "'%s' can't be used here. %s", function, knownFunctions)
		}
	default:
	}
	return nil
}

func (i *inspector) visitAll(expressions []ast.Expr, depth int) error {
	for _, e := range expressions {
		if err := i.visit(e, depth); err != nil {
			return err
		}
	}
	return nil
}

func (i *inspector) visitIdent(e ast.Expr) {
	if name := i.variable(e); name != "" {
		i.refer(e, name, "")
	}
}

// variable returns the name of the variable that an identifier refers to, or nothing if it is a name that a
// comprehension has declared. With a dot in front it always is the variable.
func (i *inspector) variable(e ast.Expr) string {
	name, isGlobal := strings.CutPrefix(e.AsIdent(), ".")
	if isVariable(name) && (isGlobal || !slices.Contains(i.locals, name)) {
		return name
	}
	return ""
}

func (i *inspector) visitCall(e ast.Expr, depth int) error {
	call := e.AsCall()
	function, args := call.FunctionName(), call.Args()
	switch function {
	case "_+_":
		// Adding lists is what map and filter do inside. Lists that are added to themselves can double forever.
		if i.tree.GetType(e.ID()).Kind() == types.ListKind && !isAccumulator(args[0]) {
			return i.refuse(e, "lists can't be added")
		}
	case "_==_", "_!=_":
		if kind := i.tree.GetType(args[0].ID()); isPlain(kind) && !isScalar(kind) {
			return i.refuse(e, "%s can't be compared; compare its size or one of its values", typeName(kind))
		}
	case "matches":
		if err := i.visitPattern(args[len(args)-1]); err != nil {
			return err
		}
	case "_[_]":
		if i.isHeaders(args[0]) && isText(args[1]) {
			i.refer(args[0], varHeaders, textOf(args[1]))
			return nil
		}
	case "@in":
		if i.isHeaders(args[1]) && isText(args[0]) {
			i.refer(args[1], varHeaders, textOf(args[0]))
			return nil
		}
	}
	if call.IsMemberFunction() {
		if err := i.visit(call.Target(), depth); err != nil {
			return err
		}
	}
	return i.visitAll(args, depth)
}

// visitPattern weighs a regular expression. It has to be a constant: one that a website could choose could be slow on
// purpose.
func (i *inspector) visitPattern(e ast.Expr) error {
	if !isText(e) {
		return i.refuse(e, "the pattern of matches has to be a text in quotes")
	}
	pattern, _ := e.AsLiteral().Value().(string)
	weight, err := patternWeight(pattern)
	if err != nil {
		return i.refuse(e, "%s", clip(oneLine(err.Error()), maxShownError))
	}
	if weight > maxPatternWeight {
		return i.refuse(e, "the pattern is too complex: it has %d steps, at most %d are allowed", weight, maxPatternWeight)
	}
	i.patterns[pattern] = weight
	return nil
}

func (i *inspector) visitSelect(e ast.Expr, depth int) error {
	selected := e.AsSelect()
	if i.isHeaders(selected.Operand()) {
		i.refer(selected.Operand(), varHeaders, strings.ToLower(selected.FieldName()))
		return nil
	}
	return i.visit(selected.Operand(), depth)
}

func (i *inspector) visitComprehension(e ast.Expr, depth int) error {
	c := e.AsComprehension()
	if err := i.visit(c.IterRange(), depth); err != nil {
		return err
	}
	if depth == maxComprehensions {
		return i.refuse(e, "all, exists, exists_one, map and filter can't be nested more than %d times", maxComprehensions)
	}
	if err := i.visit(c.AccuInit(), depth); err != nil {
		return err
	}
	declared := len(i.locals)
	i.locals = append(i.locals, c.IterVar(), c.AccuVar())
	defer func() { i.locals = i.locals[:declared] }()
	return i.visitAll([]ast.Expr{c.LoopCondition(), c.LoopStep(), c.Result()}, depth+1)
}

// isHeaders reports whether an expression is the variable headers.
func (i *inspector) isHeaders(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind && i.variable(e) == varHeaders
}

func (i *inspector) refer(e ast.Expr, variable, header string) {
	place, _ := i.tree.SourceInfo().GetOffsetRange(e.ID())
	i.references = append(i.references, reference{variable: variable, header: header, offset: place.Start})
}

func (i *inspector) refuse(e ast.Expr, format string, args ...any) error {
	return newError(i.tree, e, format, args...)
}

// isAccumulator reports whether an expression is the list that a macro puts together.
func isAccumulator(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind && strings.HasPrefix(e.AsIdent(), "@")
}

// isText reports whether an expression is a text in quotes.
func isText(e ast.Expr) bool {
	if e.Kind() != ast.LiteralKind {
		return false
	}
	_, ok := e.AsLiteral().(types.String)
	return ok
}

// textOf returns a text in quotes in lower case.
func textOf(e ast.Expr) string {
	text, _ := e.AsLiteral().Value().(string)
	return strings.ToLower(text)
}

// isPlain reports whether a type belongs to the language.
func isPlain(kind *cel.Type) bool {
	switch kind.Kind() {
	case types.ListKind:
		element := kind.Parameters()[0]
		return isScalar(element) || element.IsExactType(redirectType())
	case types.MapKind:
		return kind.IsExactType(cel.MapType(cel.StringType, cel.StringType))
	case types.StructKind:
		return kind.IsExactType(redirectType())
	default:
		return isScalar(kind)
	}
}

func isScalar(kind *cel.Type) bool {
	switch kind.Kind() {
	case types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.StringKind:
		return true
	default:
		return false
	}
}

// typeName is what errors call a type.
func typeName(kind *cel.Type) string {
	switch kind.Kind() {
	case types.DynKind, types.AnyKind:
		return "a value of unknown type"
	case types.StringKind:
		return "a text"
	case types.IntKind, types.UintKind, types.DoubleKind:
		return "a number"
	case types.ListKind:
		if !isPlain(kind) {
			return "a list of lists or of different things"
		}
		return "a list"
	case types.MapKind:
		return "a map"
	case types.NullTypeKind:
		return "null"
	case types.BoolKind:
		return "true or false"
	case types.StructKind:
		return "a " + kind.TypeName()
	default:
		return "a value of type " + kind.String()
	}
}
