package e2e

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

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

// requireQuiet asserts that the browser had nothing to complain about and talked to the product only.
func (g *gui) requireQuiet() {
	g.t.Helper()
	require.Empty(g.t, g.noticed(), "complaints of the browser")
	for _, request := range g.requested() {
		address, err := url.Parse(request.URL)
		require.NoError(g.t, err)
		require.Equal(g.t, g.p.url, address.Scheme+"://"+address.Host, request.URL)
	}
}

func TestGUISignsInAndOut(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	g := newGUI(t, p)
	g.open("/account")
	require.Contains(t, g.text("main"), "admin key of the configuration")
	g.run("sign out", chromedp.Click(".menu > summary", chromedp.ByQuery), chromedp.Click(`form[action="/sign-out"] button`, chromedp.ByQuery),
		chromedp.WaitVisible("#key", chromedp.ByQuery))
	g.run("go back to the account", chromedp.Navigate(p.url+"/account"), chromedp.WaitVisible("#key", chromedp.ByQuery))
	require.Equal(t, "/sign-in?next=%2Faccount", g.path())
	g.picture("sign-in")
	g.requireNoBarriers("sign-in")
	g.run("sign in with the key", chromedp.SendKeys("#key", adminKey+"\n", chromedp.ByQuery), chromedp.WaitVisible(".facts", chromedp.ByQuery))
	require.Equal(t, "/account", g.path(), "the way back")
	g.picture("account")
	g.requireNoBarriers("account")
	g.run("the link works once", chromedp.Navigate(p.signInLink()))
	g.requireQuietBut("401")
}

// requireQuietBut is requireQuiet for tests that ask for answers which the browser complains of.
func (g *gui) requireQuietBut(expected string) {
	g.t.Helper()
	g.mu.Lock()
	kept := g.complaints[:0]
	for _, complaint := range g.complaints {
		if !strings.Contains(complaint, expected) {
			kept = append(kept, complaint)
		}
	}
	g.complaints = kept
	g.mu.Unlock()
	g.requireQuiet()
}
