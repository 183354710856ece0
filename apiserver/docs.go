package apiserver

import (
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

// docsFiles is the viewer of the API's documentation; see docsui/NOTICE.
//
//go:embed docsui
var docsFiles embed.FS

// docsPolicy lets the viewer load its own files and call this API, and nothing else.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docs adds the API's description and its viewer to the router. All is made at start and served from memory.
func (s *Server) docs(router chi.Router, api *huma.OpenAPI) error {
	asJSON, err := json.MarshalIndent(api, "", "  ")
	if err != nil {
		return fmt.Errorf("apiserver: write OpenAPI description: %w", err)
	}
	asYAML, err := api.YAML()
	if err != nil {
		return fmt.Errorf("apiserver: write OpenAPI description: %w", err)
	}
	router.Method(http.MethodGet, "/openapi.json", newAsset("application/openapi+json", asJSON))
	router.Method(http.MethodGet, "/openapi.yaml", newAsset("application/openapi+yaml", asYAML))
	files, err := fs.ReadDir(docsFiles, "docsui")
	if err != nil {
		return fmt.Errorf("apiserver: read documentation viewer: %w", err)
	}
	for _, file := range files {
		content, err := docsFiles.ReadFile("docsui/" + file.Name())
		if err != nil {
			return fmt.Errorf("apiserver: read documentation viewer: %w", err)
		}
		address := "/docs/" + file.Name()
		if file.Name() == "index.html" {
			address = "/docs"
		}
		router.Method(http.MethodGet, address, newAsset(contentType(file.Name()), content))
	}
	return nil
}

func contentType(name string) string {
	if known := mime.TypeByExtension(path.Ext(name)); known != "" {
		return known
	}
	return "text/plain; charset=utf-8"
}

// asset is a file in memory.
type asset struct {
	contentType string
	content     []byte
	tag         string
}

func newAsset(contentType string, content []byte) *asset {
	return &asset{contentType: contentType, content: content, tag: fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(content))[:16])}
}

// ServeHTTP sends the file, or nothing to a client that has it.
func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", docsPolicy)
	header.Set("Cache-Control", "no-cache") // keep, but ask: the next version has other files under these names
	header.Set("ETag", a.tag)
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", a.contentType)
	_, _ = w.Write(a.content) // a client that went away needs no documentation
}
