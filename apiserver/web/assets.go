package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"
)

// assetFiles are the site's own files and vendorFiles those of the libraries; see vendor/NOTICE.
var (
	//go:embed assets
	assetFiles embed.FS
	//go:embed vendor
	vendorFiles embed.FS
)

// immutable lets browsers keep a file for good: its address changes with its content.
const immutable = "public, max-age=31536000, immutable"

// asset is a file in memory, as it is and compressed.
type asset struct {
	contentType string
	plain       []byte
	packed      []byte
	tag         string
}

// assets are the files that pages load. Few and small ones make a page quick: all style sheets are one file, and so are
// the scripts that every page has.
type assets struct{ files map[string]*asset }

// bundles are the files that consist of others, in this order.
func bundles() map[string][]string {
	return map[string][]string{
		"app.js":  {"vendor/htmx.min.js", "vendor/htmx-ext-sse.min.js", "assets/js/app.js"},
		"app.css": {"assets/css/*.css"},
		// Charts are on the pages of jobs only.
		"charts.js":  {"vendor/uPlot.iife.min.js"},
		"charts.css": {"vendor/uPlot.min.css"},
	}
}

// loadAssets packs the files once for all sites of the process.
var loadAssets = sync.OnceValues(func() (*assets, error) { //nolint:gochecknoglobals // the files are the same for all
	a := &assets{files: map[string]*asset{}}
	for name, patterns := range bundles() {
		var content []byte
		for _, pattern := range patterns {
			part, err := readAll(pattern)
			if err != nil {
				return nil, err
			}
			content = append(append(content, part...), '\n')
		}
		if err := a.add(name, content); err != nil {
			return nil, err
		}
	}
	for _, pattern := range []string{"assets/js/*.js", "assets/*.svg"} {
		names, err := fs.Glob(assetFiles, pattern)
		if err != nil {
			return nil, fmt.Errorf("web: list assets: %w", err)
		}
		for _, name := range names {
			if base := path.Base(name); base != "app.js" {
				content, err := assetFiles.ReadFile(name)
				if err != nil {
					return nil, fmt.Errorf("web: read asset: %w", err)
				}
				if err := a.add(base, content); err != nil {
					return nil, err
				}
			}
		}
	}
	return a, nil
})

// readAll reads the files of a pattern, one after another.
func readAll(pattern string) ([]byte, error) {
	files := assetFiles
	if strings.HasPrefix(pattern, "vendor/") {
		files = vendorFiles
	}
	names, err := fs.Glob(files, pattern)
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("web: no asset %s: %w", pattern, err)
	}
	var content []byte
	for _, name := range names {
		part, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("web: read asset: %w", err)
		}
		content = append(content, part...)
	}
	return content, nil
}

func (a *assets) add(name string, content []byte) error {
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = writer.Write(content)
	}
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		return fmt.Errorf("web: compress %s: %w", name, err)
	}
	a.files[name] = &asset{
		contentType: contentTypes()[path.Ext(name)], plain: content, packed: packed.Bytes(),
		tag: fmt.Sprintf("%x", sha256.Sum256(content))[:16],
	}
	return nil
}

func contentTypes() map[string]string {
	return map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	}
}

// address is where a page finds the file, "" if there is none.
func (a *assets) address(name string) (string, error) {
	file := a.files[name]
	if file == nil {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return "/assets/" + name + "?v=" + file.tag, nil
}

// ServeHTTP sends the file that the route names.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.serve(w, r, chi.URLParam(r, "name"))
}

func (a *assets) favicon(w http.ResponseWriter, r *http.Request) { a.serve(w, r, "icon.svg") }

func (a *assets) serve(w http.ResponseWriter, r *http.Request, name string) {
	file := a.files[name]
	if file == nil {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == file.tag {
		header.Set("Cache-Control", immutable)
	}
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", `"`+file.tag+`"`)
	if r.Header.Get("If-None-Match") == `"`+file.tag+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", file.contentType)
	content := file.plain
	if acceptsGzip(r) {
		header.Set("Content-Encoding", "gzip")
		content = file.packed
	}
	_, _ = w.Write(content) // a browser that went away needs no file
}
