package expect

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// The overloads of our own functions, named as in CEL's library of string functions. That library is not used itself:
// a single call of its replace can fill the memory.
const (
	overloadLowerASCII = "string_lower_ascii"
	overloadUpperASCII = "string_upper_ascii"
	overloadTrim       = "string_trim"
)

// stringFunctions declares lowerAscii, upperAscii and trim.
func stringFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		stringFunction("lowerAscii", overloadLowerASCII, func(s string) string { return mapASCII(s, 'A', 'Z') }),
		stringFunction("upperAscii", overloadUpperASCII, func(s string) string { return mapASCII(s, 'a', 'z') }),
		stringFunction("trim", overloadTrim, strings.TrimSpace),
	}
}

func stringFunction(name, overload string, change func(string) string) cel.EnvOption {
	return cel.Function(name, cel.MemberOverload(overload, []*cel.Type{cel.StringType}, cel.StringType,
		cel.UnaryBinding(func(value ref.Val) ref.Val {
			text, ok := value.(types.String)
			if !ok {
				return types.MaybeNoSuchOverloadErr(value)
			}
			return types.String(change(string(text)))
		})))
}

// mapASCII changes the case of the ASCII letters from first to last.
func mapASCII(text string, first, last byte) string {
	const caseBit = 'a' - 'A'
	start := 0
	for start < len(text) && (text[start] < first || text[start] > last) {
		start++
	}
	if start == len(text) {
		return text
	}
	changed := []byte(text)
	for i := start; i < len(changed); i++ {
		if c := changed[i]; c >= first && c <= last {
			changed[i] = c ^ caseBit
		}
	}
	return string(changed)
}

// knownFunctions tells people which functions there are.
const knownFunctions = "Known functions are size, contains, startsWith, endsWith, matches, lowerAscii, upperAscii, trim, " +
	"int, double, string, has, all, exists, exists_one, map and filter"

// isAllowed reports whether an expression may call a function or operator. Names are those of the syntax tree.
func isAllowed(function string) bool {
	switch function {
	case "_?_:_", "_&&_", "_||_", "!_", "@not_strictly_false",
		"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_[_]",
		"_+_", "_-_", "_*_", "_/_", "_%_", "-_",
		"size", "contains", "startsWith", "endsWith", "matches", "lowerAscii", "upperAscii", "trim",
		"int", "uint", "double", "string", "bool":
		return true
	default:
		return false
	}
}
