// Command rawloop is what the checker is measured against: the smallest net/http program that requests every URL of a
// list, with keep-alive and as many workers as the checker has, and stores nothing. It shares no code with the product.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// bodyLimit is the most that is read of one body, in bytes, as in the product.
const bodyLimit = 64 << 10

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rawloop:", err)
		os.Exit(1)
	}
}

// run requests every URL of the file, one a line, and prints how many were answered with 200, answered at all, and not
// answered.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("rawloop", flag.ContinueOnError)
	concurrency := flags.Int("concurrency", 512, "requests at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	list, err := os.Open(flags.Arg(0))
	if err != nil {
		return err
	}
	defer func() { _ = list.Close() }() // it was only read

	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxIdleConns: *concurrency, MaxIdleConnsPerHost: *concurrency},
	}
	var ok, answered, failed atomic.Int64
	urls := make(chan string, *concurrency)
	var workers sync.WaitGroup
	for range *concurrency {
		workers.Go(func() {
			for url := range urls {
				status, err := get(ctx, client, url)
				if err != nil {
					failed.Add(1)
					continue
				}
				answered.Add(1)
				if status == http.StatusOK {
					ok.Add(1)
				}
			}
		})
	}
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		urls <- lines.Text()
	}
	close(urls)
	workers.Wait()
	if err := lines.Err(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "ok=%d answered=%d failed=%d\n", ok.Load(), answered.Load(), failed.Load())
	return err
}

// get requests one URL and returns the status after the body.
func get(ctx context.Context, client *http.Client, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.CopyN(io.Discard, response.Body, bodyLimit)
	if err != nil && err != io.EOF { //nolint:errorlint // CopyN returns io.EOF itself for a shorter body
		return 0, err
	}
	return response.StatusCode, nil
}
