package e2e

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// gui is a browser at a product, signed in by the link that the product printed.
type gui struct {
	*browser
	p *product
}

func newGUI(t *testing.T, p *product) *gui {
	t.Helper()
	g := &gui{browser: newBrowser(t), p: p}
	g.run("set the size of the window", g.look(1440, "light")...)
	g.run("open the printed link", chromedp.Navigate(p.signInLink()), chromedp.WaitVisible("main h1", chromedp.ByQuery))
	require.Equal(t, "/", g.path())
	return g
}

// signInLink is the link that the product printed when it started.
func (p *product) signInLink() string {
	p.t.Helper()
	var link string
	eventually(p.t, 30*time.Second, "the product prints its link", func() bool {
		link = regexp.MustCompile(`http://[^\s]+/sign-in/\w+`).FindString(p.output.String())
		return link != ""
	})
	return link
}

// open shows a page of the product.
func (g *gui) open(path string) {
	g.t.Helper()
	g.run("open "+path, chromedp.Navigate(g.p.url+path), chromedp.WaitVisible("main h1", chromedp.ByQuery))
}

// path is where the browser is, with the query.
func (g *gui) path() string {
	g.t.Helper()
	var location string
	g.run("see where the browser is", chromedp.Location(&location))
	return strings.TrimPrefix(location, g.p.url)
}

// text is what stands in the first element of a selector.
func (g *gui) text(selector string) string {
	g.t.Helper()
	var text string
	g.run("read "+selector, chromedp.Text(selector, &text, chromedp.ByQuery))
	return text
}

// value is what an expression of the page's language comes to, written as text.
func (g *gui) value(expression string) string {
	g.t.Helper()
	var value string
	g.run("evaluate "+expression, chromedp.Evaluate("String("+expression+")", &value))
	return value
}

// holds waits until an expression is true in the page, whichever page that is by then.
func (g *gui) holds(what, expression string) {
	g.t.Helper()
	deadline := time.Now().Add(45 * time.Second)
	for {
		var ok bool
		ctx, cancel := context.WithTimeout(g.ctx, 5*time.Second)
		err := chromedp.Run(ctx, chromedp.Evaluate("Boolean("+expression+")", &ok)) // a page that is just left has no answer
		cancel()
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			require.Fail(g.t, "did not happen: "+what, "last error %v, at %s, complaints %q; the page says:\n%s",
				err, g.path(), g.noticed(), g.value(`document.querySelector("main").innerText.slice(0, 3000)`))
		}
		<-time.After(50 * time.Millisecond)
	}
}

// eventually waits for something outside the page.
func (g *gui) eventually(what string, condition func() bool) {
	g.t.Helper()
	eventually(g.t, 30*time.Second, what, condition)
}

// arrives waits until the browser shows a page whose path matches, loaded to the end, and returns the path.
func (g *gui) arrives(pattern string) string {
	g.t.Helper()
	g.holds("the browser comes to "+pattern,
		fmt.Sprintf(`new RegExp(%s).test(location.pathname) && document.readyState === "complete" && document.querySelector("main h1")`, strconv.Quote(pattern)))
	return g.path()
}

// click presses the first element of a selector with the mouse.
func (g *gui) click(selector string) {
	g.t.Helper()
	g.run("click "+selector, chromedp.Click(selector, chromedp.ByQuery))
}

// choose picks the option of a select whose label contains the text.
func (g *gui) choose(selector, label string) {
	g.t.Helper()
	g.holds("the choice "+label, fmt.Sprintf(`(() => {
		const box = document.querySelector(%s);
		const option = [...box.options].find((option) => option.label.includes(%s));
		if (!option) return false;
		box.value = option.value;
		box.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, strconv.Quote(selector), strconv.Quote(label)))
}

// drop lets a file fall on the page, as a hand with a mouse does.
func (g *gui) drop(path string) {
	g.t.Helper()
	g.holds("the page takes files", `document.readyState === "complete" && window.htmx && document.querySelector("#sending")`)
	files := &input.DragData{Items: []*input.DragDataItem{}, Files: []string{path}, DragOperationsMask: 1}
	for _, kind := range []input.DispatchDragEventType{input.DragEnter, input.DragOver, input.Drop} {
		g.run(string(kind), input.DispatchDragEvent(kind, 300, 300, files))
	}
}

// answers accepts every question of the browser's own dialogs, and returns those that were asked.
func (g *gui) answers() *[]string {
	var asked []string
	chromedp.ListenTarget(g.ctx, func(event any) {
		if question, ok := event.(*devtools.EventJavascriptDialogOpening); ok {
			asked = append(asked, question.Message)
			go func() { _ = chromedp.Run(g.ctx, devtools.HandleJavaScriptDialog(true)) }() // a listener may not wait
		}
	})
	return &asked
}

// looked asserts what holds of every page, in light and dark, on a desk and on a telephone: axe finds no barrier, and
// nothing is wider than the window. With -screenshots it keeps pictures.
func (g *gui) looked(name string) {
	g.t.Helper()
	g.picture(name)
	g.requireNoBarriers(name)
	for _, width := range []int64{390, 768, 1440} {
		g.run("set the width", g.look(width, "light")...)
		g.holds(fmt.Sprintf("%s fits into %d px", name, width), `document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth`)
	}
}

// printed asserts that a page fits on paper of the size A4, and keeps a picture with -screenshots.
func (g *gui) printed(name string) {
	g.t.Helper()
	g.run("print", emulation.SetDeviceMetricsOverride(794, 1123, 1, false), emulation.SetEmulatedMedia().WithMedia("print"))
	if *screenshots != "" {
		var picture []byte
		g.run("keep the print", settled(), chromedp.FullScreenshot(&picture, 100))
		require.NoError(g.t, os.WriteFile(filepath.Join(*screenshots, name+"-print.png"), picture, 0o600))
	}
	g.holds(name+" fits on paper", `document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth`)
	g.holds(name+" is light on paper, whatever theme was chosen",
		`document.documentElement.dataset.theme = "dark", getComputedStyle(document.documentElement).getPropertyValue("--surface").trim() === "#fff"`)
	g.holds("the theme is as it was", `delete document.documentElement.dataset.theme`)
	g.run("stop printing", emulation.SetEmulatedMedia())
	g.run("set the width", g.look(1440, "light")...)
}

// requireQuiet asserts that the browser had nothing to complain about, but for what contains one of the texts, and that it
// talked to the product only.
func (g *gui) requireQuiet(expected ...string) {
	g.t.Helper()
	complaints := slices.DeleteFunc(g.noticed(), func(complaint string) bool {
		return slices.ContainsFunc(expected, func(text string) bool { return strings.Contains(complaint, text) })
	})
	require.Empty(g.t, complaints, "complaints of the browser")
	for _, request := range g.requested() {
		address, err := url.Parse(request.URL)
		require.NoError(g.t, err)
		require.Equal(g.t, g.p.url, address.Scheme+"://"+address.Host, request.URL)
	}
}

// file writes a file for an upload and returns its path.
func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func TestGUISignsInAndOut(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	g := newGUI(t, p)
	g.open("/account")
	require.Contains(t, g.text("main"), "admin key of the configuration")
	g.click(".menu > summary")
	g.run("sign out", chromedp.Click(`form[action="/sign-out"] button`, chromedp.ByQuery), chromedp.WaitVisible("#key", chromedp.ByQuery))
	g.run("go back to the account", chromedp.Navigate(p.url+"/account"), chromedp.WaitVisible("#key", chromedp.ByQuery))
	require.Equal(t, "/sign-in?next=%2Faccount", g.path())
	g.looked("sign-in")
	g.run("sign in with a wrong key", chromedp.SendKeys("#key", "wrong\n", chromedp.ByQuery), chromedp.WaitVisible("#key-problem", chromedp.ByQuery))
	g.looked("sign-in-refused")
	g.run("sign in with the key", chromedp.SendKeys("#key", adminKey+"\n", chromedp.ByQuery), chromedp.WaitVisible(".facts", chromedp.ByQuery))
	require.Equal(t, "/account", g.path(), "the way back")
	g.looked("account")

	// A session that ends while something is typed or dropped loses neither.
	g.open("/")
	g.run("type two URLs", chromedp.SendKeys("#urls", "one.example\ntwo.example", chromedp.ByQuery))
	g.run("sign out in another tab", chromedp.Evaluate(`fetch("/sign-out", { method: "POST" }).then(() => true)`, nil,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	g.drop(file(t, "shops.csv", []byte("https://example.com/\n")))
	g.holds("the file was not taken", `document.querySelector("#file-problem").innerText.includes("You were signed out, so shops.csv was not taken.")`)
	g.looked("check-signed-out")
	g.run("check", chromedp.Click("#check-now", chromedp.ByQuery), chromedp.WaitVisible("#key", chromedp.ByQuery))
	g.run("sign in again", chromedp.SendKeys("#key", adminKey+"\n", chromedp.ByQuery), chromedp.WaitVisible("#urls", chromedp.ByQuery))
	g.holds("the URLs are there again", `document.querySelector("#urls").value === "one.example\ntwo.example"`)
	require.Equal(t, "Check 2 URLs", g.text("#check-now"))

	g.run("open a page that does not exist", chromedp.Navigate(p.url+"/nowhere"), chromedp.WaitVisible(".problem-page", chromedp.ByQuery))
	g.looked("not-found")
	g.run("the link works once", chromedp.Navigate(p.signInLink()))
	require.NotEqual(t, "/", g.path())
	g.requireQuiet("401", "404")
}
