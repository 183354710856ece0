package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

const (
	// watchedJobs is how many jobs the streams are spread over.
	watchedJobs = 20
	// changes is how often each watched job changes.
	changes = 6
	// changeEvery is the mean time from one change of a job to its next. It is longer than the API takes to tell of one,
	// and varies by half either way, so that changes meet the API at any moment.
	changeEvery = 2 * time.Second
	// lastEvents is how long streams are read after the last change.
	lastEvents = 5 * time.Second
	// opening is how many streams are opened at once.
	opening = 32
)

// watched is a job that changes: every change raises its number of processed URLs by one.
type watched struct {
	id string

	mu sync.Mutex
	// committed holds when each change was committed; the n-th made the number n+1.
	committed []time.Time
}

// change makes the next change. Whoever asks for its time meanwhile waits until it is known.
func (w *watched) change(ctx context.Context, database *pgx.Conn) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := database.Exec(ctx, `UPDATE jobs SET processed_urls = $2, updated_at = now() WHERE id = $1::uuid`, w.id, len(w.committed)+1)
	w.committed = append(w.committed, time.Now())
	return err
}

// latencies are how long ago the changes that made the numbers above seen, up to processed, were committed when an event
// with the latter arrived: an event that tells of several changes is late for all but the last.
func (w *watched) latencies(seen, processed int, arrived time.Time) ([]time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if processed > len(w.committed) {
		return nil, fmt.Errorf("an event of job %s tells of %d processed URLs, and there are %d", w.id, processed, len(w.committed))
	}
	late := make([]time.Duration, 0, 1)
	for _, committed := range w.committed[seen:processed] {
		late = append(late, max(arrived.Sub(committed), 0)) // it can arrive before the commit is known here
	}
	return late, nil
}

// stream is one open event stream.
type stream struct {
	*connection
	response *http.Response
	job      *watched
}

// events opens event streams of jobs that change, and measures how long after its commit a change arrives at each stream
// and what memory the streams take of the API.
func (l *load) events(ctx context.Context) error {
	ids, err := l.listJobIDs(ctx, watchedJobs)
	if err != nil {
		return err
	}
	before, err := l.process.residentBytes()
	if err != nil {
		return err
	}
	jobs := make([]*watched, len(ids))
	for i, id := range ids {
		jobs[i] = &watched{id: id}
	}
	streams, err := l.openStreams(ctx, jobs)
	defer func() {
		for _, s := range streams {
			if s != nil {
				s.close()
			}
		}
	}()
	if err != nil {
		return fmt.Errorf("open streams: %w", err)
	}
	latencies, err := l.follow(ctx, jobs, streams)
	if err != nil {
		return err
	}
	after, err := l.process.residentBytes()
	if err != nil {
		return err
	}
	return errors.Join(
		l.report("sse_streams", "%.0f", float64(len(streams)), "streams"),
		l.report("sse_event_p99_ms", "%.0f", milliseconds(percentile(latencies, 99)), "ms"),
		l.report("sse_mb_per_1000", "%.1f", float64(after-before)/1e6/float64(len(streams))*1000, "MB"),
	)
}

// openStreams opens all streams, those of the jobs in turns. It returns what it opened even with an error.
func (l *load) openStreams(ctx context.Context, jobs []*watched) ([]*stream, error) {
	streams := make([]*stream, l.streams)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(opening)
	for i := range streams {
		group.Go(func() error {
			c, err := l.connect(ctx)
			if err != nil {
				return err
			}
			job := jobs[i%len(jobs)]
			streams[i] = &stream{connection: c, job: job}
			streams[i].response, err = c.begin(l.getRequest(jobsPath+"/"+job.id+"/events"), http.StatusOK) //nolint:bodyclose // the connection is closed, which no stream outlives
			return err
		})
	}
	return streams, group.Wait()
}

// follow changes the jobs and returns how late every change was at every stream.
func (l *load) follow(ctx context.Context, jobs []*watched, streams []*stream) ([]time.Duration, error) {
	all := make([][]time.Duration, len(streams))
	deadline := time.Now().Add(changes*changeEvery*3/2 + lastEvents)
	group, ctx := errgroup.WithContext(ctx)
	for _, job := range jobs {
		group.Go(func() error { return l.changeJob(ctx, job) })
	}
	for i, s := range streams {
		group.Go(func() (err error) {
			if err = s.conn.SetDeadline(deadline); err == nil {
				all[i], err = s.read()
			}
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(all...), err
}

// changeJob changes a job over and over, at moments that vary.
func (l *load) changeJob(ctx context.Context, job *watched) (err error) {
	database, err := pgx.Connect(ctx, l.databaseURL)
	if err != nil {
		return fmt.Errorf("connect to the database (-database): %w", err)
	}
	defer func() { err = errors.Join(err, database.Close(context.WithoutCancel(ctx))) }()
	for range changes {
		timer := time.NewTimer(changeEvery/2 + rand.N(changeEvery)) //nolint:gosec // any moments do
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if err := job.change(ctx, database); err != nil {
			return fmt.Errorf("change a job: %w", err)
		}
	}
	return nil
}

// read reads events until all changes of the job have arrived, and returns how late each was.
func (s *stream) read() ([]time.Duration, error) {
	all := make([]time.Duration, 0, changes)
	seen := 0
	lines := bufio.NewScanner(s.response.Body)
	lines.Buffer(make([]byte, 0, 1<<10), bodyBytes)
	for seen < changes && lines.Scan() {
		data, found := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !found {
			continue
		}
		arrived := time.Now()
		processed, err := processedURLs(data)
		if err != nil {
			return nil, err
		}
		if processed <= seen {
			continue
		}
		late, err := s.job.latencies(seen, processed, arrived)
		if err != nil {
			return nil, err
		}
		all = append(all, late...)
		seen = processed
	}
	if seen < changes {
		return nil, fmt.Errorf("a stream of job %s ended after %d of %d changes: %w", s.job.id, seen, changes, lines.Err())
	}
	return all, nil
}

// processedURLs is the number in the data of an event. It is looked for as text, since thousands of events a second come
// to the same two cores as the API's.
func processedURLs(data []byte) (int, error) {
	_, rest, found := bytes.Cut(data, []byte(`"processed_urls":`))
	digits := bytes.IndexAny(rest, ",}")
	if !found || digits < 0 {
		return 0, fmt.Errorf("an event without processed_urls: %s", data)
	}
	return strconv.Atoi(string(rest[:digits]))
}
