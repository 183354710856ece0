package web

import (
	"net/http"
	"net/url"
)

// noteAddress tells the script the address of the list that it gets, so that back, reload and sharing work. While somebody
// types a search (q), the address is replaced: the way back leads to before the typing.
func noteAddress(w http.ResponseWriter, r *http.Request, address string) {
	current, next := parsed(r.Header.Get("HX-Current-URL")), parsed(address)
	was, is := current.Query(), next.Query()
	typing := was.Get("q") != "" && is.Get("q") != "" && was.Get("q") != is.Get("q")
	for _, values := range []url.Values{was, is} {
		values.Del("q")
	}
	switch {
	case current.RequestURI() == address:
		w.Header().Set("HX-Push-Url", "false")
	case typing && current.Path == next.Path && was.Encode() == is.Encode():
		w.Header().Set("HX-Replace-Url", address)
	default:
		w.Header().Set("HX-Push-Url", address)
	}
}

// parsed is the empty address for what is none.
func parsed(address string) *url.URL {
	if known, err := url.Parse(address); err == nil {
		return known
	}
	return &url.URL{}
}
