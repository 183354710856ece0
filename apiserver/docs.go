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
	"sync"

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

// docs adds the API's description and its viewer to the router, all served from memory. The description, which is long, is
// written when it is first asked for.
func (s *Server) docs(router chi.Router, api *huma.OpenAPI) error {
	router.Method(http.MethodGet, "/openapi.json", s.newAsset("application/openapi+json", func() ([]byte, error) {
		return json.MarshalIndent(api, "", "  ")
	}))
	router.Method(http.MethodGet, "/openapi.yaml", s.newAsset("application/openapi+yaml", api.YAML))
	files, err := fs.ReadDir(docsFiles, "docsui")
	if err != nil {
		return fmt.Errorf("apiserver: read documentation viewer: %w", err)
	}
	for _, file := range files {
		address := "/docs/" + file.Name()
		if file.Name() == "index.html" {
			address = "/docs"
		}
		router.Method(http.MethodGet, address, s.newAsset(contentType(file.Name()), func() ([]byte, error) {
			return docsFiles.ReadFile("docsui/" + file.Name())
		}))
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
	server      *Server
	contentType string
	content     func() (taggedContent, error) // made once
}

// taggedContent is a file's content and its ETag.
type taggedContent struct {
	bytes []byte
	tag   string
}

func (s *Server) newAsset(contentType string, content func() ([]byte, error)) *asset {
	return &asset{server: s, contentType: contentType, content: sync.OnceValues(func() (taggedContent, error) {
		data, err := content()
		return taggedContent{bytes: data, tag: fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(data))[:16])}, err
	})}
}

// ServeHTTP sends the file, or nothing to a client that has it.
func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := a.content()
	if err != nil {
		a.server.writeProblem(w, r, fmt.Errorf("make %s: %w", r.URL.Path, err))
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", docsPolicy)
	header.Set("Cache-Control", "no-cache") // keep, but ask: the next version has other files under these names
	header.Set("ETag", content.tag)
	if r.Header.Get("If-None-Match") == content.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", a.contentType)
	_, _ = w.Write(content.bytes) // a client that went away needs no documentation
}
