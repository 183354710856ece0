package e2e

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	console "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// screenshots is a folder that keeps what the browser showed; without it nothing is kept.
var screenshots = flag.String("screenshots", "", "write screenshots of the pages under test to this `folder`")

// browser is a Chromium with one tab. It notes every request that the tab makes and every complaint about the page.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	requests   []*network.Request
	complaints []string
}

// newBrowser starts a Chromium with an empty profile, which ends with the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	profile, err := os.MkdirTemp("", "wsc-e2e-browser-*") //nolint:usetesting // its removal has no patience, see below
	require.NoError(t, err)
	t.Cleanup(func() {
		// A process of the browser that is about to end may still write there.
		require.Eventually(t, func() bool { return os.RemoveAll(profile) == nil }, 30*time.Second, 50*time.Millisecond)
	})
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium(t)),
		chromedp.Flag("headless", "new"),
		chromedp.NoSandbox, // it refuses to run as root otherwise, and opens pages of ours only
		chromedp.DisableGPU,
		chromedp.UserDataDir(profile),
	)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(format string, arguments ...any) {
		if !strings.HasPrefix(format, "unhandled node event") { // of a Chromium that is newer than the library
			fmt.Fprintf(os.Stderr, format+"\n", arguments...)
		}
	}))
	t.Cleanup(cancel)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits for the browser to end; when it can't be asked, it is killed
	b := &browser{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, b.note)
	// The browser lives as long as the context of its first action, so this one has no timeout of its own.
	require.NoError(t, chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		// The console has its own words for a violation; the event names the directive.
		_, err := devtools.AddScriptToEvaluateOnNewDocument(`addEventListener("securitypolicyviolation",
			(event) => console.error("policy violated: " + event.violatedDirective + " " + event.blockedURI))`).Do(ctx)
		return err
	})))
	return b
}

// chromium is the path of the browser. The names are those of scripts/ensure-chromium.sh.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium: run scripts/ensure-chromium.sh, or install the package chromium")
	return ""
}

func (b *browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, event.Request)
	case *network.EventWebSocketCreated:
		b.requests = append(b.requests, &network.Request{URL: event.URL})
	case *console.EventEntryAdded:
		if event.Entry.Level == console.LevelError || event.Entry.Level == console.LevelWarning {
			b.complaints = append(b.complaints, event.Entry.Text+" "+event.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, event.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.APITypeError {
			for _, argument := range event.Args {
				b.complaints = append(b.complaints, string(argument.Value)+argument.Description)
			}
		}
	}
}

// run does the actions in their order and fails the test when one does not succeed.
func (b *browser) run(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	require.NoError(b.t, chromedp.Run(ctx, actions...), "%s; complaints: %q", what, b.noticed())
}

// noticed are the complaints so far.
func (b *browser) noticed() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.complaints)
}

// requested are the requests so far that left the browser.
func (b *browser) requested() []*network.Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.requests), func(request *network.Request) bool {
		address, err := url.Parse(request.URL)
		return err == nil && (address.Scheme == "data" || address.Scheme == "blob")
	})
}

// settled waits until nothing moves any more that comes to an end. A change of colours may be a transition, which would be
// seen half-way.
func settled() chromedp.Action {
	return chromedp.Evaluate(`Promise.allSettled(document.getAnimations()
		.filter((animation) => animation.effect.getTiming().iterations !== Infinity)
		.map((animation) => animation.finished)).then(() => true)`, nil,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })
}

// look sets the width of the window and the colours that the system prefers.
func (b *browser) look(width int64, scheme string) []chromedp.Action {
	return []chromedp.Action{
		emulation.SetDeviceMetricsOverride(width, 900, 1, width < 768),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
	}
}

// picture keeps how the page looks on a telephone, a tablet and a desk, in light and in dark.
func (b *browser) picture(name string) {
	b.t.Helper()
	if *screenshots == "" {
		return
	}
	require.NoError(b.t, os.MkdirAll(*screenshots, 0o755))
	for _, width := range []int64{390, 768, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			b.screenshot(fmt.Sprintf("%s-%d-%s.png", name, width, scheme), width, scheme)
		}
	}
}

func (b *browser) screenshot(file string, width int64, scheme string) {
	b.t.Helper()
	var picture []byte
	b.run("make "+file, append(b.look(width, scheme), settled(), chromedp.FullScreenshot(&picture, 100))...)
	require.NoError(b.t, os.WriteFile(filepath.Join(*screenshots, file), picture, 0o600))
}
