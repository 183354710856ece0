package expect

import (
	"errors"
	"reflect"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// redirectTypeName is what errors call the type of an element of redirects.
const redirectTypeName = "redirect"

func redirectType() *cel.Type { return cel.ObjectType(redirectTypeName) }

// redirect is a Hop as a value of the language.
type redirect struct {
	hop *Hop
}

var _ ref.Val = (*redirect)(nil)

// ConvertToNative is not supported: no value leaves an evaluation but its result.
func (r *redirect) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("redirects stay within the expression")
}

// ConvertToType is not supported.
func (r *redirect) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("redirects can't be converted")
}

// Equal is not supported: the compiler refuses to compare redirects.
func (r *redirect) Equal(ref.Val) ref.Val {
	return types.NewErr("redirects can't be compared")
}

// Type returns the type of a redirect.
func (r *redirect) Type() ref.Type { return redirectType() }

// Value returns the hop.
func (r *redirect) Value() any { return r.hop }

// typeProvider adds the fields of a redirect to what CEL knows about types, so that a misspelt field is found when the
// expression is compiled.
type typeProvider struct {
	types.Provider

	fields map[string]*types.FieldType
}

// newTypes returns the options that make the type of a redirect known.
func newTypes() ([]cel.EnvOption, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	provider := &typeProvider{Provider: registry, fields: map[string]*types.FieldType{
		"url":     field(cel.StringType, func(h *Hop) ref.Val { return types.String(shorten(h.URL, maxTextBytes)) }),
		"status":  field(cel.IntType, func(h *Hop) ref.Val { return types.Int(h.Status) }),
		"time_ms": field(cel.DoubleType, func(h *Hop) ref.Val { return types.Double(h.TimeMS) }),
	}}
	return []cel.EnvOption{cel.CustomTypeAdapter(registry), cel.CustomTypeProvider(provider)}, nil
}

func field(kind *cel.Type, get func(*Hop) ref.Val) *types.FieldType {
	return &types.FieldType{
		Type:  kind,
		IsSet: func(any) bool { return true },
		GetFrom: func(target any) (any, error) {
			hop, ok := target.(*Hop)
			if !ok {
				return nil, errors.New("no such field")
			}
			return get(hop), nil
		},
	}
}

// FindStructType knows the type of a redirect.
func (p *typeProvider) FindStructType(name string) (*types.Type, bool) {
	if name == redirectTypeName {
		return types.NewTypeTypeWithParam(redirectType()), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames knows the fields of a redirect.
func (p *typeProvider) FindStructFieldNames(name string) ([]string, bool) {
	if name == redirectTypeName {
		return []string{"url", "status", "time_ms"}, true
	}
	return p.Provider.FindStructFieldNames(name)
}

// FindStructFieldType knows the types of a redirect's fields.
func (p *typeProvider) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	if name == redirectTypeName {
		found, ok := p.fields[fieldName]
		return found, ok
	}
	return p.Provider.FindStructFieldType(name, fieldName)
}
