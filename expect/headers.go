package expect

import (
	"errors"
	"net/textproto"
	"reflect"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// maxNameBytes is how long the name of a header can be. A longer one is not looked for.
const maxNameBytes = 256

// headers are the headers of a response as a map of the language. Names are found in any case; who goes through them
// gets them in lower case and sorted. Several values of one name are joined by ", " as in RFC 9110, section 5.3.
type headers struct {
	values map[string][]string
	// sorted are the names for who goes through them, made when they are asked for.
	sorted []string
}

var _ traits.Mapper = (*headers)(nil)

// lookUp returns the value of a header.
func (h *headers) lookUp(name string) (string, bool) {
	if len(name) > maxNameBytes {
		return "", false
	}
	values, ok := h.values[textproto.CanonicalMIMEHeaderKey(name)]
	if !ok {
		return "", false
	}
	if len(values) == 1 {
		return shorten(values[0], maxTextBytes), true
	}
	return shorten(strings.Join(values, ", "), maxTextBytes), true
}

// Find returns the value of a header, if there is one.
func (h *headers) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	value, ok := h.lookUp(string(name))
	if !ok {
		return nil, false
	}
	return types.String(value), true
}

// Get returns the value of a header, or an error if there is none.
func (h *headers) Get(key ref.Val) ref.Val {
	value, ok := h.Find(key)
	if ok {
		return value
	}
	if value != nil {
		return value
	}
	return types.NewErr("no such key: %v", key)
}

// Contains is the operator in.
func (h *headers) Contains(key ref.Val) ref.Val {
	value, ok := h.Find(key)
	if !ok && value != nil {
		return value
	}
	return types.Bool(ok)
}

// names returns the names in lower case, sorted.
func (h *headers) names() []string {
	if h.sorted != nil {
		return h.sorted
	}
	names := make([]string, 0, len(h.values))
	for name := range h.values {
		if len(name) <= maxNameBytes {
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	h.sorted = names[:min(len(names), maxHeaders)]
	return h.sorted
}

// Iterator goes through the names.
func (h *headers) Iterator() traits.Iterator {
	return types.NewStringList(types.DefaultTypeAdapter, h.names()).Iterator()
}

// Size returns the number of names that Iterator goes through.
func (h *headers) Size() ref.Val {
	return types.Int(len(h.names()))
}

// ConvertToNative is not supported: no value leaves an evaluation but its result.
func (h *headers) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("headers stay within the expression")
}

// ConvertToType is not supported.
func (h *headers) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("headers can't be converted")
}

// Equal is not supported: the compiler refuses to compare headers.
func (h *headers) Equal(ref.Val) ref.Val {
	return types.NewErr("headers can't be compared")
}

// Type returns the type of a map.
func (h *headers) Type() ref.Type { return types.MapType }

// Value returns the headers.
func (h *headers) Value() any { return h.values }
