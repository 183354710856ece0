package expect

import (
	"math"

	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// costLimit is the most that an evaluation may cost. A unit is about 100 ns, the time of a simple step while costs are
// counted. The step that exceeds the limit is still done; it costs less than the limit again.
const costLimit = 250_000

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
	estimate := &checker.CallEstimate{CostEstimate: checker.CostEstimate{Min: least, Max: most}}
	if keepsSize(overload) {
		estimate.ResultSize = &checker.SizeEstimate{Min: 0, Max: sizes[0].Max}
	}
	return estimate
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
	switch overload {
	case overloads.ContainsString:
		return 1 + (sum(size(0), size(1)))/80, true
	case overloads.Matches, overloads.MatchesString:
		return 1 + product(sum(size(0), 1), weight)/20, true
	case overloads.SizeString, overloads.SizeStringInst:
		return 1 + size(0)/100, true
	case overloads.StringToInt, overloads.StringToUint, overloads.StringToDouble, overloads.StringToBool:
		return 1 + size(0)/40, true
	case overloads.InList:
		return 1 + product(size(1), 1+size(0)/200), true
	case overloadLowerASCII, overloadUpperASCII, overloadTrim:
		return 1 + size(0)/60, true
	default:
		return 0, false
	}
}

func isMatch(overload string) bool {
	return overload == overloads.Matches || overload == overloads.MatchesString
}

// keepsSize reports whether the result is a text that is no longer than the argument.
func keepsSize(overload string) bool {
	return overload == overloadLowerASCII || overload == overloadUpperASCII || overload == overloadTrim
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
