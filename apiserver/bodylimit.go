package apiserver

import (
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// maxBodyBytes is the largest JSON body of an operation that holds it in memory: options with much room.
	maxBodyBytes = 128 << 10
	// maxJSONDepth is how deep values may be nested; what the API reads is three levels deep.
	maxJSONDepth = 32
	// maxJSONValues is how many members and elements a JSON body may have.
	maxJSONValues = 2000
)

// boundBody limits the body of an operation that Huma reads into memory. One that is declared to be larger is refused
// before any of it is read; operations that read their body themselves have limits of their own.
func boundBody[I any](s *Server, operation *huma.Operation) {
	if _, reads := reflect.TypeFor[I]().FieldByName("Body"); !reads {
		return
	}
	operation.MaxBodyBytes = maxBodyBytes
	operation.Middlewares = append(operation.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		if r.ContentLength > maxBodyBytes {
			s.writeProblem(w, r, wsc.Errorf(wsc.CodeUploadTooLarge, "The body is larger than %d KiB, which is the most that this operation takes.", maxBodyBytes>>10))
			return
		}
		next(ctx)
	})
}

// boundedJSON refuses a text that is nested too deep or has too many values, before anything is made of it. It does not
// look at anything else: what is no JSON is found by the parser.
func boundedJSON(data []byte) error {
	depth, values, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
		if depth > maxJSONDepth {
			return fmt.Errorf("values are nested more than %d deep", maxJSONDepth)
		}
		if values > maxJSONValues {
			return fmt.Errorf("there are more than %d values", maxJSONValues)
		}
	}
	return nil
}
