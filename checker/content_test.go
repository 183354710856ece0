package checker

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

// startSite serves one site on the loopback, and returns its URL and a checker that may contact it.
func startSite(t *testing.T, handler http.HandlerFunc) (string, *Checker) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	require.NoError(t, err)
	c, err := New(Config{AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{uint16(port)}, UserAgent: "wsc/1.2 (+test)"})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return server.URL, c
}

func shop(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/old":
		http.Redirect(w, r, "/", http.StatusMovedPermanently)
	case "/latin1":
		w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
		fmt.Fprint(w, "<title>Caf\xe9</title>caf\xe9")
	case "/busy":
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("X-Shop", "open")
		fmt.Fprint(w, "<title>Shop</title>Add to cart")
	}
}

func TestExpectations(t *testing.T) {
	site, c := startSite(t, shop)
	for _, test := range []struct {
		path, expect string
		status       wsc.Status
		says         string
	}{
		{"/", "status == 200 && body.contains('Add to cart')", wsc.StatusActive, ""},
		{"/", "title == 'Shop' && headers['x-shop'] == 'open' && redirects.size() == 0", wsc.StatusActive, ""},
		{"/old", "final_url.endsWith('/') && redirects.size() == 1 && redirects[0].status == 301", wsc.StatusActive, ""},
		{"/", "response_time_ms < 5000.0", wsc.StatusActive, ""},
		{"/latin1", "body.contains('café') && title == 'Café'", wsc.StatusActive, ""},
		{"/busy", "status in [200, 503]", wsc.StatusActive, ""},
		{"/busy", "title == ''", wsc.StatusInactive, ""},
		{"/", "body.contains('Sold out')", wsc.StatusInactive, `Expected body.contains('Sold out'), but: body = "`},
		{"/", "title.startsWith('Closed')", wsc.StatusInactive, `title = "Shop"`},
		{"/", "tls_days_left > 14", wsc.StatusInactive, "TLS"},
		{"/busy", "status == 200", wsc.StatusInactive, "status = 503"},
	} {
		opts := siteOptions()
		opts.CaptureTitle = false
		opts.Expect = test.expect
		r := c.Check(t.Context(), targetOf(site+test.path), opts)
		require.Equal(t, test.status, r.Status, "%s: %s", test.expect, r.ErrorMessage)
		require.Empty(t, r.ErrorKind, test.expect)
		require.Empty(t, r.Title, "the title is for the expectation only")
		if test.says == "" {
			require.Empty(t, r.ErrorMessage, test.expect)
		} else {
			require.Contains(t, r.ErrorMessage, test.says)
		}
	}
}

func TestExpectationsAboutCertificatesAndHeadRequests(t *testing.T) {
	farm := testsite.Start(t)
	c := checkerFor(t, farm, nil)
	opts := siteOptions()
	opts.Expect = "tls_days_left > 1"
	require.Equal(t, wsc.StatusActive, c.Check(t.Context(), targetOf(farm.URL("h2_200")), opts).Status)
	opts.Expect = "tls_days_left > 100000"
	require.Equal(t, wsc.StatusInactive, c.Check(t.Context(), targetOf(farm.URL("h2_200")), opts).Status)

	site, local := startSite(t, shop)
	opts.Method, opts.Expect = wsc.MethodHeadThenGet, "body.contains('Add to cart')"
	require.Equal(t, wsc.StatusActive, local.Check(t.Context(), targetOf(site), opts).Status, "a body is fetched when it is needed")
}

func TestAnExpectationThatCannotBeUnderstoodIsNotTheSitesFault(t *testing.T) {
	site, c := startSite(t, shop)
	opts := siteOptions()
	opts.Expect = "statuss == 200"
	r := c.Check(t.Context(), targetOf(site), opts)
	require.Equal(t, wsc.KindInternalError, r.ErrorKind)
	require.Contains(t, r.ErrorMessage, "statuss")
}

func TestBodyHash(t *testing.T) {
	site, c := startSite(t, shop)
	opts := siteOptions()
	require.Empty(t, c.Check(t.Context(), targetOf(site), opts).BodySHA256)
	opts.HashBody = true
	sum := sha256.Sum256([]byte("<title>Shop</title>Add to cart"))
	require.Equal(t, hex.EncodeToString(sum[:]), c.Check(t.Context(), targetOf(site), opts).BodySHA256)
	opts.Method = wsc.MethodHead
	require.Empty(t, c.Check(t.Context(), targetOf(site), opts).BodySHA256, "there is no body")
}

func TestSlowAnswersAreMarked(t *testing.T) {
	site, c := startSite(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			select {
			case <-time.After(60 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
	})
	opts := siteOptions()
	require.False(t, c.Check(t.Context(), targetOf(site+"/slow"), opts).Slow, "unless asked for")
	opts.SlowAfter = 50 * time.Millisecond
	require.True(t, c.Check(t.Context(), targetOf(site+"/slow"), opts).Slow)
	opts.SlowAfter = 30 * time.Second
	require.False(t, c.Check(t.Context(), targetOf(site+"/slow"), opts).Slow)
}

const robotsTxt = "User-agent: *\nDisallow: /\n\nUser-agent: wsc\nDisallow: /private\nAllow: /private/open\n"

func TestRobots(t *testing.T) {
	var fetched, paths atomic.Int64
	site, c := startSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			fetched.Add(1)
			fmt.Fprint(w, robotsTxt)
		case "/go":
			http.Redirect(w, r, "/private/x", http.StatusFound)
		default:
			paths.Add(1)
		}
	})
	opts := siteOptions()
	opts.RespectRobots = true
	for path, kind := range map[string]wsc.ErrorKind{
		"/": "", "/private": wsc.KindBlockedRobots, "/private/x?y": wsc.KindBlockedRobots, "/private/open": "", "/robots.txt": "",
		"/go": wsc.KindBlockedRobots,
	} {
		r := c.Check(t.Context(), targetOf(site+path), opts)
		require.Equal(t, kind, r.ErrorKind, "%s: %s", path, r.ErrorMessage)
	}
	require.EqualValues(t, 2, fetched.Load(), "once for all checks, and once as a URL of the list")
	require.EqualValues(t, 2, paths.Load(), "nothing forbidden was requested")

	opts.UserAgent = "other/1"
	require.Equal(t, wsc.KindBlockedRobots, c.Check(t.Context(), targetOf(site+"/"), opts).ErrorKind)
	opts.RespectRobots = false
	require.Empty(t, c.Check(t.Context(), targetOf(site+"/private"), opts).ErrorKind)
}

func TestASiteWithoutReadableRobotsIsChecked(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"missing":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"server error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"nonsense": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat("\x00Disallow: [*$\n", 1000))
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/robots.txt", http.StatusFound)
		},
		"broken off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "User-agent: *\nDisallow: /")
		},
	} {
		site, c := startSite(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				answer(w, r)
			}
		})
		opts := siteOptions()
		opts.RespectRobots = true
		r := c.Check(t.Context(), targetOf(site), opts)
		require.Equal(t, wsc.StatusActive, r.Status, "%s: %s", name, r.ErrorMessage)
	}
}

func TestManyChecksOfASiteShareOneRobotsRequest(t *testing.T) {
	var fetched atomic.Int64
	site, c := startSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			fetched.Add(1)
			fmt.Fprint(w, robotsTxt)
		}
	})
	opts := siteOptions()
	opts.RespectRobots = true
	var checks sync.WaitGroup
	for range 30 {
		checks.Go(func() {
			if r := c.Check(t.Context(), targetOf(site), opts); r.Status != wsc.StatusActive {
				t.Error(r.ErrorMessage)
			}
		})
	}
	checks.Wait()
	require.EqualValues(t, 1, fetched.Load())
}

// A site that never sends its robots.txt is checked with the rest of the time.
func TestSilentRobotsTakeHalfOfTheTime(t *testing.T) {
	url, _ := rawHost(t, func(number int, c net.Conn, requests *bufio.Reader) {
		if !readRequest(requests) || number == 1 {
			_, _ = requests.ReadByte() // until the check leaves
			return
		}
		_, _ = c.Write([]byte(emptyOK))
	})
	opts := siteOptions()
	opts.RespectRobots, opts.Timeout = true, 2*shortTimeout
	r := localChecker(t, url).Check(t.Context(), targetOf(url), opts)
	require.Equal(t, wsc.StatusActive, r.Status, r.ErrorMessage)
	require.Less(t, r.ResponseTimeMS, ms(shortTimeout), "waiting for a robots.txt is not the site's response time")
}
