package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// write puts a file into a folder of the test and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// drop drags a file over the page and lets it fall, as from the desktop.
func (g *gui) drop(path string) {
	g.t.Helper()
	data := &input.DragData{Files: []string{path}, DragOperationsMask: 1, Items: []*input.DragDataItem{}}
	var steps []chromedp.Action
	for _, kind := range []input.DispatchDragEventType{input.DragEnter, input.DragOver, input.Drop} {
		steps = append(steps, input.DispatchDragEvent(kind, 400, 500, data))
	}
	g.run("drop "+filepath.Base(path), steps...)
}

// click clicks the first element of a selector.
func (g *gui) click(selector string) {
	g.t.Helper()
	g.run("click "+selector, chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
}

// await waits until the page has a visible element of a selector.
func (g *gui) await(selector string) {
	g.t.Helper()
	g.run("wait for "+selector, chromedp.WaitVisible(selector, chromedp.ByQuery))
}

// holds polls until a condition of the page holds, a JavaScript expression.
func (g *gui) holds(what, expression string) {
	g.t.Helper()
	g.run("wait until "+what, chromedp.Poll(expression, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(25*time.Second)))
}

// choose sets a select as a person does.
func (g *gui) choose(selector, value string) {
	g.t.Helper()
	g.run("choose "+value, chromedp.Evaluate(fmt.Sprintf(
		`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); return s.value === %q; })()`,
		selector, value, value), nil))
}

// number is the value of a JavaScript expression.
func (g *gui) number(expression string) float64 {
	g.t.Helper()
	var value float64
	g.run("evaluate "+expression, chromedp.Evaluate(expression, &value))
	return value
}

// press types a key without a field.
func (g *gui) press(key string) {
	g.t.Helper()
	g.run("press "+key, chromedp.KeyEvent(key))
}

// download clicks a link and returns the file that the browser stored.
func (g *gui) download(selector string) (name string, content []byte) {
	g.t.Helper()
	folder := g.t.TempDir()
	g.run("say where downloads go", chromedp.ActionFunc(func(ctx context.Context) error {
		return cdpbrowser.SetDownloadBehavior(cdpbrowser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(folder).Do(ctx)
	}))
	g.click(selector)
	eventually(g.t, 30*time.Second, "the download of "+selector+" is complete", func() bool {
		files, err := os.ReadDir(folder)
		require.NoError(g.t, err)
		if len(files) != 1 || filepath.Ext(files[0].Name()) == ".crdownload" {
			return false
		}
		name = files[0].Name()
		content, err = os.ReadFile(filepath.Join(folder, name))
		require.NoError(g.t, err)
		return len(content) > 0
	})
	return name, content
}

// awaitStatus waits until the job page shows a status.
func (g *gui) awaitStatus(status string) {
	g.t.Helper()
	g.await(`#job[data-status="` + status + `"]`)
}

// jobID is the job that the page shows.
func (g *gui) jobID() string {
	g.t.Helper()
	var id string
	g.run("read the job's id", chromedp.AttributeValue("#job", "data-id", &id, nil, chromedp.ByQuery))
	return id
}

// requireNoSidewaysScrolling asserts that a page fits into a telephone.
func (g *gui) requireNoSidewaysScrolling(name string) {
	g.t.Helper()
	g.run("look at "+name+" on a telephone", g.look(390, "light")...)
	require.LessOrEqual(g.t, g.number("document.documentElement.scrollWidth"), 390.0, name)
}
