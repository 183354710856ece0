package checker

import (
	"net/http"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// keptHeaders are the names that a result keeps, made once.
var keptHeaders = wsc.AnswerHeaders() //nolint:gochecknoglobals // a list that nobody changes

// shownHeaders are those of an answer's headers that a result keeps, nil if it has none of them.
func shownHeaders(header http.Header) map[string]string {
	var shown map[string]string
	for _, name := range keptHeaders {
		values := header[name]
		if len(values) == 0 {
			continue
		}
		if shown == nil {
			shown = make(map[string]string, 8)
		}
		shown[name] = storable(strings.Join(values, ", "))
	}
	return shown
}
