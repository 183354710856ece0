package web

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// minCompressed is the size in bytes from which compression saves a packet.
const minCompressed = 1400

// acceptsGzip reports whether the browser takes gzip.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(quality, " ", "") != "q=0"
		}
	}
	return false
}

// writeCompressed sends a page. Pages hold nothing that is a secret to their reader besides what the reader typed, and
// cookies stay out of them, so that their compressed size tells nobody anything.
func writeCompressed(w http.ResponseWriter, r *http.Request, status int, content []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(content) < minCompressed || !acceptsGzip(r) {
		w.WriteHeader(status)
		_, _ = w.Write(content) // a browser that went away needs no page
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	packer := gzip.NewWriter(w)
	_, _ = packer.Write(content)
	_ = packer.Close()
}
