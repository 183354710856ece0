package expect

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// The variables of an expression.
const (
	varStatus         = "status"
	varHeaders        = "headers"
	varBody           = "body"
	varTitle          = "title"
	varFinalURL       = "final_url"
	varResponseTimeMS = "response_time_ms"
	varTLSDaysLeft    = "tls_days_left"
	varRedirects      = "redirects"
)

// noTLS is the error of an expression that asks a website without TLS for its certificate.
const noTLS = "tls_days_left has no value without TLS"

// variable is a name and its type.
type variable struct {
	name string
	kind *cel.Type
}

// variables are all that there are, in the order of the documentation.
func variables() []variable {
	return []variable{
		{varStatus, cel.IntType},
		{varHeaders, cel.MapType(cel.StringType, cel.StringType)},
		{varBody, cel.StringType},
		{varTitle, cel.StringType},
		{varFinalURL, cel.StringType},
		{varResponseTimeMS, cel.DoubleType},
		{varTLSDaysLeft, cel.IntType},
		{varRedirects, cel.ListType(redirectType())},
	}
}

func variableDeclarations() []cel.EnvOption {
	var options []cel.EnvOption
	for _, v := range variables() {
		options = append(options, cel.Variable(v.name, v.kind))
	}
	return options
}

// isVariable reports whether a name is that of a variable.
func isVariable(name string) bool {
	for _, v := range variables() {
		if v.name == name {
			return true
		}
	}
	return false
}

// variableNames lists the variables for people.
func variableNames() string {
	all := variables()
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = v.name
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// activation gives one evaluation the values that it asks for, and makes only those, each once.
type activation struct {
	o         *Observation
	headers   headers
	redirects ref.Val
}

// Parent says that there are no other variables.
func (*activation) Parent() cel.Activation { return nil }

// ResolveName returns the value of a variable.
func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case varStatus:
		return types.Int(a.o.Status), true
	case varHeaders:
		a.headers.values = a.o.Header
		return &a.headers, true
	case varBody:
		return types.String(shorten(a.o.Body, MaxBodyBytes)), true
	case varTitle:
		return types.String(shorten(a.o.Title, maxTextBytes)), true
	case varFinalURL:
		return types.String(shorten(a.o.FinalURL, maxTextBytes)), true
	case varResponseTimeMS:
		return types.Double(a.o.ResponseTimeMS), true
	case varTLSDaysLeft:
		if !a.o.HasTLS {
			return types.NewErr(noTLS), true
		}
		return types.Int(a.o.TLSDaysLeft), true
	case varRedirects:
		if a.redirects == nil {
			a.redirects = redirectList(a.o.Redirects)
		}
		return a.redirects, true
	default:
		return nil, false
	}
}

func redirectList(hops []Hop) ref.Val {
	hops = hops[:min(len(hops), maxRedirects)]
	values := make([]ref.Val, len(hops))
	for i := range hops {
		values[i] = &redirect{&hops[i]}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, values)
}
