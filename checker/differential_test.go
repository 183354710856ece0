package checker

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

const differentialTimeout = 3 * time.Second

// plainClient is what a program gets that asks net/http for the same, with the farm's names and authority.
func plainClient(t *testing.T, farm *testsite.Farm) *http.Client {
	t.Helper()
	resolver := farm.Resolver()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			hosts := []string{host}
			if addresses, err := resolver.LookupNetIP(ctx, "ip4", host); err == nil && len(addresses) > 0 {
				hosts = hosts[:0]
				for _, address := range addresses {
					hosts = append(hosts, address.Unmap().String())
				}
			}
			var conn net.Conn
			for _, host := range hosts {
				conn, err = new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(host, port))
				if err == nil {
					break
				}
			}
			return conn, err
		},
		TLSClientConfig:    &tls.Config{RootCAs: farm.CA(), MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:  true,
		DisableCompression: true, MaxResponseHeaderBytes: maxHeaderBytes,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: differentialTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// plainStatus is the status that net/http sees, 0 for none.
func plainStatus(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	n, err := wsc.NormalizeURL(url)
	if err != nil {
		return 0
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL, http.NoBody)
	if err != nil {
		return 0
	}
	request.Header.Set("User-Agent", "wsc/test")
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	_, _ = io.CopyN(io.Discard, response.Body, maxBody) // a body that breaks has a status all the same
	_ = response.Body.Close()                           // nothing more is wanted
	return response.StatusCode
}

// differences are the sites of which net/http's own transport has another opinion, and why the checker's is right.
func differences() map[string]string {
	const noStatus, replaced = "HTTP has no such status, or not for this request", "control characters in headers are replaced (RFC 9110, 5.5)"
	const noURL = "a Location that is no URL leaves the answer's status"
	const http1Only = "a host that wants HTTP/1.1 gets it, as from browsers"
	return map[string]string{
		"status_101": noStatus, "status_600": noStatus, "status_999": noStatus,
		"header_controls_tls": replaced, "header_injection_log": replaced,
		"h2_http11_required": http1Only, "h2_http11_required_goaway": http1Only,
		"many_headers":       "thousands of short fields take more memory than a check may have",
		"dns_one_private":    "one private address among several refuses the name",
		"dns_many_addresses": "an address that drops packets does not use up the time of the others",
		"redirect_garbage":   noURL, "redirect_backslash": noURL, "redirect_spaces": "a Location is escaped as browsers do",
	}
}

func TestStatusesAreThoseThatNetHTTPSees(t *testing.T) {
	farm := testsite.Start(t)
	client := plainClient(t, farm)
	c := checkerFor(t, farm, nil)
	differ := differences()
	opts := siteOptions()
	opts.Timeout, opts.FollowRedirects = differentialTimeout, false
	difference := func(name string) string {
		var want int
		var asked sync.WaitGroup
		asked.Go(func() { want = plainStatus(t, client, farm.URL(name)) })
		r := c.Check(t.Context(), targetOf(farm.URL(name)), opts)
		asked.Wait()
		why, differs := differ[name]
		if differs == (r.HTTPStatus != want) {
			return ""
		}
		return fmt.Sprintf("%d (%s) here, %d there; a known difference: %t %s", r.HTTPStatus, r.ErrorMessage, want, differs, why)
	}
	// All side by side, since most of the time is waiting. What differs is tried again alone, with the machine to itself.
	var mu sync.Mutex
	var again []string
	var checks sync.WaitGroup
	for _, name := range farm.Sites() {
		if slices.Contains([]string{"status_503_flap", "dns_rebind", "tarpit_host"}, name) {
			continue // which answer differently each time
		}
		checks.Go(func() {
			if difference(name) != "" {
				mu.Lock()
				again = append(again, name)
				mu.Unlock()
			}
		})
	}
	checks.Wait()
	for _, name := range again {
		require.Empty(t, difference(name), name)
	}
}
