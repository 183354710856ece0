package expect

import (
	"math"

	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

const (
	// costUnit is what a unit of cost stands for, in nanoseconds: a simple step while costs are counted.
	costUnit = 500
	// costLimit is the most units that an evaluation may cost: 25 ms. The step that exceeds the limit is still done; it
	// costs less than the limit again.
	costLimit = 25_000_000 / costUnit
)

// costModel says what the functions cost that work on texts: CEL's own model takes them for far slower or faster than
// they are here. It is used twice, for bounds when an expression is compiled, and for counting when it is evaluated.
type costModel struct {
	// patterns has the weight of each regular expression.
	patterns map[string]uint64
}

var _ checker.CostEstimator = (*costModel)(nil)

// EstimateSize bounds the values of the variables.
func (m *costModel) EstimateSize(element checker.AstNode) *checker.SizeEstimate {
	path := element.Path()
	if len(path) == 0 {
		return nil
	}
	var most uint64
	switch {
	case len(path) == 1 && path[0] == varBody:
		most = MaxBodyBytes
	case len(path) == 1 && path[0] == varHeaders:
		most = maxHeaders
	case len(path) == 1 && path[0] == varRedirects:
		most = maxRedirects
	case isVariable(path[0]):
		most = maxTextBytes
	default:
		return nil
	}
	return &checker.SizeEstimate{Min: 0, Max: most}
}

// EstimateCallCost bounds the cost of a call, or leaves it to CEL.
func (m *costModel) EstimateCallCost(
	_, overload string, target *checker.AstNode, args []checker.AstNode,
) *checker.CallEstimate {
	all := args
	if target != nil {
		all = append([]checker.AstNode{*target}, args...)
	}
	sizes := make([]checker.SizeEstimate, len(all))
	for i, node := range all {
		sizes[i] = m.size(node)
	}
	var weight uint64
	if isMatch(overload) && isText(all[1].Expr()) {
		pattern, _ := all[1].Expr().AsLiteral().Value().(string)
		weight = m.patterns[pattern]
	}
	least, ok := callCost(overload, func(i int) uint64 { return sizes[i].Min }, weight)
	if !ok {
		return nil
	}
	most, _ := callCost(overload, func(i int) uint64 { return sizes[i].Max }, weight)
	return &checker.CallEstimate{
		CostEstimate: checker.CostEstimate{Min: least, Max: most},
		ResultSize:   resultSize(overload, sizes),
	}
}

// size bounds the size of a value, as far as that is known.
func (m *costModel) size(node checker.AstNode) checker.SizeEstimate {
	if computed := node.ComputedSize(); computed != nil {
		return *computed
	}
	if known := m.EstimateSize(node); known != nil {
		return *known
	}
	if isScalar(node.Type()) && node.Type().Kind() != types.StringKind {
		return checker.FixedSizeEstimate(1)
	}
	return checker.UnknownSizeEstimate()
}

// CallCost returns the cost of a call that was made, or nil to leave it to CEL.
func (m *costModel) CallCost(_, overload string, args []ref.Val, _ ref.Val) *uint64 {
	var weight uint64
	if isMatch(overload) {
		pattern, _ := args[1].Value().(string)
		weight = m.patterns[pattern]
	}
	cost, ok := callCost(overload, func(i int) uint64 { return valueSize(args[i]) }, weight)
	if !ok {
		return nil
	}
	return &cost
}

// valueSize is the number of bytes of a text or of elements of a list.
func valueSize(value ref.Val) uint64 {
	switch v := value.(type) {
	case types.String:
		return uint64(len(v))
	case traits.Sizer:
		if size, ok := v.Size().(types.Int); ok {
			return uint64(size)
		}
	}
	return 1
}

// callCost is the cost of a call whose arguments have certain sizes; size is called for arguments that there are. The
// second result is false if CEL's own model will do.
func callCost(overload string, size func(int) uint64, weight uint64) (uint64, bool) {
	var picoseconds uint64
	switch overload {
	case overloads.ContainsString:
		picoseconds = product(sum(size(0), size(1)), 1250)
	case overloads.StartsWithString, overloads.EndsWithString:
		picoseconds = product(size(1), 300)
	case overloads.Matches, overloads.MatchesString:
		picoseconds = product(product(sum(size(0), 1), weight), 5000)
	case overloads.Equals, overloads.NotEquals, overloads.LessString, overloads.LessEqualsString,
		overloads.GreaterString, overloads.GreaterEqualsString:
		picoseconds = product(min(size(0), size(1)), 300)
	case overloads.AddString:
		picoseconds = product(sum(size(0), size(1)), 1000)
	case overloads.SizeString, overloads.SizeStringInst:
		picoseconds = product(size(0), 2500)
	case overloads.StringToInt, overloads.StringToUint, overloads.StringToDouble, overloads.StringToBool:
		picoseconds = product(size(0), 2500)
	case overloads.InList:
		picoseconds = product(size(1), sum(20_000, product(size(0), 300)))
	case overloadLowerASCII, overloadUpperASCII, overloadTrim:
		picoseconds = product(size(0), 3000)
	default:
		return 0, false
	}
	return 1 + picoseconds/(1000*costUnit), true
}

// resultSize bounds the size of a text that a call makes of its arguments; nil if it makes no text.
func resultSize(overload string, sizes []checker.SizeEstimate) *checker.SizeEstimate {
	switch overload {
	case overloads.AddString:
		total := sizes[0].Add(sizes[1])
		return &total
	case overloadLowerASCII, overloadUpperASCII, overloadTrim:
		return &checker.SizeEstimate{Min: 0, Max: sizes[0].Max}
	default:
		return nil
	}
}

func isMatch(overload string) bool {
	return overload == overloads.Matches || overload == overloads.MatchesString
}

// sum and product stay at the largest number instead of beginning again at 0: an unknown size is that number.
func sum(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

func product(a, b uint64) uint64 {
	if b != 0 && a > math.MaxUint64/b {
		return math.MaxUint64
	}
	return a * b
}
