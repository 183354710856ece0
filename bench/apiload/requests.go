package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// request is a GET request and what its answer contains if it is the right one.
type request struct {
	text []byte
	want []byte
}

// served is what a stretch of requests took.
type served struct {
	requests int
	wall     time.Duration
	// apiCPU is the CPU time of the API's process.
	apiCPU time.Duration
	p99    time.Duration
}

// serve sends the requests in random order over all connections, each of which sends its next one when it has the answer
// to the last: first to warm up, then to measure.
func (l *load) serve(ctx context.Context, requests []request) (served, error) {
	connections := make([]*connection, l.connections)
	for i := range connections {
		c, err := l.connect(ctx)
		if err != nil {
			return served{}, err
		}
		defer c.close()
		connections[i] = c
	}
	if _, err := exchange(ctx, connections, requests, l.warmUp); err != nil {
		return served{}, err
	}
	before, err := l.process.cpu()
	if err != nil {
		return served{}, err
	}
	begin := time.Now()
	latencies, err := exchange(ctx, connections, requests, l.measured)
	if err != nil {
		return served{}, err
	}
	wall := time.Since(begin)
	after, err := l.process.cpu()
	if err != nil {
		return served{}, err
	}
	if len(latencies) == 0 {
		return served{}, errors.New("no request was answered")
	}
	return served{requests: len(latencies), wall: wall, apiCPU: after - before, p99: percentile(latencies, 99)}, nil
}

// exchange keeps every connection busy for a while and returns how long each answer took.
func exchange(ctx context.Context, connections []*connection, requests []request, during time.Duration) ([]time.Duration, error) {
	end := time.Now().Add(during)
	all := make([][]time.Duration, len(connections))
	group, ctx := errgroup.WithContext(ctx)
	for i, c := range connections {
		group.Go(func() error {
			for ctx.Err() == nil {
				r := requests[rand.IntN(len(requests))] //nolint:gosec // any order does
				begin := time.Now()
				if begin.After(end) {
					return nil
				}
				body, err := c.do(r.text, http.StatusOK)
				if err != nil {
					return err
				}
				all[i] = append(all[i], time.Since(begin))
				if !bytes.Contains(body, r.want) {
					return fmt.Errorf("an answer lacks %q: %s", r.want, body)
				}
			}
			return ctx.Err()
		})
	}
	err := group.Wait()
	return slices.Concat(all...), err
}

// percentile is the smallest value that p of 100 values do not exceed. It sorts the values.
func percentile(values []time.Duration, p int) time.Duration {
	slices.Sort(values)
	return values[max((len(values)*p+99)/100-1, 0)]
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
