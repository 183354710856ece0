package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axeFolder holds axe-core, which finds what keeps people from using a page; see its NOTICE.
const axeFolder = "testdata/axe"

// axeRules are the rules that pages have to meet.
const axeRules = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`

// violation is a rule of axe that a page breaks, with the elements that do.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"` //nolint:tagliatelle // the name is that of axe
	} `json:"nodes"`
}

// violations are what axe finds in the page that the browser shows.
func (b *browser) violations() []violation {
	b.t.Helper()
	source, err := os.ReadFile(filepath.Join(axeFolder, "axe.min.js"))
	require.NoError(b.t, err)
	var found []violation
	var rules int
	var there bool
	b.run("see whether axe is in the page", chromedp.Evaluate(`"axe" in window`, &there))
	if !there {
		b.run("put axe into the page", chromedp.Evaluate(string(source)+";0", nil))
	}
	b.run("look for barriers",
		chromedp.Evaluate(`scrollTo({ top: 0, behavior: "instant" })`, nil), // what is half under the head of a table is hidden there
		settled(),
		chromedp.Evaluate(`axe.run(document, {runOnly: `+axeRules+`}).then((r) => { window.axeRules = r.passes.length; return r.violations; })`, &found, awaited),
		chromedp.Evaluate("window.axeRules", &rules))
	require.Greater(b.t, rules, 10, "axe looked at the page")
	return found
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// requireNoBarriers asserts that axe finds nothing in the page, on a desk in light and in dark, and on a telephone, where
// the colours are the same.
func (b *browser) requireNoBarriers(name string) {
	b.t.Helper()
	for _, shown := range []struct {
		width  int64
		scheme string
	}{{1440, "light"}, {1440, "dark"}, {390, "light"}} {
		b.run("show "+name, b.look(shown.width, shown.scheme)...)
		var report strings.Builder
		for _, v := range b.violations() {
			fmt.Fprintf(&report, "%s: %s\n", v.ID, v.Help)
			for _, node := range v.Nodes {
				fmt.Fprintf(&report, "  %s\n  %s\n", node.HTML, strings.ReplaceAll(node.Summary, "\n", "\n  "))
			}
		}
		require.Empty(b.t, report.String(), "%s at %d px in %s", name, shown.width, shown.scheme)
	}
}

// What the tests rely on: axe finds a barrier.
func TestAxeFindsBarriers(t *testing.T) {
	b := newBrowser(t)
	b.run("open a page with a picture that has no words", chromedp.Navigate(`data:text/html,<title>x</title><main><h1>x</h1><img src="data:,"></main>`))
	var ids []string
	for _, v := range b.violations() {
		ids = append(ids, v.ID)
	}
	require.Contains(t, ids, "image-alt")
	require.Contains(t, ids, "html-has-lang")
}

func TestAxeIsUnchanged(t *testing.T) {
	notice, err := os.ReadFile(filepath.Join(axeFolder, "NOTICE"))
	require.NoError(t, err)
	_, sums, found := strings.Cut(string(notice), "sha256\n")
	require.True(t, found)
	for line := range strings.Lines(sums) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		content, err := os.ReadFile(filepath.Join(axeFolder, name))
		require.NoError(t, err)
		got := sha256.Sum256(content)
		require.Equal(t, want, hex.EncodeToString(got[:]), name)
	}
}
