package e2e

import (
	"cmp"
	"fmt"
	"html"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sites are websites on loopback addresses 127.1.0.1, 127.1.0.2, …, all on one port. They answer /ok with 200, /missing with 404,
// /slow/… with 200 after the delay, and /flaky/… with 503 the first time and then with 200.
type sites struct {
	hosts []string
	port  int
	// authorize, if set, is whether a request may see a page; others are answered 401. Set it before the first request.
	authorize func(*http.Request) bool
	// title, if set, is that of every page, as HTML writes it.
	title string

	mu    sync.Mutex
	delay time.Duration
	hits  map[string]int
}

func newSites(t *testing.T, hosts int, delay time.Duration) *sites {
	t.Helper()
	s := &sites{hits: map[string]int{}, delay: delay}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	for n := range hosts {
		s.hosts = append(s.hosts, fmt.Sprintf("127.1.%d.%d", n/250, n%250+1))
		listener, err := net.Listen("tcp", net.JoinHostPort(s.hosts[n], strconv.Itoa(s.port)))
		require.NoError(t, err)
		s.port = listener.Addr().(*net.TCPAddr).Port // the kernel chose it for the first host
		go func() { _ = server.Serve(listener) }()   // ends with the server's Close
	}
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return s
}

func (s *sites) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.hits[r.Host+r.URL.Path]++
	hits, delay := s.hits[r.Host+r.URL.Path], s.delay
	s.mu.Unlock()
	switch first := r.URL.Path[:min(len(r.URL.Path), 5)]; {
	case s.authorize != nil && !s.authorize(r):
		w.WriteHeader(http.StatusUnauthorized)
	case first == "/slow":
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
	case first == "/miss":
		w.WriteHeader(http.StatusNotFound)
	case first == "/flak" && hits == 1:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintf(w, "<title>%s</title>\n", html.EscapeString(cmp.Or(s.title, "A website")))
}

// total is the number of requests so far.
func (s *sites) total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := 0
	for _, hits := range s.hits {
		sum += hits
	}
	return sum
}

// list is a text file of n pages.
func (s *sites) list(path string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, s.url(path, i))
	}
	return b.String()
}

// url is the nth page with a path prefix, spread over the hosts.
func (s *sites) url(path string, n int) string {
	return fmt.Sprintf("http://%s:%d%s/%d", s.hosts[n%len(s.hosts)], s.port, path, n)
}
