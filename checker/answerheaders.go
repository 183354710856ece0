package checker

import (
	"net/http"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// keptHeaders are the names that a result keeps, made once.
var keptHeaders = func() map[string]bool { //nolint:gochecknoglobals // a set that nobody changes
	kept := map[string]bool{}
	for _, name := range wsc.AnswerHeaders() {
		kept[name] = true
	}
	return kept
}()

// shownHeaders are those of an answer's headers that a result keeps, nil if it has none of them.
func shownHeaders(header http.Header) map[string]string {
	var shown map[string]string
	for name, values := range header {
		if !keptHeaders[name] {
			continue
		}
		if shown == nil {
			shown = map[string]string{}
		}
		shown[name] = storable(strings.Join(values, ", "))
	}
	return shown
}
