package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/website-status-checker/wsc/internal/testsite"
)

// scenario is one kind of list.
type scenario struct {
	// name is the end of the names of its BENCH lines.
	name string
	// urls is the length of the list at scale 1.
	urls int
	// url is the i-th URL of the list, from 0.
	url func(s siteAddresses, i int) string
	// refused reports whether nothing listens where the i-th URL points. All others answer 200.
	refused func(i int) bool
}

// scenarios are in the order in which they run. The first also gives the peak memory and the CPU time without a suffix.
func scenarios() []scenario {
	return []scenario{
		{name: "many_hosts", urls: 30_000, url: func(s siteAddresses, i int) string { return url("http", i, s.Plain, "/") }},
		{name: "one_host", urls: 30_000, url: func(s siteAddresses, i int) string { return url("http", 0, s.Plain, fmt.Sprintf("/p/%d", i)) }},
		{name: "tls", urls: 3_000, url: func(s siteAddresses, i int) string { return url("https", i, s.TLS, "/") }},
		{name: "mixed", urls: 10_000, url: mixedURL, refused: isDead},
		{name: "bodies", urls: 10_000, url: func(s siteAddresses, i int) string { return url("http", i, s.Bodies, "/") }},
	}
}

// deadPort is a port on which nothing listens: it belongs to a service (tcpmux) that nobody runs any more, and the kernel
// never gives it to a client. startSites makes sure.
const deadPort = 1

// isDead and isSlow pick 5 % each, spread evenly over the list.
func isDead(i int) bool { return i%20 == 7 }
func isSlow(i int) bool { return i%20 == 17 }

func mixedURL(s siteAddresses, i int) string {
	switch {
	case isDead(i):
		return url("http", i, deadPort, "/")
	case isSlow(i):
		return url("http", i, s.Plain, "/slow?ms=1000")
	default:
		return url("http", i, s.Plain, "/")
	}
}

func url(scheme string, host int, port uint16, path string) string {
	return fmt.Sprintf("%s://%s:%d%s", scheme, testsite.Address(host), port, path)
}

// names are the names of all scenarios.
func names() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	for _, s := range apiScenarios() {
		names = append(names, s.name)
	}
	return names
}

// outcome is how many URLs of a list ended how.
type outcome struct {
	active, inactive, failed int
}

func (o outcome) String() string {
	return fmt.Sprintf("%d active, %d inactive, %d without an answer", o.active, o.inactive, o.failed)
}

// expected is the only right outcome of the first n URLs.
func (s scenario) expected(n int) outcome {
	want := outcome{active: n}
	for i := range n {
		if s.refused != nil && s.refused(i) {
			want.active--
			want.failed++
		}
	}
	return want
}

// writeList writes the first n URLs into a file, one a line.
func (s scenario) writeList(path string, addresses siteAddresses, n int) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	w := bufio.NewWriter(file)
	for i := range n {
		_, _ = fmt.Fprintln(w, s.url(addresses, i)) // Flush returns the first error
	}
	err = w.Flush()
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}
