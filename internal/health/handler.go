package health

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// Verbose reports whether a query asks for details: with verbose alone, or with a value that is not false.
func Verbose(query url.Values) bool {
	if !query.Has("verbose") {
		return false
	}
	value, err := strconv.ParseBool(query.Get("verbose"))
	return err != nil || value
}

// HandleLive answers /healthz.
func (c *Checker) HandleLive(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, c.Live())
}

// HandleReady answers /readyz: 200 when all services answer, else 503, with the same body.
func (c *Checker) HandleReady(w http.ResponseWriter, r *http.Request) {
	ready := c.Ready(r.Context(), Verbose(r.URL.Query()))
	status := http.StatusOK
	if ready.Status != OK {
		status = http.StatusServiceUnavailable
	}
	write(w, status, ready)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		return // only a client that is gone takes no answer, and it can't be told anything any more
	}
}
