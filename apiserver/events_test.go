package apiserver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
)

// event is one server-sent event; a comment has only a comment.
type event struct {
	id, name, comment string
	progress          wsc.Progress
}

// stream is an open event stream.
type stream struct {
	response *http.Response
	lines    *bufio.Scanner
}

func (b *bundle) stream(ctx context.Context, t testing.TB, jobID string, header ...string) *stream {
	t.Helper()
	request := b.request(t, http.MethodGet, "/api/v1/jobs/"+jobID+"/events", nil).WithContext(ctx) //nolint:contextcheck // it has its own
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := b.server.Client().Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	return &stream{response, bufio.NewScanner(response.Body)}
}

func (s *stream) close() { _ = s.response.Body.Close() }

// next reads an event; it reports false at the end of the stream.
func (s *stream) next(t testing.TB) (event, bool) {
	t.Helper()
	var e event
	for s.lines.Scan() {
		field, value, _ := strings.Cut(s.lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "":
			if s.lines.Text() != "" {
				e.comment = value
				continue
			}
			if e != (event{}) {
				return e, true
			}
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			require.NoError(t, json.Unmarshal([]byte(value), &e.progress))
		}
	}
	return event{}, false
}

// advance stores n more results and finishes the job with the last.
func advance(t testing.TB, b *bundle, jobID string, from, n int) {
	t.Helper()
	var results []wsc.Result
	for i := range n {
		results = append(results, wsc.Result{Seq: int64(from + i), URL: "https://example.com/", Status: wsc.StatusActive, HTTPStatus: 200, CheckedAt: time.Now()})
	}
	b.results(t, jobID, results...)
}

func (b *bundle) begin(t testing.TB, jobID string, total int64) {
	t.Helper()
	require.NoError(t, b.store.StartJob(t.Context(), jobID, time.Now()))
	require.NoError(t, b.store.SetJobTotals(t.Context(), jobID, wsc.JobTotals{TotalURLs: total}))
	require.NoError(t, b.store.SetJobPhase(t.Context(), jobID, wsc.PhaseChecking, 0, nil))
}

func (b *bundle) finish(t testing.TB, jobID string) {
	t.Helper()
	now := time.Now()
	require.NoError(t, b.store.FinishJob(t.Context(), jobID, wsc.JobFinish{Status: wsc.JobCompleted, FinishedAt: now, ExpiresAt: now.Add(time.Hour)}))
}

func TestEventsFromStartToDone(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	s := b.stream(t.Context(), t, job.ID)
	defer s.close()

	e, open := s.next(t)
	require.True(t, open)
	require.Equal(t, "progress", e.name)
	require.Equal(t, wsc.JobPending, e.progress.Status)
	require.Zero(t, e.progress.Percent)

	b.begin(t, job.ID, 100)
	advance(t, b, job.ID, 0, 50)
	lastID := e.id
	for e.progress.Percent < 50 || e.progress.ETASeconds == nil {
		e, open = s.next(t)
		require.True(t, open)
		require.Equal(t, "progress", e.name)
		require.Greater(t, e.id, lastID)
		lastID = e.id
	}
	require.InDelta(t, 50, e.progress.Percent, 0.01)
	require.Positive(t, e.progress.Rate)
	require.Equal(t, wsc.PhaseChecking, e.progress.Phase)

	advance(t, b, job.ID, 50, 50)
	b.finish(t, job.ID)
	for e.name != "done" {
		e, open = s.next(t)
		require.True(t, open)
	}
	require.InDelta(t, 100, e.progress.Percent, 0.01)
	require.Equal(t, wsc.JobCompleted, e.progress.Status)
	require.Nil(t, e.progress.ETASeconds)
	_, open = s.next(t)
	require.False(t, open, "the stream ends after done")

	// A late stream gets the end at once; a browser that reconnects after done is told to stop.
	late := b.stream(t.Context(), t, job.ID, "Last-Event-ID", lastID)
	defer late.close()
	first, _ := late.next(t)
	require.Equal(t, "progress", first.name)
	second, _ := late.next(t)
	require.Equal(t, "done", second.name)
	a := b.do(t, http.MethodGet, "/api/v1/jobs/"+job.ID+"/events", nil, "Last-Event-ID", second.id)
	require.Equal(t, http.StatusNoContent, a.status)
}

func TestResumedStreamStartsWithTheCurrentState(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	b.begin(t, job.ID, 10)
	ctx, leave := context.WithCancel(t.Context())
	s := b.stream(ctx, t, job.ID)
	e, _ := s.next(t)
	leave()
	s.close()
	advance(t, b, job.ID, 0, 4)
	s = b.stream(t.Context(), t, job.ID, "Last-Event-ID", e.id)
	defer s.close()
	e, _ = s.next(t)
	require.EqualValues(t, 4, e.progress.ProcessedURLs)
}

// countingStore counts reads of jobs.
type countingStore struct {
	apiserver.Store
	reads *atomic.Int64
}

func (c countingStore) JobsByID(ctx context.Context, ids []string) ([]wsc.Job, error) {
	c.reads.Add(1)
	return c.Store.JobsByID(ctx, ids)
}

func TestFiftyStreamsShareOnePoll(t *testing.T) {
	var reads atomic.Int64
	b := newBundle(t, func(s *setup) { s.api.Store = countingStore{s.api.Store, &reads} })
	job := b.submit(t, "l.txt", "example.com\n")
	b.begin(t, job.ID, 10)
	const clients, events = 50, 10
	var wait, ready sync.WaitGroup
	ready.Add(clients)
	var polls, done atomic.Int64
	for range clients {
		wait.Go(func() {
			s := b.stream(t.Context(), t, job.ID)
			defer s.close()
			_, open := s.next(t)
			ready.Done()
			for open {
				var e event
				if e, open = s.next(t); e.name == "done" {
					done.Add(1)
				}
			}
		})
	}
	ready.Wait()
	before := reads.Load()
	require.LessOrEqual(t, before, int64(clients+events*5), "one read to open each stream, and the polls meanwhile")
	began := time.Now()
	require.Eventually(t, func() bool { return reads.Load() >= before+events }, 5*time.Second, time.Millisecond)
	polls.Store(reads.Load() - before)
	require.LessOrEqual(t, polls.Load(), int64(time.Since(began)/(20*time.Millisecond))+2, "one poll per interval, however many streams")
	b.finish(t, job.ID)
	wait.Wait()
	require.EqualValues(t, clients, done.Load())

	after := reads.Load()
	require.Never(t, func() bool { return reads.Load() > after }, 100*time.Millisecond, 10*time.Millisecond, "nobody watches: nothing is read")
}

func TestPollingEndsWithTheLastStream(t *testing.T) {
	var reads atomic.Int64
	b := newBundle(t, func(s *setup) { s.api.Store = countingStore{s.api.Store, &reads} })
	job := b.submit(t, "l.txt", "example.com\n")
	ctx, leave := context.WithCancel(t.Context())
	s := b.stream(ctx, t, job.ID)
	_, open := s.next(t)
	require.True(t, open)
	leave()
	s.close()
	require.Eventually(t, func() bool {
		return strings.Contains(string(b.get(t, "/metrics").body), "wsc_http_event_streams 0")
	}, 5*time.Second, 10*time.Millisecond)
	after := reads.Load()
	require.Never(t, func() bool { return reads.Load() > after+1 }, 100*time.Millisecond, 10*time.Millisecond)
}

func TestStreamEndsWhenTheJobIsDeleted(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	s := b.stream(t.Context(), t, job.ID)
	defer s.close()
	require.Equal(t, http.StatusNoContent, b.do(t, http.MethodDelete, "/api/v1/jobs/"+job.ID, nil).status)
	for {
		e, open := s.next(t)
		if !open {
			break
		}
		require.Equal(t, "progress", e.name)
	}
}

func TestStreamsEndWithTheServer(t *testing.T) {
	b := newBundle(t)
	job := b.submit(t, "l.txt", "example.com\n")
	s := b.stream(t.Context(), t, job.ID)
	defer s.close()
	_, open := s.next(t)
	require.True(t, open)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, b.server.Config.Shutdown(ctx), "shutting down does not wait for streams for ever")
	for open {
		_, open = s.next(t)
	}
}

func TestStreamIsKeptOpenByComments(t *testing.T) {
	b := newBundle(t, func(s *setup) {
		s.api.Limits = apiserver.Limits{PollInterval: time.Hour, PingInterval: 10 * time.Millisecond}
	})
	job := b.submit(t, "l.txt", "example.com\n")
	s := b.stream(t.Context(), t, job.ID)
	defer s.close()
	for pings := 0; pings < 3; {
		e, open := s.next(t)
		require.True(t, open)
		if e.comment == "ping" {
			pings++
		}
	}
}

// flakyStore fails some reads.
type flakyStore struct {
	apiserver.Store
	down *atomic.Bool
}

func (f flakyStore) JobsByID(ctx context.Context, ids []string) ([]wsc.Job, error) {
	if f.down.Load() {
		return nil, wsc.Errorf(wsc.CodeStorageUnavailable, "down")
	}
	return f.Store.JobsByID(ctx, ids)
}

func TestStreamSurvivesTheDatabasesAbsence(t *testing.T) {
	var down atomic.Bool
	b := newBundle(t, func(s *setup) { s.api.Store = flakyStore{s.api.Store, &down} })
	job := b.submit(t, "l.txt", "example.com\n")
	s := b.stream(t.Context(), t, job.ID)
	defer s.close()
	down.Store(true)
	require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "can't read a watched job") }, 5*time.Second, 5*time.Millisecond)
	b.begin(t, job.ID, 1)
	down.Store(false)
	for {
		e, open := s.next(t)
		require.True(t, open)
		if e.progress.Status == wsc.JobProcessing {
			return
		}
	}
}

// smallBuffers gives connections little room, so that a client which does not read is soon noticed.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetWriteBuffer(4096)
}

// unread opens a connection, asks for an address and never reads the answer.
func unread(t *testing.T, b *bundle, path string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4096))
	_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+adminKey+"\r\n\r\n")
	require.NoError(t, err)
	return conn
}

// A client that does not read must not hold its stream for ever.
func TestStreamOfAClientThatDoesNotReadEnds(t *testing.T) {
	b := newBundle(t, func(s *setup) {
		s.listener = func(l net.Listener) net.Listener { return smallBuffers{l} }
		s.api.Limits = apiserver.Limits{PollInterval: time.Millisecond, PingInterval: 50 * time.Microsecond, WriteStall: 200 * time.Millisecond}
	})
	job := b.submit(t, "l.txt", "example.com\n")
	conn := unread(t, b, "/api/v1/jobs/"+job.ID+"/events")
	defer func() { _ = conn.Close() }()
	require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "route=/api/v1/jobs/{id}/events") }, 15*time.Second, 20*time.Millisecond)
}

func TestDownloadOfAClientThatDoesNotReadEnds(t *testing.T) {
	b := newBundle(t, func(s *setup) {
		s.listener = func(l net.Listener) net.Listener { return smallBuffers{l} }
		s.api.Limits = apiserver.Limits{WriteStall: 200 * time.Millisecond}
		s.api.Store = failingExport{Store: s.api.Store, after: 1_000_000}
	})
	job := b.submit(t, "l.txt", "example.com\n")
	conn := unread(t, b, "/api/v1/jobs/"+job.ID+"/export")
	defer func() { _ = conn.Close() }()
	require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "client left a download") }, 15*time.Second, 20*time.Millisecond)
}
